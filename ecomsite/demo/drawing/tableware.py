"""Bowls, plates, vases and chopsticks."""

from .canvas import area, edge, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, mix, rgb
from .paths import ellipse, lathe, polygon, rounded, smooth

FLOOR = 640.0
MIDDLE = 400.0


@draws("bowl", close=True)
def bowl(b: Brush) -> None:
    c = b.canvas
    radius, top = ((206, 452), (184, 430), (224, 486))[b.form % 3]
    c.ground(MIDDLE, FLOOR, 300)
    foot = area(lathe(MIDDLE, [(86, FLOOR - 50), (80, FLOOR - 14)], curved=False))
    c.turned(foot, darker(b.body, 0.12))
    body = area(
        lathe(
            MIDDLE,
            [(radius, top), (radius - 12, top + 60), (radius - 70, FLOOR - 64), (84, FLOOR - 34)],
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body)
    c.fill(area(ellipse((MIDDLE, top), radius, radius * 0.18)), lighter(b.body, 0.42))
    inner = area(ellipse((MIDDLE, top + 3), radius - 10, radius * 0.18 - 6))
    c.fill(inner, lighter(b.body, 0.14))
    c.overlay(inner, SHADOW, ((0, 0.36), (0.55, 0.08), (1, 0.0)))
    c.overlay(inner, SHADOW, ((0, 0.3), (0.6, 0.0), (1, 0.0)), down=True)


@draws("plate")
def plate(b: Brush) -> None:
    """Seen leaning, so that the pattern shows."""
    c = b.canvas
    outer = ellipse((MIDDLE, 412), 232, 222)
    c.cast(outer, dx=20, dy=26, blur=22, opacity=0.34)
    c.fill(area(ellipse((MIDDLE + 2, 420), 232, 222)), edge(b.body))
    shape = area(outer)
    c.fill(shape, b.body)
    well = area(ellipse((MIDDLE, 412), 154, 147))
    if b.form % 2 == 0:
        b.decorate(shape)
        c.fill(well, lighter(b.body, 0.12))
    else:
        c.fill(area(outer, holes=[ellipse((MIDDLE, 412), 214, 205)]), b.accent)
        b.decorate(well)
    c.overlay(shape, SHADOW, ((0, 0.0), (0.5, 0.02), (1, 0.2)))
    c.fill(
        area(ellipse((MIDDLE, 412), 158, 151), holes=[ellipse((MIDDLE, 412), 152, 145)]),
        SHADOW,
        opacity=0.16,
    )
    c.overlay(well, SHADOW, ((0, 0.2), (0.3, 0.02), (1, 0.0)))
    c.overlay(well, LIGHT, ((0, 0.0), (0.7, 0.0), (1, 0.3)))
    c.soft(area(ellipse((310, 300), 70, 34)), LIGHT, blur=24, opacity=0.5, clip=shape)


@draws("vase")
def vase(b: Brush) -> None:
    c = b.canvas
    form = b.form % 5
    profiles = (
        [(46, 330), (40, 372), (104, 470), (116, 556), (78, FLOOR - 14)],
        [(70, 380), (58, 410), (130, 500), (122, 590), (84, FLOOR - 14)],
        [(34, 290), (32, 380), (52, 450), (98, 560), (86, FLOOR - 14)],
        [(92, 350), (96, 450), (92, 560), (84, FLOOR - 14)],
        [(58, 400), (118, 450), (140, 520), (112, 596), (66, FLOOR - 14)],
    )
    profile = profiles[form]
    top = profile[0][1]
    c.ground(MIDDLE, FLOOR, profile[-1][0] * 2.5)
    rng = b.rng
    stem = mix(rgb("moss"), rgb("oak"), float(rng.uniform(0, 0.7)))
    for lean in rng.uniform(-1, 1, 4):
        tip = (MIDDLE + lean * 130, top - rng.uniform(120, 190))
        path = smooth([(MIDDLE + lean * 12, top + 6), (MIDDLE + lean * 40, top - 70), tip])
        c.fill(line(path, 5), darker(stem, 0.2))
        for share in (0.35, 0.5, 0.65, 0.8, 0.97):
            x, y = path[int(share * (len(path) - 1))]
            for side in (-1, 1):
                if form % 2 == 0:
                    leaf = smooth(
                        [
                            (x, y),
                            (x + side * 20, y - 22),
                            (x + side * 40, y - 18),
                            (x + side * 20, y - 2),
                        ],
                        closed=True,
                    )
                    c.fill(area(leaf), mix(stem, LIGHT, float(rng.uniform(0, 0.25))))
                else:
                    c.fill(
                        area(ellipse((x + side * 11, y - 4), 9, 9)),
                        mix(b.accent, LIGHT, float(rng.uniform(0.1, 0.5))),
                    )
    body = area(lathe(MIDDLE, profile))
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body, gloss=0.9)
    mouth = profile[0][0]
    c.fill(
        area(
            ellipse((MIDDLE, top), mouth, mouth * 0.16),
            holes=[ellipse((MIDDLE, top), mouth - 7, mouth * 0.16 - 3)],
        ),
        lighter(b.body, 0.35),
    )


@draws("chopsticks")
def chopsticks(b: Brush) -> None:
    c = b.canvas
    for index in range(4):
        x = 292 + index * 62
        stick = polygon([(x, 180), (x + 20, 180), (x + 48, 640), (x + 42, 640)])
        c.cast(stick, dx=14, dy=8, blur=8, opacity=0.32)
        shape = area(stick)
        c.fill(shape, b.body)
        cap = area(polygon([(x, 180), (x + 20, 180), (x + 30, 340), (x + 8, 340)])).within(shape)
        c.fill(cap, b.accent)
        b.decorate(cap, lighter(b.accent, 0.6))
        c.overlay(shape, LIGHT, ((0, 0.0), (0.3, 0.2), (0.6, 0.0), (1, 0.0)))
        c.overlay(shape, SHADOW, ((0, 0.0), (0.5, 0.0), (1, 0.4)))
    rest = area(rounded(270, 560, 556, 594, 17))
    c.cast(rounded(270, 560, 556, 594, 17), dx=8, dy=12, blur=9, opacity=0.36)
    c.fill(rest, mix(b.accent, LIGHT, 0.4))
    c.flat_light(rest)
