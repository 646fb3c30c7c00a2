"""What was bought and looked at, as parallel arrays: the input of every recommender."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class ShoppingLog:
    """One entry for each product in a basket or a visit; all arrays have shape (n_entries,).

    customer: index of the customer; a guest gets an index of their own for each basket.
    basket: index of the order, or of the visit for what was only looked at.
    product: index into the catalogue, 0 .. n_products - 1.
    day: days since 1970-01-01.
    weight: 1 for a purchase, less for a product put in the cart, clicked or seen; in (0, 1].
    purchased: whether the entry is a purchase.
    """

    customer: IntArray
    basket: IntArray
    product: IntArray
    day: IntArray
    weight: FloatArray
    purchased: BoolArray
    n_products: int

    def __len__(self) -> int:
        return len(self.product)

    def where(self, keep: BoolArray) -> "ShoppingLog":
        return replace(
            self,
            customer=self.customer[keep],
            basket=self.basket[keep],
            product=self.product[keep],
            day=self.day[keep],
            weight=self.weight[keep],
            purchased=self.purchased[keep],
        )

    def before(self, day: int) -> "ShoppingLog":
        return self.where(self.day < day)

    def since(self, day: int) -> "ShoppingLog":
        return self.where(self.day >= day)

    def purchases(self) -> "ShoppingLog":
        return self.where(self.purchased)

    def n_baskets(self) -> int:
        """Number of orders in the log."""
        return len(np.unique(self.basket[self.purchased]))

    def has_behaviour(self) -> bool:
        return not bool(self.purchased.all())


def purchase_log(
    *,
    customer: Sequence[int] | IntArray,
    basket: Sequence[int] | IntArray,
    product: Sequence[int] | IntArray,
    day: Sequence[int] | IntArray,
    n_products: int,
) -> ShoppingLog:
    """A log of purchases alone."""
    products = np.asarray(product, dtype=np.int64)
    return ShoppingLog(
        customer=np.asarray(customer, dtype=np.int64),
        basket=np.asarray(basket, dtype=np.int64),
        product=products,
        day=np.asarray(day, dtype=np.int64),
        weight=np.ones(len(products)),
        purchased=np.ones(len(products), dtype=np.bool_),
        n_products=n_products,
    )


def cut_day(log: ShoppingLog, *, share: float) -> int:
    """The first day of the last `share` of the orders: a split by time.

    share: part of the orders that lie on or after the day, in (0, 1). A day is never divided,
    so with few days the part can be larger.
    """
    bought = log.purchases()
    _, first = np.unique(bought.basket, return_index=True)
    days = np.sort(bought.day[first])
    return int(days[min(len(days) - 1, int(len(days) * (1.0 - share)))])
