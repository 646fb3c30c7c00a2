"""Wooden toys."""

import numpy as np

from .canvas import area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, Colour, darker, lighter, mix, rgb
from .paths import ellipse, lathe, moved, polygon, rotated, rounded, smooth

FLOOR = 640.0
MIDDLE = 400.0


@draws("blocks")
def blocks(b: Brush) -> None:
    c = b.canvas
    tints = [
        b.body,
        b.accent,
        mix(b.body, b.accent, 0.5),
        rgb("mustard"),
        rgb("cream"),
        rgb("rose"),
    ]
    c.ground(MIDDLE, FLOOR, 380)

    def cube(x: float, y: float, side: float, tint: Colour) -> None:
        front = area(rounded(x, y, x + side, y + side, 8))
        lid = area(
            polygon(
                [(x + 4, y + 2), (x + 30, y - 24), (x + side + 26, y - 24), (x + side - 2, y + 2)]
            )
        )
        flank = area(
            polygon(
                [
                    (x + side - 2, y + 2),
                    (x + side + 26, y - 24),
                    (x + side + 26, y + side - 28),
                    (x + side - 2, y + side - 3),
                ]
            )
        )
        c.fill(flank, darker(tint, 0.26))
        c.fill(lid, lighter(tint, 0.32))
        c.fill(front, tint)
        c.flat_light(front, 0.9)
        mark = int(b.rng.integers(0, 4))
        middle = (x + side / 2, y + side / 2)
        pale = lighter(tint, 0.6)
        if mark == 0:
            c.fill(area(ellipse(middle, side * 0.24, side * 0.24)), pale)
        elif mark == 1:
            c.fill(
                area(
                    polygon(
                        [
                            (middle[0], middle[1] - 30),
                            (middle[0] + 32, middle[1] + 26),
                            (middle[0] - 32, middle[1] + 26),
                        ]
                    )
                ),
                pale,
            )
        elif mark == 2:
            c.fill(
                area(rounded(middle[0] - 26, middle[1] - 26, middle[0] + 26, middle[1] + 26, 4)),
                pale,
            )
        else:
            c.fill(area(ellipse(middle, side * 0.26, side * 0.26, 180, 360)), pale)

    for index, (x, y) in enumerate(((206, 514), (340, 514), (474, 514))):
        cube(x, y, 124, tints[(index + b.form) % 6])
    if b.form % 3 == 0:
        cube(272, 388, 124, tints[(3 + b.form) % 6])
        cube(408, 388, 124, tints[(4 + b.form) % 6])
        roof = area(polygon([(336, 364), (498, 364), (417, 250)]))
        c.fill(roof, tints[(5 + b.form) % 6])
        c.flat_light(roof)
    elif b.form % 3 == 1:
        arch = np.vstack(
            (
                polygon([(270, 514), (270, 400)]),
                ellipse((400, 400), 130, 112, 180, 360),
                polygon([(530, 514)]),
            )
        )
        c.fill(
            area(
                arch,
                holes=[
                    np.vstack(
                        (ellipse((400, 474), 62, 62, 180, 360), polygon([(462, 514), (338, 514)]))
                    )
                ],
            ),
            tints[(3 + b.form) % 6],
        )
        c.flat_light(
            area(
                arch,
                holes=[
                    np.vstack(
                        (ellipse((400, 474), 62, 62, 180, 360), polygon([(462, 514), (338, 514)]))
                    )
                ],
            ),
            1.1,
        )
        c.turned(area(ellipse((400, 244), 46, 46)), tints[(4 + b.form) % 6])
    else:
        cube(340, 388, 124, tints[(3 + b.form) % 6])
        c.turned(area(lathe(402, [(50, 262), (50, 362)], curved=False)), tints[(4 + b.form) % 6])
        c.fill(area(ellipse((402, 262), 50, 8)), lighter(tints[(4 + b.form) % 6], 0.4))


