"""What is known of each customer, as arrays: the input of groups and look-alikes."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

# So many units of the shop's usual mix are added to what a customer bought: one tin of tea does
# not make her a buyer of tea only.
PRIOR_UNITS = 5.0


@dataclass(frozen=True)
class CustomerTable:
    """One row a customer, by rising key.

    recency_days, tenure_days: since the last and the first order. spend_minor: less refunds.
    units: by top category, shape (n_customers, n_categories), columns as `category_ids`.
    views, cart_adds, searches: of the last 30 days, of those who agreed to statistics.
    """

    customers: IntArray
    recency_days: IntArray
    tenure_days: IntArray
    orders: IntArray
    spend_minor: IntArray
    units: FloatArray
    returns: IntArray
    reviews: IntArray
    views: IntArray
    cart_adds: IntArray
    searches: IntArray
    language: NDArray[np.str_]
    country: NDArray[np.str_]
    category_ids: IntArray

    def __len__(self) -> int:
        return len(self.customers)

    def where(self, kept: BoolArray) -> Self:
        """The rows of some customers."""
        rows = {
            one.name: getattr(self, one.name)[kept]
            for one in fields(self)
            if one.name != "category_ids"
        }
        return replace(self, **rows)

    def category_shares(self, category_ids: IntArray, usual: FloatArray) -> FloatArray:
        """Share of each category in what a customer bought, drawn towards the usual mix.

        category_ids: the wanted columns; a category that is not in the table has no units.
        usual: their shares in the shop, shape (n_wanted,).
        """
        wanted = np.zeros((len(self), len(category_ids)))
        for place, key in enumerate(category_ids.tolist()):
            at = np.flatnonzero(self.category_ids == key)
            if len(at):
                wanted[:, place] = self.units[:, at[0]]
        totals = wanted.sum(axis=1, keepdims=True)
        return np.asarray((wanted + PRIOR_UNITS * usual) / (totals + PRIOR_UNITS))

    def usual_mix(self) -> FloatArray:
        """Share of each category in all units; even where nothing was bought."""
        sums = self.units.sum(axis=0)
        n = len(sums)
        return np.asarray(sums / sums.sum() if sums.sum() > 0 else np.full(n, 1 / max(n, 1)))


def held_out(customers: IntArray, *, share: float, seed: int = 17) -> BoolArray:
    """Which customers are held out: always the same ones, whoever else is there.

    A multiplicative hash of the key (Knuth, TAOCP 3, 6.4).
    """
    mixed = (customers.astype(np.uint64) + np.uint64(seed)) * np.uint64(0x9E3779B97F4A7C15)
    return np.asarray((mixed >> np.uint64(40)).astype(np.float64) / 2**24 < share)


def names_of(category_ids: Sequence[int]) -> list[str]:
    """Codes of the columns of categories in explanations."""
    return [f"category:{key}" for key in category_ids]
