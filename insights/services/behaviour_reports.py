"""What staff read of behaviour: funnels, paths, cohorts, searches, time to purchase, live.

Days and months come from the sums of the night; a segment is looked up in the visits themselves.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncDate, TruncMinute

from insights.models import (
    CohortMonth,
    FunnelDay,
    Interaction,
    PathDay,
    PurchaseDelay,
    SearchDay,
    Segment,
    Visit,
)
from insights.services.rolling_up import (
    BOUGHT,
    STEPS,
    audience_of_visit,
    day_end,
    day_start,
    delay_of,
    with_first_visits,
)
from insights.services.segments import members

MOST_ROWS: Final = 200
LIVE_MINUTES: Final = 30
ACTIVE: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Choice:
    """first and last day; other parts are empty for all. segment: of customers who logged in."""

    first: date
    last: date
    source: str = ""
    device: str = ""
    language: str = ""
    audience: str = ""
    segment: Segment | None = None

    def rows(self) -> dict[str, str]:
        """The conditions that the sums of a day know, too."""
        named = {"source": self.source, "device": self.device, "language": self.language}
        return {name: value for name, value in named.items() if value}

    @property
    def is_whole(self) -> bool:
        return not self.rows() and not self.audience and self.segment is None


@dataclass(frozen=True, slots=True)
class Funnel:
    """Visits, and how many of them reached each step or a later one."""

    visits: int = 0
    saw_product: int = 0
    added_to_cart: int = 0
    began_checkout: int = 0
    bought: int = 0

    @property
    def steps(self) -> list[int]:
        return [
            self.visits,
            self.saw_product,
            self.added_to_cart,
            self.began_checkout,
            self.bought,
        ]

    @property
    def conversion(self) -> float | None:
        return self.bought / self.visits if self.visits else None


@dataclass(frozen=True, slots=True)
class Funnels:
    total: Funnel
    by_day: Mapping[date, Funnel]
    by_source: Mapping[str, Funnel]


@dataclass(frozen=True, slots=True)
class Path:
    steps: Sequence[str]
    visits: int
    bought: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """customers: of the first month; kept: by months later, those who ordered in that month."""

    first_month: date
    customers: int
    kept: Mapping[int, int]
    revenue_minor: int


@dataclass(frozen=True, slots=True)
class Search:
    words: str
    language: str
    searches: int
    visitors: int
    without_result: int
    last_on: date


@dataclass(frozen=True, slots=True)
class Minute:
    moment: datetime
    events: int
    views: int


@dataclass(frozen=True, slots=True)
class Live:
    """visitors: seen in the last five minutes, robots left out."""

    visitors: int
    minutes: Sequence[Minute]
    pages: Sequence[tuple[str, int]]
    newest: Sequence[Interaction]


def read_funnels(choice: Choice) -> Funnels:
    names = list(STEPS)
    rows: Any
    if choice.segment is None:
        found = FunnelDay.objects.filter(
            day__gte=choice.first, day__lte=choice.last, **choice.rows()
        )
        if choice.audience:
            found = found.filter(audience=choice.audience)
        rows = (
            found.order_by()
            .values("day", "source")
            .annotate(**{f"n_{name}": Sum(name) for name in names})
        )
    else:
        rows = (
            visits_of(choice)
            .annotate(day=TruncDate("started_at"))
            .order_by()
            .values("day", "source")
            .annotate(**{f"n_{name}": count for name, count in STEPS.items()})
        )
    by_day: dict[date, Counter[str]] = defaultdict(Counter)
    by_source: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts = {name: row[f"n_{name}"] or 0 for name in names}
        by_day[row["day"]].update(counts)
        by_source[row["source"]].update(counts)
    total: Counter[str] = Counter()
    for counted in by_day.values():
        total.update(counted)
    n_days = (choice.last - choice.first).days + 1
    days = [choice.first + timedelta(days=number) for number in range(n_days)]
    return Funnels(
        total=Funnel(**total),
        by_day={day: Funnel(**by_day[day]) if day in by_day else Funnel() for day in days},
        by_source={
            source: Funnel(**counts)
            for source, counts in sorted(by_source.items(), key=lambda each: -each[1]["visits"])
        },
    )


def visits_of(choice: Choice) -> QuerySet[Visit]:
    visits = (
        Visit.objects.of_people()
        .between(day_start(choice.first), day_end(choice.last))
        .filter(**choice.rows())
    )
    if choice.audience:
        visits = visits.annotate(audience=audience_of_visit()).filter(audience=choice.audience)
    if choice.segment is not None:
        visits = visits.filter(customer__in=members(choice.segment))
    return visits


def read_paths(choice: Choice) -> list[Path]:
    """The most frequent ways through the shop."""
    if choice.is_whole:
        found: Any = (
            PathDay.objects.filter(day__gte=choice.first, day__lte=choice.last)
            .order_by()
            .values("path")
            .annotate(n_visits=Sum("visits"), n_bought=Sum("bought"))
        )
    else:
        found = (
            visits_of(choice)
            .exclude(path="")
            .order_by()
            .values("path")
            .annotate(n_visits=Count("pk"), n_bought=Count("pk", filter=BOUGHT))
        )
    rows = found.order_by("-n_visits", "path")[:MOST_ROWS]
    return [Path(row["path"].split(), row["n_visits"], row["n_bought"]) for row in rows]


def read_cohorts(*, months: int) -> list[Cohort]:
    """The newest months last."""
    cells = CohortMonth.objects.order_by("first_month", "months_later")
    cohorts: dict[date, list[CohortMonth]] = defaultdict(list)
    for cell in cells:
        cohorts[cell.first_month].append(cell)
    return [
        Cohort(
            first_month=month,
            customers=next((cell.customers for cell in found if cell.months_later == 0), 0),
            kept={cell.months_later: cell.customers for cell in found},
            revenue_minor=sum(cell.revenue_minor for cell in found),
        )
        for month, found in sorted(cohorts.items())[-months:]
    ]


def read_searches(choice: Choice, *, only_without_result: bool) -> list[Search]:
    rows = (
        SearchDay.objects.filter(day__gte=choice.first, day__lte=choice.last)
        .filter(**({"language": choice.language} if choice.language else {}))
        .order_by()
        .values("words", "language")
        .annotate(
            n_searches=Sum("searches"),
            # Of each day: somebody who comes back on another day counts again.
            n_visitors=Sum("visitors"),
            n_without=Sum("without_result"),
            last_on=Max("day"),
        )
    )
    if only_without_result:
        rows = rows.filter(n_without__gt=0).order_by("-n_without", "words")
    else:
        rows = rows.order_by("-n_searches", "words")
    return [
        Search(
            words=row["words"],
            language=row["language"],
            searches=row["n_searches"],
            visitors=row["n_visitors"],
            without_result=row["n_without"],
            last_on=row["last_on"],
        )
        for row in rows[:MOST_ROWS]
    ]


def read_search_days(choice: Choice) -> dict[date, tuple[int, int]]:
    """By day: searches, and those without result."""
    rows = (
        SearchDay.objects.filter(day__gte=choice.first, day__lte=choice.last)
        .filter(**({"language": choice.language} if choice.language else {}))
        .order_by()
        .values_list("day")
        .annotate(n=Sum("searches"), n_without=Sum("without_result"))
    )
    return {day: (n, n_without) for day, n, n_without in rows}


def read_delays(choice: Choice) -> dict[str, Counter[str]]:
    """By time to purchase: visits with an order, by what brought the visitor the first time."""
    found: dict[str, Counter[str]] = {str(within): Counter() for within in PurchaseDelay.Within}
    if choice.segment is None and not choice.device and not choice.language and not choice.audience:
        rows = PurchaseDelay.objects.filter(day__gte=choice.first, day__lte=choice.last)
        if choice.source:
            rows = rows.filter(source=choice.source)
        sums = rows.order_by().values_list("within", "source").annotate(n=Sum("visits"))
        for within, source, number in sums:
            found[within][source] += number
        return found
    bought = list(visits_of(choice).filter(BOUGHT).order_by("started_at", "pk"))
    for first, visit in with_first_visits(bought):
        found[str(delay_of(first, visit))][first.source] += 1
    return found


def read_live(*, now: datetime) -> Live:
    """The last half hour, from what is stored: events are at most some seconds older."""
    since = now - timedelta(minutes=LIVE_MINUTES)
    recent = Interaction.objects.of_people().filter(occurred_at__gt=since, occurred_at__lte=now)
    counted = {
        row["minute"]: row
        for row in recent.annotate(minute=TruncMinute("occurred_at"))
        .order_by()
        .values("minute")
        .annotate(n=Count("pk"), n_views=Count("pk", filter=Q(kind=Interaction.Kind.VIEW)))
    }
    last = now.replace(second=0, microsecond=0)
    minutes = [last - timedelta(minutes=back) for back in range(LIVE_MINUTES - 1, -1, -1)]
    pages = (
        recent.filter(kind=Interaction.Kind.VIEW, occurred_at__gt=now - ACTIVE)
        .exclude(page="")
        .order_by()
        .values_list("page")
        .annotate(n=Count("pk"))
        .order_by("-n", "page")
    )
    return Live(
        visitors=Visit.objects.of_people().filter(ended_at__gt=now - ACTIVE).count(),
        minutes=[
            Minute(
                moment,
                counted[moment]["n"] if moment in counted else 0,
                counted[moment]["n_views"] if moment in counted else 0,
            )
            for moment in minutes
        ],
        pages=[(page, n) for page, n in pages],
        newest=list(recent.select_related("product", "visit").order_by("-occurred_at", "-pk")[:25]),
    )


def languages_known() -> list[str]:
    return list(
        FunnelDay.objects.exclude(language="")
        .order_by("language")
        .values_list("language", flat=True)
        .distinct()
    )


def last_day() -> date | None:
    """The newest day that was summed up."""
    newest: date | None = FunnelDay.objects.aggregate(day=Max(F("day")))["day"]
    return newest
