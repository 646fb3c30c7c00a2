"""The three WebP files that a shop page is served from."""

import io
from dataclasses import dataclass

from PIL import Image

# Long sides: a phone's list tile, a product page, the zoomed view. Never enlarged.
SIDES = {"small": 320, "medium": 800, "large": 1600}
QUALITY = 82


@dataclass(frozen=True)
class Rendition:
    name: str
    content: bytes
    width: int
    height: int


def render(pixels: Image.Image, name: str) -> Rendition:
    """pixels: upright RGB without metadata, as `decode_photo` returns it."""
    side = SIDES[name]
    sized = pixels
    if max(pixels.size) > side:
        sized = pixels.copy()
        sized.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    target = io.BytesIO()
    sized.save(target, "WEBP", quality=QUALITY, method=4)
    return Rendition(name, target.getvalue(), *sized.size)
