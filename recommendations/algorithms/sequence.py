"""What next, as it is served: the item graph directed by the order of things; numpy alone."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from mmap import mmap
from typing import Any, ClassVar, Self

import numpy as np

from learning.algorithms.arrays import FORMAT, pack, unpack
from recommendations.algorithms.candidates import Candidates, no_candidates
from recommendations.algorithms.neighbours import (
    Edges,
    best_places,
    places_in,
    summed,
    with_reasons,
)
from recommendations.algorithms.shopping_log import FloatArray, IntArray


@dataclass(frozen=True)
class SequenceSettings:
    """How steps from one product to a later one become edges.

    source_exponent, length_exponent, target_exponent: a, b and c of `ItemGraph`, with the length
        of a sequence for the degree of a person.
    backward: what a step back counts beside one forward; 1 forgets the order.
    reach: exponent of the distance, edges of two products k steps apart count k ** -reach.
    fading: what the product before the last counts of the last one, and so on.
    neighbours: edges kept for each product.
    """

    source_exponent: float = 0.6
    length_exponent: float = 0.5
    target_exponent: float = 0.4
    backward: float = 0.4
    reach: float = 1.0
    fading: float = 0.6
    neighbours: int = 400


class NextItemModel:
    """`candidates` for a live session or a whole history, the newest product counting most."""

    format: ClassVar[str] = FORMAT

    def __init__(
        self,
        *,
        product_ids: IntArray,
        graph: Edges,
        settings: SequenceSettings,
        learned_until_day: int,
        choice: Mapping[str, Any],
    ) -> None:
        self.product_ids = product_ids
        self.graph = graph
        self.settings = settings
        self.learned_until_day = learned_until_day
        self.choice = choice

    def candidates(
        self, history: IntArray, weights: FloatArray | None = None, *, most: int
    ) -> Candidates:
        """What comes after a history, its own products left out; see `FromHistory`."""
        places, carried = places_in(self.product_ids, history, weights)
        if not len(places) or most <= 0:
            return no_candidates()
        carried = carried * self.settings.fading ** np.arange(len(places) - 1, -1, -1)
        at, owner = self.graph.of(places)
        targets = self.graph.targets[at]
        values = self.graph.values[at] * carried[owner]
        scores = summed(targets, weights=values, minlength=len(self.product_ids))
        scores[places] = 0.0
        chosen = best_places(scores, most)
        if not len(chosen):
            return no_candidates()
        row_of = np.full(len(scores), -1, dtype=np.int64)
        row_of[chosen] = np.arange(len(chosen))
        row = row_of[targets]
        hit = row >= 0
        added = summed(
            row[hit] * len(places) + owner[hit],
            weights=values[hit],
            minlength=len(chosen) * len(places),
        ).reshape(len(chosen), len(places))
        return with_reasons(self.product_ids, chosen, scores[chosen], added, places)

    def to_bytes(self) -> bytes:
        return pack(
            {
                "product_ids": self.product_ids,
                "starts": self.graph.starts,
                "targets": self.graph.targets,
                "values": self.graph.values,
            },
            {
                "settings": asdict(self.settings),
                "learned_until_day": self.learned_until_day,
                "choice": dict(self.choice),
            },
        )

    @classmethod
    def from_bytes(cls, data: bytes | mmap) -> Self:
        stored = unpack(data)
        held, described = stored.arrays, stored.described
        return cls(
            product_ids=held["product_ids"],
            graph=Edges(starts=held["starts"], targets=held["targets"], values=held["values"]),
            settings=SequenceSettings(**described["settings"]),
            learned_until_day=described["learned_until_day"],
            choice=described["choice"],
        )
