"""Soft toys and kites."""

from .canvas import area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, rgb
from .paths import ellipse, polygon, rotated, smooth
from .patterns import apply

FLOOR = 640.0
MIDDLE = 400.0


@draws("bear")
def bear(b: Brush) -> None:
    """A soft bear, rabbit or cat, by its ears."""
    c = b.canvas
    c.ground(MIDDLE, FLOOR, 300)
    pale = lighter(b.body, 0.5)
    form = b.form % 3
    for side in (-1, 1):
        if form == 0:
            c.fill(area(ellipse((400 + side * 92, 226), 48, 48)), b.body)
            c.fill(area(ellipse((400 + side * 92, 230), 27, 27)), pale)
        elif form == 1:
            ear = rotated(
                ellipse((400 + side * 54, 168), 34, 96), side * 12, (400 + side * 54, 250)
            )
            c.flat_light(c.fill(area(ear), b.body))
            c.fill(
                area(
                    rotated(
                        ellipse((400 + side * 54, 176), 17, 70), side * 12, (400 + side * 54, 250)
                    )
                ),
                rgb("blush"),
            )
        else:
            c.fill(
                area(
                    polygon(
                        [(400 + side * 128, 180), (400 + side * 130, 280), (400 + side * 40, 230)]
                    )
                ),
                b.body,
            )
            c.fill(
                area(
                    polygon(
                        [(400 + side * 116, 206), (400 + side * 116, 262), (400 + side * 66, 234)]
                    )
                ),
                rgb("blush"),
            )
    for side in (-1, 1):
        c.flat_light(
            c.fill(
                area(
                    rotated(
                        ellipse((400 + side * 140, 500), 42, 88), side * 26, (400 + side * 120, 440)
                    )
                ),
                darker(b.body, 0.08),
            )
        )
    torso = area(ellipse((400, 520), 134, 126))
    c.fill(torso, b.body)
    apply(c, torso, "knit", darker(b.body, 0.3), b.rng)
    b.decorate(torso)
    c.round_light(torso, gloss=0.5)
    c.soft(area(ellipse((400, 536), 76, 78)), pale, blur=10, opacity=0.9, clip=torso)
    for side in (-1, 1):
        foot = area(ellipse((400 + side * 100, 608), 62, 46))
        c.fill(foot, b.body)
        c.flat_light(foot, 1.2)
        c.fill(area(ellipse((400 + side * 106, 612), 34, 26)), pale)
    head = area(ellipse((400, 316), 140, 120))
    c.soft(area(ellipse((400, 430), 90, 20)), SHADOW, blur=14, opacity=0.4, clip=torso)
    c.fill(head, b.body)
    apply(c, head, "knit", darker(b.body, 0.3), b.rng)
    c.round_light(head, gloss=0.5)
    c.fill(area(ellipse((400, 356), 58, 44)), pale)
    for side in (-1, 1):
        c.fill(area(ellipse((400 + side * 56, 306), 11, 13)), rgb("ink"))
        c.fill(area(ellipse((396 + side * 56, 301), 4, 4)), LIGHT)
        c.soft(
            area(ellipse((400 + side * 86, 350), 24, 16)),
            rgb("rose"),
            blur=10,
            opacity=0.6,
            clip=head,
        )
    c.fill(area(ellipse((400, 338), 17, 12)), rgb("cocoa"))
    c.fill(
        line(smooth([(374, 364), (388, 374), (400, 364), (412, 374), (426, 364)]), 4), rgb("cocoa")
    )
    for side in (-1, 1):
        bow = smooth(
            [(400, 440), (400 + side * 34, 416), (400 + side * 52, 440), (400 + side * 34, 466)],
            closed=True,
        )
        c.flat_light(c.fill(area(bow), b.accent))
    c.fill(area(ellipse((400, 441), 13, 13)), darker(b.accent, 0.2))


@draws("kite")
def kite(b: Brush) -> None:
    c = b.canvas
    for x, y, r in (
        (180, 610, 44),
        (232, 596, 56),
        (292, 614, 40),
        (600, 210, 36),
        (646, 200, 46),
        (690, 214, 34),
    ):
        c.fill(area(ellipse((x, y), r, r * 0.72)), (255, 255, 255), opacity=0.75)
    form = b.form % 2
    if form == 0:
        sail = polygon([(430, 120), (590, 290), (400, 530), (260, 250)])
        c.cast(sail, dx=14, dy=22, blur=20, opacity=0.26)
        shape = area(sail)
        c.fill(shape, b.body)
        b.decorate(shape)
        half = area(polygon([(430, 120), (590, 290), (400, 530)])).within(shape)
        c.fill(half, b.accent, opacity=0.5)
        c.fill(line(polygon([(430, 120), (400, 530)]), 5), darker(b.body, 0.5))
        c.fill(line(polygon([(260, 250), (590, 290)]), 5), darker(b.body, 0.5))
        tail = smooth([(400, 530), (440, 600), (380, 650), (430, 710), (400, 770)])
    else:
        wings = smooth(
            [
                (400, 300),
                (300, 180),
                (170, 190),
                (210, 330),
                (320, 420),
                (400, 450),
                (480, 420),
                (590, 330),
                (630, 190),
                (500, 180),
            ],
            closed=True,
        )
        c.cast(wings, dx=14, dy=22, blur=20, opacity=0.26)
        shape = area(wings)
        c.fill(shape, b.body)
        b.decorate(shape)
        for side in (-1, 1):
            c.fill(
                area(
                    rotated(
                        ellipse((400 + side * 140, 270), 58, 40),
                        side * -30,
                        (400 + side * 140, 270),
                    )
                ),
                b.accent,
            )
            c.fill(area(ellipse((400 + side * 140, 270), 20, 18)), rgb("cream"))
        forked = area(polygon([(372, 430), (428, 430), (470, 610), (400, 540), (330, 610)]))
        c.fill(forked, darker(b.body, 0.25))
        c.fill(area(ellipse((400, 330), 34, 76)), darker(b.body, 0.35))
        for side in (-1, 1):
            c.fill(area(ellipse((400 + side * 13, 286), 8, 8)), rgb("cream"))
        tail = smooth([(400, 540), (384, 640), (420, 720), (396, 790)])
    c.flat_light(shape)
    c.fill(line(tail, 3), rgb("slate"))
    for index in range(len(tail) // 5, len(tail) - 2, max(4, len(tail) // 5)):
        knot_x, knot_y = float(tail[index][0]), float(tail[index][1])
        for side in (-1, 1):
            c.fill(
                area(
                    polygon(
                        [
                            (knot_x, knot_y),
                            (knot_x + side * 26, knot_y - 13),
                            (knot_x + side * 26, knot_y + 13),
                        ]
                    )
                ),
                (b.accent, b.body)[side > 0],
            )
