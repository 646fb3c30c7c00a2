"""Plants, pots and what tends them."""

import numpy as np

from .canvas import area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, Colour, darker, lighter, mix, rgb
from .paths import ellipse, lathe, polygon, rotated, rounded, smooth

FLOOR = 660.0
MIDDLE = 400.0


def _leaf(
    b: Brush, root: tuple[float, float], length: float, width: float, turn: float, tint: Colour
) -> None:
    x, y = root
    ring = smooth(
        [(x, y), (x + width, y - length * 0.45), (x, y - length), (x - width, y - length * 0.45)],
        closed=True,
    )
    c = b.canvas
    blade = area(rotated(ring, turn, root))
    c.fill(blade, tint)
    c.overlay(blade, LIGHT, ((0, 0.22), (0.5, 0.0), (1, 0.0)))
    c.overlay(blade, SHADOW, ((0, 0.0), (0.5, 0.0), (1, 0.2)))
    c.fill(
        line(rotated(polygon([(x, y), (x, y - length * 0.9)]), turn, root), 3).within(blade),
        lighter(tint, 0.4),
        opacity=0.6,
    )


def _pot(b: Brush, top: float, radius: float, foot: float, *, planted: bool) -> None:
    c = b.canvas
    body = area(
        lathe(
            MIDDLE, [(radius, top), (foot + (radius - foot) * 0.3, FLOOR - 60), (foot, FLOOR - 16)]
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body, gloss=0.7)
    c.fill(area(ellipse((MIDDLE, top), radius, radius * 0.16)), lighter(b.body, 0.3))
    hollow = area(ellipse((MIDDLE, top + 2), radius - 10, radius * 0.16 - 6))
    c.fill(hollow, rgb("cocoa") if planted else darker(b.body, 0.3))
    if not planted:
        c.overlay(hollow, SHADOW, ((0, 0.4), (1, 0.0)))


@draws("plant")
def plant(b: Brush) -> None:
    c = b.canvas
    form = b.form % 5
    c.ground(MIDDLE, FLOOR, 220)
    top = 480.0
    _pot(b, top, 112, 82, planted=True)
    rng = b.rng
    greens = [rgb(n) for n in ("pine", "jade", "moss", "forest", "sage")]

    def green() -> Colour:
        return mix(greens[int(rng.integers(0, 4))], rgb("celadon"), float(rng.uniform(0, 0.3)))

    if form == 0:
        for turn in (-58, -40, 52, 34, -22, 18, -4):
            _leaf(
                b, (MIDDLE + turn * 0.5, top + 4), float(rng.uniform(200, 300)), 26, turn, green()
            )
    elif form == 1:
        for turn in np.linspace(-70, 70, 9):
            length = float(rng.uniform(110, 220))
            tip = (
                MIDDLE + np.sin(np.radians(turn)) * length,
                top - np.cos(np.radians(turn)) * length,
            )
            c.fill(
                line(
                    smooth([(MIDDLE, top), ((MIDDLE + tip[0]) / 2, (top + tip[1]) / 2 - 14), tip]),
                    5,
                ),
                rgb("moss"),
            )
            round_leaf = area(ellipse((tip[0], tip[1] - 12), 50, 46))
            c.flat_light(c.fill(round_leaf, green()), 1.2)
            c.fill(
                line(polygon([(tip[0], tip[1] + 20), (tip[0], tip[1] - 36)]), 3),
                rgb("sage"),
                opacity=0.7,
            )
    elif form == 2:
        body = area(
            smooth(
                [
                    (400, 220),
                    (462, 260),
                    (476, 380),
                    (456, 486),
                    (344, 486),
                    (324, 380),
                    (338, 260),
                ],
                closed=True,
            )
        )
        c.turned(body, rgb("jade"), gloss=0.6)
        for x in (356, 378, 400, 422, 444):
            c.fill(
                line(smooth([(400 + (x - 400) * 0.5, 232), (x, 360), (x, 480)]), 3).within(body),
                rgb("forest"),
                opacity=0.6,
            )
            for y in range(270, 470, 34):
                c.fill(area(ellipse((x, y), 4, 4)).within(body), rgb("cream"))
        for x, y in ((386, 222), (414, 218), (400, 206)):
            c.fill(area(ellipse((x, y), 17, 15)), rgb("rose"))
            c.fill(area(ellipse((x, y), 6, 5)), rgb("butter"))
    elif form == 3:
        for turn in np.linspace(-80, 80, 15):
            reach = float(rng.uniform(130, 220))
            tip = (
                MIDDLE + np.sin(np.radians(turn)) * reach,
                top - np.cos(np.radians(turn)) * reach * 1.2 + abs(turn) * 0.9,
            )
            arch = smooth(
                [(MIDDLE, top), (MIDDLE + (tip[0] - MIDDLE) * 0.45, min(top, tip[1]) - 40), tip]
            )
            c.fill(line(arch, 4), rgb("moss"))
            for share in np.linspace(0.3, 0.98, 8):
                at_x, at_y = (float(v) for v in arch[int(share * (len(arch) - 1))])
                for side in (-1, 1):
                    c.fill(
                        area(
                            rotated(
                                ellipse((at_x + side * 13, at_y), 15, 6), side * 26, (at_x, at_y)
                            )
                        ),
                        green(),
                    )
    else:
        trunk = line(smooth([(400, 490), (392, 420), (404, 350)]), 16)
        c.turned(trunk, rgb("walnut"))
        for _ in range(34):
            dx, dy = float(rng.normal(0, 72)), float(rng.normal(0, 58))
            c.fill(area(ellipse((400 + dx, 280 + dy), 26, 22)), green(), opacity=0.92)
        for _ in range(9):
            dx, dy = float(rng.normal(0, 70)), float(rng.normal(0, 55))
            fruit = area(ellipse((400 + dx, 285 + dy), 13, 13))
            c.turned(fruit, rgb("persimmon") if b.accent == b.body else b.accent)


@draws("planter", close=True)
def planter(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    c.ground(MIDDLE, FLOOR, 330)
    if form == 0:
        saucer = area(lathe(MIDDLE, [(146, FLOOR - 34), (134, FLOOR - 14)], curved=False))
        c.turned(saucer, darker(b.body, 0.1))
        _pot(b, 380, 160, 112, planted=False)
    elif form == 1:
        for side in (-1, 1):
            c.fill(
                line(polygon([(400 + side * 116, 470), (400 + side * 130, FLOOR)]), 14), rgb("oak")
            )
        body = area(lathe(MIDDLE, [(150, 370), (154, 480), (130, 580)]))
        c.fill(body, b.body)
        b.decorate(body)
        c.round_light(body, gloss=0.7)
        c.fill(area(ellipse((MIDDLE, 370), 150, 24)), lighter(b.body, 0.3))
        c.fill(area(ellipse((MIDDLE, 373), 138, 17)), darker(b.body, 0.34))
        c.turned(area(rounded(252, 556, 548, 576, 8)), rgb("oak"))
    else:
        body = area(polygon([(190, 440), (610, 440), (576, 644), (224, 644)]))
        c.fill(body, b.body)
        b.decorate(body)
        c.flat_light(body, 1.3)
        c.flat_light(c.fill(area(rounded(178, 420, 622, 462, 8)), lighter(b.body, 0.12)))
        for x in (250, 330, 410, 490, 560):
            for turn in (-26, 0, 24):
                _leaf(
                    b,
                    (x, 424),
                    float(b.rng.uniform(70, 130)),
                    15,
                    turn,
                    mix(rgb("jade"), rgb("moss"), float(b.rng.random())),
                )


@draws("watering_can", close=True)
def watering_can(b: Brush) -> None:
    c = b.canvas
    c.ground(420, 644, 330)
    spout = polygon([(320, 560), (188, 372), (216, 356), (330, 480)])
    c.flat_light(c.fill(area(spout), darker(b.body, 0.08)))
    rose = area(rotated(ellipse((192, 352), 52, 22), -34, (192, 352)))
    c.fill(rose, b.accent)
    for dx in (-26, -9, 9, 26):
        c.fill(
            area(rotated(ellipse((192 + dx, 350), 4, 3), -34, (192, 352))), darker(b.accent, 0.5)
        )
    if b.form % 2:
        handle = smooth([(392, 400), (400, 280), (520, 260), (598, 360), (550, 540)])
    else:
        handle = smooth([(536, 420), (630, 380), (650, 500), (546, 580)])
        c.turned(line(smooth([(352, 396), (372, 300), (500, 300), (520, 396)]), 18), b.accent)
    c.turned(line(handle, 20), b.accent)
    profile = [(104, 396), (110, 420), (124, 540), (128, 626)]
    body = area(lathe(436, profile))
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body, gloss=1.1)
    c.fill(area(ellipse((436, 396), 104, 17)), lighter(b.body, 0.35))
    mouth = area(ellipse((436, 398), 94, 12))
    c.fill(mouth, darker(b.body, 0.4))
    half = area(polygon([(330, 380), (436, 380), (436, 416), (330, 416)])).within(
        area(ellipse((436, 396), 104, 17))
    )
    c.fill(half, lighter(b.body, 0.2))


@draws("seeds")
def seeds(b: Brush) -> None:
    """A paper packet with the flower that it holds."""
    c = b.canvas
    about = (400.0, 400.0)
    turn = float(b.rng.uniform(-6, 6))
    packet = rotated(rounded(262, 166, 538, 634, 6), turn, about)
    c.cast(packet, dx=20, dy=24, blur=17, opacity=0.4)
    paper = area(packet)
    c.fill(paper, rgb("cream"))
    head = area(rotated(rounded(262, 166, 538, 250, 6), turn, about)).within(paper)
    c.fill(head, b.body)
    for y, x0, x1, width in ((198, 312, 488, 8), (222, 350, 450, 5)):
        c.fill(line(rotated(polygon([(x0, y), (x1, y)]), turn, about), width), rgb("cream"))
    for x, foot, reach in ((400, 600, 210), (340, 606, 150), (462, 606, 164)):
        top = foot - reach
        c.fill(
            line(rotated(smooth([(x, foot), (x + 6, (foot + top) / 2), (x, top)]), turn, about), 6),
            rgb("moss"),
        )
        for side, at in ((-1, 0.3), (1, 0.45)):
            node = foot - reach * at
            leaf = smooth(
                [
                    (x, node),
                    (x + side * 22, node - 26),
                    (x + side * 46, node - 26),
                    (x + side * 24, node - 3),
                ],
                closed=True,
            )
            c.fill(area(rotated(leaf, turn, about)), rgb("jade"))
        r = reach * 0.17
        if b.form % 2:
            for petal in range(9):
                angle = petal * 40
                ring = rotated(ellipse((x, top - r), r * 0.42, r), angle, (x, top))
                c.fill(area(rotated(ring, turn, about)), mix(b.accent, LIGHT, 0.12 * (petal % 3)))
            c.fill(
                area(rotated(ellipse((x, top), r * 0.55, r * 0.55), turn, about)), rgb("mustard")
            )
        else:
            for angle in (-36, 36, -14, 14):
                ring = rotated(ellipse((x, top - r), r * 0.5, r * 1.25), angle, (x, top + r))
                c.fill(
                    area(rotated(ring, turn, about)),
                    mix(b.accent, SHADOW if abs(angle) > 20 else LIGHT, 0.14),
                )
    c.flat_light(paper)


@draws("trowel")
def trowel(b: Brush) -> None:
    """A hand fork and a trowel side by side."""
    c = b.canvas
    for x, turn, fork in ((292, -7.0, b.form % 2 == 0), (512, 7.0, b.form % 2 == 1)):
        about = (float(x), 400.0)
        grip = rotated(
            smooth(
                [
                    (x - 22, 166),
                    (x, 150),
                    (x + 22, 166),
                    (x + 26, 250),
                    (x + 18, 330),
                    (x - 18, 330),
                    (x - 26, 250),
                ],
                closed=True,
            ),
            turn,
            about,
        )
        if fork:
            blades = [
                rotated(smooth([(x + dx * 0.4, 430), (x + dx, 480), (x + dx, 640)]), turn, about)
                for dx in (-40, 0, 40)
            ]
            c.cast(grip, dx=12, dy=16, blur=10, opacity=0.34)
            for prong in blades:
                c.soft(line(prong + np.array([8, 12]), 16), SHADOW, blur=7, opacity=0.35)
                c.turned(line(prong, 16), rgb("steel"))
        else:
            blade = rotated(
                smooth(
                    [
                        (x, 430),
                        (x + 56, 470),
                        (x + 52, 560),
                        (x, 656),
                        (x - 52, 560),
                        (x - 56, 470),
                    ],
                    closed=True,
                ),
                turn,
                about,
            )
            c.cast(grip, blade, dx=12, dy=16, blur=10, opacity=0.34)
            metal = area(blade)
            c.turned(metal, rgb("steel"))
            c.soft(
                line(rotated(polygon([(x, 450), (x, 620)]), turn, about), 10),
                SHADOW,
                blur=8,
                opacity=0.4,
                clip=metal,
            )
        c.fill(line(rotated(polygon([(x, 320), (x, 440)]), turn, about), 17), rgb("slate"))
        handle = area(grip)
        c.fill(handle, b.body)
        b.decorate(handle)
        c.round_light(handle, gloss=0.8)
        c.fill(line(rotated(polygon([(x - 18, 322), (x + 18, 322)]), turn, about), 12), b.accent)
