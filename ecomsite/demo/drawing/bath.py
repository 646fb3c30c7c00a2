"""Soap, bottles and brushes."""

import numpy as np

from .canvas import area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, mix, rgb
from .paths import ellipse, lathe, moved, polygon, rotated, rounded, smooth

FLOOR = 640.0
MIDDLE = 400.0


@draws("soap", close=True)
def soap(b: Brush) -> None:
    c = b.canvas
    c.ground(MIDDLE, 616, 400)
    dish = area(lathe(MIDDLE, [(206, 560), (180, 600)], curved=False, tilt=0.2))
    c.turned(dish, rgb("oak") if b.form % 2 else rgb("white"))
    c.fill(
        area(ellipse((MIDDLE, 560), 206, 41)),
        lighter(rgb("oak") if b.form % 2 else rgb("white"), 0.2),
    )
    c.ground(MIDDLE, 562, 250, opacity=0.4)
    for lift in (0, 66) if b.form % 3 == 2 else (0,):
        y = 470 - lift
        side = area(rounded(258, y, 542, y + 96, 30))
        c.fill(side, darker(b.body, 0.1))
        c.flat_light(side, 1.3)
        top = area(
            np.vstack(
                (
                    polygon([(288, y), (512, y)]),
                    smooth(
                        [
                            (512, y),
                            (546, y + 22),
                            (530, y + 46),
                            (400, y + 50),
                            (270, y + 46),
                            (254, y + 22),
                            (288, y),
                        ]
                    ),
                )
            )
        )
        c.fill(top, lighter(b.body, 0.14))
        b.decorate(top)
        c.overlay(top, LIGHT, ((0, 0.45), (0.5, 0.0), (1, 0.0)))
        for _ in range(9):
            x, py = float(b.rng.uniform(280, 520)), float(b.rng.uniform(y + 58, y + 88))
            c.fill(area(ellipse((x, py), 5, 4)), b.accent, opacity=0.7)
    for x, y, r in ((214, 470, 20), (246, 430, 12), (586, 500, 16), (568, 452, 9)):
        bubble = area(ellipse((x, y), r, r))
        c.fill(bubble, LIGHT, opacity=0.5)
        c.fill(area(ellipse((x - r * 0.3, y - r * 0.35), r * 0.26, r * 0.2)), (255, 255, 255))


@draws("bottle")
def bottle(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    c.ground(MIDDLE, FLOOR, 220)
    if form == 2:
        c.turned(area(lathe(MIDDLE, [(38, 226), (38, 300)], curved=False)), b.accent)
        profile = [(34, 296), (44, 330), (98, 380), (104, 520), (96, FLOOR - 14)]
    else:
        c.turned(line(polygon([(MIDDLE, 200), (MIDDLE, 300)]), 16), rgb("steel"))
        spout = smooth([(MIDDLE + 8, 196), (MIDDLE - 70, 196), (MIDDLE - 96, 218)])
        c.turned(line(spout, 20), b.accent)
        c.turned(area(lathe(MIDDLE, [(40, 268), (42, 316)], curved=False)), b.accent)
        profile = (
            [(40, 312), (96, 346), (102, 420), (102, FLOOR - 14)],
            [(40, 312), (78, 336), (84, 420), (84, FLOOR - 14)],
        )[form]
    body = area(lathe(MIDDLE, profile))
    c.fill(body, b.body)
    b.decorate(body)
    half = profile[-1][0] * 0.72
    label = area(rounded(MIDDLE - half, 424, MIDDLE + half, 584, 6))
    c.fill(label, rgb("white"))
    tone = mix(b.body, SHADOW, 0.3)
    sprig = line(smooth([(400, 506), (398, 474), (404, 444)]), 4)
    c.fill(sprig, rgb("moss"))
    for y, side in ((492, -1), (480, 1), (466, -1), (454, 1)):
        c.fill(
            area(
                smooth(
                    [
                        (400, y),
                        (400 + side * 14, y - 14),
                        (400 + side * 28, y - 12),
                        (400 + side * 14, y - 2),
                    ],
                    closed=True,
                )
            ),
            rgb("moss"),
        )
    for y, width in ((526, 0.8), (542, 0.5), (556, 0.64)):
        c.fill(
            area(rounded(MIDDLE - half * width, y, MIDDLE + half * width, y + 5, 2)),
            tone,
            opacity=0.8,
        )
    c.round_light(body, gloss=1.1)


@draws("brush")
def brush(b: Brush) -> None:
    c = b.canvas
    turn = 38.0
    about = (400.0, 400.0)
    head = rotated(
        smooth(
            [
                (400, 128),
                (462, 170),
                (470, 250),
                (446, 320),
                (400, 336),
                (354, 320),
                (330, 250),
                (338, 170),
            ],
            closed=True,
        ),
        turn,
        about,
    )
    stick = rotated(
        smooth(
            [
                (378, 320),
                (384, 420),
                (372, 560),
                (376, 660),
                (400, 682),
                (424, 660),
                (428, 560),
                (416, 420),
                (422, 320),
            ],
            closed=True,
        ),
        turn,
        about,
    )
    c.cast(head, stick, dx=16, dy=22, blur=16, opacity=0.4)
    bristles = area(moved(head, 12, 16))
    c.fill(bristles, rgb("cream"))
    for _ in range(150):
        x, y = b.rng.uniform(-70, 70), b.rng.uniform(-104, 104)
        point = rotated(polygon([(400 + x, 232 + y), (400 + x + 6, 232 + y + 9)]), turn, about)
        c.fill(line(moved(point, 12, 16), 3).within(bristles), rgb("bamboo"))
    wood = area(head, stick)
    c.fill(wood, b.body)
    for x in (-22, -8, 8, 22):
        grain = rotated(
            smooth(
                [(400 + x, 150), (400 + x * 0.7, 330), (400 + x * 0.8, 520), (400 + x * 0.5, 676)]
            ),
            turn,
            about,
        )
        c.fill(line(grain, 3).within(wood), darker(b.body, 0.4), opacity=0.3)
    c.flat_light(wood, 1.2)
    band = area(rotated(rounded(366, 470, 434, 496, 3), turn, about)).within(wood)
    c.fill(band, b.accent)
    c.fill(area(rotated(ellipse((400, 652), 9, 9), turn, about)), darker(b.body, 0.5))
