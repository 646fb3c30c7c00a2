"""Clothes, laid flat or hung."""

from collections.abc import Sequence

import numpy as np

from .canvas import Shape, area, line
from .look import Brush, draws
from .palette import SHADOW, darker, lighter, mix, rgb
from .paths import Point, Ring, ellipse, lathe, mirrored, moved, polygon, rotated, rounded, smooth
from .patterns import apply

MIDDLE = 400.0


def _both(right_half: list[tuple[float, float]]) -> Ring:
    """Close an outline given from the collar's middle down the right side to the hem's middle."""
    right = polygon(right_half)
    return np.vstack((right, mirrored(right, MIDDLE)))


def _cloth(b: Brush, outline: Ring) -> Shape:
    c = b.canvas
    c.cast(outline, dx=16, dy=20, blur=16, opacity=0.34)
    shape = area(outline)
    c.fill(shape, b.body)
    return shape


def _folds(b: Brush, shape: Shape, folds: Sequence[Sequence[Point]]) -> None:
    for fold in folds:
        b.canvas.soft(line(smooth(fold), 9), SHADOW, blur=9, opacity=0.26, clip=shape)


@draws("tshirt")
def tshirt(b: Brush) -> None:
    c = b.canvas
    shape = _cloth(
        b,
        _both(
            [
                (400, 232),
                (424, 229),
                (446, 218),
                (464, 202),
                (548, 236),
                (650, 372),
                (578, 420),
                (540, 364),
                (542, 500),
                (548, 640),
                (400, 648),
            ]
        ),
    )
    if b.pattern in {"moon", "mountains", "blossom"}:
        chest = area(rounded(300, 300, 500, 500, 8))
        apply(c, chest, b.pattern, b.accent, b.rng)
    else:
        b.decorate(shape)
    collar = np.vstack((ellipse((400, 200), 64, 40, 0, 180), polygon([(336, 200)])))
    c.fill(area(collar).within(shape), darker(b.body, 0.3))
    c.fill(line(ellipse((400, 200), 66, 40, 10, 170), 13).within(shape), lighter(b.body, 0.16))
    _folds(
        b,
        shape,
        [
            [(548, 370), (520, 440), (530, 520)],
            [(252, 370), (280, 440), (268, 540)],
            [(440, 560), (430, 610), (446, 640)],
        ],
    )
    for side in (-1, 1):
        c.fill(
            line(polygon([(400 + side * 141, 364), (400 + side * 122, 262)]), 3),
            darker(b.body, 0.3),
            opacity=0.5,
        )
    c.flat_light(shape)


@draws("shirt")
def shirt(b: Brush) -> None:
    c = b.canvas
    shape = _cloth(
        b,
        _both(
            [
                (400, 226),
                (448, 196),
                (540, 230),
                (596, 330),
                (634, 560),
                (572, 576),
                (536, 380),
                (544, 600),
                (520, 650),
                (400, 664),
            ]
        ),
    )
    b.decorate(shape)
    apply(c, shape, "linen", darker(b.body, 0.3), b.rng)
    _folds(
        b,
        shape,
        [
            [(536, 372), (500, 450), (520, 560)],
            [(264, 372), (300, 450), (280, 560)],
            [(560, 300), (590, 400), (600, 520)],
        ],
    )
    c.flat_light(shape)
    placket = area(polygon([(384, 240), (416, 240), (416, 662), (384, 662)])).within(shape)
    c.fill(placket, lighter(b.body, 0.12))
    c.overlay(placket, SHADOW, ((0, 0.2), (0.15, 0.0), (0.85, 0.0), (1, 0.24)))
    for y in range(280, 650, 66):
        c.fill(area(ellipse((400, y), 8, 8)), mix(rgb("cream"), b.accent, 0.2))
        c.fill(area(ellipse((400, y), 3, 3)), rgb("stone"))
    if b.form % 2:
        pocket = area(rounded(450, 330, 522, 412, 8))
        c.fill(pocket, lighter(b.body, 0.07))
        c.fill(area(rounded(450, 330, 522, 346, 3)), darker(b.body, 0.12), opacity=0.6)
        for side in (-1, 1):
            cuff = polygon(
                [
                    (400 + side * 173, 566),
                    (400 + side * 236, 552),
                    (400 + side * 232, 528),
                    (400 + side * 168, 544),
                ]
            )
            c.fill(area(cuff).within(shape), darker(b.body, 0.1))
    c.fill(area(ellipse((400, 206), 50, 18)), darker(b.body, 0.32))
    for side in (-1, 1):
        wing = polygon(
            [(400, 226), (400 + side * 50, 190), (400 + side * 64, 214), (400 + side * 42, 268)]
        )
        leaf = area(wing)
        c.fill(leaf, lighter(b.body, 0.14))
        c.flat_light(leaf)


@draws("dress")
def dress(b: Brush) -> None:
    c = b.canvas
    flare = (596, 570, 620)[b.form % 3]
    half = [
        (400, 216),
        (430, 210),
        (452, 160),
        (478, 164),
        (492, 236),
        (516, 290),
        (486, 320),
        (480, 400),
    ]
    side = smooth([(480, 400), (520, 520), (flare, 676)])
    hem = smooth([(flare, 676), (540, 700), (470, 690), (400, 706)])
    shape = _cloth(b, _both([*half, *[(float(x), float(y)) for x, y in np.vstack((side, hem))]]))
    b.decorate(shape)
    _folds(
        b,
        shape,
        [[(400 + s * 24, 420), (400 + s * 46, 540), (400 + s * 90, 680)] for s in (-1, 1)]
        + [[(400 + s * 66, 420), (400 + s * 96, 540), (400 + s * 156, 676)] for s in (-1, 1)]
        + [[(400, 430), (404, 560), (398, 690)]],
    )
    c.flat_light(shape)
    belt = area(polygon([(300, 388), (500, 388), (500, 412), (300, 412)])).within(shape)
    c.fill(belt, b.accent)
    c.flat_light(belt)
    c.fill(area(ellipse((400, 172), 50, 40, 0, 180)).within(shape), darker(b.body, 0.3))


