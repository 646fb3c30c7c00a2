"""What sells most: the baseline of every recommender, and its fallback."""

from dataclasses import dataclass

import numpy as np

from recommendations.algorithms.shopping_log import FloatArray, IntArray, ShoppingLog

RECENT_DAYS = 30
# Long enough to tell a season from a good week.
SEASON_DAYS = 60


def buyers_by_product(log: ShoppingLog) -> IntArray:
    """How many customers bought each product, shape (n_products,); buying twice counts once."""
    bought = log.purchases()
    pairs = np.unique(bought.customer * log.n_products + bought.product)
    return np.bincount(pairs % log.n_products, minlength=log.n_products)


def buyers_of_late(log: ShoppingLog) -> FloatArray:
    """The same over the last SEASON_DAYS of the log."""
    if not len(log):
        return np.zeros(log.n_products)
    return buyers_by_product(log.since(int(log.day.max()) + 1 - SEASON_DAYS)).astype(np.float64)


def popularity(log: ShoppingLog, *, as_of_day: int, days: int | None = None) -> IntArray:
    """Products from most to least bought before `as_of_day`, shape (n_sold,).

    days: only the last so many days count; all time by default. Products that sold nothing
    are left out, among equals the one with the lower index leads.
    """
    past = log.before(as_of_day)
    if days is not None:
        past = past.since(as_of_day - days)
    buyers = buyers_by_product(past)
    order = np.lexsort((np.arange(log.n_products), -buyers))
    ranked: IntArray = order[buyers[order] > 0]
    return ranked


def popular_lists(ranked: IntArray, *, n_products: int, limit: int) -> IntArray:
    """The same ranking as every product's list, itself left out.

    Shape (n_products, limit), padded with -1.
    """
    lists = np.full((n_products, limit), -1, dtype=np.int64)
    head = ranked[: limit + 1]
    lists[:, : min(limit, len(head))] = head[:limit]
    for place, product in enumerate(head[:limit]):
        without = np.delete(head, place)
        lists[product] = -1
        lists[product, : len(without)] = without
    return lists


@dataclass(frozen=True)
class Popularity:
    """The same best sellers for everybody.

    days: how far back sales were counted, None for all time.
    """

    ranked: IntArray
    days: int | None
    n_products: int

    def lists(self, *, limit: int) -> IntArray:
        return popular_lists(self.ranked, n_products=self.n_products, limit=limit)


def fit_popularity(log: ShoppingLog, *, as_of_day: int, days: int | None) -> Popularity:
    return Popularity(
        ranked=popularity(log, as_of_day=as_of_day, days=days),
        days=days,
        n_products=log.n_products,
    )
