"""Surface patterns, each a mask over a shape: glaze specks, stripes, leaves, waves."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageDraw

from .canvas import Canvas, Shape
from .palette import Colour, lighter, mix

Rng = np.random.Generator
Pencil = ImageDraw.ImageDraw
Stroke = Callable[[Pencil, int, int, Rng], None]
SCALE = 2


def _stripes(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = int(rng.integers(44, 80))
    thick = int(step * rng.uniform(0.25, 0.5))
    for x in range(int(rng.integers(0, step)) - step, width, step):
        pencil.rectangle((x, 0, x + thick, height), fill=255)


def _rings(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = int(rng.integers(50, 96))
    thick = int(step * rng.uniform(0.2, 0.45))
    for y in range(int(rng.integers(20, step)), height, step):
        pencil.rectangle((0, y, width, y + thick), fill=255)


def _breton(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    del rng
    for y in range(int(height * 0.2), int(height * 0.92), 58):
        pencil.rectangle((0, y, width, y + 20), fill=235)


def _twill(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = int(rng.integers(46, 84))
    for x in range(-height, width, step):
        pencil.line((x, height, x + height, 0), fill=255, width=int(step * 0.36))


def _check(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = int(rng.integers(84, 124))
    half = step // 2
    for y in range(0, height, step):
        pencil.rectangle((0, y, width, y + half), fill=110)
    for x in range(0, width, step):
        for y in range(0, height, half):
            shade = 235 if (y // half) % 2 == 0 else 110
            pencil.rectangle((x, y, x + half, y + half), fill=shade)


def _grid(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = int(rng.integers(70, 110))
    for x in range(step // 2, width, step):
        pencil.line((x, 0, x, height), fill=220, width=6)
    for y in range(step // 2, height, step):
        pencil.line((0, y, width, y), fill=220, width=6)


def _dots(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = int(rng.integers(52, 84))
    r = step * 0.2
    for row, y in enumerate(range(step // 2, height + step, step)):
        for x in range(-step, width + step, step):
            left = x + (row % 2) * step / 2
            pencil.ellipse((left - r, y - r, left + r, y + r), fill=255)


def _speckle(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    count = max(20, width * height // 1600)
    xs, ys = rng.uniform(0, width, count), rng.uniform(0, height, count)
    radii = rng.gamma(2.0, 1.3, count) + 0.8
    for x, y, r in zip(xs, ys, radii, strict=True):
        pencil.ellipse((x - r, y - r, x + r, y + r), fill=int(rng.integers(90, 220)))


def _terrazzo(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    for _ in range(max(8, width * height // 9000)):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(9, 26)
        angles = np.sort(rng.uniform(0, 2 * np.pi, 5))
        reach = r * rng.uniform(0.6, 1.2, 5)
        points = zip(x + reach * np.cos(angles), y + reach * np.sin(angles), strict=True)
        pencil.polygon([(float(a), float(b)) for a, b in points], fill=int(rng.integers(150, 255)))


def _waves(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    """Seigaiha: overlapping scales, drawn from the back row to the front."""
    r = int(rng.integers(56, 84))
    for row, y in enumerate(range(0, height + 2 * r, r // 2)):
        for x in range(-r, width + 2 * r, 2 * r):
            middle = x + (row % 2) * r
            for share, shade in (
                (1.0, 255),
                (0.88, 0),
                (0.66, 255),
                (0.55, 0),
                (0.34, 255),
                (0.22, 0),
            ):
                q = r * share
                pencil.ellipse((middle - q, y - q, middle + q, y + q), fill=shade)


def _leaf(
    x: float, y: float, length: float, angle: float, slim: float = 0.26
) -> list[tuple[float, float]]:
    t = np.linspace(0, 1, 12)
    bulge = np.sin(np.pi * t) ** 0.8 * length * slim
    along = np.concatenate((t, t[::-1])) * length
    across = np.concatenate((bulge, -bulge[::-1]))
    xs = x + along * np.cos(angle) - across * np.sin(angle)
    ys = y + along * np.sin(angle) + across * np.cos(angle)
    return [(float(a), float(b)) for a, b in zip(xs, ys, strict=True)]


def _leaves(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = 112
    for row, y in enumerate(range(0, height + step, step)):
        for x in range(-step, width + step, step):
            turn = rng.uniform(0, 2 * np.pi)
            at = x + (row % 2) * step / 2 + rng.uniform(-12, 12), y + rng.uniform(-12, 12)
            for spread in (-0.8, 0.0, 0.8):
                pencil.polygon(_leaf(*at, 54, turn + spread), fill=255)


def _branches(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    for x in range(40, width + 90, 132):
        foot = height + rng.uniform(-20, 40)
        lean = rng.uniform(-0.25, 0.25)
        top = height * rng.uniform(0.1, 0.45)
        pencil.line((x, foot, x + lean * (foot - top), top), fill=255, width=6)
        for share in np.arange(0.12, 1.0, 0.13):
            y = foot + (top - foot) * share
            at = x + lean * (foot - y)
            for side in (-0.62, -np.pi + 0.62):
                pencil.polygon(_leaf(at, y, 50, side, 0.24), fill=235)


def _blossom(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = 124
    for row, y in enumerate(range(10, height + step, step)):
        for x in range(-step, width + step, step):
            cx = x + (row % 2) * step / 2 + rng.uniform(-16, 16)
            cy, r = y + rng.uniform(-16, 16), rng.uniform(14, 21)
            turn = rng.uniform(0, 2)
            for petal in range(5):
                angle = turn + petal * 2 * np.pi / 5
                px, py = cx + r * np.cos(angle), cy + r * np.sin(angle)
                q = r * 0.72
                pencil.ellipse((px - q, py - q, px + q, py + q), fill=245)
            pencil.ellipse((cx - r * 0.4, cy - r * 0.4, cx + r * 0.4, cy + r * 0.4), fill=40)


def _mountains(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    pencil.ellipse((width * 0.62, height * 0.2, width * 0.62 + 90, height * 0.2 + 90), fill=150)
    for base, shade in ((0.58, 80), (0.7, 140), (0.82, 225)):
        xs = np.linspace(-20, width + 20, 9)
        ys = height * base + rng.uniform(-0.1, 0.1, 9) * height
        ridge = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
        pencil.polygon([*ridge, (width + 20, height), (-20, height)], fill=shade)


def _brush(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    """One sweep of a dry brush around the body."""
    middle = height * rng.uniform(0.5, 0.66)
    for _ in range(16):
        y = middle + rng.normal(0, height * 0.05)
        x0, x1 = rng.uniform(-0.1, 0.12) * width, rng.uniform(0.86, 1.1) * width
        sag = height * 0.05
        pencil.line(
            [(x0, y), (width * 0.3, y + sag), (width * 0.7, y + sag), (x1, y)],
            fill=int(rng.integers(130, 235)), width=int(rng.integers(6, 20)), joint="curve",
        )  # fmt: skip


def _dipped(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    level = height * rng.uniform(0.5, 0.62)
    xs = np.linspace(0, width, 40)
    ys = (
        level
        + 12 * np.sin(xs / width * 7 + rng.uniform(0, 6))
        + width * 0.06 * np.sin(np.pi * xs / width)
    )
    edge = [(float(x), float(y)) for x, y in zip(xs, ys, strict=True)]
    pencil.polygon([*edge, (width, height), (0, height)], fill=255)


def _moon(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    r = min(width, height) * 0.2
    x, y = width * rng.uniform(0.42, 0.58), height * rng.uniform(0.42, 0.5)
    pencil.ellipse((x - r, y - r, x + r, y + r), fill=255)
    for share in (0.12, 0.3, 0.48):
        at = y + r * share
        pencil.line((x - r * 1.5, at + 14, x + r * 1.5, at + 14), fill=0, width=7)


def _zigzag(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    step = int(rng.integers(56, 84))
    for y in range(0, height + step, step):
        points = [
            (x, y + (step * 0.5 if (x // step) % 2 else 0))
            for x in range(-step, width + 2 * step, step)
        ]
        pencil.line(points, fill=255, width=int(step * 0.22), joint="curve")


def _stars(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    for _ in range(max(6, width * height // 15000)):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height), rng.uniform(9, 19)
        points = []
        for corner in range(10):
            reach = r if corner % 2 == 0 else r * 0.45
            angle = corner * np.pi / 5 - np.pi / 2
            points.append((x + reach * np.cos(angle), y + reach * np.sin(angle)))
        pencil.polygon(points, fill=255)


def _linen(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    for x in range(0, width, 7):
        pencil.line((x, 0, x, height), fill=int(rng.integers(10, 80)), width=2)
    for y in range(0, height, 7):
        pencil.line((0, y, width, y), fill=int(rng.integers(10, 80)), width=2)


def _knit(pencil: Pencil, width: int, height: int, rng: Rng) -> None:
    del rng
    for x in range(0, width, 26):
        for y in range(-10, height, 20):
            pencil.line((x, y, x + 13, y + 14), fill=120, width=4)
            pencil.line((x + 26, y, x + 13, y + 14), fill=120, width=4)


PATTERNS: dict[str, Stroke] = {
    "stripes": _stripes, "rings": _rings, "breton": _breton, "twill": _twill, "check": _check,
    "grid": _grid, "dots": _dots, "speckle": _speckle, "terrazzo": _terrazzo, "waves": _waves,
    "leaves": _leaves, "branches": _branches, "blossom": _blossom, "mountains": _mountains,
    "brush": _brush, "dipped": _dipped, "moon": _moon, "zigzag": _zigzag, "stars": _stars,
    "linen": _linen, "knit": _knit,
}  # fmt: skip

# These read as glaze or weave; full strength would make them noise.
FAINT = {"speckle": 0.7, "linen": 0.5, "knit": 0.55, "check": 0.8}


def apply(canvas: Canvas, shape: Shape, pattern: str, colour: Colour, rng: Rng) -> None:
    """Paint the pattern in the colour over the shape; an empty name paints nothing."""
    if not pattern:
        return
    width, height = shape.size[0] * SCALE, shape.size[1] * SCALE
    large = Image.new("L", (width, height), 0)
    PATTERNS[pattern](ImageDraw.Draw(large), width, height, rng)
    ink = ImageChops.multiply(large.reduce(SCALE), shape.mask)
    strength = FAINT.get(pattern, 1.0)
    canvas.picture.paste(colour, shape.box, ink.point(lambda v: v * strength))
    if pattern == "terrazzo":
        second = Image.new("L", (width, height), 0)
        _terrazzo(ImageDraw.Draw(second), width, height, rng)
        ink = ImageChops.multiply(second.reduce(SCALE), shape.mask)
        canvas.picture.paste(mix(lighter(colour, 0.5), (214, 150, 120), 0.5), shape.box, ink)
