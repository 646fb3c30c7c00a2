"""Whether visitors are spread over the arms as planned.

When they are not, something loses visitors of one arm (an error page, a slow row, robots), and no
difference between the arms can be believed.
"""

import math
from collections.abc import Sequence

import numpy as np

# As usual for this check: it is looked at in every experiment on every day.
ALARM = 0.001
# Of the mixture's weight: what one visitor says is worth so much before any came.
CONCENTRATION = 100.0


def chi_square_p_value(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Pearson's test, for one look. Fabijan et al. (2019), "Diagnosing sample ratio mismatch"."""
    total, parts = sum(counts), _scaled(shares)
    if total == 0:
        return 1.0
    expected = [total * part for part in parts]
    statistic = sum(
        (count - mean) ** 2 / mean for count, mean in zip(counts, expected, strict=True)
    )
    return _chi_square_tail(statistic, len(counts) - 1)


def lasting_p_value(counts_by_day: Sequence[Sequence[int]], shares: Sequence[float]) -> float:
    """A p-value that may be read every day: the smallest so far of a Dirichlet mixture's.

    Lindon and Malek (2022), "Anytime-valid inference for multinomial count data".
    counts_by_day: visitors of each arm up to the evening of each day.
    """
    parts = _scaled(shares)
    smallest = 1.0
    for counts in counts_by_day:
        smallest = min(smallest, math.exp(min(-_log_bayes_factor(counts, parts), 0.0)))
    return smallest


def _log_bayes_factor(counts: Sequence[int], parts: Sequence[float]) -> float:
    """Of shares drawn around the planned ones, against exactly the planned ones."""
    prior = [CONCENTRATION * part for part in parts]
    total = sum(counts)
    return (
        math.lgamma(CONCENTRATION)
        - math.lgamma(CONCENTRATION + total)
        + sum(
            math.lgamma(weight + count) - math.lgamma(weight) - count * math.log(part)
            for weight, count, part in zip(prior, counts, parts, strict=True)
        )
    )


def _scaled(shares: Sequence[float]) -> list[float]:
    whole = float(np.sum(shares))
    return [float(share) / whole for share in shares]


def _chi_square_tail(statistic: float, freedom: int) -> float:
    """P(X > statistic), by the closed forms for whole degrees of freedom."""
    half = statistic / 2
    if freedom % 2 == 0:
        term = total = math.exp(-half)
        for step in range(1, freedom // 2):
            term *= half / step
            total += term
        return min(total, 1.0)
    total = math.erfc(math.sqrt(half))
    term = math.exp(-half) * math.sqrt(half) / math.gamma(1.5)
    for step in range(1, (freedom + 1) // 2):
        total += term
        term *= half / (step + 0.5)
    return min(total, 1.0)
