"""What again, as it is served: own habits beside those of people alike; numpy alone.

Ranks what was bought before together with what people with the same baskets buy, by a weighted sum
of a few features (FEATURES). The weights are learned (`repeat_training`), the features are counts
that can be told to a customer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from mmap import mmap
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from learning.algorithms.arrays import FORMAT, pack, unpack
from recommendations.algorithms.candidates import NOBODY, Candidates, no_candidates
from recommendations.algorithms.neighbours import Edges, best_places, summed
from recommendations.algorithms.shopping_log import FloatArray, IntArray

# What a product of the basket before the last counts of one in the last.
FADING = 0.9
# How many people are near, once as they are and once with rare products counting more.
NEAR, NEAR_BY_RARITY = 300, 100
RARITY = 0.7
# Products that were never bought enter by what people near have; the rest is far behind.
NEW_PRODUCTS = 150
NEWEST_BASKETS = 200
# A wholesaler with 50,000 lines is answered by the newest of them.
MOST_LINES = 2_000
# Whose baskets are the very same is most likely the customer: they tell nothing new.
THE_SAME = 1.0 - 1e-6

FEATURES = (
    "taste",
    "times bought",
    "share of orders",
    "orders since",
    "people like you",
    "people like you, by rarity",
    "people like you, of the best",
    "people like you, of the best, logarithm",
    "people like you, by rarity, logarithm",
    "sales of the last month",
    "buyers",
    "bought before",
    "bought again by others",
    "bought before, by number of orders",
    "bought before and people like you",
    "bought before and orders, logarithm",
    "bought before and buyers",
    "bought before and sales of the last month",
    "share of orders, logarithm",
)
# Those that know nothing of other people's baskets.
OWN = tuple(number for number in range(len(FEATURES)) if number not in (4, 5, 6, 7, 8, 14))


@dataclass(frozen=True)
class Sales:
    """What is known of each product, shape (n_products,) each.

    recent: lines of the last month. buyers: customers. again: share of them who bought it again,
    drawn towards a tenth where there are few. rarity: what it counts in the second likeness.
    """

    recent: NDArray[np.float32]
    buyers: NDArray[np.float32]
    again: NDArray[np.float32]
    rarity: NDArray[np.float32]


@dataclass(frozen=True)
class Regulars:
    """Baskets to compare with, without names.

    tastes: rows of people, values of length 1. holders: the same by product.
    by_rarity: length of each person's row once products count by their rarity.
    """

    tastes: Edges
    holders: Edges
    by_rarity: NDArray[np.float32]


class RepeatModel:
    """`candidates` for the orders of a customer, known to the shop or not.

    weights: one for each of FEATURES, of their raw values.
    """

    format: ClassVar[str] = FORMAT

    def __init__(
        self,
        *,
        product_ids: IntArray,
        regulars: Regulars,
        sales: Sales,
        weights: FloatArray,
        learned_until_day: int,
        choice: Mapping[str, Any],
    ) -> None:
        self.product_ids = product_ids
        self.regulars = regulars
        self.sales = sales
        self.weights = weights
        self.learned_until_day = learned_until_day
        self.choice = choice

    def candidates(self, baskets: Sequence[IntArray], *, most: int) -> Candidates:
        """What the customer buys next, things bought before among it; see `FromBaskets`."""
        known = self.places_of(baskets)
        if not known or most <= 0:
            return no_candidates()
        drawn = Drawn(self, known)
        ranked = drawn.features @ self.weights
        order = np.lexsort((drawn.places, -ranked))[:most]
        chosen = drawn.places[order]
        because, share = drawn.reasons(chosen)
        # From logarithms of odds to numbers above 0 that fall in the same order.
        scores = np.exp(ranked[order] - ranked[order[0]])
        return Candidates(
            product_ids=np.asarray(self.product_ids[chosen], dtype=np.int64),
            scores=scores,
            because=np.where(because >= 0, self.product_ids[because], NOBODY).astype(np.int64),
            because_share=share,
        )

    def places_of(self, baskets: Sequence[IntArray]) -> list[IntArray]:
        """The known products of each of the newest baskets, empty baskets left out."""
        found = []
        for basket in baskets[-NEWEST_BASKETS:]:
            keys = np.unique(np.asarray(basket, dtype=np.int64))
            if not len(self.product_ids) or not len(keys):
                continue
            at = np.minimum(np.searchsorted(self.product_ids, keys), len(self.product_ids) - 1)
            places = at[self.product_ids[at] == keys]
            if len(places):
                found.append(places)
        return found

    def to_bytes(self) -> bytes:
        return pack(
            {
                "product_ids": self.product_ids,
                "taste_starts": self.regulars.tastes.starts,
                "taste_targets": self.regulars.tastes.targets,
                "taste_values": self.regulars.tastes.values,
                "holder_starts": self.regulars.holders.starts,
                "holder_targets": self.regulars.holders.targets,
                "holder_values": self.regulars.holders.values,
                "by_rarity": self.regulars.by_rarity,
                "weights": self.weights,
                **{f"sales_{name}": array for name, array in asdict(self.sales).items()},
            },
            {"learned_until_day": self.learned_until_day, "choice": dict(self.choice)},
        )

    @classmethod
    def from_bytes(cls, data: bytes | mmap) -> Self:
        stored = unpack(data)
        held = stored.arrays
        return cls(
            product_ids=held["product_ids"],
            regulars=Regulars(
                tastes=Edges(held["taste_starts"], held["taste_targets"], held["taste_values"]),
                holders=Edges(held["holder_starts"], held["holder_targets"], held["holder_values"]),
                by_rarity=held["by_rarity"],
            ),
            sales=Sales(
                recent=held["sales_recent"],
                buyers=held["sales_buyers"],
                again=held["sales_again"],
                rarity=held["sales_rarity"],
            ),
            weights=held["weights"],
            learned_until_day=stored.described["learned_until_day"],
            choice=stored.described["choice"],
        )


class Drawn:
    """The products that come into question for one customer, with their features.

    places: rising, shape (n_drawn,). features: shape (n_drawn, len(FEATURES)).
    """

    def __init__(self, model: RepeatModel, baskets: Sequence[IntArray]) -> None:
        self._model = model
        baskets = _newest(baskets)
        n_products, n_orders = len(model.product_ids), len(baskets)
        flat = np.concatenate(list(baskets))
        ago = np.repeat(np.arange(n_orders - 1, -1, -1), [len(each) for each in baskets])
        taste = summed(flat, weights=FADING**ago, minlength=n_products)
        times = np.bincount(flat, minlength=n_products).astype(np.float64)
        newest = np.full(n_products, n_orders, dtype=np.int64)
        np.minimum.at(newest, flat, ago)
        taste /= np.sqrt(np.square(taste).sum())
        self._own = np.unique(flat)
        near = self._people(taste)
        self.places = np.union1d(self._own, best_places(near[0], NEW_PRODUCTS))
        best = [max(float(each.max()), 1e-9) for each in near]
        at = self.places
        like, by_rarity = near[0][at], near[1][at]
        logarithm = np.log(like / best[0] + 0.02)
        sales = model.sales
        had = (times[at] > 0).astype(np.float64)
        share = times[at] / n_orders
        recent, buyers = np.log1p(sales.recent[at]), np.log1p(sales.buyers[at])
        self.features: FloatArray = np.column_stack(
            [
                taste[at],
                np.log1p(times[at]),
                share,
                had / (newest[at] + 1.0),
                like,
                by_rarity,
                like / best[0],
                logarithm,
                np.log(by_rarity / best[1] + 0.02),
                recent,
                buyers,
                had,
                had * np.log(sales.again[at]),
                had / n_orders,
                had * logarithm,
                had * np.log(n_orders),
                had * buyers,
                had * recent,
                had * np.log(share + 0.01),
            ]
        )

    def _people(self, taste: FloatArray) -> tuple[FloatArray, FloatArray]:
        """What people near have, as a share of them, by plain likeness and by rarity."""
        regulars, rarity = self._model.regulars, self._model.sales.rarity
        at, owner = regulars.holders.of(self._own)
        people = regulars.holders.targets[at]
        parts = regulars.holders.values[at] * taste[self._own][owner]
        n_people = len(regulars.by_rarity)
        plain = summed(people, weights=parts, minlength=n_people)
        rare_parts = parts * np.square(rarity[self._own].astype(np.float64))[owner]
        length = np.sqrt(np.square(taste * rarity).sum())
        rare = summed(people, weights=rare_parts, minlength=n_people)
        rare /= np.maximum(regulars.by_rarity * length, 1e-9)
        same = plain >= THE_SAME
        plain[same] = rare[same] = 0.0
        self._near, self._weight, found = self._share(plain, NEAR)
        self._parts = (people, parts, owner, plain)
        return found, self._share(rare, NEAR_BY_RARITY)[2]

    def _share(self, likeness: FloatArray, reach: int) -> tuple[IntArray, FloatArray, FloatArray]:
        tastes = self._model.regulars.tastes
        near = best_places(likeness, reach)
        weight = likeness[near] / max(float(likeness[near].sum()), 1e-9)
        at, person = tastes.of(near)
        found = summed(
            tastes.targets[at],
            weights=tastes.values[at] * weight[person],
            minlength=len(self._model.product_ids),
        )
        return near, weight, found

    def reasons(self, chosen: IntArray) -> tuple[IntArray, FloatArray]:
        """What was bought is there for itself; the rest for what people near share most."""
        people, parts, owner, plain = self._parts
        near, n_own = self._near, len(self._own)
        row = np.full(len(plain), -1, dtype=np.int64)
        row[near] = np.arange(len(near))
        hit = row[people] >= 0
        added = summed(
            row[people[hit]] * n_own + owner[hit],
            weights=parts[hit] / plain[people[hit]],
            minlength=len(near) * n_own,
        ).reshape(len(near), n_own)
        tastes = self._model.regulars.tastes
        at, person = tastes.of(near)
        place = np.full(len(self._model.product_ids), -1, dtype=np.int64)
        place[chosen] = np.arange(len(chosen))
        wanted = place[tastes.targets[at]]
        shown = wanted >= 0
        has = np.zeros((len(chosen), len(near)))
        has[wanted[shown], person[shown]] = tastes.values[at[shown]] * self._weight[person[shown]]
        by_own = has @ added
        strongest = by_own.argmax(axis=1) if n_own else np.zeros(len(chosen), dtype=np.int64)
        total = by_own.sum(axis=1)
        largest = by_own[np.arange(len(chosen)), strongest]
        because = np.where(largest > 0, self._own[strongest], -1)
        share = np.divide(largest, total, out=np.zeros(len(chosen)), where=total > 0)
        had = np.isin(chosen, self._own)
        return np.where(had, chosen, because), np.where(had, 1.0, np.clip(share, 0.0, 1.0))


def _newest(baskets: Sequence[IntArray]) -> Sequence[IntArray]:
    """The newest orders of MOST_LINES in all; one at least, cut to as many."""
    lines = np.cumsum([len(each) for each in reversed(baskets)])
    fitting = max(1, int(np.searchsorted(lines, MOST_LINES, side="right")))
    return [each[:MOST_LINES] for each in baskets[len(baskets) - fitting :]]
