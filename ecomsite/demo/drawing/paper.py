"""Stationery."""

from .canvas import Shape, area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, Colour, darker, lighter, mix, rgb
from .paths import ellipse, moved, polygon, rotated, rounded, smooth


@draws("notebook")
def notebook(b: Brush) -> None:
    c = b.canvas
    about = (400.0, 400.0)
    turn = float(b.rng.uniform(-9, 9))
    cover = rotated(rounded(232, 160, 556, 640, 14), turn, about)
    c.cast(cover, dx=24, dy=26, blur=18, opacity=0.4)
    for step in (10, 7, 4):
        leaf = area(moved(rotated(rounded(236, 164, 556, 640, 10), turn, about), step, step))
        c.fill(leaf, mix(rgb("cream"), rgb("stone"), 0.35 if step == 7 else 0.1))
    shape = area(cover)
    c.fill(shape, b.body)
    b.decorate(shape)
    form = b.form % 3
    spine = area(rotated(rounded(232, 160, 278, 640, 10), turn, about)).within(shape)
    if form == 0:
        c.fill(spine, darker(b.body, 0.25))
    if form != 2:
        plate = area(rotated(rounded(330, 240, 500, 330, 6), turn, about))
        c.fill(plate, rgb("cream"))
        for y, x1 in ((272, 470), (296, 440)):
            c.fill(area(rotated(rounded(352, y, x1, y + 5, 2), turn, about)), rgb("slate"))
        ribbon = rotated(
            polygon([(340, 640), (360, 640), (360, 690), (350, 680), (340, 690)]), turn, about
        )
        c.fill(area(ribbon), b.accent)
    else:
        for y in range(190, 640, 34):
            for side in (230, 246):
                c.fill(
                    area(rotated(ellipse((side + 8, y), 4, 4), turn, about)), darker(b.body, 0.5)
                )
            ring = rotated(ellipse((238, y), 17, 8, 90, 330), turn, about)
            c.fill(line(ring, 5), rgb("steel"))
    if form == 1:
        band = area(rotated(rounded(516, 160, 530, 640, 2), turn, about)).within(shape)
        c.fill(band, b.accent)
    c.flat_light(shape)
    c.overlay(spine, SHADOW, ((0, 0.2), (0.5, 0.0), (0.9, 0.0), (1, 0.22)))


@draws("pen", close=True)
def pen(b: Brush) -> None:
    c = b.canvas
    about = (400.0, 400.0)
    for index, turn in enumerate((38.0, 52.0) if b.form % 2 else (45.0,)):
        dx = (index - 0.5) * 110 if b.form % 2 else 0.0
        tint = b.body if index == 0 else b.accent
        barrel = moved(rotated(rounded(378, 130, 422, 560, 20), turn, about), dx, 0)
        tip = moved(
            rotated(polygon([(380, 556), (420, 556), (404, 640), (396, 640)]), turn, about), dx, 0
        )
        c.cast(barrel, tip, dx=14, dy=20, blur=12, opacity=0.42)
        c.fill(area(tip), rgb("steel") if b.form % 3 else rgb("brass"))
        body = area(barrel)
        c.fill(body, tint)
        b.decorate(body)
        for offset, width, colour, opacity in ((-9.0, 7, LIGHT, 0.55), (13.0, 12, SHADOW, 0.28)):
            gleam = moved(
                rotated(polygon([(400 + offset, 150), (400 + offset, 545)]), turn, about), dx, 0
            )
            c.fill(line(gleam, width).within(body), colour, opacity=opacity)
        cap = area(moved(rotated(rounded(375, 126, 425, 290, 20), turn, about), dx, 0))
        c.fill(cap, darker(tint, 0.2))
        gleam = moved(rotated(polygon([(390, 146), (390, 276)]), turn, about), dx, 0)
        c.fill(line(gleam, 7), LIGHT, opacity=0.5)
        for y in (284, 540):
            c.fill(
                area(moved(rotated(rounded(374, y, 426, y + 14, 3), turn, about), dx, 0)),
                rgb("brass"),
            )
        clip = moved(rotated(rounded(416, 150, 430, 286, 6), turn, about), dx, 0)
        c.fill(area(clip), rgb("brass"))
        c.fill(
            line(moved(rotated(polygon([(400, 618), (400, 640)]), turn, about), dx, 0), 4),
            rgb("ink"),
        )


@draws("tape", close=True)
def tape(b: Brush) -> None:
    """Rolls of paper tape, standing and lying."""
    c = b.canvas
    spots = ((300, 520, 0), (510, 540, 1), (420, 350, 2))
    tints = (b.body, b.accent, mix(b.body, b.accent, 0.5))
    for x, y, index in spots:
        outer = ellipse((x, y), 112, 108)
        c.cast(outer, dx=16, dy=20, blur=13, opacity=0.4)
        c.fill(area(moved(outer, 7, 9)), darker(tints[index], 0.3))
        roll = area(outer, holes=[ellipse((x, y), 60, 58)])
        c.fill(roll, tints[index])
        b.decorate(roll, lighter(tints[index], 0.65) if index != 1 else darker(tints[index], 0.2))
        c.flat_light(roll, 1.2)
        core = area(ellipse((x, y), 62, 60), holes=[ellipse((x, y), 52, 50)])
        c.fill(core, rgb("oak"))
        for reach in (104, 97):
            c.fill(
                area(
                    ellipse((x, y), reach, reach * 0.965),
                    holes=[ellipse((x, y), reach - 1.5, reach * 0.965 - 1.5)],
                ),
                SHADOW,
                opacity=0.14,
            )


