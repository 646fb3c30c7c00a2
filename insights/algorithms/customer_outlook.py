"""Whether customers order within a time, told month by month.

What is learned is an order within 30 days. A longer time is walked in steps of 30 days: a customer
who has not ordered by then is described again as she will stand there, thirty days later with
nothing new, and asked again. So outcomes of last month teach what would otherwise have to wait for
a whole horizon, and the model has seen customers as late as those it is asked about.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import ClassVar, Final, Self

import numpy as np

from insights.algorithms.customer_examples import RHYTHM, describe
from insights.algorithms.customer_history import FEATURES, VISITS, CustomerHistory
from insights.algorithms.probability import ProbabilityModel
from insights.algorithms.repeat_buying import RepeatBuying
from insights.algorithms.score_arrays import FloatArray, IntArray

STEP_DAYS: Final = 30
_OF_VISITS: Final = [FEATURES.index(name) for name in VISITS]


@dataclass(frozen=True)
class Outlook:
    """What is told of customers with an order, one entry each.

    customer: place. no_order: probability of none within the time. pushes: what each column of
    `OutlookModel.columns` adds to the logit of no order, a mean over the steps. values: of today.
    """

    customer: IntArray
    no_order: FloatArray
    pushes: FloatArray
    values: FloatArray


@dataclass(frozen=True)
class OutlookModel:
    """month: no order within 30 days. rhythm: what describes a customer's own rhythm."""

    format: ClassVar[str] = "npz"
    columns: ClassVar[tuple[str, ...]] = (*FEATURES, RHYTHM)

    month: ProbabilityModel
    rhythm: RepeatBuying

    @property
    def learned_until(self) -> date:
        return self.rhythm.learned_until

    def tell(self, history: CustomerHistory, *, day: int, months: int) -> Outlook:
        """history: may go beyond the day; what came after it is not looked at."""
        known = history.until(day)
        no_order = pushes = values = np.zeros(0)
        customer = np.zeros(0, dtype=np.int64)
        for step in range(months):
            rows = describe(
                known, day=day + step * STEP_DAYS, horizon=STEP_DAYS, rhythm=self.rhythm
            )
            if step:
                rows.values[:, _OF_VISITS] = np.nan
            told, added = self.month.explain(rows.values)
            if step == 0:
                customer, values = rows.customer, rows.values
                no_order, pushes = np.ones(len(told)), np.zeros(added.shape)
            no_order = no_order * told
            pushes = pushes + added / months
        return Outlook(customer, no_order, pushes, values)

    def to_bytes(self) -> bytes:
        return replace(self.month, extra=self.rhythm.as_numbers()).to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        month = ProbabilityModel.from_bytes(data)
        return cls(month=month, rhythm=RepeatBuying.of_numbers(month.extra))


class NoOutlook:
    """Answers until something is published: that nothing can be said."""

    format: ClassVar[str] = "none"
