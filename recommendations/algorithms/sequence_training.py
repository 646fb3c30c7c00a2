"""Fits the directed graph, one distance at a time, and chooses its settings for one shop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from recommendations.algorithms.directed_graph import directed_edges
from recommendations.algorithms.histories import Sequences, faded_histories
from recommendations.algorithms.metrics import ListQuality, list_quality
from recommendations.algorithms.neighbours_training import (
    HISTORIES_PER_BLOCK,
    best_lists,
    without_own,
)
from recommendations.algorithms.sequence import NextItemModel, SequenceSettings
from recommendations.algorithms.shopping_log import IntArray

LIST_LENGTH = 10
# Steps further apart than this say nothing of the order.
FURTHEST_STEP = 50
VALIDATED_SEQUENCES = 8_000

START = SequenceSettings()
# One after another: each is changed on the best so far, so that the tries add up and not multiply.
STEPS: tuple[tuple[str, tuple[float, ...]], ...] = (
    ("target_exponent", (0.5, 0.3, 0.2, 0.1)),
    ("reach", (0.7, 0.4)),
    ("fading", (0.5, 0.8, 1.0)),
    ("length_exponent", (0.0, 0.3, 0.8)),
    ("backward", (0.2, 0.7, 1.0)),
    ("source_exponent", (0.5, 0.8)),
)


def fit_next_item(
    sequences: Sequences,
    settings: SequenceSettings,
    *,
    product_ids: IntArray,
    learned_until_day: int = 0,
    choice: Mapping[str, Any] | None = None,
) -> NextItemModel:
    return NextItemModel(
        product_ids=product_ids,
        graph=directed_edges(
            sequences,
            source_exponent=settings.source_exponent,
            length_exponent=settings.length_exponent,
            target_exponent=settings.target_exponent,
            backward=settings.backward,
            reach=settings.reach,
            furthest=FURTHEST_STEP,
            neighbours=settings.neighbours,
        ),
        settings=settings,
        learned_until_day=learned_until_day,
        choice=choice or {},
    )


def next_item_lists(model: NextItemModel, histories: Sequences, *, limit: int) -> IntArray:
    """The same as `candidates` for many histories at once, as places, padded with -1."""
    size = (len(model.product_ids), len(model.product_ids))
    weights = sparse.csr_matrix(
        (model.graph.values, model.graph.targets, model.graph.starts), shape=size
    )
    faded = faded_histories(histories, model.settings.fading)
    lists = np.full((faded.shape[0], limit), -1, dtype=np.int64)
    for start in range(0, faded.shape[0], HISTORIES_PER_BLOCK):
        block = faded[start : start + HISTORIES_PER_BLOCK]
        scores = without_own((block @ weights).tocsr(), block)
        best_lists(scores, lists[start : start + HISTORIES_PER_BLOCK])
    return lists


def next_quality(lists: IntArray, wanted: IntArray) -> ListQuality:
    """Quality where exactly one product was wanted, shape (n_lists,)."""
    return list_quality(lists == wanted[:, None], np.ones(len(lists), dtype=np.int64))


@dataclass(frozen=True)
class SequenceChoice:
    """The settings with the best NDCG of the step before the last, and how many were tried."""

    settings: SequenceSettings
    tries: int
    ndcg: float

    def described(self) -> dict[str, Any]:
        return {"tries": self.tries, "validation_ndcg_at_10": round(self.ndcg, 6)}


def choose_sequence(sequences: Sequences, *, seed: int = 0) -> SequenceChoice:
    """Foretell the last step of each sequence from those before it."""
    past, wanted = sequences.without_last(), sequences.last()
    asked = np.flatnonzero(past.lengths > 0)
    if len(asked) > VALIDATED_SEQUENCES:
        drawn = np.random.default_rng(seed).choice(len(asked), VALIDATED_SEQUENCES, replace=False)
        asked = np.sort(asked[drawn])
    histories, wanted = past.of(asked), wanted[asked]

    def measured(settings: SequenceSettings) -> float:
        model = fit_next_item(past, settings, product_ids=np.arange(past.n_products))
        lists = next_item_lists(model, histories, limit=LIST_LENGTH)
        ndcg = next_quality(lists, wanted).ndcg
        return float(ndcg.mean()) if len(ndcg) else 0.0

    best, best_ndcg, tries = START, measured(START), 1
    for name, values in STEPS:
        for settings in _with_each(best, name, values):
            ndcg, tries = measured(settings), tries + 1
            if ndcg > best_ndcg:
                best, best_ndcg = settings, ndcg
    return SequenceChoice(settings=best, tries=tries, ndcg=best_ndcg)


def _with_each(
    settings: SequenceSettings, name: str, values: Sequence[float]
) -> list[SequenceSettings]:
    return [replace(settings, **{name: value}) for value in values]  # type: ignore[arg-type]  # all named fields are floats