@draws("train", close=True)
def train(b: Brush) -> None:
    """A wooden engine, car or bus."""
    c = b.canvas
    c.ground(MIDDLE, 620, 440)
    wood = rgb("oak")
    form = b.form % 3
    if form == 0:
        parts = [
            (rounded(206, 420, 470, 560, 30), b.body),
            (rounded(440, 320, 592, 560, 18), b.accent),
        ]
        c.turned(area(polygon([(262, 340), (318, 340), (306, 424), (274, 424)])), b.accent)
        c.turned(area(rounded(360, 380, 410, 424, 18)), rgb("brass"))
        roof = rounded(424, 296, 610, 330, 12)
        windows = [rounded(474, 364, 560, 440, 10)]
    elif form == 1:
        parts = [
            (
                smooth(
                    [
                        (196, 560),
                        (196, 470),
                        (280, 446),
                        (330, 360),
                        (490, 356),
                        (548, 446),
                        (606, 470),
                        (606, 560),
                    ]
                ),
                b.body,
            )
        ]
        roof = None
        windows = [
            polygon([(308, 446), (348, 382), (404, 382), (404, 446)]),
            polygon([(420, 446), (420, 382), (480, 382), (516, 446)]),
        ]
    else:
        parts = [(rounded(190, 350, 610, 560, 36), b.body)]
        roof = rounded(220, 326, 580, 362, 16)
        windows = [rounded(x, 388, x + 76, 456, 10) for x in (226, 320, 414, 508)]
    for ring, tint in parts:
        shape = area(ring)
        c.fill(shape, tint)
        if tint == b.body:
            b.decorate(shape)
        c.flat_light(shape, 1.2)
    if roof is not None:
        c.flat_light(c.fill(area(roof), darker(b.accent if form == 2 else b.body, 0.12)))
    for ring in windows:
        pane = area(ring)
        c.fill(pane, rgb("cream"))
        c.overlay(pane, rgb("sky"), ((0, 0.8), (1, 0.3)))
    c.flat_light(c.fill(area(rounded(180, 552, 620, 580, 10)), wood))
    for x in (268, 400, 532) if form != 1 else (282, 520):
        r = 46 if form != 1 else 54
        wheel = ellipse((x, 586), r, r)
        c.cast(wheel, dx=6, dy=6, blur=6, opacity=0.3)
        c.turned(area(wheel), darker(wood, 0.12), gloss=0.6)
        c.fill(area(ellipse((x, 586), r * 0.6, r * 0.6)), lighter(wood, 0.3))
        c.fill(area(ellipse((x, 586), 9, 9)), b.accent)
    c.fill(area(ellipse((200, 508), 15, 15)), rgb("butter"))


@draws("top", close=True)
def top(b: Brush) -> None:
    """A spinning top."""
    c = b.canvas
    about = (400.0, 628.0)
    c.ground(404, 626, 190)
    lean = float(b.rng.uniform(-9, 9))
    cone = rotated(polygon([(238, 420), (562, 420), (410, 624), (390, 624)]), lean, about)
    shape = area(cone)
    c.fill(shape, b.body)
    c.round_light(shape)
    for share, tint in ((0.12, b.accent), (0.34, rgb("cream")), (0.54, b.accent)):
        y, half = 420 + 204 * share, 162 * (1 - share)
        band = rotated(
            smooth(
                [
                    (400 - half, y),
                    (400, y + 14),
                    (400 + half, y),
                    (400 + half - 14, y + 20),
                    (400, y + 34),
                    (400 - half + 14, y + 20),
                ],
                closed=True,
            ),
            lean,
            about,
        )
        c.round_light(c.fill(area(band).within(shape), tint))
    disc = area(rotated(ellipse((400, 416), 164, 46), lean, about))
    c.fill(disc, lighter(b.body, 0.2))
    for reach, tint in ((130, b.accent), (100, rgb("cream")), (70, lighter(b.body, 0.1))):
        c.fill(area(rotated(ellipse((400, 414), reach, reach * 0.28), lean, about)), tint)
    c.overlay(disc, LIGHT, ((0, 0.3), (0.5, 0.0), (1, 0.0)))
    stem = area(rotated(rounded(386, 290, 414, 414, 10), lean, about))
    c.turned(stem, rgb("oak"))
    c.turned(area(rotated(ellipse((400, 284), 27, 26), lean, about)), b.accent)


