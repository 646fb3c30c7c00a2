"""What a probability is learned from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from insights.algorithms.score_arrays import BoolArray, FloatArray, IntArray


@dataclass(frozen=True)
class Examples:
    """What a probability is learned from.

    values: shape (n_rows, n_features), NaN where unknown. happened: 0 or 1, shape (n_rows,).
    person: rows of one person are never on both sides of a fold, shape (n_rows,).
    """

    features: tuple[str, ...]
    is_log: BoolArray
    values: FloatArray
    happened: FloatArray
    person: IntArray
    learned_until: date

    def __len__(self) -> int:
        return len(self.happened)

    def of(self, rows: BoolArray | IntArray) -> "Examples":
        return replace(
            self,
            values=self.values[rows],
            happened=self.happened[rows],
            person=self.person[rows],
        )

    def with_columns(self, names: Sequence[str]) -> "Examples":
        """Only some of the features."""
        places = [self.features.index(name) for name in names]
        return replace(
            self,
            features=tuple(names),
            is_log=self.is_log[places],
            values=self.values[:, places],
        )
