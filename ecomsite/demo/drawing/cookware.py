"""What stands in a kitchen."""

from .canvas import area, edge, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, rgb
from .paths import ellipse, lathe, moved, polygon, rounded, smooth
from .patterns import apply

FLOOR = 640.0
MIDDLE = 400.0


@draws("jar", close=True)
def jar(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    radius, top = ((122, 350), (104, 290), (140, 410))[form]
    c.ground(MIDDLE, FLOOR, radius * 2)
    body = area(
        lathe(
            MIDDLE,
            [
                (radius - 22, top + 20),
                (radius, top + 56),
                (radius, FLOOR - 56),
                (radius - 14, FLOOR - 14),
            ],
        )
    )
    if b.pattern == "":
        c.fill(body, (236, 243, 240), opacity=0.75)
        filling = area(
            lathe(
                MIDDLE,
                [(radius - 8, top + 110), (radius - 8, FLOOR - 56), (radius - 20, FLOOR - 22)],
            )
        ).within(body)
        c.fill(filling, b.accent)

        apply(c, filling, "speckle", darker(b.accent, 0.4), b.rng)
        apply(c, filling, "speckle", lighter(b.accent, 0.5), b.rng)
        c.overlay(body, SHADOW, ((0, 0.3), (0.12, 0.05), (0.8, 0.05), (1, 0.36)))
        c.overlay(body, LIGHT, ((0, 0.0), (0.12, 0.1), (0.19, 0.7), (0.26, 0.05), (1, 0.0)))
    else:
        c.fill(body, b.body)
        b.decorate(body)
        c.round_light(body)
    wood = rgb("oak") if form != 1 else rgb("bamboo")
    lid = area(lathe(MIDDLE, [(radius - 12, top - 26), (radius - 12, top + 22)], curved=False))
    c.turned(lid, wood)
    c.fill(area(ellipse((MIDDLE, top - 26), radius - 12, (radius - 12) * 0.16)), lighter(wood, 0.3))
    if form == 2:
        c.turned(area(ellipse((MIDDLE, top - 46), 22, 20)), darker(wood, 0.1))


@draws("kettle", close=True)
def kettle(b: Brush) -> None:
    c = b.canvas
    c.ground(MIDDLE, FLOOR, 380)
    form = b.form % 2
    neck = (
        smooth([(276, 560), (226, 500), (236, 430), (188, 372)])
        if form
        else smooth([(280, 540), (220, 490), (176, 410)])
    )
    tube = line(neck, 22 if form else 36)
    c.turned(tube, darker(b.body, 0.08))
    arc = (
        smooth([(300, 410), (306, 300), (400, 250), (494, 300), (500, 410)])
        if not form
        else smooth([(520, 440), (612, 420), (620, 520), (560, 590)])
    )
    grip = line(arc, 26)
    c.turned(grip, b.accent)
    profile = (
        [(96, 396), (142, 436), (168, 530), (164, 600), (150, FLOOR - 16)]
        if not form
        else [(92, 400), (108, 450), (140, 560), (146, 606), (138, FLOOR - 16)]
    )
    body = area(lathe(MIDDLE, profile))
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body, gloss=1.3)
    lid = area(lathe(MIDDLE, [(34, 362), (80, 378), (94, 400)], tilt=0.17))
    c.turned(lid, lighter(b.body, 0.05), gloss=1.2)
    c.turned(area(ellipse((MIDDLE, 346), 23, 21)), b.accent)


