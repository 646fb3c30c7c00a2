"""How much of the past the shop has, and how much a forecast needs."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Min

from inventory.models import DemandDay

SHORTEST_HISTORY_DAYS: Final = 112


@dataclass(frozen=True, slots=True)
class DataSoFar:
    """Days from the first sale on, those without one included."""

    have_days: int
    need_days: int = SHORTEST_HISTORY_DAYS

    @property
    def is_enough(self) -> bool:
        return self.have_days >= self.need_days


def data_so_far(*, as_of: date) -> DataSoFar:
    first = DemandDay.objects.filter(day__lte=as_of).aggregate(day=Min("day"))["day"]
    return DataSoFar(0 if first is None else (as_of - first).days + 1)
