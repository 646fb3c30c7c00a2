"""The two questions a recommender is asked on days it has not seen.

Page: somebody looks at a product; does its list hold what else they put in that basket?
Discover: a customer comes back; does the list drawn from their history hold what they buy for
the first time?
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from recommendations.algorithms.item_graph import ItemGraph
from recommendations.algorithms.metrics import ListQuality, group_means, list_quality
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog

# A wholesaler's basket of 700 lines asks no more questions than one of 20.
PAGES_PER_BASKET = 20
CUSTOMERS_PER_BLOCK = 500


@dataclass(frozen=True)
class Pages:
    """Product pages seen in baskets that held something else too.

    product, basket, customer: shape (n_pages,).
    wanted: sorted keys basket * n_products + product of all that the baskets hold.
    n_targets: products in the basket beside the one looked at, shape (n_pages,).
    """

    product: IntArray
    basket: IntArray
    customer: IntArray
    wanted: IntArray
    n_targets: IntArray
    n_products: int


def pages_of(log: ShoppingLog, *, per_basket: int = PAGES_PER_BASKET, seed: int = 0) -> Pages:
    """Every product of every basket with two or more, at most `per_basket` drawn from each."""
    bought = log.purchases()
    wanted, first = np.unique(bought.basket * log.n_products + bought.product, return_index=True)
    basket, product = wanted // log.n_products, wanted % log.n_products
    _, where, sizes = np.unique(basket, return_inverse=True, return_counts=True)
    drawn = np.lexsort((np.random.default_rng(seed).random(len(basket)), where))
    place = np.arange(len(drawn)) - np.searchsorted(where[drawn], where[drawn], side="left")
    kept = np.sort(drawn[(place < per_basket) & (sizes[where[drawn]] > 1)])
    return Pages(
        product=product[kept],
        basket=basket[kept],
        customer=bought.customer[first][kept],
        wanted=wanted,
        n_targets=sizes[where[kept]] - 1,
        n_products=log.n_products,
    )


def page_quality(lists: IntArray, pages: Pages) -> ListQuality:
    """Quality of every product's list on the pages, shape (n_pages,) each.

    lists: shape (n_products, k), best first, -1 where the list is shorter.
    """
    shown = lists[pages.product]
    hits = np.isin(pages.basket[:, None] * pages.n_products + shown, pages.wanted) & (shown >= 0)
    return list_quality(hits, pages.n_targets)


def by_customer(quality: ListQuality, customer: IntArray) -> ListQuality:
    """One value a customer: a basket of twenty pages then weighs as much as one of two."""
    return ListQuality(
        recall=group_means(quality.recall, customer),
        ndcg=group_means(quality.ndcg, customer),
        hit_rate=group_means(quality.hit_rate, customer),
    )


@dataclass(frozen=True)
class Returns:
    """Customers who came back and bought something for the first time.

    history, targets: sparse 0/1, shape (n_customers, n_products); they share no entry.
    """

    customer: IntArray
    history: Any
    targets: Any


def returns_of(past: ShoppingLog, future: ShoppingLog) -> Returns:
    before, after = past.purchases(), future.purchases()
    customer = np.intersect1d(before.customer, after.customer)
    history = _holdings(before, customer)
    targets = _holdings(after, customer)
    targets = targets - targets.multiply(history)
    targets.eliminate_zeros()
    keep = np.diff(targets.indptr) > 0
    return Returns(customer=customer[keep], history=history[keep], targets=targets.tocsr()[keep])


def graph_lists(graph: ItemGraph, returns: Returns, *, limit: int) -> IntArray:
    """The graph's best products for each returning customer, what they have left out.

    Shape (n_customers, limit), padded with -1.
    """
    size = (graph.n_products, graph.n_products)
    weights = sparse.csr_matrix((graph.scores, graph.targets, graph.starts), shape=size)
    lists = np.full((len(returns.customer), limit), -1, dtype=np.int64)
    for start in range(0, len(lists), CUSTOMERS_PER_BLOCK):
        history = returns.history[start : start + CUSTOMERS_PER_BLOCK]
        scores = (history @ weights).tocsr()
        for row in range(scores.shape[0]):
            span = slice(scores.indptr[row], scores.indptr[row + 1])
            had = history.indices[history.indptr[row] : history.indptr[row + 1]]
            columns, values = scores.indices[span], scores.data[span]
            new = ~np.isin(columns, had)
            columns, values = columns[new], values[new]
            best = columns[np.lexsort((columns, -values))[:limit]]
            lists[start + row, : len(best)] = best
    return lists


def unseen_popular_lists(ranked: IntArray, returns: Returns, *, limit: int) -> IntArray:
    """The most popular products that each returning customer does not have."""
    lists = np.full((len(returns.customer), limit), -1, dtype=np.int64)
    history = returns.history
    for row in range(len(lists)):
        had = history.indices[history.indptr[row] : history.indptr[row + 1]]
        head = ranked[: limit + len(had)]
        best = head[~np.isin(head, had)][:limit]
        lists[row, : len(best)] = best
    return lists


def discover_quality(lists: IntArray, returns: Returns) -> ListQuality:
    """Quality of one list for each returning customer, shape (n_customers,) each."""
    targets = returns.targets
    n_products = targets.shape[1]
    rows = np.arange(len(lists))
    n_targets = np.diff(targets.indptr).astype(np.int64)
    wanted = np.repeat(rows, n_targets) * n_products + targets.indices
    hits = np.isin(rows[:, None] * n_products + lists, wanted) & (lists >= 0)
    return list_quality(hits, n_targets)


def _holdings(log: ShoppingLog, customers: IntArray) -> Any:
    """What each of the customers bought, sparse 0/1, shape (n_customers, n_products)."""
    keep = np.isin(log.customer, customers)
    rows = np.searchsorted(customers, log.customer[keep])
    held = sparse.csr_matrix(
        (np.ones(len(rows)), (rows, log.product[keep])), shape=(len(customers), log.n_products)
    )
    held.sum_duplicates()
    held.data[:] = 1.0
    return held
