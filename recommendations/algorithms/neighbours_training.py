"""Fits item graph and people, and draws lists for many histories at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from scipy import sparse

from recommendations.algorithms.directed_graph import directed_edges
from recommendations.algorithms.histories import Sequences, faded_histories
from recommendations.algorithms.item_graph_training import (
    Matrix,
    largest_of_rows,
    power_of,
)
from recommendations.algorithms.neighbours import Edges, NeighbourModel, NeighbourSettings, People
from recommendations.algorithms.shopping_log import FloatArray, IntArray

ROWS_PER_BLOCK = 1_000
HISTORIES_PER_BLOCK = 256
# Everybody would be compared with everybody: a sample is as good and bounds memory and time.
MOST_PEOPLE = 50_000
# Pairs grow with the square: who has more is taken by so many products.
MOST_HELD = 1_000
# Of a long history; further apart, what is alike is told by people.
FURTHEST_STEP = 10
# Added to what sells now and to what it used to: three orders are no season yet.
FEW_SALES = 3.0

GraphOf = Callable[[Matrix, NeighbourSettings], Edges]
# 96 MB of edges, whatever the catalogue: what every process maps stays below 150 MB.
MOST_EDGES = 12_000_000
MOST_NEIGHBOURS, FEWEST_NEIGHBOURS = 400, 50


def fit_neighbours(
    held: Matrix,
    settings: NeighbourSettings,
    *,
    product_ids: IntArray,
    learned_until_day: int = 0,
    choice: Mapping[str, Any] | None = None,
    sequences: Sequences | None = None,
    graph: Edges | None = None,
    graph_of: GraphOf | None = None,
    recent: FloatArray | None = None,
) -> NeighbourModel:
    """held: what each customer has, sparse, shape (n_customers, n_products), weights in (0, 1].

    sequences: the same in the order it was taken up, for a directed graph.
    graph: already fitted. graph_of: where else it is fitted, `fit_graph` by default.
    recent: orders of each product of late, shape (n_products,); for the season.
    """
    held = bounded(held)
    if graph is None:
        graph = _fit_edges(held, settings, sequences, graph_of or fit_graph)
    return NeighbourModel(
        product_ids=product_ids,
        graph=graph,
        people=fit_people(held, settings) if settings.people_share > 0.0 else None,
        settings=settings,
        learned_until_day=learned_until_day,
        choice=choice or {},
        lift=season_lift(held, recent, exponent=settings.season),
    )


def _fit_edges(
    held: Matrix,
    settings: NeighbourSettings,
    sequences: Sequences | None,
    graph_of: GraphOf,
) -> Edges:
    if settings.people_share == 1.0:
        return _no_edges(held)
    if not settings.is_directed:
        return graph_of(held, settings)
    if sequences is None:
        raise ValueError("a directed graph is fitted to sequences")
    return directed_edges(
        sequences,
        source_exponent=settings.source_exponent,
        length_exponent=settings.person_exponent,
        target_exponent=settings.target_exponent,
        furthest=FURTHEST_STEP,
        neighbours=settings.neighbours,
    )


def season_lift(held: Matrix, recent: FloatArray | None, *, exponent: float) -> Any:
    """(what sold of late / what was to be expected of all that ever sold) ** exponent, float32.

    Shape (n_products,); None where nothing is known of late or the exponent is 0.
    """
    if recent is None or exponent == 0.0 or not recent.sum():
        return None
    degrees = degrees_of(held)
    expected = degrees * (recent.sum() / max(float(degrees.sum()), 1.0))
    return (((recent + FEW_SALES) / (expected + FEW_SALES)) ** exponent).astype(np.float32)


def bounded(held: Matrix, *, most: int = MOST_HELD, seed: int = 0) -> Matrix:
    """At most so many products of each person: the weightiest, drawn by chance among equals."""
    counts = np.diff(held.indptr)
    if not (counts > most).any():
        return held
    owner = np.repeat(np.arange(len(counts)), counts)
    draw = np.random.default_rng(seed).random(len(owner))
    order = np.lexsort((draw, -held.data, owner))
    place = np.empty(len(owner), dtype=np.int64)
    place[order] = np.arange(len(owner)) - held.indptr[:-1][owner]
    keep = place < most
    starts = np.concatenate([[0], np.cumsum(keep)])[held.indptr]
    return sparse.csr_matrix((held.data[keep], held.indices[keep], starts), shape=held.shape)


def fit_graph(held: Matrix, settings: NeighbourSettings) -> Edges:
    """S of `ItemGraph`, the largest `neighbours` of each row, in no order within one."""
    scaled, damped = scaled_sides(held, settings)
    return edges_of(
        strongest(scaled[start : start + ROWS_PER_BLOCK] @ damped, start, settings.neighbours)
        for start in range(0, held.shape[1], ROWS_PER_BLOCK)
    )


def strongest(block: Matrix, start: int, limit: int) -> Matrix:
    """The rows of S from `start` on without themselves, the largest `limit` of each, float32.

    Rounded before they are compared: sums that differ by their order alone choose the same.
    """
    return largest_of_rows(without_itself(block.tocsr().astype(np.float32), start), limit)


def edges_of(blocks: Iterable[Matrix]) -> Edges:
    counts: list[IntArray] = [np.zeros(1, dtype=np.int64)]
    targets: list[Any] = [np.zeros(0, dtype=np.int32)]
    values: list[Any] = [np.zeros(0, dtype=np.float32)]
    for rows in blocks:
        counts.append(np.diff(rows.indptr))
        targets.append(rows.indices)
        values.append(rows.data)
    return Edges(
        starts=np.cumsum(np.concatenate(counts)).astype(np.int64),
        targets=np.concatenate(targets).astype(np.int32),
        values=np.concatenate(values).astype(np.float32),
    )


def scaled_sides(
    held: Matrix, settings: NeighbourSettings, *, degrees: FloatArray | None = None
) -> tuple[Matrix, Matrix]:
    """The two factors of S: products by customers, and customers by products.

    degrees: of the products in everything, where `held` is only a part of it.
    """
    held = held.astype(np.float64)
    if degrees is None:
        degrees = degrees_of(held)
    persons = np.asarray(held.sum(axis=1), dtype=np.float64).ravel()
    left = held @ sparse.diags(power_of(degrees, -settings.source_exponent))
    right = (
        sparse.diags(power_of(persons, -settings.person_exponent))
        @ held
        @ sparse.diags(power_of(degrees, -settings.target_exponent))
    )
    return left.T.tocsr(), right.tocsr()


def degrees_of(held: Matrix) -> FloatArray:
    """How much of each product is held, shape (n_products,)."""
    return np.asarray(held.sum(axis=0, dtype=np.float64)).ravel()


def without_itself(block: Matrix, start: int) -> Matrix:
    rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
    block.data[block.indices == rows + start] = 0.0
    return block


def fit_people(held: Matrix, settings: NeighbourSettings, *, seed: int = 0) -> People:
    """Everybody with two products or more, or a sample of MOST_PEOPLE of them."""
    useful = np.flatnonzero(np.diff(held.indptr) > 1)
    if len(useful) > MOST_PEOPLE:
        drawn = np.random.default_rng(seed).choice(len(useful), MOST_PEOPLE, replace=False)
        useful = useful[np.sort(drawn)]
    pool = held[useful]
    degrees = degrees_of(held)
    persons = np.asarray(pool.sum(axis=1), dtype=np.float64).ravel()
    likeness = (
        sparse.diags(power_of(persons, -settings.breadth))
        @ pool
        @ sparse.diags(power_of(degrees, -settings.rarity))
    )
    holders = likeness.T.tocsr()
    baskets = Edges(
        starts=pool.indptr.astype(np.int64),
        targets=pool.indices.astype(np.int32),
        values=pool.data.astype(np.float32),
    )
    return People(
        baskets=baskets,
        holders=Edges(
            starts=holders.indptr.astype(np.int64),
            targets=holders.indices.astype(np.int32),
            values=holders.data.astype(np.float32),
        ),
        target_scale=power_of(degrees, -settings.tail).astype(np.float32),
    )


def neighbour_lists(model: NeighbourModel, histories: Sequences, *, limit: int) -> IntArray:
    """The model's best products for many histories at once, their own left out.

    Returns places, shape (n_histories, limit), padded with -1: the same as `candidates` says of
    each.
    """
    lists = np.full((len(histories.lengths), limit), -1, dtype=np.int64)
    for start, scores in neighbour_scores(model, histories):
        best_lists(scores, lists[start : start + HISTORIES_PER_BLOCK])
    return lists


def neighbour_scores(model: NeighbourModel, histories: Sequences) -> Iterator[tuple[int, Matrix]]:
    """Blocks of scores, sparse, what each history holds at 0."""
    size = (len(model.product_ids), len(model.product_ids))
    settings = model.settings
    share = settings.people_share if model.people is not None else 0.0
    graph = model.graph
    weights = sparse.csr_matrix((graph.values, graph.targets, graph.starts), shape=size)
    holders, baskets = _people_matrices(model.people, size[0])
    by_graph = faded_histories(histories, settings.graph_fading)
    by_people = faded_histories(histories, settings.fading)
    for start in range(0, by_people.shape[0], HISTORIES_PER_BLOCK):
        rows = slice(start, start + HISTORIES_PER_BLOCK)
        block = by_people[rows]
        total = sparse.csr_matrix(block.shape)
        if share < 1.0:
            total = total + _to_one(
                without_own((by_graph[rows] @ weights).tocsr(), block), 1.0 - share
            )
        if share > 0.0:
            near = largest_of_rows((block @ holders).tocsr(), settings.reach)
            near.data **= settings.sharpness
            total = total + _to_one(without_own((near @ baskets).tocsr(), block), share)
        yield start, (total if model.lift is None else total @ sparse.diags(model.lift)).tocsr()


def best_lists(scores: Matrix, lists: IntArray) -> None:
    """Fill a list for each row of scores, in place; only what scored comes in."""
    limit = lists.shape[1]
    for row in range(scores.shape[0]):
        span = slice(scores.indptr[row], scores.indptr[row + 1])
        columns, values = scores.indices[span], scores.data[span]
        if len(values) > limit:
            edge = np.partition(values, len(values) - limit)[len(values) - limit]
            kept = values >= edge
            columns, values = columns[kept], values[kept]
        columns, values = columns[values > 0], values[values > 0]
        best = columns[np.lexsort((columns, -values))[:limit]]
        lists[row, : len(best)] = best


def without_own(scores: Matrix, block: Matrix) -> Matrix:
    """Put a 0 where a row's history has the product already."""
    n_products = block.shape[1]
    own = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr)) * n_products + block.indices
    rows = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    scores.data[np.isin(rows * n_products + scores.indices, own)] = 0.0
    return scores


