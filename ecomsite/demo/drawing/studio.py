"""From a look to a finished picture."""

from PIL import Image

from . import (
    bags,
    bath,
    clothing,
    cookware,
    decor,
    garden,
    lighting,
    paper,
    soft_toys,
    tableware,
    teaware,
    textiles,
    toys,
)
from .canvas import SIZE, Canvas
from .look import CLOSE_UPS, DRAWINGS, Look, brush_for
from .palette import mix, rgb

STAGES = ("plain", "sun", "arch", "plain", "sun")
# Side of the part of the sheet that a close-up shows, from its left and upper edge.
CLOSE_UP = (90, 130, 710, 750)

__all__ = [
    "bags",
    "bath",
    "clothing",
    "cookware",
    "decor",
    "draw",
    "garden",
    "lighting",
    "paper",
    "soft_toys",
    "tableware",
    "teaware",
    "textiles",
    "toys",
]


def draw(look: Look, backdrop: str) -> Image.Image:
    """An RGB picture of 800 by 800 pixels; the same look always gives the same pixels.

    backdrop: the colour of the category's wall, so that a shelf of products reads as one.
    """
    wall = mix(mix(rgb(backdrop), rgb(look.colour), 0.3), rgb("white"), 0.6)
    canvas = Canvas(wall, STAGES[look.seed % len(STAGES)])
    DRAWINGS[look.kind](brush_for(look, canvas))
    if look.kind not in CLOSE_UPS:
        return canvas.picture
    return canvas.picture.resize((SIZE, SIZE), Image.Resampling.BICUBIC, box=CLOSE_UP)
