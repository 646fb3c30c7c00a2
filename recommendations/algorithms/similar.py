"""The list beside a product: who bought it also bought, settled by likeness, filled by likeness."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommendations.algorithms.content import ContentNeighbours
from recommendations.algorithms.item_graph import ItemGraph
from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray

# Likeness reorders the best of the graph; further down it has nothing to add to a list of ten.
POOL = 50
# One order with both is chance, and "1 of 1" is no reason to give a customer.
MIN_TOGETHER = 2

Source = Literal["bought together", "alike"]


@dataclass(frozen=True)
class SimilarEntry:
    """together of buyers bought both; 0 when the product is there for its likeness.

    graph_share: how much of the score comes from the graph, in 0..1; the rest is likeness.
    """

    product: int
    score: float
    graph_share: float
    source: Source
    together: int
    buyers: int
    name_similarity: float
    same_category: bool
    shared_words: tuple[str, ...]


def rank_lists(
    graph: ItemGraph, content: ContentNeighbours, *, content_weight: float, limit: int
) -> IntArray:
    """Every product's list, shape (n_products, limit), best first, padded with -1."""
    lists = np.full((graph.n_products, limit), -1, dtype=np.int64)
    rows, targets, _, _ = _pool(graph, content, content_weight=content_weight)
    place = np.arange(len(rows)) - np.searchsorted(rows, rows, side="left")
    kept = place < limit
    lists[rows[kept], place[kept]] = targets[kept]
    short = np.flatnonzero((lists < 0).any(axis=1))
    for product, alike in zip(short, content.neighbours(short, limit=2 * limit), strict=True):
        have = lists[product][lists[product] >= 0]
        others = [each.product for each in alike if each.product not in have]
        filled = np.concatenate([have, np.asarray(others, dtype=np.int64)])[:limit]
        lists[product, : len(filled)] = filled
    return lists


def similar_entries(
    graph: ItemGraph, content: ContentNeighbours, *, content_weight: float, limit: int
) -> list[list[SimilarEntry]]:
    """The same lists with what is needed to say why, one list for each product."""
    rows, targets, scores, shares = _pool(graph, content, content_weight=content_weight)
    starts = np.searchsorted(rows, np.arange(graph.n_products + 1))
    lists: list[list[SimilarEntry]] = []
    for product in range(graph.n_products):
        span = slice(starts[product], min(starts[product] + limit, starts[product + 1]))
        together = {each.product: each.together for each in graph.neighbours(product, limit=POOL)}
        lists.append(
            [
                SimilarEntry(
                    product=int(target),
                    score=float(score),
                    graph_share=float(share),
                    source="bought together",
                    together=together[int(target)],
                    buyers=int(graph.buyers[product]),
                    name_similarity=content.name_similarity(product, int(target)),
                    same_category=content.same_category(product, int(target)),
                    shared_words=content.shared_words(product, int(target)),
                )
                for target, score, share in zip(
                    targets[span], scores[span], shares[span], strict=True
                )
            ]
        )
    short = [product for product, entries in enumerate(lists) if len(entries) < limit]
    for product, alike in zip(short, content.neighbours(short, limit=2 * limit), strict=True):
        have = {each.product for each in lists[product]}
        floor = min((each.score for each in lists[product]), default=1.0)
        lists[product] += [
            SimilarEntry(
                product=each.product,
                # Below everything the graph says: the order of the list is that of the scores.
                score=floor * each.score,
                graph_share=0.0,
                source="alike",
                together=0,
                buyers=int(graph.buyers[product]),
                name_similarity=each.name_similarity,
                same_category=each.same_category,
                shared_words=each.shared_words,
            )
            for each in alike
            if each.product not in have
        ][: limit - len(have)]
    return lists


def _pool(
    graph: ItemGraph, content: ContentNeighbours, *, content_weight: float
) -> tuple[IntArray, IntArray, FloatArray, FloatArray]:
    """The graph's POOL best edges of each product, ranked with their likeness.

    Returns sources, targets, scores and the graph's share of each score, shape (n_edges,),
    sources rising, scores falling within each. Edges of views alone (together 0) are kept.
    """
    rows = np.repeat(np.arange(graph.n_products), np.diff(graph.starts))
    kept: BoolArray = (np.arange(len(rows)) - graph.starts[rows] < POOL) & (
        (graph.together >= MIN_TOGETHER) | (graph.together == 0)
    )
    rows, targets = rows[kept], graph.targets[kept].astype(np.int64)
    scores = graph.scores[kept].astype(np.float64)
    # The best neighbour of every product counts 1, so that likeness weighs the same everywhere.
    own = scores / scores[np.searchsorted(rows, rows, side="left")]
    scores, shares = own, np.ones(len(own))
    if content_weight:
        scores = own + content_weight * content.likeness(rows, targets)
        shares = own / scores
        scores = scores / (1 + content_weight)
    order = np.lexsort((targets, -scores, rows))
    return rows[order], targets[order], scores[order], shares[order]
