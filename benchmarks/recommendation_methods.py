"""One method of `benchmark recommendations`, in a process of its own: its seconds and its memory.

    python -m benchmarks.recommendation_methods FOLDER METHOD TRIES

FOLDER holds a `Question`; the lists of the method are written beside it, and what it cost is told.
Whatever a method can be told is chosen on the end of what is known, in at most TRIES tries.
"""

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from benchmarks.recommendation_sets import (
    AGAIN,
    DISCOVER,
    PAIRS,
    SEQUENCES,
    Question,
    held_out_baskets,
)
from benchmarks.result import cpu_seconds, own_peak_memory_mb
from recommendations.algorithms.evaluation import (
    Returns,
    discover_quality,
    returns_of,
    unseen_popular_lists,
)
from recommendations.algorithms.histories import (
    Sequences,
    held_matrix,
    hold_out_ends,
    sequences_of,
)
from recommendations.algorithms.neighbours import Edges, NeighbourSettings
from recommendations.algorithms.neighbours_choosing import (
    GRAPHS,
    choose_neighbours,
    described_settings,
)
from recommendations.algorithms.neighbours_training import (
    fit_graph,
    fit_neighbours,
    neighbour_lists,
)
from recommendations.algorithms.popularity import RECENT_DAYS, buyers_of_late, fit_popularity
from recommendations.algorithms.repeat_training import (
    Questions,
    baskets_of,
    fit_personal_frequency,
    fit_repeat,
    question_quality,
    questions_of,
    repeat_lists,
)
from recommendations.algorithms.sequence_training import (
    choose_sequence,
    fit_next_item,
    next_item_lists,
)
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog

OURS = "ours"
VALIDATED_PEOPLE = 5_000
SIZES = (400, 20, 50, 100, 200, 300, 600, 800)
FADING = (1.0, 0.95, 0.9, 0.8)
COSINE = (0.5, 0.0, 0.5)
HAS_IMPLICIT = find_spec("implicit") is not None


@dataclass
class Answer:
    """lists: one a person asked. Seconds are of the processor."""

    lists: IntArray
    tries: int = 0
    settings: dict[str, Any] = field(default_factory=dict)
    choose: float = 0.0
    fit: float = 0.0
    draw: float = 0.0
    artefact_mb: float | None = None


@dataclass(frozen=True, eq=False)
class Past:
    """Something to learn from, and people to draw lists for."""

    known: Sequences
    people: IntArray
    targets: Any
    log: ShoppingLog | None

    @property
    def histories(self) -> Sequences:
        return self.known.of(self.people)

    @property
    def held(self) -> Any:
        return held_matrix(self.known).astype(np.float32)

    @property
    def recent(self) -> Any:
        return None if self.log is None else buyers_of_late(self.log)

    def returns(self) -> Returns:
        return Returns(self.people, held_matrix(self.histories), self.targets)


def methods(kind: str) -> list[str]:
    """Ours first: the others get as many tries."""
    if kind == AGAIN:
        found = [OURS, "personal_frequency", "personal_frequency_faded"]
        return [*found, "implicit_cosine"] if HAS_IMPLICIT else found
    found = [OURS, "popularity", "item_cosine"]
    if kind == DISCOVER:
        found.insert(1, "popularity_30_days")
    if kind in (PAIRS, DISCOVER):
        found.append("item_graph_alone")
    return [*found, "implicit_cosine", "implicit_tuned"] if HAS_IMPLICIT else found


def answer(question: Question, method: str, tries: int) -> Answer:
    if question.kind == AGAIN:
        return _again(question, method)
    whole = Past(question.known, question.people, question.targets, question.log)
    length = question.length
    if method.startswith("popularity"):
        return _popular(whole, method, length)
    if method == OURS and question.kind == SEQUENCES:
        return _next_item(whole, length)
    if method == OURS:
        return _neighbours(question, whole)
    if method == "implicit_cosine":
        tries = 1
    fit, grid = _family(method)
    return _tried(fit, grid[:tries], _before(question), whole, length)


def _before(question: Question) -> Past:
    """What is known without its end, which stands for what is asked later."""
    if question.log is None:
        ends = hold_out_ends(question.known, share=question.held_share, most=VALIDATED_PEOPLE)
        return Past(ends.early, ends.people, ends.late, None)
    held, _ = held_out_baskets(question.log, from_day=None)
    past = question.log.where(~held)
    returns = returns_of(past, question.log.where(held))
    people = np.unique(past.customer)
    return Past(
        sequences_of(past, people=people),
        np.searchsorted(people, returns.customer),
        returns.targets,
        past,
    )


