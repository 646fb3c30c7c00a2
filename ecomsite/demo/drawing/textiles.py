"""Soft things for the home."""

import numpy as np

from .canvas import area, line
from .look import Brush, draws
from .palette import LIGHT, SHADOW, darker, lighter, mix
from .paths import ellipse, polygon, rounded, smooth
from .patterns import apply

FLOOR = 650.0


@draws("cushion")
def cushion(b: Brush) -> None:
    c = b.canvas
    form = b.form % 3
    if form == 1:
        x0, x1, y0, y1 = 160, 640, 300, 634
    elif form == 2:
        c.ground(400, 634, 420)
        disc = ellipse((400, 424), 214, 208)
        shape = area(disc)
        c.fill(shape, b.body)
        b.decorate(shape)
        apply(c, shape, "linen", darker(b.body, 0.3), b.rng)
        for turn in np.linspace(0, 2 * np.pi, 14, endpoint=False):
            fold = polygon([(400, 424), (400 + 206 * np.cos(turn), 424 + 200 * np.sin(turn))])
            c.soft(line(fold, 10), SHADOW, blur=8, opacity=0.28, clip=shape)
        c.flat_light(shape, 1.3)
        c.soft(area(ellipse((330, 330), 90, 70)), LIGHT, blur=40, opacity=0.5, clip=shape)
        c.turned(area(ellipse((400, 424), 22, 21)), b.accent)
        return
    else:
        x0, x1, y0, y1 = 192, 608, 220, 634
    c.ground(400, 632, x1 - x0 - 30)
    mx, my = (x0 + x1) / 2, (y0 + y1) / 2
    outline = smooth(
        [
            (x0, y0),
            (mx, y0 + 15),
            (x1, y0),
            (x1 - 13, my),
            (x1, y1),
            (mx, y1 - 6),
            (x0, y1),
            (x0 + 13, my),
        ],
        closed=True,
    )
    shape = area(outline)
    c.fill(shape, b.body)
    b.decorate(shape)
    apply(c, shape, "linen", darker(b.body, 0.3), b.rng)
    c.flat_light(shape, 1.2)
    c.soft(
        area(ellipse((mx - 50, my - 60), (x1 - x0) * 0.26, (y1 - y0) * 0.22)),
        LIGHT,
        blur=50,
        opacity=0.5,
        clip=shape,
    )
    for cx, cy in ((x0, y0), (x1, y0), (x0, y1), (x1, y1)):
        fold = polygon([(cx, cy), (cx + (mx - cx) * 0.4, cy + (my - cy) * 0.4)])
        c.soft(line(fold, 16), SHADOW, blur=12, opacity=0.3, clip=shape)
    c.fill(line(np.vstack((outline, outline[:1])), 4), darker(b.body, 0.25), opacity=0.5)


@draws("throw", close=True)
def throw(b: Brush) -> None:
    """A folded blanket with its fringe hanging in front."""
    c = b.canvas
    c.ground(400, FLOOR - 6, 440)
    for index, y in enumerate((560, 480, 400)):
        fold = area(rounded(176 + index * 4, y, 624 - index * 4, y + 86, 42))
        c.fill(fold, mix(b.body, LIGHT, index * 0.07))
        b.decorate(fold)
        apply(c, fold, "knit", darker(b.body, 0.35), b.rng)
        c.flat_light(fold, 1.2)
        c.overlay(fold, SHADOW, ((0, 0.3), (0.1, 0.0), (0.85, 0.0), (1, 0.25)))
    drape = polygon([(300, 404), (500, 404), (506, 596), (296, 596)])
    c.cast(drape, dx=10, dy=8, blur=12, opacity=0.3)
    flap = area(drape)
    c.fill(flap, lighter(b.body, 0.1))
    b.decorate(flap)
    apply(c, flap, "knit", darker(b.body, 0.35), b.rng)
    c.flat_light(flap)
    for x in range(302, 506, 12):
        c.fill(
            line(polygon([(x, 594), (x + float(b.rng.uniform(-5, 5)), 634)]), 5),
            mix(b.accent, b.body, 0.4),
        )


@draws("towel", close=True)
def towel(b: Brush) -> None:
    """A rolled towel on a folded pair."""
    c = b.canvas
    c.ground(400, FLOOR - 4, 420)
    for index, y in enumerate((568, 490)):
        tint = (b.body, mix(b.body, LIGHT, 0.45))[(index + b.form) % 2]
        fold = area(rounded(186, y, 614, y + 80, 36))
        c.fill(fold, tint)
        apply(c, fold, "linen", darker(tint, 0.3), b.rng)
        c.flat_light(fold, 1.2)
        band = area(rounded(500, y + 2, 540, y + 78, 4)).within(fold)
        c.fill(band, b.accent, opacity=0.8)
        c.fill(line(polygon([(206, y + 41), (600, y + 41)]), 3), darker(tint, 0.3), opacity=0.5)
    roll = area(rounded(226, 364, 590, 492, 64))
    c.fill(roll, b.body)
    b.decorate(roll)
    apply(c, roll, "linen", darker(b.body, 0.3), b.rng)
    c.overlay(roll, SHADOW, ((0, 0.0), (0.3, 0.0), (1, 0.42)), down=True)
    c.overlay(roll, LIGHT, ((0, 0.1), (0.22, 0.4), (0.5, 0.0), (1, 0.0)), down=True)
    end = area(ellipse((272, 428), 52, 63))
    c.fill(end, lighter(b.body, 0.2))
    spiral = [
        (272 + (46 - t * 2.1) * np.cos(t * 0.9), 428 + (56 - t * 2.6) * np.sin(t * 0.9))
        for t in np.arange(0, 20, 0.5)
    ]
    c.fill(line(polygon(spiral), 5), darker(b.body, 0.2), opacity=0.7)


@draws("tablecloth", close=True)
def tablecloth(b: Brush) -> None:
    """A cloth over a round table."""
    c = b.canvas
    c.ground(400, 668, 430)
    hem = [
        (170, 640),
        (215, 664),
        (262, 642),
        (315, 672),
        (370, 648),
        (430, 674),
        (490, 648),
        (545, 668),
        (590, 644),
        (630, 640),
    ]
    cloth = np.vstack((polygon([(186, 356)]), smooth(hem), polygon([(614, 356)])))
    shape = area(cloth)
    c.fill(shape, b.body)
    b.decorate(shape)
    apply(c, shape, "linen", darker(b.body, 0.3), b.rng)
    for x, y in hem[1:-1:1]:
        c.soft(
            line(polygon([(400 + (x - 400) * 0.92, 384), (x, y)]), 15),
            SHADOW if y < 656 else LIGHT,
            blur=12,
            opacity=0.3,
            clip=shape,
        )
    c.overlay(shape, SHADOW, ((0, 0.18), (0.2, 0.0), (0.6, 0.0), (1, 0.34)))
    top = area(ellipse((400, 356), 214, 62))
    c.fill(top, lighter(b.body, 0.14))
    apply(c, top, b.pattern, b.accent, b.rng)
    c.overlay(top, LIGHT, ((0, 0.3), (0.5, 0.0), (1, 0.0)))
