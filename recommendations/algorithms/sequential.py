"""Intervals for a difference that stay valid however often they are looked at.

Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform central limit theory and
asymptotic confidence sequences", Annals of Statistics 52(6), after Robbins' normal mixture as in
Howard, Ramdas, McAuliffe and Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence
sequences". A fixed-sample interval read every day errs several times more often than it says; this
one keeps its promise over all days together and pays with 1.5 times the width at the
planned size.

Asymptotic: it leans on the central limit theorem, so `is_enough` says from when on it is read.
"""

import math
from dataclasses import dataclass

import numpy as np

from recommendations.algorithms.shopping_log import FloatArray

# Below, means of rare events are not near enough to normal; measured in tests/.../test_sequential.
FEWEST_VISITORS = 100
FEWEST_EVENTS = 25


@dataclass(frozen=True, slots=True)
class Interval:
    """Of a difference between two means, second less first."""

    difference: float
    lower: float
    upper: float

    @property
    def excludes_zero(self) -> bool:
        return self.lower > 0 or self.upper < 0


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of one arm: visitors, mean per visitor, variance between visitors, and how
    many visitors have anything but zero."""

    n: int
    mean: float
    variance: float
    n_events: int

    @classmethod
    def of(cls, values: FloatArray) -> "Sample":
        n = len(values)
        return cls(
            n=n,
            mean=float(values.mean()) if n else 0.0,
            variance=float(values.var(ddof=1)) if n > 1 else 0.0,
            n_events=int(np.count_nonzero(values)),
        )


def is_enough(*samples: Sample) -> bool:
    """Whether the interval may be read; asked of each arm."""
    return all(
        sample.n >= FEWEST_VISITORS
        and sample.n_events >= FEWEST_EVENTS
        # Revenue of a shop where everybody buys has no zeros; a constant has no variance.
        and sample.variance > 0
        for sample in samples
    )


def confidence_sequence(
    difference: float, variance: float, *, n: int, planned: int, alpha: float
) -> Interval:
    """The interval of an estimate on one day; over all days it errs with chance alpha at most.

    variance: of the estimate (not of an observation). n: visitors in it. planned: at how many
    visitors the interval is to be narrowest; fixed before the first look.
    """
    rho2 = mixture(planned, alpha)
    scale = n * rho2
    radius = math.sqrt(variance * (scale + 1) / scale * 2 * math.log(math.sqrt(scale + 1) / alpha))
    return Interval(difference, difference - radius, difference + radius)


def mixture(planned: int, alpha: float) -> float:
    """The mixture's rho squared that makes the interval narrowest at `planned` visitors."""
    doubled = -2 * math.log(alpha)
    return (doubled + math.log(doubled) + 1) / planned


def compare(control: Sample, arm: Sample, *, planned: int, alpha: float) -> Interval:
    """The arm's mean less the control's."""
    return confidence_sequence(
        arm.mean - control.mean,
        control.variance / control.n + arm.variance / arm.n,
        n=control.n + arm.n,
        planned=planned,
        alpha=alpha,
    )


def relative(interval: Interval, control_mean: float) -> Interval | None:
    """The same as a share of the control's mean; None where that is zero.

    The control's own uncertainty is left out: at the sizes that `is_enough` asks for it moves the
    ends by less than their own width.
    """
    if control_mean <= 0:
        return None
    return Interval(
        interval.difference / control_mean,
        interval.lower / control_mean,
        interval.upper / control_mean,
    )


def visitors_needed(
    *, mean: float, variance: float, effect: float, alpha: float, shares: tuple[float, float]
) -> int:
    """Visitors of both arms until a true relative `effect` shows in half of all cases.

    shares: of the control and of the arm among them.
    """
    difference = mean * effect
    if difference <= 0 or variance <= 0:
        return 0
    per_visitor = variance * (1 / shares[0] + 1 / shares[1])
    low, high = 2, 10_000_000_000
    while low < high:
        middle = (low + high) // 2
        radius = confidence_sequence(
            0.0, per_visitor / middle, n=middle, planned=middle, alpha=alpha
        ).upper
        if radius <= difference:
            high = middle
        else:
            low = middle + 1
    return low


def visitors_until_known(
    interval: Interval, *, variance: float, n: int, planned: int, alpha: float, most: int
) -> int | None:
    """How many visitors in all until the interval leaves zero out, should the difference stay.

    None where more than `most` would be needed.
    """
    if interval.excludes_zero:
        return n
    size = n
    while size < most:
        size = max(size + 1, int(size * 1.05))
        later = confidence_sequence(
            interval.difference, variance * n / size, n=size, planned=planned, alpha=alpha
        )
        if later.excludes_zero:
            return size
    return None
