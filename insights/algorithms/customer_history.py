"""What customers did up to a day, as columns that models take.

Days are ordinals (`date.toordinal`); amounts are minor units of one currency.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Final

import numpy as np

from insights.algorithms.score_arrays import BoolArray, FloatArray, IntArray

RECENCY, FREQUENCY, MONETARY = "recency_days", "order_days", "spend_total"
RFM: Final = (RECENCY, FREQUENCY, MONETARY)
FEATURES: Final = (
    RECENCY,
    FREQUENCY,
    MONETARY,
    "tenure_days",
    "gap_days",
    "gap_spread",
    "lateness",
    "orders_30",
    "orders_90",
    "spend_90_share",
    "spend_mean",
    "spend_last_ratio",
    "lines_mean",
    "units_mean",
    "discount_share",
    "returns",
    "days_since_return",
    "visits_7",
    "visits_30",
    "carts_7",
)
# What is only known of today, and not of a day ahead.
VISITS: Final = ("visits_7", "visits_30", "carts_7")
IS_LOG: Final = np.array(
    [name not in ("gap_spread", "spend_90_share", "discount_share") for name in FEATURES]
)
# What a gap between orders is taken for before a customer has shown her own, in orders.
PRIOR_ORDERS: Final = 1.0
LONG_AGO_DAYS: Final = 365.0


@dataclass(frozen=True)
class CustomerHistory:
    """Orders, oldest first, and what else customers did; places are 0 to n_customers - 1.

    customer, day, amount, units, lines, discount: one entry an order. amount is what the goods
    were sold at, after discount. return_customer, return_day: one entry a return asked for.
    visit_customer, visit_day, visit_carts: one entry for each day on which a customer came (who
    allows statistics), with how often she put something into the cart.
    """

    n_customers: int
    customer: IntArray
    day: IntArray
    amount: FloatArray
    units: FloatArray
    lines: FloatArray
    discount: FloatArray
    return_customer: IntArray
    return_day: IntArray
    visit_customer: IntArray
    visit_day: IntArray
    visit_carts: IntArray

    def __len__(self) -> int:
        return len(self.customer)

    def until(self, day: int) -> "CustomerHistory":
        """What was known at the end of a day."""
        return self._of(self.day <= day, self.return_day <= day, self.visit_day <= day)

    def of_customers(self, first: int, last: int) -> "CustomerHistory":
        """Customers `first` to `last` - 1, whose places begin at 0 again."""
        parts = [
            (one >= first) & (one < last)
            for one in (self.customer, self.return_customer, self.visit_customer)
        ]
        part = self._of(*parts)
        return replace(
            part,
            n_customers=last - first,
            customer=part.customer - first,
            return_customer=part.return_customer - first,
            visit_customer=part.visit_customer - first,
        )

    def _of(self, orders: BoolArray, returns: BoolArray, visits: BoolArray) -> "CustomerHistory":
        kept = {
            field.name: getattr(self, field.name)[
                returns
                if field.name.startswith("return_")
                else visits
                if field.name.startswith("visit_")
                else orders
            ]
            for field in fields(self)
            if field.name != "n_customers"
        }
        return replace(self, **kept)

    def orders_between(self, first: int, last: int) -> tuple[IntArray, FloatArray]:
        """Days with an order, and spend, of each customer in (first, last]."""
        inside = (self.day > first) & (self.day <= last)
        days = np.unique(self.customer[inside] * 10_000_000 + self.day[inside]) // 10_000_000
        orders: IntArray = np.bincount(days, minlength=self.n_customers).astype(np.int64)
        spend: FloatArray = np.bincount(
            self.customer[inside], weights=self.amount[inside], minlength=self.n_customers
        ).astype(np.float64)
        return orders, spend


@dataclass(frozen=True)
class OrderDays:
    """Days with at least one order, sorted by customer and day, shape (n_order_days,)."""

    customer: IntArray
    day: IntArray
    amount: FloatArray


@dataclass(frozen=True)
class RepeatTable:
    """What the models of repeat buying take, one entry a customer with an order.

    customer: place. repeats: days with an order after the first. last, age: days from the first
    order to the last one and to the day of the table. spend: mean of a day with an order.
    """

    customer: IntArray
    repeats: FloatArray
    last: FloatArray
    age: FloatArray
    spend: FloatArray

    def __len__(self) -> int:
        return len(self.customer)


def order_days(history: CustomerHistory) -> OrderDays:
    """Orders of one day are one occasion: carts are split and forgotten things bought after."""
    key = history.customer * 10_000_000 + history.day
    distinct, place = np.unique(key, return_inverse=True)
    return OrderDays(
        customer=distinct // 10_000_000,
        day=distinct % 10_000_000,
        amount=np.bincount(place, weights=history.amount, minlength=len(distinct)).astype(
            np.float64
        ),
    )


def repeat_table(history: CustomerHistory, *, day: int) -> RepeatTable:
    days = order_days(history.until(day))
    customer, first, count = np.unique(days.customer, return_index=True, return_counts=True)
    last = first + count - 1
    return RepeatTable(
        customer=customer,
        repeats=(count - 1).astype(np.float64),
        last=(days.day[last] - days.day[first]).astype(np.float64),
        age=(day - days.day[first]).astype(np.float64),
        spend=np.add.reduceat(days.amount, first) / count if len(count) else np.zeros(0),
    )


def describe_customers(history: CustomerHistory, *, day: int) -> tuple[IntArray, FloatArray]:
    """Places of customers with an order up to a day, and their FEATURES as of its end.

    NaN where something cannot be said of a customer yet, such as the gaps of one order.
    """
    known = history.until(day)
    days = order_days(known)
    customer, first, count = np.unique(days.customer, return_index=True, return_counts=True)
    n = len(customer)
    if not n:
        return customer, np.zeros((0, len(FEATURES)))
    where = np.full(history.n_customers, -1, dtype=np.int64)
    where[customer] = np.arange(n)
    last = first + count - 1
    recency = (day - days.day[last]).astype(np.float64)
    tenure = (day - days.day[first]).astype(np.float64)
    span = (days.day[last] - days.day[first]).astype(np.float64)
    total = np.add.reduceat(days.amount, first)
    gap, spread = _gaps(days, first, count, span)
    # One gap of the shop's typical length is mixed in, so that two orders of a week do not make
    # a customer who is late after eight days.
    typical = float(np.median(gap[count > 1])) if (count > 1).any() else 60.0
    expected = (span + PRIOR_ORDERS * typical) / (count - 1 + PRIOR_ORDERS)
    lately = [day - days.day < window for window in (30, 90)]
    owner = where[days.customer]
    orders = np.bincount(where[known.customer], minlength=n)
    spent = np.bincount(where[known.customer], weights=known.amount, minlength=n)
    discount = np.bincount(where[known.customer], weights=known.discount, minlength=n)
    columns = {
        RECENCY: recency,
        FREQUENCY: count,
        MONETARY: total,
        "tenure_days": tenure,
        "gap_days": gap,
        "gap_spread": spread,
        "lateness": recency / np.maximum(expected, 1.0),
        "orders_30": np.bincount(owner[lately[0]], minlength=n),
        "orders_90": np.bincount(owner[lately[1]], minlength=n),
        "spend_90_share": np.bincount(owner[lately[1]], weights=days.amount[lately[1]], minlength=n)
        / np.maximum(total, 1.0),
        "spend_mean": total / count,
        "spend_last_ratio": days.amount[last] / np.maximum(total / count, 1.0),
        "lines_mean": np.bincount(where[known.customer], weights=known.lines, minlength=n) / orders,
        "units_mean": np.bincount(where[known.customer], weights=known.units, minlength=n) / orders,
        "discount_share": discount / np.maximum(spent + discount, 1.0),
        **_happened(known, where, n, day=day),
    }
    return customer, np.column_stack([columns[name] for name in FEATURES]).astype(np.float64)


def _gaps(
    days: OrderDays, first: IntArray, count: IntArray, span: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Mean gap between days with an order, and its spread in gaps; NaN where there are too few."""
    with np.errstate(invalid="ignore", divide="ignore"):
        gap = np.where(count > 1, span / (count - 1), np.nan)
        steps = np.diff(days.day, prepend=days.day[:1]).astype(np.float64)
        steps[first] = 0.0
        squares = np.add.reduceat(steps**2, first)
        variance = squares / (count - 1) - gap**2
        spread = np.where(count > 2, np.sqrt(np.maximum(variance, 0.0)) / gap, np.nan)
    return gap, spread


