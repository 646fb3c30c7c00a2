"""What placements showed and what came of it: rolled up by day, read as rates with intervals."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import sqrt
from typing import Final

from django.db import transaction
from django.db.models import Count, Sum
from django.utils import timezone

from insights.models import Interaction
from recommendations.models import PlacementDay
from recommendations.services.propensity import read_source

# A purchase is told to a click of up to a week before, so days change that long.
OPEN_DAYS: Final = 8
READ_DAYS: Final = 28
Z_95: Final = 1.96
_COUNTED: Final = {
    Interaction.Kind.IMPRESSION: "impressions",
    Interaction.Kind.CLICK: "clicks",
    Interaction.Kind.ADD_TO_CART: "carts",
    Interaction.Kind.PURCHASE: "purchases",
}


@dataclass(frozen=True, slots=True)
class Rate:
    """A share with its 95 % interval (Wilson, 1927); None where nothing was shown."""

    part: int
    whole: int

    @property
    def share(self) -> float | None:
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float] | None:
        if not self.whole:
            return None
        # More clicks than impressions: one was lost on its way.
        share = min(self.part / self.whole, 1.0)
        n, z = self.whole, Z_95
        middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        spread = z * sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        return max(0.0, middle - spread), min(1.0, middle + spread)


@dataclass(slots=True)
class Measured:
    """Of a placement, or of one source in it."""

    placement: str
    source: str
    impressions: int = 0
    clicks: int = 0
    carts: int = 0
    purchases: int = 0
    sources: list["Measured"] = field(default_factory=list)

    @property
    def click_rate(self) -> Rate:
        return Rate(self.clicks, self.impressions)

    @property
    def purchase_rate(self) -> Rate:
        return Rate(self.purchases, self.impressions)


def roll_up_placements(*, as_of: date, days: int = OPEN_DAYS) -> int:
    """Count the last days anew; returns how many rows stand for them. Safe to repeat."""
    return sum(_roll_up(as_of - timedelta(days=back)) for back in range(days))


def _roll_up(day: date) -> int:
    start = timezone.make_aware(datetime.combine(day, time.min))
    end = timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
    rows = (
        Interaction.objects.filter(
            occurred_at__gte=start, occurred_at__lt=end, kind__in=list(_COUNTED)
        )
        .exclude(placement="")
        .order_by()
        .values_list("placement", "source", "kind")
        .annotate(Count("pk"))
    )
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for placement, source, kind, count in rows:
        # The chance that a source carries tells rows apart that are the same source.
        counts[placement, read_source(source)[0]][_COUNTED[Interaction.Kind(kind)]] += count
    with transaction.atomic():
        PlacementDay.objects.filter(day=day).delete()
        PlacementDay.objects.bulk_create(
            [
                PlacementDay(day=day, placement=placement, source=source, **counted)
                for (placement, source), counted in sorted(counts.items())
            ],
            batch_size=500,
        )
    return len(counts)


def read_placements(*, until: date, days: int = READ_DAYS) -> list[Measured]:
    """Of the days up to `until`, the most shown first, each with its sources."""
    rows = (
        PlacementDay.objects.filter(day__gt=until - timedelta(days=days), day__lte=until)
        .order_by()
        .values_list("placement", "source")
        .annotate(Sum("impressions"), Sum("clicks"), Sum("carts"), Sum("purchases"))
    )
    found: dict[str, Measured] = {}
    for placement, source, *counts in rows:
        one = Measured(placement, source, *counts)
        whole = found.setdefault(placement, Measured(placement, ""))
        whole.sources.append(one)
        whole.impressions += one.impressions
        whole.clicks += one.clicks
        whole.carts += one.carts
        whole.purchases += one.purchases
    for whole in found.values():
        whole.sources.sort(key=lambda each: (-each.impressions, each.source))
    return sorted(found.values(), key=lambda each: (-each.impressions, each.placement))


def read_rates() -> dict[str, Rate]:
    """Clicks of the last four weeks by placement."""
    return {each.placement: each.click_rate for each in read_placements(until=timezone.localdate())}


@dataclass(frozen=True, slots=True)
class DayOfPlacement:
    day: date
    impressions: int
    clicks: int


def read_days(*, placement: str, until: date, days: int = READ_DAYS) -> Sequence[DayOfPlacement]:
    """Every day, also those on which nothing was shown; the oldest first."""
    rows = (
        PlacementDay.objects.filter(
            placement=placement, day__gt=until - timedelta(days=days), day__lte=until
        )
        .order_by()
        .values_list("day")
        .annotate(Sum("impressions"), Sum("clicks"))
    )
    counted = {day: (impressions, clicks) for day, impressions, clicks in rows}
    return [
        DayOfPlacement(day, *counted.get(day, (0, 0)))
        for day in (until - timedelta(days=back) for back in range(days - 1, -1, -1))
    ]