@draws("pot", close=True)
def pot(b: Brush) -> None:
    """A casserole with two ears."""
    c = b.canvas
    c.ground(MIDDLE, FLOOR, 420)
    form = b.form % 2
    top, radius = ((440, 196), (400, 178))[form]
    for side in (-1, 1):
        ear = smooth(
            [
                (MIDDLE + side * (radius - 8), top + 50),
                (MIDDLE + side * (radius + 50), top + 46),
                (MIDDLE + side * (radius + 50), top + 92),
                (MIDDLE + side * (radius - 8), top + 92),
            ]
        )
        c.turned(line(ear, 24), darker(b.body, 0.14))
    body = area(
        lathe(
            MIDDLE,
            [
                (radius, top),
                (radius, FLOOR - 70),
                (radius - 10, FLOOR - 34),
                (radius - 40, FLOOR - 14),
            ],
            tilt=0.14,
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    c.round_light(body, gloss=1.2)
    c.fill(
        area(
            lathe(MIDDLE, [(radius + 7, top - 8), (radius + 7, top + 9)], curved=False, tilt=0.14)
        ),
        edge(b.body),
    )
    lid = area(
        lathe(
            MIDDLE,
            [(46, top - 78), (120, top - 62), (radius - 16, top - 28), (radius + 5, top - 4)],
            tilt=0.14,
        )
    )
    c.turned(lid, b.body, gloss=1.2)
    knob = area(lathe(MIDDLE, [(30, top - 116), (18, top - 96), (26, top - 80)]))
    c.turned(knob, b.accent)
    c.fill(area(ellipse((MIDDLE, top - 116), 30, 6)), lighter(b.accent, 0.35))


@draws("pan")
def pan(b: Brush) -> None:
    """Seen from above, its handle to the lower right."""
    c = b.canvas
    rim = ellipse((352, 362), 206, 200)
    grip = line(polygon([(494, 508), (660, 668)]), 40)
    c.cast(
        rim,
        polygon([(480, 500), (660, 680), (690, 650), (520, 480)]),
        dx=16,
        dy=20,
        blur=18,
        opacity=0.4,
    )
    c.fill(line(polygon([(470, 484), (540, 552)]), 26), darker(b.body, 0.2))
    c.fill(grip, b.accent)
    c.overlay(grip, LIGHT, ((0, 0.3), (0.6, 0.0), (1, 0.0)), down=True)
    c.fill(line(polygon([(646, 654), (648, 656)]), 16), darker(b.accent, 0.45))
    c.fill(area(rim), lighter(b.body, 0.16))
    well = area(ellipse((352, 366), 188, 181))
    c.fill(well, darker(b.body, 0.2))
    c.overlay(well, SHADOW, ((0, 0.4), (0.4, 0.1), (1, 0.0)), down=True)
    base = area(ellipse((352, 372), 156, 150))
    c.fill(base, darker(b.body, 0.08))
    c.overlay(base, LIGHT, ((0, 0.05), (0.5, 0.05), (1, 0.22)))
    for reach in (44, 88, 128):
        c.fill(
            area(
                ellipse((352, 372), reach, reach * 0.96),
                holes=[ellipse((352, 372), reach - 2, reach * 0.96 - 2)],
            ),
            LIGHT,
            opacity=0.1,
        )
    c.soft(area(ellipse((270, 280), 60, 24)), LIGHT, blur=22, opacity=0.3, clip=well)


@draws("board")
def board(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    if form == 0:
        outline = rounded(252, 232, 548, 640, 38)
        neck = rounded(362, 150, 438, 260, 34)
        hole = ellipse((400, 190), 15, 15)
    elif form == 1:
        outline = ellipse((400, 440), 190, 190)
        neck = rounded(362, 170, 438, 290, 34)
        hole = ellipse((400, 210), 15, 15)
    else:
        outline = rounded(212, 210, 588, 610, 34)
        neck = rounded(360, 200, 440, 220, 8)
        hole = rounded(350, 238, 450, 262, 12)
    c.cast(outline, neck, dx=22, dy=22, blur=18, opacity=0.36)
    c.fill(area(moved(outline, 6, 8), moved(neck, 6, 8)), darker(b.body, 0.3))
    shape = area(outline, neck, holes=[hole])
    c.fill(shape, b.body)
    rng = b.rng
    x0, y0, x1, y1 = shape.box
    for x in range(x0 - 10, x1 + 10, 13):
        sway = rng.uniform(-12, 12, 4)
        grain = line(
            smooth([(x + sway[i], y0 + (y1 - y0) * i / 3) for i in range(4)]),
            float(rng.uniform(1.5, 4)),
        )
        c.fill(grain.within(shape), darker(b.body, 0.35), opacity=float(rng.uniform(0.12, 0.4)))
    if b.pattern:
        band = area(rounded(x0, y1 - 130, x1, y1 - 70, 1)).within(shape)
        c.fill(band, b.accent, opacity=0.9)
    c.flat_light(shape, 0.9)


@draws("steamer", close=True)
def steamer(b: Brush) -> None:
    c = b.canvas
    c.ground(MIDDLE, FLOOR, 400)
    radius = 196
    tiers = 2 if b.form % 2 else 1
    height = 86
    y = FLOOR - 24
    for _ in range(tiers):
        wall = area(lathe(MIDDLE, [(radius, y - height), (radius, y)], curved=False, tilt=0.15))
        c.fill(wall, b.body)
        for share in (0.25, 0.72):
            ring_y = y - height * (1 - share)
            ring = lathe(
                MIDDLE, [(radius + 2, ring_y), (radius + 2, ring_y + 13)], curved=False, tilt=0.15
            )
            c.fill(
                area(ring, holes=[ellipse((MIDDLE, ring_y), radius + 2, (radius + 2) * 0.15)]),
                darker(b.body, 0.2),
            )
        c.round_light(wall, gloss=0.6)
        y -= height + 4
    lid = area(lathe(MIDDLE, [(100, y - 54), (168, y - 36), (radius + 4, y)], tilt=0.15))
    c.fill(lid, lighter(b.body, 0.1))

    apply(c, lid, "twill", darker(b.body, 0.14), b.rng)
    c.round_light(lid, gloss=0.6)
    top = area(ellipse((MIDDLE, y - 54), 100, 15))
    c.fill(top, lighter(b.body, 0.26))
    c.turned(
        line(smooth([(372, y - 56), (386, y - 82), (414, y - 82), (428, y - 56)]), 9),
        darker(b.body, 0.32),
    )