def _neighbours(question: Question, whole: Past) -> Answer:
    before = _before(question)
    with cpu_seconds() as choosing:
        choice = choose_neighbours(
            before.held,
            before.histories,
            before.targets,
            limit=question.length,
            sequences=before.known,
            recent=before.recent,
        )
    chosen = choice.chosen
    with cpu_seconds() as fitting:
        model = fit_neighbours(
            whole.held,
            chosen.settings,
            product_ids=np.arange(whole.known.n_products),
            sequences=whole.known,
            recent=whole.recent,
        )
    with cpu_seconds() as drawing:
        lists = neighbour_lists(model, whole.histories, limit=question.length)
    return Answer(
        lists,
        tries=len(choice.tries),
        settings={
            **described_settings(chosen.settings),
            "validation_ndcg": round(chosen.ndcg, 4),
            "validation_coverage": round(chosen.coverage, 3),
        },
        choose=choosing.seconds,
        fit=fitting.seconds,
        draw=drawing.seconds,
        artefact_mb=len(model.to_bytes()) / 1e6,
    )


def _next_item(whole: Past, length: int) -> Answer:
    with cpu_seconds() as choosing:
        choice = choose_sequence(whole.known)
    with cpu_seconds() as fitting:
        model = fit_next_item(
            whole.known, choice.settings, product_ids=np.arange(whole.known.n_products)
        )
    with cpu_seconds() as drawing:
        lists = next_item_lists(model, whole.histories, limit=length)
    return Answer(
        lists,
        tries=choice.tries,
        settings={**vars(choice.settings), "validation_ndcg": round(choice.ndcg, 4)},
        choose=choosing.seconds,
        fit=fitting.seconds,
        draw=drawing.seconds,
        artefact_mb=len(model.to_bytes()) / 1e6,
    )


def _popular(whole: Past, method: str, length: int) -> Answer:
    """Of all time or of the last 30 days: nothing to choose."""
    if whole.log is None:
        taken = np.bincount(whole.known.products, minlength=whole.known.n_products)
        ranked = np.lexsort((np.arange(len(taken)), -taken))
    else:
        days = RECENT_DAYS if method.endswith("days") else None
        day = int(whole.log.day.max()) + 1
        ranked = fit_popularity(whole.log, as_of_day=day, days=days).ranked
    return Answer(unseen_popular_lists(ranked, whole.returns(), limit=length))


Lister = Callable[[Sequences, int], IntArray]
Fit = Callable[[Past, dict[str, Any]], Lister]


def _tried(
    fit: Fit, grid: Sequence[dict[str, Any]], before: Past, whole: Past, length: int
) -> Answer:
    """The settings with the best NDCG on the end of what is known, then fitted on all of it."""
    reached = []
    with cpu_seconds() as choosing:
        for settings in grid if len(grid) > 1 else ():
            lists = fit(before, settings)(before.histories, length)
            reached.append(float(discover_quality(lists, before.returns()).ndcg.mean()))
    best = int(np.argmax(reached)) if reached else 0
    with cpu_seconds() as fitting:
        lister = fit(whole, grid[best])
    with cpu_seconds() as drawing:
        lists = lister(whole.histories, length)
    return Answer(
        lists,
        tries=len(grid),
        settings=grid[best],
        choose=choosing.seconds,
        fit=fitting.seconds,
        draw=drawing.seconds,
    )


def _family(method: str) -> tuple[Fit, list[dict[str, Any]]]:
    if method.startswith("item_"):
        a, b, c = COSINE
        shapes = [(a, b, c, size) for size in SIZES]
        if method == "item_graph_alone":
            shapes = [(*shape, SIZES[0]) for shape in GRAPHS]
        return _fit_graph, [
            {"a": a, "b": b, "c": c, "neighbours": size, "fading": fading}
            for (a, b, c, size), fading in product(shapes, FADING)
        ]
    grid = [{"family": name, "K": size} for size, name in product(SIZES, ("cosine", "tfidf"))]
    return _fit_implicit, [
        *grid,
        *(
            {"family": "bm25", "K": size, "K1": k1, "B": b}
            for size, k1, b in product((200, 800, 50), (1.2, 0.5, 2.5), (0.2, 0.5, 0.8))
        ),
    ]


def _fit_graph(past: Past, settings: dict[str, Any]) -> Lister:
    a, b, c, size = (settings[name] for name in ("a", "b", "c", "neighbours"))
    model = fit_neighbours(
        past.held,
        NeighbourSettings(graph_fading=settings["fading"]),
        product_ids=np.arange(past.known.n_products),
        graph=_graph(past, a, b, c, size),
    )
    return lambda histories, length: neighbour_lists(model, histories, limit=length)