@draws("hat", close=True)
def hat(b: Brush) -> None:
    c = b.canvas
    c.ground(MIDDLE, 604, 400)
    form = b.form % 2
    if form == 0:
        brim = area(ellipse((MIDDLE, 566), 254, 74))
        c.fill(brim, b.body)
        apply(c, brim, "linen", darker(b.body, 0.35), b.rng)
        c.overlay(brim, SHADOW, ((0, 0.1), (0.3, 0.0), (1, 0.36)))
        c.soft(area(ellipse((MIDDLE + 14, 556), 168, 40)), SHADOW, blur=14, opacity=0.4, clip=brim)
        crown = area(lathe(MIDDLE, [(96, 372), (142, 400), (150, 480), (158, 546)], tilt=0.2))
    else:
        ring = lathe(MIDDLE, [(140, 490), (192, 540), (232, 590)], tilt=0.16)
        brim = area(ring)
        c.fill(brim, darker(b.body, 0.05))
        c.round_light(brim, gloss=0.5)
        crown = area(lathe(MIDDLE, [(118, 360), (138, 400), (148, 500)], tilt=0.2))
    c.fill(crown, b.body)
    b.decorate(crown)
    apply(c, crown, "linen", darker(b.body, 0.35), b.rng)
    c.round_light(crown, gloss=0.5)
    if form == 0:
        band = lathe(MIDDLE, [(151, 500), (158, 546)], curved=False, tilt=0.2)
        ribbon = area(band, holes=[ellipse((MIDDLE, 498), 152, 31)]).within(crown)
        c.turned(ribbon, b.accent, gloss=0.5)
    else:
        for y in (520, 548, 572):
            radius = 168 + (y - 500) * 0.78
            c.fill(
                line(ellipse((MIDDLE, y), radius, radius * 0.16, 8, 172), 2).within(brim),
                darker(b.body, 0.35),
                opacity=0.6,
            )


@draws("scarf")
def scarf(b: Brush) -> None:
    c = b.canvas
    left = polygon([(322, 300), (400, 320), (372, 640), (272, 628)])
    right = polygon([(400, 320), (484, 296), (540, 600), (444, 624)])
    c.cast(left, right, dx=16, dy=16, blur=14, opacity=0.32)
    for ring, tint in ((right, darker(b.body, 0.08)), (left, b.body)):
        for share in np.linspace(0.02, 0.98, 16):
            x, y = (float(v) for v in ring[3] + (ring[2] - ring[3]) * share)
            thread = polygon([(x, y), (x + float(b.rng.uniform(-6, 6)), y + 38)])
            c.fill(line(thread, 5), tint)
        tail = area(ring)
        c.fill(tail, tint)
        b.decorate(tail)
        apply(c, tail, "knit", darker(b.body, 0.35), b.rng)
        c.flat_light(tail, 1.2)
    loop = smooth(
        [(250, 250), (400, 196), (550, 250), (544, 330), (400, 384), (256, 330)], closed=True
    )
    hollow = smooth(
        [(316, 252), (400, 226), (484, 252), (476, 280), (400, 300), (324, 280)], closed=True
    )
    c.cast(loop, dx=8, dy=14, blur=12, opacity=0.3)
    neck = area(loop, holes=[hollow])
    c.fill(area(hollow), darker(b.body, 0.4))
    c.fill(neck, lighter(b.body, 0.06))
    b.decorate(neck)
    apply(c, neck, "knit", darker(b.body, 0.35), b.rng)
    c.flat_light(neck, 1.4)


@draws("socks")
def socks(b: Brush) -> None:
    c = b.canvas
    sock = smooth(
        [
            (330, 190),
            (424, 190),
            (428, 330),
            (424, 452),
            (500, 520),
            (540, 572),
            (510, 630),
            (420, 622),
            (340, 560),
            (322, 450),
            (326, 320),
        ],
        closed=True,
    )
    for dx, dy, turn, tint in ((70, -16, -14, darker(b.body, 0.1)), (-44, 8, 4, b.body)):
        ring = rotated(moved(sock, dx, dy), turn, (400 + dx, 400))
        c.cast(ring, dx=14, dy=16, blur=12, opacity=0.32)
        shape = area(ring)
        c.fill(shape, tint)
        b.decorate(shape)
        apply(c, shape, "knit", darker(tint, 0.4), b.rng)
        cuff = area(
            rotated(moved(rounded(316, 170, 440, 240, 4), dx, dy), turn, (400 + dx, 400))
        ).within(shape)
        c.fill(cuff, b.accent)
        heel = area(
            rotated(moved(ellipse((338, 520), 60, 62), dx, dy), turn, (400 + dx, 400))
        ).within(shape)
        toe = area(
            rotated(moved(ellipse((530, 600), 62, 66), dx, dy), turn, (400 + dx, 400))
        ).within(shape)
        c.fill(heel, b.accent)
        c.fill(toe, b.accent)
        c.flat_light(shape, 1.1)
