"""Chooses the settings of `neighbours` for one shop, on what its customers took up last."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from recommendations.algorithms.evaluation import Returns, discover_quality
from recommendations.algorithms.histories import Sequences, held_matrix
from recommendations.algorithms.item_graph_training import Matrix
from recommendations.algorithms.metrics import coverage
from recommendations.algorithms.neighbours import Edges, NeighbourSettings
from recommendations.algorithms.neighbours_training import (
    GraphOf,
    bounded,
    fit_graph,
    fit_neighbours,
    neighbour_lists,
    neighbours_for,
)
from recommendations.algorithms.shopping_log import FloatArray, IntArray

LIST_LENGTH = 20
VALIDATED_HISTORIES = 5_000

# a, b, c of the item graph: cosine-like, linear filter, random walk, and what lies between.
GRAPHS = (
    (0.5, 0.5, 0.5),
    (0.5, 0.5, 0.3),
    (0.6, 0.7, 0.4),
    (0.7, 0.5, 0.3),
    (0.7, 0.7, 0.3),
    (0.8, 0.7, 0.2),
    (0.8, 0.9, 0.2),
    (1.0, 1.0, 0.3),
)
# rarity, breadth, sharpness, reach, tail.
TASTES = (
    (0.5, 0.5, 1.0, 300, 0.0),
    (0.5, 0.5, 1.0, 100, 0.2),
    (0.5, 0.5, 1.5, 1_000, 0.2),
    (0.5, 0.6, 1.5, 2_000, 0.2),
    (0.5, 0.6, 1.5, 2_000, 0.3),
    (0.5, 0.6, 1.75, 1_000, 0.2),
    (0.5, 0.6, 1.5, 2_000, 0.1),
    (0.7, 0.5, 1.5, 1_000, 0.3),
)
SHARES = (0.25, 0.5, 0.75)
# Beside the .9 that everything else is tried with.
FADING = (1.0, 0.95, 0.8)
# a, b, c and fading of graphs directed by order, tried beside people.
DIRECTED = ((0.6, 0.5, 0.4, 0.6), (0.5, 0.5, 0.2, 0.8), (0.6, 0.5, 0.3, 0.7))
DIRECTED_SHARE = 0.7
DIRECTED_SHARES = (0.0, 0.5, 0.8)
# What sells of late beside what used to sell, where orders have days.
SEASONS = (0.3, 0.6)


@dataclass(frozen=True)
class Try:
    """One setting and what it reached on the validation part."""

    settings: NeighbourSettings
    ndcg: float
    coverage: float


@dataclass(frozen=True)
class NeighbourChoice:
    """chosen: the widest of those that are not told apart from the best.

    A setting is told apart when it loses more than one standard error of the paired difference
    (Breiman et al. 1984, "Classification and Regression Trees", rule of one standard error).
    """

    chosen: Try
    best: Try
    tries: tuple[Try, ...]

    def described(self) -> dict[str, Any]:
        return {
            "tries": len(self.tries),
            "validation_ndcg": round(self.chosen.ndcg, 6),
            "validation_best_ndcg": round(self.best.ndcg, 6),
            "validation_coverage": round(self.chosen.coverage, 6),
        }


def choose_neighbours(
    held: Matrix,
    histories: Sequences,
    targets: Matrix,
    *,
    limit: int = LIST_LENGTH,
    sequences: Sequences | None = None,
    behaviour: Mapping[float, Matrix] | None = None,
    recent: FloatArray | None = None,
    graph_of: GraphOf = fit_graph,
    seed: int = 0,
) -> NeighbourChoice:
    """Tries the graphs, the tastes, how fast a history fades, and shares of the best of both.

    held: what is known before the validation part, shape (n_customers, n_products).
    histories, targets: of those who came back, what they had and what came after; they share no
    product. sequences: `held` in the order it was taken up; graphs directed by it are tried then.
    behaviour: `held` under other weights of views, clicks and carts, tried with the best.
    recent: orders of each product before the validation part of late; seasons are tried with it.
    graph_of: where else graphs are fitted, see `item_graph_dask`.
    """
    held = bounded(held)
    drawn = _sample(np.flatnonzero(np.diff(targets.indptr) > 0), seed=seed)
    trials = _Trials(
        held,
        histories.of(drawn),
        targets[drawn],
        limit=limit,
        sequences=sequences,
        recent=recent,
        graph_of=graph_of,
    )
    kept = neighbours_for(held.shape[1])
    graphs = [
        NeighbourSettings(source_exponent=a, person_exponent=b, target_exponent=c, neighbours=kept)
        for a, b, c in GRAPHS
    ]
    graph = trials.best_of(graphs)
    fitted = graph_of(held, graph)
    paces = [replace(graph, graph_fading=each, fading=each) for each in FADING]
    graph = trials.best_of(paces, graph, graph=fitted)
    tastes = [
        replace(
            graph,
            fading=NeighbourSettings.fading,
            people_share=1.0,
            rarity=rarity,
            breadth=breadth,
            sharpness=sharpness,
            reach=reach,
            tail=tail,
        )
        for rarity, breadth, sharpness, reach, tail in TASTES
    ]
    taste = trials.best_of(tastes)
    taste = trials.best_of([replace(taste, fading=each) for each in FADING], taste)
    trials.best_of([replace(taste, people_share=each) for each in SHARES], graph=fitted)
    if sequences is not None:
        _try_directed(trials, taste)
    if recent is not None and recent.any():
        leader = trials.leader
        trials.best_of([replace(leader, season=each) for each in SEASONS])
    for weight, matrix in (behaviour or {}).items():
        trials.measure(replace(trials.leader, behaviour_weight=weight), held=matrix)
    return _widest_of_the_best(trials.measured)


def _try_directed(trials: "_Trials", taste: NeighbourSettings) -> None:
    directed = trials.best_of(
        [
            replace(
                taste,
                is_directed=True,
                people_share=DIRECTED_SHARE,
                source_exponent=a,
                person_exponent=b,
                target_exponent=c,
                graph_fading=fading,
            )
            for a, b, c, fading in DIRECTED
        ]
    )
    trials.best_of([replace(directed, people_share=each) for each in DIRECTED_SHARES])


class _Trials:
    """Settings measured on the same people, none of them twice."""

    def __init__(
        self,
        held: Matrix,
        histories: Sequences,
        targets: Matrix,
        *,
        limit: int,
        sequences: Sequences | None,
        recent: FloatArray | None,
        graph_of: GraphOf,
    ) -> None:
        self._held = held
        self._sequences = sequences
        self._histories = histories
        self._returns = Returns(
            customer=np.arange(targets.shape[0]), history=held_matrix(histories), targets=targets
        )
        self._limit = limit
        self._recent = recent
        self._graph_of = graph_of
        self.measured: list[tuple[Try, FloatArray]] = []

    @property
    def leader(self) -> NeighbourSettings:
        return max(self.measured, key=lambda each: each[0].ndcg)[0].settings

    def best_of(
        self,
        settings: Sequence[NeighbourSettings],
        *others: NeighbourSettings,
        graph: Edges | None = None,
    ) -> NeighbourSettings:
        """others: measured before, which the new ones have to beat."""
        for each in settings:
            self.measure(each, graph=graph)
        compared = [*others, *settings]
        found = [each for each, _ in self.measured if each.settings in compared]
        return max(found, key=lambda each: each.ndcg).settings

    def measure(
        self,
        settings: NeighbourSettings,
        *,
        graph: Edges | None = None,
        held: Matrix | None = None,
    ) -> None:
        model = fit_neighbours(
            self._held if held is None else held,
            settings,
            product_ids=np.arange(self._held.shape[1]),
            sequences=self._sequences,
            graph=graph,
            graph_of=self._graph_of,
            recent=self._recent,
        )
        lists = neighbour_lists(model, self._histories, limit=self._limit)
        ndcg = discover_quality(lists, self._returns).ndcg
        reached = Try(
            settings,
            ndcg=float(ndcg.mean()) if len(ndcg) else 0.0,
            coverage=coverage(lists, n_products=self._held.shape[1]),
        )
        self.measured.append((reached, ndcg))


def _widest_of_the_best(measured: list[tuple[Try, FloatArray]]) -> NeighbourChoice:
    best, best_ndcg = max(measured, key=lambda each: each[0].ndcg)
    chosen = best
    for each, ndcg in measured:
        lost = best_ndcg - ndcg
        error = float(lost.std()) / max(1.0, np.sqrt(len(lost)))
        if float(lost.mean()) <= error and each.coverage > chosen.coverage:
            chosen = each
    return NeighbourChoice(chosen=chosen, best=best, tries=tuple(each for each, _ in measured))


def described_settings(settings: NeighbourSettings) -> dict[str, Any]:
    """Only what the chosen form uses."""
    graph = {
        "source_exponent",
        "person_exponent",
        "target_exponent",
        "neighbours",
        "graph_fading",
        "is_directed",
    }
    taste = {"fading", "rarity", "breadth", "sharpness", "reach", "tail"}
    unused = (graph if settings.people_share == 1.0 else set()) | (
        taste if settings.people_share == 0.0 else set()
    )
    return {name: value for name, value in asdict(settings).items() if name not in unused}


def _sample(people: IntArray, *, seed: int) -> IntArray:
    if len(people) <= VALIDATED_HISTORIES:
        return people
    drawn = np.random.default_rng(seed).choice(people, VALIDATED_HISTORIES, replace=False)
    drawn.sort()
    return drawn
