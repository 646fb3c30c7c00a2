"""How often customers who were here will be back: BG/NBD and its modified form, with their spend.

Fader, Hardie and Lee (2005), "Counting your customers the easy way", and Batislam, Denizel and
Filiztekin (2007), "Empirical validation and comparison of models for customer base analysis", in
which a customer may leave after her first order too. A customer orders at random while she is one,
at a rate that is Gamma(r, alpha) among customers, and leaves after an order with a probability that
is Beta(a, b) among them. Spend of an order is Gamma of Fader and Hardie (2013), "The Gamma-Gamma
model of monetary value". Time is in weeks. Fitted by `repeat_buying_training`.
"""

import io
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Self

import numpy as np

from insights.algorithms.score_arrays import FloatArray

LAYOUT: Final = 1
DAYS_A_WEEK: Final = 7.0
MOST_TERMS: Final = 2_000
TOLERANCE: Final = 1e-12


@dataclass(frozen=True)
class RepeatBuying:
    """r, alpha, a, b: of orders and of leaving; alpha in weeks.

    leaves_at_once: the modified form. p, q, v: of the spend of an order, v in minor units.
    rate_factor, spend_factor: what the model is multiplied by, from a validation inside training.
    """

    format: ClassVar[str] = "npz"

    r: float
    alpha: float
    a: float
    b: float
    leaves_at_once: bool
    p: float
    q: float
    v: float
    learned_until: date
    n_learned: int
    rate_factor: float = 1.0
    spend_factor: float = 1.0

    def still_here(self, repeats: FloatArray, last: FloatArray, age: FloatArray) -> FloatArray:
        """How likely each is still a customer. repeats, last, age: as in `RepeatTable`."""
        ones = 1.0 if self.leaves_at_once else 0.0
        times = repeats + ones
        odds = (
            self.a
            / np.maximum(self.b + times - 1.0, 1e-9)
            * ((self.alpha + age / DAYS_A_WEEK) / (self.alpha + last / DAYS_A_WEEK))
            ** (self.r + repeats)
        )
        # Without the modification nobody leaves before the second order.
        here: FloatArray = np.where(times > 0, 1.0 / (1.0 + odds), 1.0)
        return here

    def orders_within(
        self, repeats: FloatArray, last: FloatArray, age: FloatArray, *, days: float
    ) -> FloatArray:
        """Expected days with an order in the next `days`."""
        here = self.still_here(repeats, last, age)
        return here * self.orders_if_here(repeats, age, days=days)

    def orders_if_here(self, repeats: FloatArray, age: FloatArray, *, days: float) -> FloatArray:
        """The same of one who surely still is a customer."""
        weeks, known = days / DAYS_A_WEEK, age / DAYS_A_WEEK
        a = self.a if abs(self.a - 1.0) > 1e-6 else 1.0 + 1e-6
        times = repeats + (1.0 if self.leaves_at_once else 0.0)
        share = weeks / (self.alpha + known + weeks)
        top = a + self.b + times - 1.0
        # Euler's transformation of the paper's 2F1(r + x, b + times; top; share): its terms fall
        # fast for frequent buyers too, and the powers cancel to (1 - share) ** (a - 1).
        series = _gauss(top - self.r - repeats, np.full(len(times), a - 1.0), top, share)
        told: FloatArray = top / (a - 1.0) * (1.0 - (1.0 - share) ** (a - 1.0) * series)
        return np.maximum(told, 0.0) * self.rate_factor

    def none_within(
        self, repeats: FloatArray, last: FloatArray, age: FloatArray, *, days: float
    ) -> FloatArray:
        """How likely each orders nothing in the next `days`."""
        here = self.still_here(repeats, last, age)
        known = self.alpha + age / DAYS_A_WEEK
        quiet = (known / (known + days / DAYS_A_WEEK)) ** (self.r + repeats)
        return np.asarray(1.0 - here * (1.0 - quiet))

    def spend_of_an_order(self, spend: FloatArray, order_days: FloatArray) -> FloatArray:
        """Expected spend of a day with an order: her own mean, pulled to that of all customers."""
        told: FloatArray = (
            self.p
            * (self.v + order_days * spend)
            / (self.p * order_days + self.q - 1.0)
            * self.spend_factor
        )
        return told

    def own_share(self, order_days: FloatArray) -> FloatArray:
        """How much of the expected spend is her own mean rather than everybody's."""
        share: FloatArray = self.p * order_days / (self.p * order_days + self.q - 1.0)
        return share

    def as_numbers(self) -> FloatArray:
        """Everything that it is, for a file of its own or within another model's."""
        return np.array(
            [
                *(self.r, self.alpha, self.a, self.b, float(self.leaves_at_once)),
                *(self.p, self.q, self.v, float(self.learned_until.toordinal())),
                *(float(self.n_learned), self.rate_factor, self.spend_factor),
            ]
        )

    @classmethod
    def of_numbers(cls, told: FloatArray) -> Self:
        numbers = told.tolist()
        return cls(
            r=numbers[0],
            alpha=numbers[1],
            a=numbers[2],
            b=numbers[3],
            leaves_at_once=bool(numbers[4]),
            p=numbers[5],
            q=numbers[6],
            v=numbers[7],
            learned_until=date.fromordinal(int(numbers[8])),
            n_learned=int(numbers[9]),
            rate_factor=numbers[10],
            spend_factor=numbers[11],
        )

    def to_bytes(self) -> bytes:
        file = io.BytesIO()
        np.savez(file, layout=np.array(LAYOUT), numbers=self.as_numbers())
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            if int(arrays["layout"]) != LAYOUT:
                raise ValueError("a model of repeat buying of another layout")
            return cls.of_numbers(arrays["numbers"])


class NoRepeatBuying:
    """Answers until something is published: that nothing can be said."""

    format: ClassVar[str] = "none"


def _gauss(first: FloatArray, second: FloatArray, bottom: FloatArray, at: FloatArray) -> FloatArray:
    """Gauss's series 2F1(first, second; bottom; at) for 0 <= at < 1, term by term."""
    total, term = np.ones(len(at)), np.ones(len(at))
    for step in range(MOST_TERMS):
        term = term * (first + step) * (second + step) / ((bottom + step) * (step + 1.0)) * at
        total = total + term
        if not len(term) or float(np.abs(term / total).max()) < TOLERANCE:
            break
    return total
