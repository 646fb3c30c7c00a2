"""Bags, pouches and a suitcase."""

from .canvas import area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, mix, rgb
from .paths import ellipse, polygon, rounded, smooth
from .patterns import apply

FLOOR = 656.0


@draws("tote")
def tote(b: Brush) -> None:
    c = b.canvas
    c.ground(400, FLOOR - 2, 350)
    strap = darker(b.body, 0.14) if b.form % 2 else b.accent
    for dx, tint in ((14, darker(strap, 0.2)), (0, strap)):
        loop = smooth(
            [
                (306 + dx, 352 - dx),
                (316 + dx, 220),
                (400 + dx, 150),
                (484 + dx, 220),
                (494 + dx, 352 - dx),
            ]
        )
        c.fill(line(loop, 24), tint)
    body = area(
        smooth(
            [
                (218, 330),
                (400, 338),
                (582, 330),
                (594, 500),
                (588, 646),
                (400, 656),
                (212, 646),
                (206, 500),
            ],
            closed=True,
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    apply(c, body, "linen", darker(b.body, 0.32), b.rng)
    c.flat_light(body, 1.2)
    for x in (306, 494):
        tab = area(rounded(x - 14, 336, x + 14, 420, 4))
        c.fill(tab, strap)
        c.fill(line(polygon([(x - 8, 412), (x + 8, 412)]), 2), lighter(strap, 0.5))
    for fold in ([(250, 400), (262, 520), (240, 630)], [(552, 380), (540, 520), (560, 640)]):
        c.soft(line(smooth(fold), 12), SHADOW, blur=12, opacity=0.25, clip=body)
    c.fill(
        line(polygon([(222, 354), (400, 361), (578, 354)]), 2), lighter(b.body, 0.5), opacity=0.6
    )


@draws("backpack")
def backpack(b: Brush) -> None:
    c = b.canvas
    c.ground(400, FLOOR, 320)
    for side in (-1, 1):
        strap = smooth(
            [
                (400 + side * 110, 250),
                (400 + side * 208, 360),
                (400 + side * 196, 560),
                (400 + side * 140, 620),
            ]
        )
        c.fill(line(strap, 30), darker(b.body, 0.3))
    c.fill(line(smooth([(362, 196), (366, 150), (434, 150), (438, 196)]), 15), darker(b.body, 0.36))
    body = area(
        smooth(
            [
                (400, 176),
                (520, 204),
                (560, 330),
                (566, 520),
                (548, 640),
                (400, 654),
                (252, 640),
                (234, 520),
                (240, 330),
                (280, 204),
            ],
            closed=True,
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    c.flat_light(body, 1.2)
    if b.form % 2:
        flap = area(
            smooth(
                [(258, 236), (400, 186), (542, 236), (556, 400), (400, 436), (244, 400)],
                closed=True,
            )
        )
        c.soft(flap, SHADOW, blur=12, opacity=0.4, clip=body)
        c.fill(flap, lighter(b.body, 0.06))
        b.decorate(flap)
        c.flat_light(flap, 1.1)
        for x in (332, 468):
            c.fill(area(rounded(x - 15, 372, x + 15, 500, 6)), b.accent)
            buckle = area(
                rounded(x - 22, 432, x + 22, 470, 6), holes=[rounded(x - 12, 442, x + 12, 460, 3)]
            )
            c.fill(buckle, rgb("brass"))
    else:
        c.fill(
            line(smooth([(262, 330), (290, 236), (400, 214), (510, 236), (538, 330)]), 5),
            darker(b.body, 0.4),
        )
        c.fill(area(rounded(528, 322, 544, 366, 7)), b.accent)
    pocket = area(rounded(286, 480, 514, 630, 34))
    c.soft(pocket, SHADOW, blur=10, opacity=0.35, clip=body)
    c.fill(pocket, mix(b.body, b.accent, 0.18))
    c.flat_light(pocket, 1.1)
    c.fill(line(polygon([(304, 510), (496, 510)]), 4), darker(b.body, 0.4))
    c.fill(area(rounded(476, 506, 488, 540, 5)), rgb("brass"))


@draws("pouch", close=True)
def pouch(b: Brush) -> None:
    c = b.canvas
    c.ground(400, 620, 380)
    body = area(
        smooth(
            [
                (216, 402),
                (400, 396),
                (584, 402),
                (606, 500),
                (592, 606),
                (400, 622),
                (208, 606),
                (194, 500),
            ],
            closed=True,
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    apply(c, body, "linen", darker(b.body, 0.32), b.rng)
    c.flat_light(body, 1.2)
    c.soft(area(ellipse((340, 470), 110, 40)), LIGHT, blur=34, opacity=0.4, clip=body)
    zip_ = area(rounded(214, 394, 586, 420, 8))
    c.fill(zip_, darker(b.body, 0.3))
    c.fill(line(polygon([(226, 407), (574, 407)]), 5), rgb("brass"))
    if b.form % 2:
        loop = smooth([(586, 408), (640, 440), (650, 520), (618, 560)])
        c.fill(line(loop, 14), b.accent)
    c.fill(line(polygon([(560, 408), (548, 448)]), 9), b.accent)
    patch = area(rounded(508, 566, 572, 596, 4))
    c.fill(patch, mix(rgb("walnut"), b.accent, 0.3))


@draws("suitcase")
def suitcase(b: Brush) -> None:
    c = b.canvas
    c.ground(400, 676, 320)
    for x in (336, 464):
        c.turned(line(polygon([(x, 140), (x, 250)]), 11), rgb("steel"))
    c.turned(line(polygon([(336, 138), (464, 138)]), 20), rgb("slate"))
    for x in (292, 508):
        c.fill(area(rounded(x - 18, 640, x + 18, 680, 12)), rgb("ink"))
    body = area(rounded(250, 228, 550, 660, 48))
    c.fill(body, b.body)
    b.decorate(body)
    for x in range(284, 530, 32):
        c.soft(line(polygon([(x, 262), (x, 626)]), 7), SHADOW, blur=4, opacity=0.4, clip=body)
        c.fill(line(polygon([(x - 6, 262), (x - 6, 626)]), 3), lighter(b.body, 0.5), opacity=0.5)
    c.flat_light(body, 1.3)
    c.overlay(body, LIGHT, ((0, 0.0), (0.1, 0.3), (0.25, 0.0), (1, 0.0)))
    band = area(rounded(250, 432, 550, 446, 2))
    c.fill(band, darker(b.body, 0.4))
    for x in (318, 482):
        c.fill(area(rounded(x - 20, 418, x + 20, 460, 7)), b.accent)
    c.fill(area(rounded(372, 346, 428, 378, 8)), mix(b.accent, LIGHT, 0.3))
