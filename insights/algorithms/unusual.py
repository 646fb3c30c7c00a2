"""What is unusual beside the past of the same kind of day or hour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Of a normal distribution, the standard deviation is so many median deviations.
TO_DEVIATION = 1.4826


@dataclass(frozen=True, slots=True)
class Comparison:
    """expected: the median of the past; score: how many robust deviations above or below it."""

    expected: float
    score: float


def compare(value: float, past: FloatArray, *, fewest: int, noise: float) -> Comparison | None:
    """A value beside the median of the past, in median absolute deviations.

    Rousseeuw and Croux (1993), "Alternatives to the median absolute deviation", section 1.

    past: values of the same weekday or hour, in any order, shape (n,).
    fewest: with less past there is no comparison.
    noise: the deviation that chance alone gives such a value; a past that never varied does not
        make every change a wonder.
    """
    if len(past) < fewest:
        return None
    median = float(np.median(past))
    spread = TO_DEVIATION * float(np.median(np.abs(past - median)))
    scale = max(spread, noise)
    return Comparison(expected=median, score=(value - median) / scale if scale > 0.0 else 0.0)


def share_noise(share: float, n: int) -> float:
    """The deviation of a share of n independent cases."""
    return float(np.sqrt(max(share * (1.0 - share), 1e-6) / max(n, 1)))
