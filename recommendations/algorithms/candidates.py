"""What every recommender answers: products, best first, each with the reason that weighs most."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from recommendations.algorithms.shopping_log import FloatArray, IntArray

NOBODY = -1


@dataclass(frozen=True)
class Candidates:
    """Four arrays of one length, best product first.

    product_ids: keys of products, none twice.
    scores: falling; comparable within one answer only.
    because: key of the product in the history that adds most to the score, -1 for none.
    because_share: how much of the score it adds, in 0..1.
    """

    product_ids: IntArray
    scores: FloatArray
    because: IntArray
    because_share: FloatArray

    def __len__(self) -> int:
        return len(self.product_ids)

    def head(self, most: int) -> "Candidates":
        return Candidates(
            product_ids=self.product_ids[:most],
            scores=self.scores[:most],
            because=self.because[:most],
            because_share=self.because_share[:most],
        )


def no_candidates() -> Candidates:
    return Candidates(
        product_ids=np.zeros(0, dtype=np.int64),
        scores=np.zeros(0),
        because=np.zeros(0, dtype=np.int64),
        because_share=np.zeros(0),
    )


class FromHistory(Protocol):
    """A recommender that draws from what a visitor looked at and bought."""

    def candidates(
        self, history: IntArray, weights: FloatArray | None = None, *, most: int
    ) -> Candidates:
        """history: keys of products, oldest first; unknown ones add nothing.

        weights: what each of them counts, 1 by default; a model that looks at the order of things
            lets the older ones fade by itself, on top of these.
        """
        ...


class FromBaskets(Protocol):
    """A recommender that draws from the orders of a customer."""

    def candidates(self, baskets: Sequence[IntArray], *, most: int) -> Candidates:
        """baskets: keys of the products of each order, oldest first."""
        ...


class NothingLearnedYet:
    """Answers until a version is published: nothing."""

    def candidates(
        self,
        history: IntArray | Sequence[IntArray],
        weights: FloatArray | None = None,
        *,
        most: int,
    ) -> Candidates:
        return no_candidates()
