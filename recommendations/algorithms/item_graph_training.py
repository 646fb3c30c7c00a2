"""Fits the item graph with sparse products, a block of rows at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import sparse

from recommendations.algorithms.item_graph import GraphSettings, ItemGraph, Unit
from recommendations.algorithms.shopping_log import BoolArray, FloatArray, IntArray, ShoppingLog

# scipy carries no types: its matrices are Any in this module and nowhere else.
Matrix = Any

# Peak memory grows with the block, time hardly does.
ROWS_PER_BLOCK = 2_000


def fit_item_graph(
    log: ShoppingLog, settings: GraphSettings, *, rows_per_block: int = ROWS_PER_BLOCK
) -> ItemGraph:
    """The graph of everything in the log; products without company have no neighbours."""
    held = unit_matrix(log, unit=settings.unit, behaviour_weight=settings.behaviour_weight)
    bought = unit_matrix(log.purchases(), unit=settings.unit, behaviour_weight=0.0)
    bought.data[:] = 1.0
    degrees = np.asarray(held.sum(axis=0)).ravel()
    source_scale = power_of(degrees, -settings.source_exponent)
    target_scale = power_of(degrees, -settings.target_exponent)
    bought_by_product = bought.T.tocsr()
    counts: list[IntArray] = []
    targets: list[IntArray] = []
    scores: list[FloatArray] = []
    together: list[IntArray] = []
    for start, block in co_scores(
        held, unit_exponent=settings.unit_exponent, rows_per_block=rows_per_block
    ):
        rows, columns, values = best_of_rows(block, target_scale, limit=settings.neighbours)
        both = bought_by_product[start : start + block.shape[0]] @ bought
        counts.append(np.bincount(rows, minlength=block.shape[0]))
        targets.append(columns)
        scores.append(values * source_scale[start + rows])
        together.append(_entries(both, rows, columns))
    return ItemGraph(
        starts=np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64),
        targets=np.concatenate(targets).astype(np.int32),
        scores=np.concatenate(scores).astype(np.float32),
        together=np.concatenate(together).astype(np.int32),
        buyers=np.diff(bought_by_product.indptr).astype(np.int32),
        settings=settings,
    )


def with_source_exponent(graph: ItemGraph, log: ShoppingLog, exponent: float) -> ItemGraph:
    """The same graph under another a: rows are scaled, neighbours and their order stay.

    log: what the graph was fitted on.
    """
    chosen = graph.settings
    held = unit_matrix(log, unit=chosen.unit, behaviour_weight=chosen.behaviour_weight)
    degrees = np.asarray(held.sum(axis=0)).ravel()
    scale = power_of(degrees, chosen.source_exponent - exponent)
    return ItemGraph(
        starts=graph.starts,
        targets=graph.targets,
        scores=(graph.scores * np.repeat(scale, np.diff(graph.starts))).astype(np.float32),
        together=graph.together,
        buyers=graph.buyers,
        settings=replace(chosen, source_exponent=exponent),
    )


def unit_matrix(log: ShoppingLog, *, unit: Unit, behaviour_weight: float) -> Matrix:
    """What each unit holds, sparse, shape (n_units, n_products).

    An entry is the largest weight among the unit's entries for the product, so that buying
    twice, or looking ten times, counts once.
    """
    weight = np.where(log.purchased, log.weight, log.weight * behaviour_weight)
    keep = weight > 0
    units, product, weight = (
        (log.customer if unit == "customer" else log.basket)[keep],
        log.product[keep],
        weight[keep],
    )
    _, rows = np.unique(units, return_inverse=True)
    order = np.lexsort((-weight, product, rows))
    rows, product, weight = rows[order], product[order], weight[order]
    first = np.ones(len(rows), dtype=np.bool_)
    first[1:] = (rows[1:] != rows[:-1]) | (product[1:] != product[:-1])
    n_units = int(rows[-1]) + 1 if len(rows) else 0
    return sparse.csr_matrix(
        (weight[first], (rows[first], product[first])), shape=(n_units, log.n_products)
    )


def co_scores(
    held: Matrix, *, unit_exponent: float, rows_per_block: int = ROWS_PER_BLOCK
) -> Iterator[tuple[int, Matrix]]:
    """Blocks of sum over units of d_u^-b, before the two product exponents are applied.

    Yields the first product of the block and a sparse block of shape (n_rows, n_products) with
    an empty diagonal. One pass serves every choice of a and c.
    """
    unit_degrees = np.asarray(held.sum(axis=1)).ravel()
    damped = (sparse.diags(power_of(unit_degrees, -unit_exponent)) @ held).tocsr()
    by_product = held.T.tocsr()
    for start in range(0, held.shape[1], rows_per_block):
        block = (by_product[start : start + rows_per_block] @ damped).tocsr()
        rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        block.data[block.indices == rows + start] = 0.0
        block.eliminate_zeros()
        yield start, block


def best_of_rows(
    block: Matrix, target_scale: FloatArray, *, limit: int
) -> tuple[IntArray, IntArray, FloatArray]:
    """The `limit` largest entries of each row once columns are scaled, best first.

    Returns rows, columns and values, each of shape (n_kept,); among equals the lower column leads.
    """
    values = block.data * target_scale[block.indices]
    counts = np.diff(block.indptr)
    keep = np.ones(len(values), dtype=np.bool_)
    for row in np.flatnonzero(counts > limit):
        # Only what the row holds is partitioned, never the row with its zeros.
        span = slice(block.indptr[row], block.indptr[row + 1])
        keep[span] = largest(values[span], block.indices[span], limit)
    rows = np.repeat(np.arange(block.shape[0]), counts)[keep]
    columns = block.indices[keep].astype(np.int64)
    values = values[keep]
    order = np.lexsort((columns, -values, rows))
    return rows[order], columns[order], values[order]


def top_lists(held: Matrix, settings: Sequence[GraphSettings], *, limit: int) -> list[IntArray]:
    """The best `limit` neighbours of every product under each of the settings, best first.

    The settings share one unit and one unit exponent; each answer has shape (n_products, limit),
    padded with -1.
    """
    n_products = held.shape[1]
    degrees = np.asarray(held.sum(axis=0)).ravel()
    lists = [np.full((n_products, limit), -1, dtype=np.int64) for _ in settings]
    for start, block in co_scores(held, unit_exponent=settings[0].unit_exponent):
        for each, filled in zip(settings, lists, strict=True):
            rows, columns, _ = best_of_rows(
                block, power_of(degrees, -each.target_exponent), limit=limit
            )
            firsts = np.searchsorted(rows, rows, side="left")
            filled[start + rows, np.arange(len(rows)) - firsts] = columns
    return lists


def largest(values: FloatArray, columns: IntArray, limit: int) -> BoolArray:
    """Marks the `limit` largest; among equals at the edge the lower columns are kept."""
    edge = values[np.argpartition(values, len(values) - limit)[len(values) - limit]]
    keep: BoolArray = values > edge
    equal = np.flatnonzero(values == edge)
    room = limit - int(keep.sum())
    if room < len(equal):
        # A sparse product leaves its columns in any order.
        equal = equal[np.argsort(columns[equal])][:room]
    keep[equal] = True
    return keep


def largest_of_rows(matrix: Matrix, limit: int) -> Matrix:
    """The `limit` largest positive entries of each row; among equals the lower columns."""
    keep = matrix.data > 0
    for row in np.flatnonzero(np.diff(matrix.indptr) > limit):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        keep[span] &= largest(matrix.data[span], matrix.indices[span], limit)
    starts = np.concatenate([[0], np.cumsum(keep)])[matrix.indptr]
    return sparse.csr_matrix((matrix.data[keep], matrix.indices[keep], starts), shape=matrix.shape)


def power_of(degrees: FloatArray, exponent: float) -> FloatArray:
    """degrees ** exponent, 0 where the degree is 0."""
    powered: FloatArray = np.zeros(len(degrees))
    np.power(degrees, exponent, out=powered, where=degrees > 0)
    return powered


def _entries(matrix: Matrix, rows: IntArray, columns: IntArray) -> IntArray:
    """The entries of a sparse matrix at the given places, 0 where it holds none."""
    matrix = matrix.tocsr()
    matrix.sort_indices()
    width = matrix.shape[1]
    keys = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr)) * width + matrix.indices
    wanted = rows * width + columns
    at = np.minimum(np.searchsorted(keys, wanted), max(len(keys) - 1, 0))
    if not len(keys):
        return np.zeros(len(wanted), dtype=np.int64)
    found = np.where(keys[at] == wanted, matrix.data[at], 0.0)
    return found.astype(np.int64)
