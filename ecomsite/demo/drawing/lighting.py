"""Lamps and lanterns; each is lit."""

from .canvas import Shape, area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, Colour, darker, lighter, mix, rgb
from .paths import ellipse, lathe, polygon, smooth

FLOOR = 660.0
MIDDLE = 400.0
GLOW: Colour = (255, 226, 160)


def _halo(b: Brush, x: float, y: float, radius: float) -> None:
    b.canvas.soft(area(ellipse((x, y), radius, radius)), GLOW, blur=80, opacity=0.62)


def _shade(b: Brush, ring: Shape) -> None:
    """A shade lit from inside: brightest at its lower middle."""
    c = b.canvas
    c.fill(ring, b.body)
    b.decorate(ring)
    c.overlay(ring, SHADOW, ((0, 0.22), (0.25, 0.0), (0.7, 0.04), (1, 0.34)))
    c.overlay(ring, GLOW, ((0, 0.0), (0.25, 0.25), (0.5, 0.42), (0.78, 0.2), (1, 0.0)))
    c.overlay(ring, GLOW, ((0, 0.0), (0.5, 0.08), (1, 0.5)), down=True)


@draws("table_lamp")
def table_lamp(b: Brush) -> None:
    c = b.canvas
    form = b.form % 4
    c.ground(MIDDLE, FLOOR, 240)
    _halo(b, MIDDLE, 330, 230)
    if form == 3:
        mushroom = area(lathe(MIDDLE, [(40, 420), (52, 520), (96, 620), (100, FLOOR - 16)]))
        c.turned(mushroom, b.accent)
        dome = lathe(MIDDLE, [(30, 226), (140, 262), (196, 350), (204, 420)], tilt=0.13)
        _shade(b, area(dome))
        return
    if form == 0:
        base = area(lathe(MIDDLE, [(26, 430), (88, 500), (104, 570), (70, FLOOR - 16)]))
    elif form == 1:
        base = area(
            lathe(
                MIDDLE,
                [(14, 430), (12, 560), (16, 620), (110, 636), (112, FLOOR - 16)],
                curved=False,
            )
        )
    else:
        base = area(lathe(MIDDLE, [(76, 470), (78, 560), (76, FLOOR - 16)]))
    c.turned(line(polygon([(MIDDLE, 400), (MIDDLE, 480)]), 15), rgb("brass"))
    c.turned(base, b.accent)
    top, bottom = ((108, 184), (128, 168), (150, 156))[form]
    ring = lathe(MIDDLE, [(top, 190), (bottom, 432)], curved=False, tilt=0.13)
    _shade(b, area(ring))
    c.fill(area(ellipse((MIDDLE, 190), top, top * 0.13)), lighter(mix(b.body, GLOW, 0.6), 0.3))
    c.fill(area(ellipse((MIDDLE, 190), top - 8, top * 0.13 - 4)), mix(b.body, GLOW, 0.75))


@draws("pendant")
def pendant(b: Brush) -> None:
    c = b.canvas
    form = b.form % 4
    _halo(b, MIDDLE, 470, 220)
    c.fill(line(polygon([(MIDDLE, 0), (MIDDLE, 262)]), 6), rgb("ink"))
    c.turned(area(lathe(MIDDLE, [(16, 240), (22, 292)], curved=False)), rgb("brass"))
    if form == 3:
        ball = area(ellipse((MIDDLE, 448), 176, 170))
        _shade(b, ball)
        for share in (-0.75, -0.4, 0.0, 0.4, 0.75):
            rib = ellipse(
                (MIDDLE, 448),
                176 * abs(share) + 1,
                170,
                -90 if share > 0 else 90,
                90 if share > 0 else 270,
            )
            c.fill(line(rib, 3, round_ends=False).within(ball), darker(b.body, 0.3), opacity=0.4)
        return
    profile = (
        [(26, 290), (70, 320), (166, 440), (196, 520)],
        [(34, 290), (150, 330), (200, 430), (206, 520)],
        [(60, 286), (86, 380), (220, 470), (226, 492)],
    )[form]
    ring = area(lathe(MIDDLE, profile, tilt=0.15))
    c.fill(ring, b.body)
    b.decorate(ring)
    c.round_light(ring)
    radius, y = profile[-1]
    mouth = area(ellipse((MIDDLE, y), radius, radius * 0.15))
    c.fill(mouth, mix(GLOW, b.body, 0.2))
    c.soft(
        area(ellipse((MIDDLE, y), radius * 0.5, radius * 0.09)),
        (255, 250, 225),
        blur=16,
        opacity=1.0,
        clip=mouth,
    )
    c.fill(
        area(
            ellipse((MIDDLE, y), radius, radius * 0.15),
            holes=[ellipse((MIDDLE, y), radius - 5, radius * 0.15 - 4)],
        ),
        lighter(b.body, 0.3),
    )
    c.soft(
        area(
            polygon(
                [
                    (MIDDLE - radius * 0.7, y + 20),
                    (MIDDLE + radius * 0.7, y + 20),
                    (MIDDLE + radius * 1.25, 790),
                    (MIDDLE - radius * 1.25, 790),
                ]
            )
        ),
        GLOW,
        blur=50,
        opacity=0.3,
    )


