"""Everything for tea, and other cups."""

from .canvas import area, edge, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, mix, rgb
from .paths import ellipse, lathe, moved, polygon, rotated, rounded, smooth

FLOOR = 640.0
MIDDLE = 400.0


def _open_mouth(
    b: Brush, y: float, radius: float, tilt: float, liquid: tuple[int, int, int] | None = None
) -> None:
    """The rim of a vessel and what can be seen inside it."""
    c = b.canvas
    c.fill(area(ellipse((MIDDLE, y), radius, radius * tilt)), lighter(b.body, 0.38))
    inner = area(ellipse((MIDDLE, y + 2), radius - 9, radius * tilt - 6))
    c.fill(inner, darker(lighter(b.body, 0.2), 0.12))
    c.overlay(inner, SHADOW, ((0, 0.34), (0.6, 0.06), (1, 0.0)))
    if liquid is not None:
        surface = area(
            ellipse((MIDDLE, y + radius * 0.09), radius - 20, radius * tilt - 13)
        ).within(inner)
        c.fill(surface, liquid)
        c.overlay(surface, LIGHT, ((0, 0.0), (0.5, 0.0), (0.8, 0.3), (1, 0.1)))


@draws("mug", close=True)
def mug(b: Brush) -> None:
    c = b.canvas
    radius, top = ((132, 372), (150, 410), (122, 340), (140, 390))[b.form % 4]
    body_height = FLOOR - 16 - top
    c.ground(MIDDLE, FLOOR - 2, radius * 2.0)
    grip = smooth(
        [
            (MIDDLE + radius - 8, top + body_height * 0.2),
            (MIDDLE + radius + 64, top + body_height * 0.2),
            (MIDDLE + radius + 82, top + body_height * 0.46),
            (MIDDLE + radius + 50, top + body_height * 0.72),
            (MIDDLE + radius - 16, top + body_height * 0.8),
        ]
    )
    handle = line(grip, 30)
    c.fill(handle, darker(b.body, 0.12))
    c.overlay(handle, SHADOW, ((0, 0.22), (0.5, 0.05), (1, 0.2)))
    c.fill(line(moved(grip, -3, -6), 7), lighter(b.body, 0.4), opacity=0.6)
    profiles = (
        [(radius, top), (radius, top + 90), (radius - 3, FLOOR - 60), (radius - 22, FLOOR - 16)],
        [
            (radius, top),
            (radius + 4, top + 70),
            (radius - 16, FLOOR - 60),
            (radius - 56, FLOOR - 16),
        ],
        [(radius, top), (radius - 2, top + 90), (radius - 2, FLOOR - 50), (radius - 8, FLOOR - 16)],
        [
            (radius - 14, top),
            (radius - 8, top + 60),
            (radius + 12, FLOOR - 90),
            (radius - 26, FLOOR - 16),
        ],
    )
    profile = profiles[b.form % 4]
    body = area(lathe(MIDDLE, profile))
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body)
    _open_mouth(b, top, profile[0][0], 0.17, (108, 72, 48) if b.form % 3 == 0 else None)


@draws("teacup", close=True)
def teacup(b: Brush) -> None:
    c = b.canvas
    radius, top = ((126, 470), (112, 440), (138, 492))[b.form % 3]
    c.ground(MIDDLE, FLOOR - 2, 300)
    saucer = area(ellipse((MIDDLE, FLOOR - 16), 186, 42))
    if b.form % 2 == 0:
        c.fill(area(ellipse((MIDDLE, FLOOR - 8), 186, 42)), edge(b.body))
        c.fill(saucer, lighter(b.body, 0.15))
        c.overlay(saucer, SHADOW, ((0, 0.0), (0.4, 0.0), (1, 0.25)))
        c.fill(area(ellipse((MIDDLE, FLOOR - 18), 140, 28)), darker(b.body, 0.08))
        c.ground(MIDDLE, FLOOR - 24, 170, opacity=0.3)
    foot_y = FLOOR - 26
    foot = area(lathe(MIDDLE, [(58, foot_y - 26), (54, foot_y)], curved=False))
    c.turned(foot, darker(b.body, 0.1))
    profile = [(radius, top), (radius - 8, top + 50), (radius - 36, foot_y - 46), (56, foot_y - 16)]
    body = area(lathe(MIDDLE, profile, tilt=0.18))
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body)
    _open_mouth(b, top, radius, 0.2, (196, 148, 72))