@draws("calendar", close=True)
def calendar(b: Brush) -> None:
    c = b.canvas
    c.ground(400, 636, 360)
    back = area(polygon([(232, 250), (586, 250), (640, 632), (560, 640)]))
    c.fill(back, darker(b.body, 0.3))
    front = polygon([(216, 250), (584, 250), (604, 636), (196, 636)])
    stand = area(front)
    c.fill(stand, b.body)
    leaf = area(polygon([(230, 262), (570, 262), (586, 600), (214, 600)]))
    c.fill(leaf, rgb("white"))
    head = area(polygon([(230, 262), (570, 262), (575, 372), (225, 372)]))
    c.fill(head, b.accent)
    b.decorate(head, lighter(b.accent, 0.5))
    marked = int(b.rng.integers(0, 28))
    for row in range(5):
        for column in range(7):
            number = row * 7 + column
            if number > 30:
                break
            x, y = 258 + column * 47.5 + row * (column - 3) * 0.6, 404 + row * 41
            if number == marked:
                c.fill(area(ellipse((x, y), 16, 16)), rgb("cinnabar"))
                c.fill(area(ellipse((x, y), 5, 5)), rgb("white"))
            else:
                c.fill(
                    area(ellipse((x, y), 6, 6)),
                    rgb("cinnabar") if column > 4 else rgb("slate"),
                    opacity=0.75,
                )
    c.flat_light(stand, 0.8)
    for x in range(252, 570, 30):
        c.fill(area(ellipse((x, 262), 5, 5)), rgb("ink"))
        c.fill(line(ellipse((x, 250), 7, 16, 100, 420), 4), rgb("steel"))


@draws("pencil_case", close=True)
def pencil_case(b: Brush) -> None:
    """An open roll of pencils in front of a cup's worth of colours."""
    c = b.canvas
    colours = [
        rgb(n)
        for n in ("cinnabar", "persimmon", "mustard", "moss", "jade", "lake", "indigo", "plum")
    ]
    c.ground(400, 630, 400)
    for index, tint in enumerate(colours):
        x = 250 + index * 43
        top = 280 + float(b.rng.uniform(-26, 26))
        _pencil(b, x, top, 470, tint)
    body = area(
        smooth(
            [
                (196, 450),
                (400, 444),
                (604, 450),
                (612, 540),
                (600, 624),
                (400, 634),
                (200, 624),
                (188, 540),
            ],
            closed=True,
        )
    )
    c.fill(body, b.body)
    b.decorate(body)
    c.flat_light(body, 1.2)
    c.fill(
        line(polygon([(210, 468), (400, 462), (590, 468)]), 3), lighter(b.body, 0.5), opacity=0.7
    )
    tag = area(rounded(500, 560, 572, 596, 5))
    c.fill(tag, rgb("oak"))
    c.soft(area(ellipse((340, 510), 120, 30)), LIGHT, blur=30, opacity=0.4, clip=body)


def _pencil(b: Brush, x: float, top: float, bottom: float, tint: Colour) -> Shape:
    c = b.canvas
    wood = area(polygon([(x, top - 44), (x + 15, top), (x - 15, top)]))
    c.fill(wood, rgb("bamboo"))
    c.fill(area(polygon([(x, top - 44), (x + 6, top - 27), (x - 6, top - 27)])), tint)
    stick = area(polygon([(x - 15, top), (x + 15, top), (x + 15, bottom), (x - 15, bottom)]))
    c.fill(stick, tint)
    c.overlay(stick, LIGHT, ((0, 0.0), (0.3, 0.36), (0.34, 0.0), (1, 0.0)))
    c.overlay(stick, SHADOW, ((0, 0.0), (0.64, 0.0), (0.68, 0.28), (1, 0.34)))
    return stick


@draws("cards")
def cards(b: Brush) -> None:
    """A folded card on its envelope."""
    c = b.canvas
    about = (400.0, 400.0)
    envelope = rotated(rounded(190, 300, 610, 590, 8), -7, about)
    c.cast(envelope, dx=18, dy=22, blur=16, opacity=0.36)
    paper = area(envelope)
    c.fill(paper, lighter(b.body, 0.35))
    flap = area(rotated(polygon([(192, 302), (608, 302), (400, 470)]), -7, about)).within(paper)
    c.soft(flap, SHADOW, blur=9, opacity=0.3, clip=paper)
    c.fill(flap, lighter(b.body, 0.22))
    c.flat_light(paper)
    card = rotated(rounded(262, 176, 534, 560, 6), 6, about)
    c.cast(card, dx=14, dy=18, blur=14, opacity=0.36)
    front = area(card)
    c.fill(front, rgb("white"))
    picture = area(rotated(rounded(282, 196, 514, 470, 4), 6, about))
    c.fill(picture, b.body)
    b.decorate(picture)
    for y, x0, x1 in ((500, 322, 474), (520, 352, 444)):
        c.fill(line(rotated(polygon([(x0, y), (x1, y)]), 6, about), 5), rgb("slate"))
    c.flat_light(front)
    if b.form % 2:
        c.turned(area(ellipse((560, 560), 34, 33)), rgb("cinnabar"))
