"""What one picture is to show, and the register of who can draw it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .canvas import Canvas, Shape
from .palette import Colour, darker, lighter, luminance, rgb
from .patterns import apply


@dataclass(frozen=True)
class Look:
    """colour and accent are names in the palette; form picks among a drawing's shapes."""

    kind: str
    colour: str
    accent: str = ""
    pattern: str = ""
    form: int = 0
    seed: int = 0


@dataclass
class Brush:
    """What a drawing works with: the sheet, its colours and its own dice."""

    canvas: Canvas
    body: Colour
    accent: Colour
    pattern: str
    form: int
    rng: np.random.Generator

    def decorate(self, shape: Shape, colour: Colour | None = None) -> None:
        apply(self.canvas, shape, self.pattern, colour or self.accent, self.rng)


Drawing = Callable[[Brush], None]
DRAWINGS: dict[str, Drawing] = {}


CLOSE_UPS: set[str] = set()


def draws(kind: str, *, close: bool = False) -> Callable[[Drawing], Drawing]:
    """close: the thing is small on the sheet, so the picture is cut nearer to it."""

    def register(drawing: Drawing) -> Drawing:
        DRAWINGS[kind] = drawing
        if close:
            CLOSE_UPS.add(kind)
        return drawing

    return register


def brush_for(look: Look, canvas: Canvas) -> Brush:
    body = rgb(look.colour)
    if look.accent:
        accent = rgb(look.accent)
    elif luminance(body) < 0.6:
        accent = lighter(body, 0.62)
    else:
        accent = darker(body, 0.34)
    return Brush(canvas, body, accent, look.pattern, look.form, np.random.default_rng(look.seed))
