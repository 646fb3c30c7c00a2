"""Outlines as rings of points, in pixels of a picture 800 wide and 800 high, y downwards."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Ring = NDArray[np.float64]
Point = tuple[float, float]


def polygon(points: Iterable[Point]) -> Ring:
    return np.asarray(list(points), dtype=np.float64)


def ellipse(
    centre: Point, radius_x: float, radius_y: float, start: float = 0, end: float = 360
) -> Ring:
    """Angles in degrees, clockwise from three o'clock."""
    steps = max(12, int(abs(end - start) / 4))
    angles = np.radians(np.linspace(start, end, steps + 1))
    return np.column_stack(
        (centre[0] + radius_x * np.cos(angles), centre[1] + radius_y * np.sin(angles))
    )


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> Ring:
    radius = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    corners = (
        ((x1 - radius, y0 + radius), -90),
        ((x1 - radius, y1 - radius), 0),
        ((x0 + radius, y1 - radius), 90),
        ((x0 + radius, y0 + radius), 180),
    )
    return np.vstack([ellipse(at, radius, radius, turn, turn + 90) for at, turn in corners])


def smooth(points: Sequence[Point], *, closed: bool = False, steps: int = 12) -> Ring:
    """Catmull-Rom spline through the points."""
    knots = np.asarray(points, dtype=np.float64)
    if closed:
        knots = np.vstack((knots[-1], knots, knots[0], knots[1]))
    else:
        knots = np.vstack((2 * knots[0] - knots[1], knots, 2 * knots[-1] - knots[-2]))
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(
        knots[:-3], knots[1:-2], knots[2:-1], knots[3:], strict=True
    ):
        pieces.append(
            0.5
            * (
                2 * start
                + (end - before) * t
                + (2 * before - 5 * start + 4 * end - after) * t**2
                + (3 * start - before - 3 * end + after) * t**3
            )
        )
    pieces.append(knots[-2][None, :])
    return np.vstack(pieces)


def lathe(
    centre_x: float,
    profile: Sequence[tuple[float, float]],
    *,
    tilt: float = 0.16,
    curved: bool = True,
) -> Ring:
    """Outline of a turned body seen slightly from above.

    profile: (radius, y) from the rim to the foot; tilt: height over width of its ellipses.
    """
    side = smooth(profile) if curved else polygon(profile)
    radii, ys = side[:, 0], side[:, 1]
    right = np.column_stack((centre_x + radii, ys))
    left = np.column_stack((centre_x - radii, ys))[::-1]
    foot = ellipse((centre_x, ys[-1]), radii[-1], radii[-1] * tilt, 0, 180)
    rim = ellipse((centre_x, ys[0]), radii[0], radii[0] * tilt, 180, 360)
    return np.vstack((right, foot, left, rim))


def moved(ring: Ring, dx: float, dy: float) -> Ring:
    return np.asarray(ring + np.array([dx, dy]))


def rotated(ring: Ring, degrees: float, about: Point) -> Ring:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray((ring - np.asarray(about)) @ turn + np.asarray(about))


def mirrored(ring: Ring, about_x: float) -> Ring:
    return np.column_stack((2 * about_x - ring[:, 0], ring[:, 1]))[::-1]