@draws("duck", close=True)
def duck(b: Brush) -> None:
    """A pull-along duck on wheels."""
    c = b.canvas
    c.ground(MIDDLE, 622, 340)
    string = smooth([(250, 560), (180, 580), (150, 530), (110, 556)])
    c.fill(line(string, 5), rgb("stone"))
    c.turned(area(ellipse((110, 556), 14, 14)), b.accent)
    body = smooth(
        [
            (262, 480),
            (330, 430),
            (420, 440),
            (500, 420),
            (580, 360),
            (590, 460),
            (540, 540),
            (430, 572),
            (310, 560),
        ],
        closed=True,
    )
    shape = area(body)
    c.fill(shape, b.body)
    b.decorate(shape)
    c.flat_light(shape, 1.3)
    neck = area(
        smooth(
            [(290, 480), (276, 400), (300, 340), (390, 340), (400, 420), (400, 480)], closed=True
        )
    )
    c.fill(neck, b.body)
    head = area(ellipse((330, 316), 86, 80))
    c.fill(
        area(smooth([(262, 300), (200, 316), (190, 338), (262, 350)], closed=True)),
        rgb("persimmon"),
    )
    c.fill(head, b.body)
    c.round_light(head, gloss=0.7)
    c.fill(area(ellipse((302, 300), 11, 12)), rgb("ink"))
    c.fill(area(ellipse((298, 296), 4, 4)), LIGHT)
    wing = area(smooth([(400, 470), (470, 450), (550, 440), (520, 510), (440, 530)], closed=True))
    c.soft(wing, SHADOW, blur=8, opacity=0.3, clip=shape)
    c.fill(wing, b.accent)
    c.flat_light(wing)
    c.flat_light(c.fill(area(rounded(270, 556, 560, 584, 10)), rgb("oak")))
    for x in (320, 510):
        c.turned(area(ellipse((x, 592), 38, 38)), darker(b.accent, 0.1), gloss=0.6)
        c.fill(area(ellipse((x, 592), 10, 10)), rgb("cream"))


@draws("puzzle")
def puzzle(b: Brush) -> None:
    """Nine pieces, one lifted out."""
    c = b.canvas
    tints = [b.body, lighter(b.body, 0.3), b.accent, mix(b.body, b.accent, 0.5)]
    tray = rounded(184, 184, 616, 616, 20)
    c.cast(tray, dx=18, dy=22, blur=18, opacity=0.4)
    c.flat_light(c.fill(area(tray), rgb("oak")))
    c.fill(area(rounded(206, 206, 594, 594, 8)), darker(rgb("oak"), 0.35))
    lifted = (b.form % 3, (b.form // 3 + 1) % 3)
    order = sorted(((r, q) for r in range(3) for q in range(3)), key=lambda at: at == lifted)
    for row, column in order:
        x, y = 206 + column * 129.3, 206 + row * 129.3
        ring = rounded(x + 2, y + 2, x + 127, y + 127, 8)
        knobs = []
        if column < 2:
            knobs.append(ellipse((x + 132, y + 64), 21, 21))
        if row < 2:
            knobs.append(ellipse((x + 64, y + 132), 21, 21))
        rings = [ring, *knobs]
        if (row, column) == lifted:
            rings = [rotated(moved(r, 40, -30), 14, (x + 104, y + 34)) for r in rings]
            c.cast(*rings, dx=10, dy=16, blur=10, opacity=0.4)
        piece = area(*rings)
        c.fill(piece, tints[(row * 2 + column * 3 + b.form) % 4])
        if (row + column) % 2 == 0:
            b.decorate(piece, LIGHT)
        c.flat_light(piece, 1.2)
