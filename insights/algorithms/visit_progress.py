"""A visit as it stood after each of its events: what is known while it still lasts."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from insights.algorithms.score_arrays import BoolArray, FloatArray, IntArray

VIEW, CLICK, SEARCH, ADD, REMOVE, ORDER = range(6)
# Looked at after so many events: the first ones tell apart who stays, the later ones who buys.
LOOKS: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)
COUNTS: Final = (
    "visit_pages",
    "visit_clicks",
    "visit_searches",
    "visit_cart_adds",
    "visit_cart_removals",
)
FEATURES: Final = (
    *COUNTS,
    "visit_products_seen",
    "visit_products_seen_again",
    "visit_checkout_pages",
    "visit_minutes",
    "visit_seconds_an_event",
    "visit_visits_before",
    "visit_bought_before",
    "visit_by_letter_or_campaign",
    "visit_on_a_phone",
    "visit_at_the_weekend",
    "visit_hour_of_day",
)
IS_LOG: Final = np.array(
    [
        name
        not in (
            *(
                "visit_bought_before",
                "visit_by_letter_or_campaign",
                "visit_on_a_phone",
                "visit_at_the_weekend",
            ),
            "visit_hour_of_day",
        )
        for name in FEATURES
    ]
)


@dataclass(frozen=True)
class VisitEvents:
    """Events sorted by visit and second; about: shape (n_visits, 6), the last six FEATURES.

    visit: place; kind: a code of above; product: any number, -1 for none; second: any zero.
    is_checkout: seen on the pages of cart or checkout.
    """

    visit: IntArray
    kind: IntArray
    product: IntArray
    second: IntArray
    is_checkout: BoolArray
    about: FloatArray

    def __len__(self) -> int:
        return len(self.visit)


@dataclass(frozen=True)
class Looks:
    """visit: place; values: shape (n_looks, len(FEATURES)); orders_later: 0 or 1."""

    visit: IntArray
    values: FloatArray
    orders_later: FloatArray


def look_at(events: VisitEvents, *, only_last: bool = False) -> Looks:
    """Each visit after some of its events, or after its last; never after it ordered."""
    n = len(events)
    if not n:
        return Looks(np.zeros(0, dtype=np.int64), np.zeros((0, len(FEATURES))), np.zeros(0))
    starts = np.flatnonzero(np.diff(events.visit, prepend=events.visit[0] - 1))
    length = np.diff(np.append(starts, n))
    first = np.repeat(starts, length)
    number = np.arange(n) - first + 1

    def so_far(flags: BoolArray) -> FloatArray:
        total = np.cumsum(flags.astype(np.float64))
        return np.asarray(total - (total - flags)[first])

    counts = [so_far(events.kind == kind) for kind in (VIEW, CLICK, SEARCH, ADD, REMOVE)]
    of_product = (events.product >= 0) & (events.kind == VIEW)
    is_new = np.zeros(n, dtype=np.bool_)
    pairs = np.flatnonzero(of_product)
    # The earliest of each product in each visit: `unique` answers with first places.
    _pair, at = np.unique(
        np.stack([events.visit[pairs], events.product[pairs]], axis=1), axis=0, return_index=True
    )
    is_new[pairs[at]] = True
    seconds = (events.second - events.second[first]).astype(np.float64)
    ordered = so_far(events.kind == ORDER)
    total_orders = np.repeat(np.add.reduceat((events.kind == ORDER).astype(np.float64), starts),
                             length)  # fmt: skip
    values = np.column_stack(
        [
            *counts,
            so_far(is_new),
            so_far(of_product & ~is_new),
            so_far(events.is_checkout),
            seconds / 60.0,
            seconds / number,
            events.about[events.visit],
        ]
    )
    wanted = number == np.repeat(length, length) if only_last else np.isin(number, LOOKS)
    kept = np.flatnonzero(wanted & (ordered == 0))
    return Looks(
        visit=events.visit[kept],
        values=values[kept],
        orders_later=(total_orders[kept] > 0).astype(np.float64),
    )