@lru_cache(maxsize=1)
def _graph(past: Past, a: float, b: float, c: float, size: int) -> Edges:
    return fit_graph(
        past.held,
        NeighbourSettings(source_exponent=a, person_exponent=b, target_exponent=c, neighbours=size),
    )


def _fit_implicit(past: Past, settings: dict[str, Any], *, repeats: bool = False) -> Lister:
    from implicit import nearest_neighbours  # noqa: PLC0415  # of the development requirements

    families: dict[str, Any] = {
        "cosine": nearest_neighbours.CosineRecommender,
        "tfidf": nearest_neighbours.TFIDFRecommender,
        "bm25": nearest_neighbours.BM25Recommender,
    }
    told = {name: value for name, value in settings.items() if name != "family"}
    model = families[settings["family"]](**told, num_threads=1)
    model.fit(sparse.csr_matrix(past.held, dtype=np.float64), show_progress=False)

    def lists(histories: Sequences, length: int) -> IntArray:
        rows = sparse.csr_matrix(held_matrix(histories))
        found, scores = model.recommend(
            np.arange(rows.shape[0]), rows, N=length, filter_already_liked_items=not repeats
        )
        return np.where((found >= 0) & (scores > 0), found, -1).astype(np.int64)

    return lists


def _again(question: Question, method: str) -> Answer:
    """What the customer buys again and anew: their next basket."""
    if question.log is None:
        raise ValueError("baskets are read from orders")
    baskets = baskets_of(question.log)
    asked = Questions(
        before=[[order[1] for order in baskets.orders[row]] for row in question.people],
        wanted=np.split(question.targets.indices, question.targets.indptr[1:-1]),
        customer=baskets.customer[question.people],
    )
    length = question.length
    if method == OURS:
        with cpu_seconds() as fitting:
            model = fit_repeat(baskets, product_ids=np.arange(baskets.n_products))
        with cpu_seconds() as drawing:
            lists = repeat_lists(model, asked, limit=length)
        return Answer(
            lists,
            tries=model.choice["tries"],
            settings=dict(model.choice),
            fit=fitting.seconds,
            draw=drawing.seconds,
            artefact_mb=len(model.to_bytes()) / 1e6,
        )
    if method == "implicit_cosine":
        whole = Past(question.known, question.people, question.targets, question.log)
        with cpu_seconds() as fitting:
            lister = _fit_implicit(whole, {"family": "cosine", "K": SIZES[0]}, repeats=True)
        return Answer(lister(whole.histories, length), tries=1, fit=fitting.seconds)
    if method == "personal_frequency":
        return Answer(fit_personal_frequency(baskets).lists(asked, limit=length))
    earlier = questions_of(baskets, back=1)
    fades = (1.0, 0.95, 0.9)
    reached = [
        question_quality(_faded(earlier, fade, baskets.n_products, length), earlier).ndcg.mean()
        for fade in fades
    ]
    fade = fades[int(np.argmax(reached))]
    lists = _faded(asked, fade, baskets.n_products, length)
    return Answer(lists, tries=len(fades), settings={"fading": fade})


def _faded(questions: Questions, fade: float, n_products: int, length: int) -> IntArray:
    """Orders with the product, each older one counting `fade` of the next."""
    lists = np.full((len(questions), length), -1, dtype=np.int64)
    for row, before in enumerate(questions.before):
        ago = np.repeat(np.arange(len(before))[::-1], [len(each) for each in before])
        counts = np.bincount(np.concatenate(before), weights=fade**ago, minlength=n_products)
        best = np.lexsort((np.arange(n_products), -counts))[:length]
        best = best[counts[best] > 0]
        lists[row, : len(best)] = best
    return lists


def main() -> None:
    folder, method, tries = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    before = own_peak_memory_mb()
    found = answer(Question.read(folder), method, tries)
    np.save(folder / f"{method}.npy", found.lists)
    told = {
        "tries": found.tries,
        "settings": found.settings,
        "choose_cpu_seconds": round(found.choose, 2),
        "fit_cpu_seconds": round(found.fit, 2),
        "draw_cpu_seconds": round(found.draw, 2),
        "peak_memory_mb": own_peak_memory_mb(),
        "memory_before_mb": before,
    }
    if found.artefact_mb is not None:
        told["artefact_mb"] = round(found.artefact_mb, 1)
    sys.stdout.write(json.dumps(told) + os.linesep)


if __name__ == "__main__":
    main()
