"""The list beside a product: who bought it also bought, settled by likeness, filled by likeness."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from recommendations.algorithms.content import ContentNeighbours
from recommendations.algorithms.item_graph import ItemGraph
from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray

# Likeness reorders the best of the graph; further down it has nothing to add to a list of ten.
POOL = 50

Source = Literal["bought together", "alike"]


@dataclass(frozen=True)
class SimilarEntry:
    """together of buyers bought both; 0 when the product is there for its likeness."""

    product: int
    score: float
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
    rows, targets, _ = _pool(graph, content, content_weight=content_weight)
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
    rows, targets, scores = _pool(graph, content, content_weight=content_weight)
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
                    source="bought together",
                    together=together[int(target)],
                    buyers=int(graph.buyers[product]),
                    name_similarity=content.name_similarity(product, int(target)),
                    same_category=content.same_category(product, int(target)),
                    shared_words=content.shared_words(product, int(target)),
                )
                for target, score in zip(targets[span], scores[span], strict=True)
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
) -> tuple[IntArray, IntArray, FloatArray]:
    """The graph's POOL best edges of each product, ranked with their likeness.

    Returns sources, targets and scores, shape (n_edges,) each, sources rising, scores falling.
    """
    counts = np.diff(graph.starts)
    rows = np.repeat(np.arange(graph.n_products), counts)
    kept: BoolArray = np.arange(len(rows)) - graph.starts[rows] < POOL
    rows, targets = rows[kept], graph.targets[kept].astype(np.int64)
    scores = graph.scores[kept].astype(np.float64)
    firsts = np.searchsorted(rows, rows, side="left")
    # The best neighbour of every product counts 1, so that likeness weighs the same everywhere.
    scores = scores / scores[firsts]
    if content_weight:
        scores = (scores + content_weight * content.likeness(rows, targets)) / (1 + content_weight)
    order = np.lexsort((targets, -scores, rows))
    return rows[order], targets[order], scores[order]