def neighbours_for(n_products: int) -> int:
    """How many neighbours of each product are kept, so that a large catalogue still fits."""
    return max(FEWEST_NEIGHBOURS, min(MOST_NEIGHBOURS, MOST_EDGES // max(n_products, 1)))


def _people_matrices(people: People | None, n_products: int) -> tuple[Matrix, Matrix]:
    if people is None:
        return None, None
    holders, baskets = people.holders, people.baskets
    ones = np.ones(len(baskets.targets), dtype=np.float64)
    return (
        sparse.csr_matrix(
            (holders.values.astype(np.float64), holders.targets, holders.starts),
            shape=(n_products, people.n_people),
        ),
        sparse.csr_matrix(
            (ones, baskets.targets, baskets.starts), shape=(people.n_people, n_products)
        )
        @ sparse.diags(people.target_scale.astype(np.float64)),
    )


def _to_one(scores: Matrix, share: float) -> Matrix:
    """Each row's largest becomes `share`."""
    largest_each = np.asarray(scores.max(axis=1).todense(), dtype=np.float64).ravel()
    scale = np.divide(share, largest_each, out=np.zeros(len(largest_each)), where=largest_each > 0)
    return (sparse.diags(scale) @ scores).tocsr()


def _no_edges(held: Matrix) -> Edges:
    return Edges(
        starts=np.zeros(held.shape[1] + 1, dtype=np.int64),
        targets=np.zeros(0, dtype=np.int32),
        values=np.zeros(0, dtype=np.float32),
    )
