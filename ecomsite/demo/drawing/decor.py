"""Candles, scents, clocks and prints."""

import numpy as np

from .canvas import area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, mix, rgb
from .paths import ellipse, lathe, moved, polygon, rotated, rounded, smooth

FLOOR = 640.0
MIDDLE = 400.0


@draws("candle", close=True)
def candle(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    if form == 2:
        for x, top, width in ((292, 330, 54), (400, 250, 60), (506, 400, 54)):
            c.ground(x, FLOOR, width * 2)
            pillar = area(lathe(x, [(width, top), (width, FLOOR - 14)], curved=False))
            c.turned(pillar, mix(b.body, LIGHT, 0.0 if x == 400 else 0.25), gloss=0.7)
            c.fill(area(ellipse((x, top), width, width * 0.16)), lighter(b.body, 0.45))
            _flame(b, x, top)
        return
    radius, top = ((118, 410), (138, 460))[form]
    c.ground(MIDDLE, FLOOR, radius * 2)
    body = area(lathe(MIDDLE, [(radius, top), (radius, FLOOR - 60), (radius - 10, FLOOR - 14)]))
    c.fill(body, b.body)
    b.decorate(body)
    if not b.pattern:
        label = area(rounded(MIDDLE - 62, top + 66, MIDDLE + 62, top + 150, 6))
        c.fill(label, rgb("cream"))
        for y, half in ((top + 92, 36), (top + 108, 24), (top + 122, 30)):
            c.fill(
                area(rounded(MIDDLE - half, y, MIDDLE + half, y + 5, 2)),
                darker(b.body, 0.35),
                opacity=0.8,
            )
    c.round_light(body)
    c.fill(area(ellipse((MIDDLE, top), radius, radius * 0.17)), lighter(b.body, 0.4))
    wax = area(ellipse((MIDDLE, top + 4), radius - 9, radius * 0.17 - 6))
    c.fill(wax, rgb("cream"))
    c.overlay(wax, SHADOW, ((0, 0.2), (0.5, 0.03), (1, 0.0)))
    _flame(b, MIDDLE, top + 4)


def _flame(b: Brush, x: float, y: float) -> None:
    c = b.canvas
    c.soft(area(ellipse((x, y - 40), 58, 66)), (255, 214, 130), blur=34, opacity=0.75)
    c.fill(line(polygon([(x, y), (x, y - 20)]), 5), rgb("ink"))
    outer = smooth([(x, y - 92), (x + 17, y - 44), (x, y - 16), (x - 17, y - 44)], closed=True)
    c.fill(area(outer), (250, 190, 84))
    inner = smooth([(x, y - 70), (x + 10, y - 40), (x, y - 20), (x - 10, y - 40)], closed=True)
    c.fill(area(inner), (255, 244, 205))


@draws("diffuser", close=True)
def diffuser(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    c.ground(MIDDLE, FLOOR, 220)
    for lean in (-0.42, -0.22, -0.04, 0.16, 0.36):
        reed = line(
            polygon([(MIDDLE + lean * 30, 440), (MIDDLE + lean * 260, 186 + abs(lean) * 90)]), 6
        )
        c.fill(reed, mix(rgb("bamboo"), rgb("walnut"), abs(lean)))
    if form == 0:
        profile = [(28, 400), (30, 436), (96, 476), (104, 560), (98, FLOOR - 14)]
    elif form == 1:
        profile = [(28, 400), (30, 430), (70, 452), (122, 560), (96, FLOOR - 14)]
    else:
        profile = [(30, 400), (34, 440), (84, 462), (84, 560), (84, FLOOR - 14)]
    body = area(lathe(MIDDLE, profile))
    c.fill(body, b.body)
    b.decorate(body)
    label = area(rounded(MIDDLE - 48, 516, MIDDLE + 48, 590, 5))
    c.fill(label, rgb("white"))
    c.fill(
        area(smooth([(400, 526), (412, 546), (400, 566), (388, 546)], closed=True)),
        mix(b.body, rgb("moss"), 0.5),
    )
    c.fill(area(rounded(374, 574, 426, 578, 2)), rgb("slate"))
    c.round_light(body, gloss=1.1)
    collar = area(lathe(MIDDLE, [(34, 384), (34, 410)], curved=False))
    c.turned(collar, b.accent)


@draws("clock")
def clock(b: Brush) -> None:
    c = b.canvas
    centre = (MIDDLE, 400.0)
    form = b.form % 3
    outer = rounded(188, 188, 612, 612, 70) if form == 2 else ellipse(centre, 222, 222)
    inner = rounded(214, 214, 586, 586, 52) if form == 2 else ellipse(centre, 194, 194)
    c.cast(outer, dx=24, dy=26, blur=20, opacity=0.36)
    rim = area(outer)
    c.fill(rim, b.accent)
    c.flat_light(rim)
    face = area(inner)
    c.fill(face, b.body)
    b.decorate(face, mix(b.body, b.accent, 0.3))
    c.overlay(face, SHADOW, ((0, 0.16), (0.12, 0.0), (1, 0.0)))
    c.overlay(face, SHADOW, ((0, 0.2), (0.12, 0.0), (1, 0.0)), down=True)
    dark = sum(b.body) < 390
    hand = rgb("white") if dark else rgb("ink")
    for hour in range(12):
        tick = polygon([(400, 222), (400, 248 if hour % 3 == 0 else 236)])
        width = 9 if hour % 3 == 0 else 5
        if form == 1:
            c.fill(
                area(
                    ellipse(
                        tuple(rotated(polygon([(400, 234)]), hour * 30, centre)[0]),
                        width * 0.8,
                        width * 0.8,
                    )
                ),
                hand,
            )
        else:
            c.fill(line(rotated(tick, hour * 30, centre), width), hand)
    hours = float(b.rng.uniform(295, 310))
    for length, width, turn in ((104, 13, hours), (152, 8, 60.0)):
        pointer = rotated(polygon([(400, 424), (400, 400 - length)]), turn, centre)
        c.soft(line(moved(pointer, 5, 7), width), SHADOW, blur=5, opacity=0.4)
        c.fill(line(pointer, width), hand)
    c.fill(line(rotated(polygon([(400, 436), (400, 236)]), 204, centre), 3), rgb("cinnabar"))
    c.fill(area(ellipse(centre, 11, 11)), rgb("brass"))


@draws("print")
def print_(b: Brush) -> None:
    """A framed picture: hills, leaves, still life or plain forms."""
    c = b.canvas
    frame = rounded(216, 150, 584, 640, 4)
    c.cast(frame, dx=20, dy=24, blur=18, opacity=0.4)
    wood = area(frame)
    c.fill(wood, b.accent)
    c.flat_light(wood)
    mount = area(rounded(234, 168, 566, 622, 2))
    c.fill(mount, rgb("white"))
    c.overlay(mount, SHADOW, ((0, 0.2), (0.03, 0.0), (1, 0.0)), down=True)
    sheet = area(polygon([(272, 212), (528, 212), (528, 578), (272, 578)]))
    paper = lighter(b.body, 0.62)
    c.fill(sheet, paper)
    rng = b.rng
    form = b.form % 4
    if form == 0:
        c.fill(
            area(ellipse((400 + float(rng.uniform(-50, 50)), 320), 46, 46)).within(sheet),
            rgb("persimmon"),
        )
        for step in range(4):
            xs = np.linspace(250, 550, 7)
            ys = 390 + step * 46 + rng.uniform(-34, 30, 7)
            ridge = smooth(list(zip(xs, ys, strict=True)))
            hill = np.vstack((ridge, polygon([(560, 600), (240, 600)])))
            c.fill(
                area(hill).within(sheet), mix(lighter(b.body, 0.45), darker(b.body, 0.3), step / 3)
            )
    elif form == 1:
        stem = smooth([(400, 572), (392, 430), (410, 250)])
        c.fill(line(stem, 5), darker(b.body, 0.3))
        for share in np.linspace(0.15, 0.95, 7):
            x, y = stem[int(share * (len(stem) - 1))]
            for side in (-1, 1):
                reach = 92 * (1.1 - share)
                leaf = smooth(
                    [
                        (x, y),
                        (x + side * reach * 0.5, y - 42),
                        (x + side * reach, y - 34),
                        (x + side * reach * 0.5, y - 6),
                    ],
                    closed=True,
                )
                c.fill(
                    area(leaf).within(sheet),
                    mix(b.body, LIGHT if side > 0 else SHADOW, float(rng.uniform(0, 0.25))),
                )
    elif form == 2:
        c.fill(area(ellipse((400, 590), 170, 130)).within(sheet), lighter(b.body, 0.3))
        c.turned(area(lathe(372, [(22, 380), (20, 410), (58, 470), (40, 530)])), b.body)
        for x, y, tint in ((446, 514, "persimmon"), (478, 520, "mustard")):
            c.turned(area(ellipse((x, y), 27, 26)), rgb(tint))
        c.fill(line(smooth([(372, 384), (388, 320), (440, 276)]), 4), rgb("forest"))
        for x, y in ((392, 324), (412, 296), (438, 278)):
            c.fill(area(ellipse((x, y), 15, 9)), rgb("moss"))
    else:
        for shade in (b.body, lighter(b.body, 0.35), rgb("mustard"), darker(b.body, 0.3)):
            x, y, r = (
                float(rng.uniform(310, 490)),
                float(rng.uniform(260, 530)),
                float(rng.uniform(40, 84)),
            )
            turn = float(rng.uniform(0, 360))
            half = ellipse((x, y), r, r, turn, turn + (180 if rng.random() < 0.6 else 360))
            c.fill(area(half).within(sheet), shade, opacity=0.92)
    pane = area(rounded(234, 168, 566, 622, 2))
    c.overlay(pane, LIGHT, ((0, 0.0), (0.55, 0.0), (0.7, 0.14), (0.74, 0.0), (1, 0.0)))
