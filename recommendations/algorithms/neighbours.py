"""Who-buys-what as it is served: an item graph, people with the same taste, or both; numpy alone.

The model draws from a history that is given at call time. A visitor who was unknown a minute ago is
served like one who was there when it learned: nothing is stored by customer.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from mmap import mmap
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from learning.algorithms.arrays import FORMAT, pack, unpack
from recommendations.algorithms.candidates import NOBODY, Candidates, no_candidates
from recommendations.algorithms.shopping_log import FloatArray, IntArray

# Somebody with 50,000 events is served by the newest of them, in the time of anybody else.
LONGEST_HISTORY = 200
MOST_EVENTS = 2_000


@dataclass(frozen=True)
class NeighbourSettings:
    """What was chosen for one shop.

    source_exponent, person_exponent, target_exponent: a, b and c of `ItemGraph`.
    neighbours: edges kept for each product.
    behaviour_weight: what a view, a click or a cart counts beside a purchase.
    fading: what the product before the last counts of the last one, and so on; 1 forgets the order.
    graph_fading: the same where the graph is asked; `fading` holds for people.
    is_directed: whether the graph's edges are steps from one product to a later one.
    people_share: of the score, in 0..1, that comes from people with the same taste.
    rarity, breadth, sharpness, reach, tail: of `People`.
    season: exponent of what a product sells now beside what it used to; 0 leaves time out.
    """

    source_exponent: float = 0.7
    person_exponent: float = 0.5
    target_exponent: float = 0.3
    neighbours: int = 400
    behaviour_weight: float = 0.0
    fading: float = 0.9
    graph_fading: float = 0.9
    is_directed: bool = False
    people_share: float = 0.0
    rarity: float = 0.5
    breadth: float = 0.5
    sharpness: float = 1.5
    reach: int = 1000
    tail: float = 0.2
    season: float = 0.0


@dataclass(frozen=True)
class Edges:
    """Rows of a sparse matrix: those of i lie at starts[i]:starts[i + 1]."""

    starts: NDArray[Any]
    targets: NDArray[Any]
    values: NDArray[Any]

    def of(self, rows: IntArray) -> tuple[IntArray, IntArray]:
        """Positions of the entries of these rows, and which of `rows` each belongs to."""
        counts = self.starts[rows + 1] - self.starts[rows]
        ends = np.cumsum(counts)
        owner = np.repeat(np.arange(len(rows)), counts)
        first = self.starts[rows] - ends + counts
        return np.arange(int(counts.sum())) + first[owner], owner


@dataclass(frozen=True)
class People:
    """Histories to compare with, without names: who they were is not kept.

    The likeness of a history h and a person v is (sum over i in both of w_i d_i^-rarity
    d_v^-breadth) ^ sharpness; a product scores the sum over the `reach` likest people who have it,
    times d_j^-tail. With sharpness 1 and everybody in reach this is an item graph again; above 1,
    sharing several products counts more than their sum.

    baskets: what each person has, rows of places of products. holders: the same by product, rows
    of people, values the part that the product adds to a person's likeness.
    """

    baskets: Edges
    holders: Edges
    target_scale: NDArray[np.float32]

    @property
    def n_people(self) -> int:
        return len(self.baskets.starts) - 1


class NeighbourModel:
    """`candidates` for any history; `neighbours_of` for one product.

    product_ids: rising keys of the products that were learned, shape (n_products,).
    graph: the neighbours of each product, in no order within one.
    lift: what each product's score is multiplied by, shape (n_products,); None for 1.
    """

    format: ClassVar[str] = FORMAT

    def __init__(
        self,
        *,
        product_ids: IntArray,
        graph: Edges,
        people: People | None,
        settings: NeighbourSettings,
        learned_until_day: int,
        choice: Mapping[str, Any],
        lift: NDArray[np.float32] | None = None,
    ) -> None:
        self.product_ids = product_ids
        self.graph = graph
        self.people = people
        self.lift = lift
        self.settings = settings
        self.learned_until_day = learned_until_day
        self.choice = choice

    def candidates(
        self, history: IntArray, weights: FloatArray | None = None, *, most: int
    ) -> Candidates:
        """What else goes with a history, its own products left out; see `FromHistory`."""
        places, carried = places_in(self.product_ids, history, weights)
        if not len(places) or most <= 0:
            return no_candidates()
        since = np.arange(len(places) - 1, -1, -1)
        share = self.settings.people_share if self.people is not None else 0.0
        parts: list[tuple[float, Any]] = []
        total = np.zeros(len(self.product_ids))
        if share < 1.0:
            faded = carried * self.settings.graph_fading**since
            by_graph = _GraphPart(self.graph, places, faded, len(total))
            parts.append((_add(total, by_graph.scores, places, 1.0 - share), by_graph))
        if share > 0.0 and self.people is not None:
            faded = carried * self.settings.fading**since
            by_people = _PeoplePart(self.people, self.settings, places, faded, len(total))
            parts.append((_add(total, by_people.scores, places, share), by_people))
        if self.lift is not None:
            total *= self.lift
        chosen = best_places(total, most)
        if not len(chosen):
            return no_candidates()
        added = np.zeros((len(chosen), len(places)))
        for scale, part in parts:
            added += scale * part.contributions(chosen)
        if self.lift is not None:
            added *= self.lift[chosen][:, None]
        return with_reasons(self.product_ids, chosen, total[chosen], added, places)

    def to_bytes(self) -> bytes:
        arrays: dict[str, NDArray[Any]] = {
            "product_ids": self.product_ids,
            "starts": self.graph.starts,
            "targets": self.graph.targets,
            "values": self.graph.values,
        }
        if self.people is not None:
            arrays |= {
                "basket_starts": self.people.baskets.starts,
                "basket_targets": self.people.baskets.targets,
                "holder_starts": self.people.holders.starts,
                "holder_targets": self.people.holders.targets,
                "holder_values": self.people.holders.values,
                "target_scale": self.people.target_scale,
            }
        if self.lift is not None:
            arrays["lift"] = self.lift
        described = {
            "settings": asdict(self.settings),
            "learned_until_day": self.learned_until_day,
            "choice": dict(self.choice),
        }
        return pack(arrays, described)

    @classmethod
    def from_bytes(cls, data: bytes | mmap) -> Self:
        stored = unpack(data)
        held, described = stored.arrays, stored.described
        people = None
        if "basket_starts" in held:
            people = People(
                baskets=Edges(
                    starts=held["basket_starts"],
                    targets=held["basket_targets"],
                    values=held["basket_targets"],
                ),
                holders=Edges(
                    starts=held["holder_starts"],
                    targets=held["holder_targets"],
                    values=held["holder_values"],
                ),
                target_scale=held["target_scale"],
            )
        return cls(
            product_ids=held["product_ids"],
            graph=Edges(starts=held["starts"], targets=held["targets"], values=held["values"]),
            people=people,
            settings=NeighbourSettings(**described["settings"]),
            learned_until_day=described["learned_until_day"],
            choice=described["choice"],
            lift=held.get("lift"),
        )


def places_in(
    product_ids: IntArray, history: IntArray, weights: FloatArray | None
) -> tuple[IntArray, FloatArray]:
    """Places of the newest known products of a history, oldest first, and what each counts.

    A product that comes several times stands where it came last, with the largest of its weights.
    """
    keys = np.asarray(history, dtype=np.int64)[-MOST_EVENTS:]
    if not len(product_ids) or not len(keys):
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    carried = np.ones(len(keys)) if weights is None else np.asarray(weights, dtype=np.float64)
    carried = carried[-MOST_EVENTS:]
    at = np.minimum(np.searchsorted(product_ids, keys), len(product_ids) - 1)
    known = np.flatnonzero((product_ids[at] == keys) & (carried > 0))
    places, from_end, which = np.unique(at[known][::-1], return_index=True, return_inverse=True)
    largest = np.zeros(len(places))
    np.maximum.at(largest, which, carried[known][::-1])
    newest_last = np.argsort(-from_end)[-LONGEST_HISTORY:]
    return places[newest_last], largest[newest_last]


def summed(at: NDArray[Any], *, weights: NDArray[Any], minlength: int) -> FloatArray:
    """Sums of the weights at each place, shape (minlength,)."""
    sums: FloatArray = np.bincount(at, weights=weights, minlength=minlength).astype(np.float64)
    return sums


def best_places(scores: FloatArray, most: int) -> IntArray:
    """The `most` largest positive scores, best first; among equals the lower place leads."""
    # Only what scored is ranked: partitioning a row that is mostly zero takes 20 times as long.
    found = np.flatnonzero(scores > 0)
    if len(found) > most:
        edge = np.partition(scores[found], len(found) - most)[len(found) - most]
        found = found[scores[found] >= edge]
    best: IntArray = found[np.lexsort((found, -scores[found]))][:most]
    return best


def with_reasons(
    product_ids: IntArray,
    chosen: IntArray,
    scores: FloatArray,
    added: FloatArray,
    places: IntArray,
) -> Candidates:
    """added: what each entry of the history adds to each product, shape (n_chosen, n_history)."""
    strongest = added.argmax(axis=1)
    largest = added[np.arange(len(chosen)), strongest]
    because = np.where(largest > 0, product_ids[places[strongest]], NOBODY)
    return Candidates(
        product_ids=np.asarray(product_ids[chosen], dtype=np.int64),
        scores=scores,
        because=because.astype(np.int64),
        because_share=np.clip(largest / scores, 0.0, 1.0),
    )


def _add(total: FloatArray, scores: FloatArray, own: IntArray, share: float) -> float:
    """Add a part so that its best product counts `share`; returns what it was multiplied by."""
    scores[own] = 0.0
    best = float(scores.max())
    if best <= 0.0:
        return 0.0
    total += scores * (share / best)
    return share / best


class _GraphPart:
    def __init__(
        self, graph: Edges, places: IntArray, carried: FloatArray, n_products: int
    ) -> None:
        at, self._owner = graph.of(places)
        self._targets = graph.targets[at]
        self._values = graph.values[at] * carried[self._owner]
        self._n_history = len(places)
        self.scores = summed(self._targets, weights=self._values, minlength=n_products)

    def contributions(self, chosen: IntArray) -> FloatArray:
        place_of = np.full(len(self.scores), -1, dtype=np.int64)
        place_of[chosen] = np.arange(len(chosen))
        row = place_of[self._targets]
        hit = row >= 0
        flat = summed(
            row[hit] * self._n_history + self._owner[hit],
            weights=self._values[hit],
            minlength=len(chosen) * self._n_history,
        )
        return flat.reshape(len(chosen), self._n_history)


class _PeoplePart:
    def __init__(
        self,
        people: People,
        settings: NeighbourSettings,
        places: IntArray,
        carried: FloatArray,
        n_products: int,
    ) -> None:
        at, owner = people.holders.of(places)
        holders = people.holders.targets[at]
        parts = people.holders.values[at] * carried[owner]
        likeness = summed(holders, weights=parts, minlength=people.n_people)
        near = best_places(likeness, settings.reach)
        strength = likeness[near] ** settings.sharpness
        entries, self._person = people.baskets.of(near)
        self._targets = people.baskets.targets[entries]
        self._scale = people.target_scale
        self.scores = summed(self._targets, weights=strength[self._person], minlength=n_products)
        self.scores *= people.target_scale
        # What each entry of the history adds to the strength of each person near.
        row = np.full(people.n_people, -1, dtype=np.int64)
        row[near] = np.arange(len(near))
        seen = row[holders]
        hit = seen >= 0
        shares = summed(
            seen[hit] * len(places) + owner[hit],
            weights=parts[hit],
            minlength=len(near) * len(places),
        ).reshape(len(near), len(places))
        self._strengths = shares * (strength / likeness[near])[:, None]

    def contributions(self, chosen: IntArray) -> FloatArray:
        place_of = np.full(len(self.scores), -1, dtype=np.int64)
        place_of[chosen] = np.arange(len(chosen))
        row = place_of[self._targets]
        hit = row >= 0
        has = np.zeros((len(chosen), len(self._strengths)), dtype=np.float32)
        has[row[hit], self._person[hit]] = 1.0
        added: FloatArray = (has @ self._strengths.astype(np.float32)).astype(np.float64)
        return added * self._scale[chosen][:, None]
