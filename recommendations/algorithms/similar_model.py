"""What `recommendations.similar_products` stores: the graph, and which product each index is."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from recommendations.algorithms.item_graph import GraphSettings, ItemGraph
from recommendations.algorithms.shopping_log import IntArray


@dataclass(frozen=True)
class SimilarProductsModel:
    """product_ids: rising keys of the catalogue the graph was fitted on, shape (n_products,).

    content_weight: weight of likeness beside the graph, chosen on validation.
    learned_until_day: last day of the log, days since 1970-01-01.
    choice: how the settings were found: tries and figures on the validation days.
    """

    graph: ItemGraph
    product_ids: IntArray
    content_weight: float
    learned_until_day: int
    choice: Mapping[str, float]

    format: ClassVar[str] = "npz"

    def graph_for(self, product_ids: IntArray) -> ItemGraph:
        """The graph over another catalogue: what left is dropped, what is new stands alone."""
        if np.array_equal(product_ids, self.product_ids):
            return self.graph
        graph = self.graph
        new_index = _positions(self.product_ids, product_ids)
        old_index = _positions(product_ids, self.product_ids)
        sources = np.repeat(np.arange(graph.n_products), np.diff(graph.starts))
        kept = (new_index[sources] >= 0) & (new_index[graph.targets] >= 0)
        rows = new_index[sources[kept]]
        # Both catalogues rise, so that the edges stay grouped by source, best first.
        counts = np.bincount(rows, minlength=len(product_ids))
        return ItemGraph(
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            targets=new_index[graph.targets[kept]].astype(np.int32),
            scores=graph.scores[kept],
            together=graph.together[kept],
            buyers=np.where(old_index >= 0, graph.buyers[old_index], 0).astype(np.int32)
            if graph.n_products
            else np.zeros(len(product_ids), dtype=np.int32),
            settings=graph.settings,
        )

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        described = {
            "content_weight": self.content_weight,
            "learned_until_day": self.learned_until_day,
            "choice": dict(self.choice),
        }
        np.savez_compressed(
            buffer,
            graph=np.frombuffer(self.graph.to_bytes(), dtype=np.uint8),
            product_ids=self.product_ids,
            described=np.frombuffer(json.dumps(described).encode(), dtype=np.uint8),
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            described = json.loads(arrays["described"].tobytes())
            return cls(
                graph=ItemGraph.from_bytes(arrays["graph"].tobytes()),
                product_ids=arrays["product_ids"],
                **described,
            )


class NothingLearned:
    """Answers until a version is published: nothing goes with anything."""

    content_weight = 0.0

    def graph_for(self, product_ids: IntArray) -> ItemGraph:
        return ItemGraph(
            starts=np.zeros(len(product_ids) + 1, dtype=np.int64),
            targets=np.zeros(0, dtype=np.int32),
            scores=np.zeros(0, dtype=np.float32),
            together=np.zeros(0, dtype=np.int32),
            buyers=np.zeros(len(product_ids), dtype=np.int32),
            settings=GraphSettings(),
        )


def _positions(wanted: IntArray, among: IntArray) -> IntArray:
    """Where each of `wanted` stands in the rising `among`, -1 where it does not."""
    if not len(among):
        return np.full(len(wanted), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, wanted), len(among) - 1)
    return np.where(among[at] == wanted, at, -1)
