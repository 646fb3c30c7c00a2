"""A picture in layers, back to front: backdrop, shadows, shapes, patterns, light.

Only outlines are drawn large and reduced (that is where the eye sees stairs); colour runs, shadows
and shading are smooth and are painted at the final size, so that one picture costs some 50 ms.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from .palette import LIGHT, SHADOW, Colour, darker, lighter, mix
from .paths import Ring, polygon

SIZE = 800
OVERSAMPLING = 3
Box = tuple[int, int, int, int]
Stops = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Shape:
    """An area of the picture: where it lies and how far each pixel belongs to it."""

    box: Box
    mask: Image.Image

    @property
    def size(self) -> tuple[int, int]:
        return self.mask.size

    def seen_in(self, box: Box) -> Image.Image:
        """The part of the mask that lies in another box, as large as that box."""
        view = Image.new("L", (box[2] - box[0], box[3] - box[1]), 0)
        view.paste(self.mask, (self.box[0] - box[0], self.box[1] - box[1]))
        return view

    def within(self, other: "Shape") -> "Shape":
        return Shape(self.box, ImageChops.multiply(self.mask, other.seen_in(self.box)))


def _box_of(points: NDArray[np.float64], margin: float) -> Box:
    low = np.floor(points.min(axis=0) - margin)
    high = np.ceil(points.max(axis=0) + margin)
    x0, y0 = (int(np.clip(v, 0, SIZE - 1)) for v in low)
    x1, y1 = (int(np.clip(v, 1, SIZE)) for v in high)
    return x0, y0, max(x1, x0 + 1), max(y1, y0 + 1)


def _enlarged(ring: Ring, box: Box) -> list[tuple[float, float]]:
    points = (ring - np.array(box[:2])) * OVERSAMPLING
    return [(float(x), float(y)) for x, y in points]


def area(*rings: Ring, holes: Sequence[Ring] = ()) -> Shape:
    """The union of the rings less the holes."""
    box = _box_of(np.vstack(rings), 1)
    width, height = box[2] - box[0], box[3] - box[1]
    large = Image.new("L", (width * OVERSAMPLING, height * OVERSAMPLING), 0)
    pencil = ImageDraw.Draw(large)
    for ring in rings:
        pencil.polygon(_enlarged(ring, box), fill=255)
    for hole in holes:
        pencil.polygon(_enlarged(hole, box), fill=0)
    return Shape(box, large.reduce(OVERSAMPLING))


def line(points: Ring, width: float, *, round_ends: bool = True) -> Shape:
    box = _box_of(points, width / 2 + 1)
    size = (box[2] - box[0]) * OVERSAMPLING, (box[3] - box[1]) * OVERSAMPLING
    large = Image.new("L", size, 0)
    pencil = ImageDraw.Draw(large)
    path = _enlarged(points, box)
    thickness = width * OVERSAMPLING
    pencil.line(path, fill=255, width=max(1, round(thickness)))
    # A disc at every bend: Pillow's own joints leave needles where a curve is tight.
    r = thickness / 2
    for x, y in path if round_ends else path[1:-1]:
        pencil.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return Shape(box, large.reduce(OVERSAMPLING))


def _ramp(size: tuple[int, int], stops: Stops, *, down: bool) -> Image.Image:
    """Grey ramp from 0 to 1 values across (or down) an area."""
    length = size[1] if down else size[0]
    at, value = zip(*stops, strict=True)
    values = np.interp(np.linspace(0, 1, length), at, value) * 255
    strip = (
        np.round(values).astype(np.uint8)[:, None]
        if down
        else np.round(values).astype(np.uint8)[None, :]
    )
    return Image.fromarray(np.ascontiguousarray(strip)).resize(size)


# Light falls from the upper left: a turned body is bright left of its middle and dark on its right.
ROUND_DARK: Stops = ((0, 0.30), (0.12, 0.10), (0.32, 0.0), (0.55, 0.06), (0.85, 0.36), (1, 0.52))
ROUND_LIGHT: Stops = (
    (0, 0.0),
    (0.14, 0.10),
    (0.27, 0.42),
    (0.42, 0.08),
    (0.6, 0.0),
    (0.93, 0.0),
    (1, 0.10),
)
FLAT_DARK: Stops = ((0, 0.0), (0.5, 0.03), (1, 0.22))


@lru_cache(maxsize=64)
def _backdrop(colour: Colour, stage: str) -> Image.Image:
    small = 200
    y, x = np.mgrid[0:small, 0:small] / (small - 1)
    wall = np.array(lighter(colour, 0.34), dtype=np.float64)
    floor = np.array(lighter(colour, 0.10), dtype=np.float64)
    horizon = 1 / (1 + np.exp(-(y - 0.73) * 26))
    base = wall + (floor - wall) * horizon[..., None]
    glow = np.exp(-(((x - 0.36) / 0.5) ** 2 + ((y - 0.34) / 0.48) ** 2))
    base = base + (255 - base) * (0.42 * glow)[..., None]
    corner = np.clip(((x - 0.5) ** 2 + (y - 0.5) ** 2) - 0.22, 0, None)
    base = base * (1 - 0.22 * corner[..., None])
    picture = Image.fromarray(np.clip(base, 0, 255).astype(np.uint8)).resize(
        (SIZE, SIZE), Image.Resampling.BILINEAR
    )
    canvas = Canvas.over(picture)
    if stage == "sun":
        canvas.fill(area(_circle(400, 370, 268)), lighter(colour, 0.62), opacity=0.75)
    elif stage == "arch":
        arch = np.vstack((_circle(400, 350, 232, 180, 360), polygon([(632, 612), (168, 612)])))
        # It fades before it meets the floor, so that no edge runs behind the product.
        stops = ((0, 0.72), (0.6, 0.62), (0.96, 0.0), (1, 0.0))
        canvas.overlay(area(arch), lighter(colour, 0.60), stops, down=True)
    return canvas.picture


def _circle(x: float, y: float, radius: float, start: float = 0, end: float = 360) -> Ring:
    angles = np.radians(np.linspace(start, end, 121))
    return np.column_stack((x + radius * np.cos(angles), y + radius * np.sin(angles)))


class Canvas:
    """A square picture that is painted on, layer over layer."""

    def __init__(self, backdrop: Colour, stage: str = "plain") -> None:
        self.picture = _backdrop(backdrop, stage).copy()

    @classmethod
    def over(cls, picture: Image.Image) -> "Canvas":
        canvas = cls.__new__(cls)
        canvas.picture = picture
        return canvas

    def fill(self, shape: Shape, colour: Colour, *, opacity: float = 1.0) -> Shape:
        mask = shape.mask if opacity >= 1 else shape.mask.point(lambda v: v * opacity)
        self.picture.paste(colour, shape.box, mask)
        return shape

    def overlay(self, shape: Shape, colour: Colour, stops: Stops, *, down: bool = False) -> Shape:
        """Colour whose opacity runs from left to right, or downwards, over the shape's box."""
        veil = ImageChops.multiply(shape.mask, _ramp(shape.size, stops, down=down))
        self.picture.paste(colour, shape.box, veil)
        return shape

    def turned(self, shape: Shape, colour: Colour, *, gloss: float = 1.0) -> Shape:
        """A round body: colour, a dark side and a soft highlight."""
        self.fill(shape, colour)
        return self.round_light(shape, gloss=gloss)

    def round_light(self, shape: Shape, *, gloss: float = 1.0) -> Shape:
        self.overlay(shape, SHADOW, ROUND_DARK)
        self.overlay(shape, LIGHT, [(at, value * gloss) for at, value in ROUND_LIGHT])
        self.overlay(shape, SHADOW, ((0, 0.0), (0.6, 0.0), (1, 0.16)), down=True)
        return shape

    def flat_light(self, shape: Shape, strength: float = 1.0) -> Shape:
        """A flat or soft body: brighter above and left, darker below and right."""
        self.overlay(shape, SHADOW, [(at, v * strength) for at, v in FLAT_DARK])
        self.overlay(shape, SHADOW, ((0, 0.0), (0.55, 0.0), (1, 0.16 * strength)), down=True)
        self.overlay(shape, LIGHT, ((0, 0.24 * strength), (0.4, 0.0), (1, 0.0)), down=True)
        return shape

    def soft(
        self,
        shape: Shape,
        colour: Colour,
        *,
        blur: float,
        opacity: float,
        clip: Shape | None = None,
    ) -> None:
        """A blurred patch: a highlight, a blush, a fold, a shadow inside."""
        reach = round(blur * 3) + 8
        x0, y0, x1, y1 = shape.box
        box = (max(x0 - reach, 0), max(y0 - reach, 0), min(x1 + reach, SIZE), min(y1 + reach, SIZE))
        # A blur has no edges, so a quarter of the size shows no less.
        small = shape.seen_in(box).reduce(4).filter(ImageFilter.GaussianBlur(blur / 4))
        veil = small.resize((box[2] - box[0], box[3] - box[1]), Image.Resampling.BILINEAR)
        if clip is not None:
            veil = ImageChops.multiply(veil, clip.seen_in(box))
        self.picture.paste(colour, box, veil.point(lambda v: v * opacity))

    def cast(
        self, *rings: Ring, dx: float = 22, dy: float = 14, blur: float = 16, opacity: float = 0.28
    ) -> None:
        """The shadow of the rings on the wall or table behind them."""
        shape = area(*(ring + np.array([dx, dy]) for ring in rings))
        self.soft(shape, SHADOW, blur=blur, opacity=opacity)

    def ground(
        self, x: float, y: float, width: float, *, depth: float = 0.13, opacity: float = 0.42
    ) -> None:
        """The shadow of something standing at y, width wide, stretching to the right."""
        reach = area(_ellipse(x + width * 0.17, y - 4, width * 0.58, width * depth))
        self.soft(reach, SHADOW, blur=22, opacity=opacity * 0.5)
        contact = area(_ellipse(x + width * 0.03, y - 5, width * 0.41, width * depth * 0.52))
        self.soft(contact, SHADOW, blur=9, opacity=opacity)


def _ellipse(x: float, y: float, radius_x: float, radius_y: float) -> Ring:
    angles = np.radians(np.linspace(0, 360, 91))
    return np.column_stack((x + radius_x * np.cos(angles), y + radius_y * np.sin(angles)))


def edge(colour: Colour) -> Colour:
    """For seams, rims and inner walls of something of that colour."""
    return darker(colour, 0.22)


def wash(colour: Colour) -> Colour:
    """For the backdrop behind something of that colour."""
    return mix(colour, (240, 233, 222), 0.62)
