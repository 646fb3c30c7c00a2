"""Fitting repeat buying by maximum likelihood; scipy is imported in a training worker only."""

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np

from insights.algorithms.customer_history import CustomerHistory, RepeatTable, repeat_table
from insights.algorithms.repeat_buying import DAYS_A_WEEK, RepeatBuying
from insights.algorithms.score_arrays import BoolArray, FloatArray

# Pulls logarithms of the parameters to 0 where the data say nothing; a thousandth of a customer.
RIDGE: Final = 1e-3
BOUNDS: Final = (-7.0, 7.0)
# Beyond this share of customers stand a few wholesalers, whose spend would set that of everybody:
# they are taken as spending this much while the parameters are fitted, and as they are after.
TYPICAL_SHARE: Final = 0.995
SMALLEST_FACTOR, LARGEST_FACTOR = 0.5, 2.0


@dataclass(frozen=True)
class _Counted:
    """Customers alike in all three counted once. weight: how many."""

    repeats: FloatArray
    last: FloatArray
    age: FloatArray
    weight: FloatArray


def fit_repeat_buying(history: CustomerHistory, *, day: int) -> RepeatBuying:
    """Both forms are fitted to what was known on a day; the likelier one is taken."""
    table = repeat_table(history, day=day)
    counted = _count(table)
    fits = [_fit_orders(counted, leaves_at_once=form) for form in (False, True)]
    likelihoods = [one[1] for one in fits]
    form = likelihoods[1] >= likelihoods[0]
    (r, alpha, a, b), _likelihood = fits[int(form)]
    typical = np.minimum(table.spend, _most_typical(table))
    p, q, v = _fit_spend(typical, table.repeats + 1.0)
    return RepeatBuying(
        r=r,
        alpha=alpha,
        a=a,
        b=b,
        leaves_at_once=form,
        p=p,
        q=q,
        v=v,
        learned_until=date.fromordinal(day),
        n_learned=len(table),
    )


def fit_and_level(history: CustomerHistory, *, day: int, horizon: int) -> RepeatBuying:
    """Fitted, and levelled so that sums came true on the last horizon before the day.

    A stationary model knows no growing shop and no season; where there is enough history its
    sums of orders and of spend are compared once with what came, and half of the gap (in
    logarithms) is believed.
    """
    model = fit_repeat_buying(history, day=day)
    origin = day - horizon
    before = repeat_table(history, day=origin)
    if len(before) < FEWEST_TO_LEVEL or (before.age > horizon).mean() < 0.2:
        return model
    earlier = fit_repeat_buying(history, day=origin)
    orders, spend = history.orders_between(origin, day)
    told = earlier.orders_within(before.repeats, before.last, before.age, days=horizon)
    came = orders[before.customer].astype(np.float64)
    each = earlier.spend_of_an_order(before.spend, before.repeats + 1.0)
    paid = spend[before.customer]
    rate = _half_way(float(came.sum()), float(told.sum()))
    value = _half_way(float(paid.sum()), float((came * each).sum()))
    return replace(model, rate_factor=rate, spend_factor=value)


FEWEST_TO_LEVEL: Final = 200


def _half_way(came: float, told: float) -> float:
    if came <= 0.0 or told <= 0.0:
        return 1.0
    return float(np.clip(np.sqrt(came / told), SMALLEST_FACTOR, LARGEST_FACTOR))


def order_likelihood(
    parameters: FloatArray,
    repeats: FloatArray,
    last: FloatArray,
    age: FloatArray,
    *,
    leaves_at_once: bool,
) -> FloatArray:
    """Log likelihood of each customer. parameters: r, alpha, a, b; last and age in weeks."""
    from scipy.special import betaln, gammaln  # noqa: PLC0415  # paid by workers only

    r, alpha, a, b = parameters
    times = repeats + (1.0 if leaves_at_once else 0.0)
    base = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha)
    stayed = betaln(a, b + times) - betaln(a, b) - (r + repeats) * np.log(alpha + age)
    left = (
        betaln(a + 1.0, np.maximum(b + times - 1.0, 1e-9))
        - betaln(a, b)
        - (r + repeats) * np.log(alpha + last)
    )
    total: FloatArray = base + np.where(times > 0, np.logaddexp(stayed, left), stayed)
    return total


def _fit_orders(
    counted: _Counted, *, leaves_at_once: bool
) -> tuple[tuple[float, float, float, float], float]:
    from scipy.optimize import minimize  # noqa: PLC0415  # paid by workers only

    n = float(counted.weight.sum())

    def loss(logs: FloatArray) -> float:
        each = order_likelihood(
            np.exp(logs),
            counted.repeats,
            counted.last / DAYS_A_WEEK,
            counted.age / DAYS_A_WEEK,
            leaves_at_once=leaves_at_once,
        )
        return float(-(counted.weight * each).sum() / n + RIDGE * (logs**2).sum())

    found = min(
        (
            minimize(loss, np.array(start), method="L-BFGS-B", bounds=[BOUNDS] * 4)
            for start in ([0.0, 1.5, 0.0, 1.0], [-1.0, 3.0, -1.0, 0.0])
        ),
        key=lambda one: float(one.fun),
    )
    r, alpha, a, b = np.exp(found.x).tolist()
    return (r, alpha, a, b), -float(found.fun)


def _fit_spend(spend: FloatArray, order_days: FloatArray) -> tuple[float, float, float]:
    """p, q, v of the gamma-gamma model; q above 1, or the mean of all customers has no end."""
    from scipy.optimize import minimize  # noqa: PLC0415  # paid by workers only
    from scipy.special import gammaln  # noqa: PLC0415

    paid: BoolArray = spend > 0
    if paid.sum() < 2:
        return 1.0, 2.0, max(1.0, float(spend.mean()) if len(spend) else 1.0)
    unit = float(np.median(spend[paid]))
    m, n = spend[paid] / unit, order_days[paid]

    def loss(logs: FloatArray) -> float:
        p, q, v = np.exp(logs[0]), 1.0 + np.exp(logs[1]), np.exp(logs[2])
        each = (
            gammaln(p * n + q)
            - gammaln(p * n)
            - gammaln(q)
            + q * np.log(v)
            + (p * n - 1.0) * np.log(m)
            + p * n * np.log(n)
            - (p * n + q) * np.log(v + n * m)
        )
        return float(-each.mean() + RIDGE * (logs**2).sum())

    found = minimize(loss, np.array([0.5, 0.5, 0.5]), method="L-BFGS-B", bounds=[BOUNDS] * 3)
    p, q, v = float(np.exp(found.x[0])), 1.0 + float(np.exp(found.x[1])), float(np.exp(found.x[2]))
    return p, q, v * unit


def _count(table: RepeatTable) -> _Counted:
    rows, weight = np.unique(
        np.stack([table.repeats, table.last, table.age], axis=1), axis=0, return_counts=True
    )
    return _Counted(rows[:, 0], rows[:, 1], rows[:, 2], weight.astype(np.float64))


def _most_typical(table: RepeatTable) -> float:
    paid = table.spend[table.spend > 0]
    return float(np.quantile(paid, TYPICAL_SHARE)) if len(paid) else float("inf")
