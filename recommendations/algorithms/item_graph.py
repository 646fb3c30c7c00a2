"""The item graph as it is served: numpy alone, so that no page pays for the training libraries."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recommendations.algorithms.shopping_log import FloatArray, IntArray

Unit = Literal["customer", "basket"]


@dataclass(frozen=True)
class GraphSettings:
    """How two products come to be neighbours.

    unit: what holds products together, a customer's whole history or a single basket.
    source_exponent, unit_exponent, target_exponent: a, b and c of `ItemGraph`.
    behaviour_weight: how much views, clicks and carts count beside purchases; 0 leaves them out.
    neighbours: how many are kept for each product.
    """

    unit: Unit = "customer"
    source_exponent: float = 0.5
    unit_exponent: float = 0.5
    target_exponent: float = 0.5
    behaviour_weight: float = 0.0
    neighbours: int = 200


@dataclass(frozen=True)
class Neighbour:
    """together of buyers: how many who bought the product also bought this one."""

    product: int
    score: float
    together: int
    buyers: int


class ItemGraph:
    """Products joined by the people, or the baskets, that hold both.

    S[i, j] = sum over units u with i and j of d_u^-b, over d_i^a d_j^c, diagonal 0, the largest
    entries of each row kept; d_u is the number of products of a unit, d_i of units of a product.
    (.5, 0, .5) is cosine; (.5, .5, .5) the linear filter of Shen et al. (2021), "How Powerful is
    Graph Convolution for Recommendation?"; (1, 1, c) is RP3beta of Paudel et al. (2017). A small c
    lets popular products through; b > 0 damps people, or wholesalers, who buy everything.

    starts: shape (n_products + 1,); the neighbours of i lie at starts[i]:starts[i + 1].
    targets, scores, together: shape (n_edges,), best first within each product.
    buyers: shape (n_products,), units that bought the product.
    """

    def __init__(
        self,
        *,
        starts: IntArray,
        targets: NDArray[np.int32],
        scores: NDArray[np.float32],
        together: NDArray[np.int32],
        buyers: NDArray[np.int32],
        settings: GraphSettings,
    ) -> None:
        self.starts = starts
        self.targets = targets
        self.scores = scores
        self.together = together
        self.buyers = buyers
        self.settings = settings

    @property
    def n_products(self) -> int:
        return len(self.buyers)

    def neighbours(self, product: int, *, limit: int) -> list[Neighbour]:
        """The best `limit` neighbours; none for a product that nobody bought with another."""
        start = int(self.starts[product])
        stop = min(start + limit, int(self.starts[product + 1]))
        buyers = int(self.buyers[product])
        return [
            Neighbour(
                product=int(self.targets[edge]),
                score=float(self.scores[edge]),
                together=int(self.together[edge]),
                buyers=buyers,
            )
            for edge in range(start, stop)
        ]

    def recommend(
        self,
        history: Sequence[int],
        *,
        limit: int,
        weights: Sequence[float] | None = None,
        leave_out: Sequence[int] = (),
    ) -> list[tuple[int, float]]:
        """The best products for a visitor who has these, with their scores, best first.

        history: any list of products, a live session included; repeated ones add up.
        weights: one for each of history, 1 by default.
        leave_out: products that must not come up; what is in history may.
        """
        edges, edge_weights = self._edges(history, weights)
        if not len(edges):
            return []
        # Only the candidates are ranked: a row that is mostly zero takes 20 times as long.
        candidates, where = np.unique(self.targets[edges], return_inverse=True)
        scores = np.bincount(where, weights=self.scores[edges] * edge_weights)
        keep = ~np.isin(candidates, np.asarray(leave_out, dtype=np.int64))
        candidates, scores = candidates[keep], scores[keep]
        order = np.lexsort((candidates, -scores))[:limit]
        return [(int(candidates[at]), float(scores[at])) for at in order]

    def explain(
        self,
        history: Sequence[int],
        product: int,
        *,
        weights: Sequence[float] | None = None,
    ) -> list[tuple[int, float]]:
        """What each product of the history adds to the score of `product`, largest first.

        The contributions sum to the score; those that add nothing are left out.
        """
        edges, edge_weights = self._edges(history, weights)
        hits = self.targets[edges] == product
        sources = np.searchsorted(self.starts, edges[hits], side="right") - 1
        parts, where = np.unique(sources, return_inverse=True)
        added = np.bincount(where, weights=self.scores[edges[hits]] * edge_weights[hits])
        order = np.lexsort((parts, -added))
        return [(int(parts[at]), float(added[at])) for at in order]

    def _edges(
        self, history: Sequence[int], weights: Sequence[float] | None
    ) -> tuple[IntArray, FloatArray]:
        """Positions of all edges that leave the history, and the weight each carries."""
        sources = np.asarray(history, dtype=np.int64)
        carried = np.ones(len(sources)) if weights is None else np.asarray(weights, dtype=float)
        counts = self.starts[sources + 1] - self.starts[sources]
        ends = np.cumsum(counts)
        edges = np.arange(counts.sum()) + np.repeat(self.starts[sources] - ends + counts, counts)
        return edges, np.repeat(carried, counts)

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        np.savez_compressed(
            buffer,
            starts=self.starts,
            targets=self.targets,
            scores=self.scores,
            together=self.together,
            buyers=self.buyers,
            settings=np.frombuffer(json.dumps(asdict(self.settings)).encode(), dtype=np.uint8),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "ItemGraph":
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return cls(
                starts=arrays["starts"],
                targets=arrays["targets"],
                scores=arrays["scores"],
                together=arrays["together"],
                buyers=arrays["buyers"],
                settings=GraphSettings(**json.loads(arrays["settings"].tobytes())),
            )
