"""What customers do of several kinds, pulled to what everybody does: tastes, weekdays, hours.

A customer's counts, weighed by age, are added to the shop's shares times `pull`: the mean of a
Dirichlet distribution (Zhai and Lafferty 2004, "A study of smoothing methods for language models",
call it Dirichlet smoothing). Half-life and pull are chosen on the last part of the training days.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Self

import numpy as np

from insights.algorithms.score_arrays import BoolArray, FloatArray, IntArray

LAYOUT: Final = 1
PULLS: Final = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0)
HALF_LIVES: Final = (60.0, 180.0, 3650.0)
VALIDATION_SHARE: Final = 0.2
# So little is known of a kind that nobody chose, and so it is never ruled out.
SMALLEST: Final = 0.5


@dataclass(frozen=True)
class Events:
    """One thing that somebody did an entry. kinds: shape (n_parts, n_events).

    A part is one way to sort the event: a category; or its weekday, and its hour.
    """

    customer: IntArray
    day: IntArray
    kinds: IntArray
    n_customers: int
    sizes: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.day)

    def of(self, rows: IntArray | BoolArray) -> "Events":
        return Events(
            self.customer[rows], self.day[rows], self.kinds[:, rows], self.n_customers, self.sizes
        )

    def until(self, day: int) -> "Events":
        return self.of(self.day <= day)

    def after(self, day: int) -> "Events":
        return self.of(self.day > day)


@dataclass(frozen=True)
class ProfilesModel:
    """shares: of everybody, a row a part. pulls, half_lives: one a part, in events and days.

    labels: what the kinds of the first part stand for (keys of categories); else empty.
    """

    format: ClassVar[str] = "npz"

    shares: tuple[FloatArray, ...]
    pulls: tuple[float, ...]
    half_lives: tuple[float, ...]
    labels: IntArray
    learned_until: date
    n_learned: int

    def counts(self, events: Events, *, day: int, part: int) -> FloatArray:
        """Own events of each customer by kind, weighed by age, shape (n_customers, n_kinds)."""
        return weighed_counts(events, day=day, part=part, half_life=self.half_lives[part])

    def tell(self, events: Events, *, day: int, part: int) -> FloatArray:
        """Shares of each customer's next events, shape (n_customers, n_kinds); rows sum to 1."""
        return pulled(self.counts(events, day=day, part=part), self.shares[part], self.pulls[part])

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        parts = {f"share_{place}": share for place, share in enumerate(self.shares)}
        np.savez(
            file,
            layout=np.array(LAYOUT),
            pulls=np.array(self.pulls),
            half_lives=np.array(self.half_lives),
            labels=self.labels,
            numbers=np.array([self.learned_until.toordinal(), self.n_learned]),
            **parts,  # type: ignore[arg-type]  # stubs take the names for options
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["layout"]) != LAYOUT:
                raise ValueError("profiles of another layout")
            learned_until, n_learned = arrays["numbers"].tolist()
            pulls = arrays["pulls"].tolist()
            return cls(
                shares=tuple(arrays[f"share_{place}"] for place in range(len(pulls))),
                pulls=tuple(pulls),
                half_lives=tuple(arrays["half_lives"].tolist()),
                labels=arrays["labels"],
                learned_until=date.fromordinal(learned_until),
                n_learned=n_learned,
            )


class NoProfiles:
    """Answers until something is published: that nothing can be said."""

    format: ClassVar[str] = "none"


def weighed_counts(events: Events, *, day: int, part: int, half_life: float) -> FloatArray:
    weight = 0.5 ** ((day - events.day) / half_life)
    size = events.sizes[part]
    flat: FloatArray = np.bincount(
        events.customer * size + events.kinds[part],
        weights=weight,
        minlength=events.n_customers * size,
    ).astype(np.float64)
    return flat.reshape(events.n_customers, size)


def everybody(events: Events, *, part: int) -> FloatArray:
    counts = np.bincount(events.kinds[part], minlength=events.sizes[part]) + SMALLEST
    shares: FloatArray = counts / counts.sum()
    return shares


def pulled(counts: FloatArray, share: FloatArray, pull: float) -> FloatArray:
    told: FloatArray = (counts + pull * share) / (counts.sum(axis=1, keepdims=True) + pull)
    return told


def fit_profiles(events: Events, *, day: int, labels: Sequence[int] = ()) -> ProfilesModel:
    """Learned from events until a day; pull and half-life by those of its last fifth of days."""
    known = events.until(day)
    first = int(known.day.min())
    cut = day - max(1, round(VALIDATION_SHARE * (day - first)))
    before, after = known.until(cut), known.after(cut)
    pulls, half_lives, shares = [], [], []
    for part in range(len(events.sizes)):
        best = (float("inf"), PULLS[-1], HALF_LIVES[-1])
        share = everybody(before, part=part) if len(before) else everybody(known, part=part)
        for half_life in HALF_LIVES:
            counts = weighed_counts(before, day=cut, part=part, half_life=half_life)
            for pull in PULLS:
                told = pulled(counts, share, pull)
                loss = losses(told, after, part=part)
                mean = float(loss.mean()) if len(loss) else float("inf")
                best = min(best, (mean, pull, half_life))
        pulls.append(best[1])
        half_lives.append(best[2])
        shares.append(everybody(known, part=part))
    return ProfilesModel(
        shares=tuple(shares),
        pulls=tuple(pulls),
        half_lives=tuple(half_lives),
        labels=np.array(labels, dtype=np.int64),
        learned_until=date.fromordinal(day),
        n_learned=len(known),
    )


def losses(told: FloatArray, events: Events, *, part: int) -> FloatArray:
    """Surprise of each event in nats. told: shape (n_customers, n_kinds)."""
    found: FloatArray = -np.log(np.maximum(told[events.customer, events.kinds[part]], 1e-12))
    return found