@draws("floor_lamp")
def floor_lamp(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    bottom = 704.0
    c.ground(MIDDLE, bottom, 190)
    _halo(b, MIDDLE, 220, 200)
    metal = b.accent
    if form == 1:
        for side in (-1, 0.15, 1):
            leg = line(
                polygon([(MIDDLE, 330), (MIDDLE + side * 110, bottom - 6 + (side == 0.15) * 6)]), 13
            )
            c.fill(leg, rgb("oak"))
            c.overlay(leg, SHADOW, ((0, 0.05), (1, 0.3)))
    elif form == 2:
        arc = smooth([(520, bottom - 20), (530, 400), (500, 170), (400, 116), (330, 168)])
        c.turned(line(arc, 12), metal)
        c.turned(area(lathe(520, [(86, bottom - 26), (88, bottom - 12)], curved=False)), metal)
        _shade(b, area(lathe(330, [(38, 168), (96, 220), (118, 290)], tilt=0.14)))
        return
    else:
        c.turned(line(polygon([(MIDDLE, 300), (MIDDLE, bottom - 18)]), 12), metal)
        c.turned(area(lathe(MIDDLE, [(92, bottom - 26), (94, bottom - 12)], curved=False)), metal)
        c.fill(area(ellipse((MIDDLE, bottom - 26), 92, 14)), lighter(metal, 0.2))
    top, low = ((92, 150), (120, 138))[form % 2]
    _shade(b, area(lathe(MIDDLE, [(top, 110), (low, 330)], curved=False, tilt=0.12)))
    c.fill(area(ellipse((MIDDLE, 110), top, top * 0.12)), mix(b.body, GLOW, 0.7))


@draws("lantern")
def lantern(b: Brush) -> None:
    c = b.canvas
    form = b.form % 2
    c.ground(MIDDLE, FLOOR, 260)
    if form == 0:
        handle = smooth([(330, 270), (340, 180), (400, 148), (460, 180), (470, 270)])
        c.turned(line(handle, 9), darker(b.body, 0.2))
        roof = area(lathe(MIDDLE, [(34, 232), (60, 262), (130, 312)], tilt=0.15))
        pane = area(lathe(MIDDLE, [(112, 312), (112, FLOOR - 48)], curved=False, tilt=0.15))
        c.fill(pane, mix(GLOW, LIGHT, 0.5), opacity=0.8)
        c.turned(area(lathe(MIDDLE, [(46, 500), (46, FLOOR - 56)], curved=False)), rgb("cream"))
        flame = smooth([(400, 432), (416, 470), (400, 492), (384, 470)], closed=True)
        c.soft(area(ellipse((400, 460), 60, 60)), (255, 210, 120), blur=30, opacity=0.9, clip=pane)
        c.fill(area(flame), (255, 244, 205))
        for x in (-106, -36, 36, 106):
            c.turned(
                line(
                    polygon([(MIDDLE + x, 322 - abs(x) * 0.08 + 12), (MIDDLE + x, FLOOR - 40)]), 9
                ),
                darker(b.body, 0.1),
            )
        c.turned(roof, b.body)
        c.turned(
            area(lathe(MIDDLE, [(132, FLOOR - 52), (134, FLOOR - 18)], curved=False, tilt=0.15)),
            b.body,
        )
        return
    _halo(b, MIDDLE, 420, 220)
    body = area(lathe(MIDDLE, [(70, 246), (158, 310), (182, 420), (158, 530), (76, 596)]))
    _shade(b, body)
    for y in range(276, 600, 40):
        half = 182 * max(0.0, 1 - ((y - 420) / 205) ** 2) ** 0.5
        c.fill(
            line(ellipse((MIDDLE, y), half, half * 0.1, 0, 180), 3).within(body),
            darker(b.body, 0.4),
            opacity=0.35,
        )
    c.turned(area(lathe(MIDDLE, [(74, 222), (74, 250)], curved=False)), b.accent)
    c.turned(area(lathe(MIDDLE, [(78, 590), (78, FLOOR - 14)], curved=False)), b.accent)
    c.turned(line(smooth([(346, 222), (370, 160), (430, 160), (454, 222)]), 7), b.accent)