@draws("gaiwan", close=True)
def gaiwan(b: Brush) -> None:
    c = b.canvas
    c.ground(MIDDLE, FLOOR, 330)
    c.fill(area(ellipse((MIDDLE, FLOOR - 10), 200, 46)), edge(b.body))
    saucer = area(ellipse((MIDDLE, FLOOR - 20), 200, 46))
    c.fill(saucer, lighter(b.body, 0.12))
    c.overlay(saucer, SHADOW, ((0, 0.0), (0.4, 0.0), (1, 0.28)))
    c.ground(MIDDLE, FLOOR - 26, 190, opacity=0.34)
    top = 420
    body = area(
        lathe(
            MIDDLE,
            [(158, top), (142, top + 56), (104, top + 138), (70, FLOOR - 40), (66, FLOOR - 26)],
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body)
    c.fill(area(ellipse((MIDDLE, top), 158, 27)), lighter(b.body, 0.4))
    c.fill(area(ellipse((MIDDLE, top + 3), 148, 21)), darker(b.body, 0.3))
    lid_profile = [(34, top - 94), (86, top - 74), (128, top - 34), (140, top + 2)]
    lid = area(lathe(MIDDLE, lid_profile, tilt=0.17))
    c.fill(lid, b.body)
    b.decorate(lid)
    c.round_light(lid)
    knob = area(lathe(MIDDLE, [(30, top - 122), (22, top - 108), (30, top - 92)], tilt=0.2))
    c.turned(knob, darker(b.body, 0.06))
    c.fill(area(ellipse((MIDDLE, top - 122), 30, 7)), lighter(b.body, 0.3))


@draws("teapot", close=True)
def teapot(b: Brush) -> None:
    c = b.canvas
    c.ground(MIDDLE, FLOOR, 290)
    form = b.form % 3
    top = (436, 400, 452)[form]
    widest = (170, 146, 186)[form]
    spout = polygon(
        [
            *smooth(
                [
                    (MIDDLE - widest + 26, 580),
                    (MIDDLE - widest - 34, 530),
                    (MIDDLE - widest - 78, 424),
                ]
            ),
            *smooth(
                [
                    (MIDDLE - widest - 46, 414),
                    (MIDDLE - widest - 6, 480),
                    (MIDDLE - widest + 40, 500),
                ]
            ),
        ]
    )
    shape = area(spout)
    c.fill(shape, b.body)
    c.overlay(shape, LIGHT, ((0, 0.3), (0.35, 0.1), (1, 0.0)))
    c.overlay(shape, SHADOW, ((0, 0.0), (0.5, 0.0), (1, 0.3)), down=True)
    if form == 1:
        arc = smooth(
            [
                (MIDDLE - 92, top + 12),
                (MIDDLE - 96, top - 96),
                (MIDDLE, top - 160),
                (MIDDLE + 96, top - 96),
                (MIDDLE + 92, top + 12),
            ]
        )
        tube = line(arc, 20)
        c.turned(tube, b.accent)
    else:
        arc = smooth(
            [
                (MIDDLE + widest - 30, 476),
                (MIDDLE + widest + 62, 452),
                (MIDDLE + widest + 84, 512),
                (MIDDLE + widest + 34, 570),
                (MIDDLE + widest - 28, 586),
            ]
        )
        tube = line(arc, 25)
        c.fill(tube, darker(b.body, 0.1))
        c.overlay(tube, SHADOW, ((0, 0.1), (1, 0.3)))
        c.fill(line(moved(arc, -3, -5), 6), lighter(b.body, 0.4), opacity=0.55)
    profiles = (
        [(92, top), (150, top + 40), (widest, 540), (146, 606), (104, FLOOR - 14)],
        [(84, top), (116, top + 50), (widest, 560), (138, 612), (108, FLOOR - 14)],
        [(100, top), (172, top + 40), (widest, 540), (172, 606), (120, FLOOR - 14)],
    )
    body = area(lathe(MIDDLE, profiles[form]))
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body, gloss=1.1)
    mouth = profiles[form][0][0]
    c.fill(area(ellipse((MIDDLE, top), mouth, mouth * 0.17)), edge(b.body))
    lid = area(lathe(MIDDLE, [(20, top - 42), (62, top - 30), (mouth - 8, top - 2)], tilt=0.17))
    c.turned(lid, b.body)
    knob = area(ellipse((MIDDLE, top - 58), 21, 19))
    c.turned(knob, b.accent if form == 1 else darker(b.body, 0.08))