def _happened(
    known: CustomerHistory, where: IntArray, n: int, *, day: int
) -> dict[str, FloatArray]:
    """Returns and visits of customers who ordered; the others have no row."""
    of_return, of_visit = where[known.return_customer], where[known.visit_customer]
    returned, visited = of_return >= 0, of_visit >= 0
    since = np.full(n, LONG_AGO_DAYS)
    np.minimum.at(since, of_return[returned], (day - known.return_day[returned]).astype(np.float64))
    week, month = (visited & (day - known.visit_day < window) for window in (7, 30))
    # Before visits were recorded at all, none seen says nothing.
    seen = np.nan if len(known.visit_day) and day - 30 < int(known.visit_day.min()) else 0.0
    return {
        "returns": np.bincount(of_return[returned], minlength=n).astype(np.float64),
        "days_since_return": since,
        "visits_7": np.bincount(of_visit[week], minlength=n) + seen,
        "visits_30": np.bincount(of_visit[month], minlength=n) + seen,
        "carts_7": np.bincount(
            of_visit[week], weights=known.visit_carts[week].astype(np.float64), minlength=n
        )
        + seen,
    }


def training_days(
    *, first_day: int, last_day: int, horizon: int, step: int, fewest_days: int, most: int
) -> Sequence[int]:
    """Days to learn from, newest first: each has history before it and its outcome behind it."""
    days = range(last_day - horizon, first_day + fewest_days - 1, -step)
    return list(days)[:most]
