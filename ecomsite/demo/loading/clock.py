"""From the simulation's seconds to moments and days."""

from datetime import UTC, date, datetime, time, timedelta

import numpy as np
from django.utils import timezone
from numpy.typing import NDArray

from ecomsite.demo.trade import DAY

MomentArray = NDArray[np.datetime64]
IntArray = NDArray[np.int64]


class Clock:
    """Seconds and days since midnight of the first day, on the shop's own clock."""

    def __init__(self, start: date, n_days: int) -> None:
        self.start = start
        zone = timezone.get_default_timezone()
        # Parcels and payments may fall a little after the last day or long before the first.
        self._midnights = np.array(
            [
                datetime.combine(start + timedelta(days=day), time.min, tzinfo=zone)
                .astimezone(UTC)
                .replace(tzinfo=None)
                for day in range(n_days + 60)
            ],
            dtype="datetime64[s]",
        )

    def moments(self, seconds: IntArray) -> MomentArray:
        """datetime64[s] in UTC; NaT for -1."""
        day = np.maximum(seconds, 0) // DAY
        within = np.maximum(seconds, 0) - day * DAY
        found = self._midnights[day] + within.astype("timedelta64[s]")
        found[seconds < 0] = np.datetime64("NaT", "s")
        return np.asarray(found)

    def moment(self, seconds: int) -> datetime:
        found: datetime = self.moments(np.array([seconds]))[0].item()
        return found.replace(tzinfo=UTC)

    def days(self, days: IntArray) -> MomentArray:
        return np.asarray(np.datetime64(self.start, "D") + days)

    def day(self, day: int) -> date:
        return self.start + timedelta(days=day)