@draws("tea_tin", close=True)
def tea_tin(b: Brush) -> None:
    c = b.canvas
    radius, top = ((116, 300), (98, 260), (136, 370))[b.form % 3]
    c.ground(MIDDLE, FLOOR, radius * 2)
    body = area(lathe(MIDDLE, [(radius, top + 60), (radius, FLOOR - 18)], curved=False))
    c.fill(body, b.body)
    b.decorate(body)
    height = FLOOR - top - 70
    label = area(
        rounded(
            MIDDLE - radius * 0.62,
            top + 60 + height * 0.26,
            MIDDLE + radius * 0.62,
            top + 60 + height * 0.84,
            8,
        )
    )
    c.fill(label, rgb("cream"))
    x0, y0, x1, y1 = label.box
    ink = darker(b.body, 0.3)
    c.fill(
        area(
            rounded(x0 + 10, y0 + 10, x1 - 10, y1 - 10, 4),
            holes=[rounded(x0 + 13, y0 + 13, x1 - 13, y1 - 13, 3)],
        ),
        ink,
        opacity=0.7,
    )
    middle_y = (y0 + y1) / 2 - 8
    for turn in (-34.0, 34.0):
        leaf = smooth([(0, 0), (15, -24), (0, -62), (-15, -24)], closed=True)

        c.fill(
            area(moved(rotated(leaf, turn, (0, 0)), MIDDLE, middle_y + 34)),
            mix(ink, rgb("moss"), 0.5),
        )
    for step, half in enumerate((34, 22)):
        y = y1 - 42 + step * 14
        c.fill(area(rounded(MIDDLE - half, y, MIDDLE + half, y + 4, 2)), ink, opacity=0.75)
    c.round_light(body)
    lid = area(lathe(MIDDLE, [(radius + 4, top), (radius + 4, top + 62)], curved=False))
    c.turned(lid, b.accent)
    c.fill(area(ellipse((MIDDLE, top), radius + 4, (radius + 4) * 0.16)), lighter(b.accent, 0.25))
    c.fill(area(ellipse((MIDDLE, top), radius - 12, (radius - 12) * 0.16)), lighter(b.accent, 0.12))


@draws("tumbler", close=True)
def tumbler(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    top, radius, foot = ((372, 108, 88), (300, 84, 78), (452, 136, 80))[form]
    c.ground(MIDDLE, FLOOR, foot * 2, opacity=0.26)
    body = area(
        lathe(
            MIDDLE,
            [
                (radius, top),
                (radius - (radius - foot) * 0.4, (top + FLOOR) / 2),
                (foot, FLOOR - 14),
            ],
        )
    )
    tint = mix(b.body, (244, 249, 247), 0.55)
    c.fill(body, tint, opacity=0.62)
    level = top + (FLOOR - top) * 0.34
    share = radius - (radius - foot) * 0.34 - 7
    drink = area(lathe(MIDDLE, [(share, level), (foot - 6, FLOOR - 32)], curved=False)).within(body)
    c.fill(drink, mix(b.accent, (255, 250, 235), 0.3), opacity=0.66)
    c.fill(
        area(ellipse((MIDDLE, level), share, share * 0.16)), lighter(b.accent, 0.45), opacity=0.8
    )
    b.decorate(body, lighter(b.body, 0.5))
    c.overlay(body, SHADOW, ((0, 0.26), (0.1, 0.03), (0.85, 0.03), (1, 0.3)))
    c.overlay(
        body,
        LIGHT,
        ((0, 0.0), (0.13, 0.1), (0.2, 0.7), (0.28, 0.1), (0.8, 0.0), (0.88, 0.3), (0.94, 0.0)),
    )
    rim = ellipse((MIDDLE, top), radius, radius * 0.16)
    c.fill(
        area(rim, holes=[ellipse((MIDDLE, top), radius - 5, radius * 0.16 - 4)]),
        (255, 255, 255),
        opacity=0.85,
    )
    c.fill(
        area(ellipse((MIDDLE, FLOOR - 14), foot - 8, foot * 0.12)), (255, 255, 255), opacity=0.35
    )
