"""What groups of customers, and brands of every size, get from the shop.

Others measure their own figures by the same groups with `groups_of` and `metric_rows`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from math import sqrt
from typing import Any

import numpy as np
from django.db.models import Count, F, Min, Q, QuerySet
from django.utils.translation import gettext as _

from catalog.models import Product
from insights.algorithms.groups import BoolArray, customer_groups, grouped
from insights.models import FairnessReport, Interaction, Segment, SegmentMembership
from insights.services.segment_floor import floor
from insights.services.segment_rules import facts
from orders.models import Order, ReturnRequest
from support.models import Review

SERVICE_DAYS = 180
EXPOSURE_DAYS = 28
PROMPT_DAYS = 3
SMALL_BRAND_SHARE = 0.5
Z = 1.96


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One figure of one group. low, high: its 95 % interval where it is a share."""

    subject: str
    group: str
    metric: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class CustomerGroups:
    """customers: keys, rising. groups: which of them belong, by code such as "language:en"."""

    customers: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    groups: Mapping[str, BoolArray]

    def of(self, keys: Iterable[int]) -> BoolArray:
        return np.isin(self.customers, np.array(list(keys), dtype=np.int64))


def groups_of(*, moment: datetime) -> CustomerGroups:
    """Every customer by language, region, and new (first order or account within 90 days) or old.

    Groups below the floor are put together or left out.
    """
    first = facts.orders(moment).order_by().values_list("customer").annotate(first=Min("placed_at"))
    since = dict(first)
    rows = list(
        facts.customers()
        .filter(date_joined__lte=moment)
        .order_by("pk")
        .values_list("pk", "language", "country", "date_joined")
    )
    tenure = [max((moment - since.get(key, joined)).days, 0) for key, _l, _c, joined in rows]
    return CustomerGroups(
        np.array([row[0] for row in rows], dtype=np.int64),
        customer_groups(
            language=np.array([row[1] for row in rows], dtype=np.str_),
            country=np.array([row[2] for row in rows], dtype=np.str_),
            tenure_days=np.array(tenure, dtype=np.int64),
            floor=floor(),
        ),
    )


def metric_rows(
    subject: str,
    groups: Mapping[str, BoolArray],
    measure: Callable[[BoolArray], Mapping[str, float]],
) -> list[MetricRow]:
    """The figures of `measure` for each group, as rows that the page of fairness shows."""
    found = grouped(groups, measure)
    return [
        MetricRow(subject, group, code, value, int(figures["rows"]))
        for group, figures in found.items()
        for code, value in figures.items()
        if code != "rows"
    ]


def share_row(subject: str, group: str, metric: str, *, part: int, whole: int) -> MetricRow:
    """A share with Wilson's interval."""
    low, high = wilson(part, whole)
    return MetricRow(subject, group, metric, part / whole, whole, low, high)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927). whole: above 0."""
    share = part / whole
    middle = share + Z * Z / (2 * whole)
    spread = Z * sqrt(share * (1 - share) / whole + Z * Z / (4 * whole * whole))
    scale = 1 + Z * Z / whole
    return max((middle - spread) / scale, 0.0), min((middle + spread) / scale, 1.0)


def measure(*, as_of: date, moment: datetime) -> int:
    """Write the report of a day; once more for a day replaces it. Returns how many rows it has."""
    known = groups_of(moment=moment)
    rows = [*_segments(known), *_service(known, moment), *_exposure(moment)]
    FairnessReport.objects.update_or_create(
        as_of=as_of, defaults={"rows": [asdict(row) for row in rows]}
    )
    FairnessReport.objects.filter(as_of__lt=as_of - timedelta(days=400)).delete()
    return len(rows)


def _segments(known: CustomerGroups) -> list[MetricRow]:
    """Share of each group that is in a segment: who is written to, and who never is."""
    rows = []
    for segment in Segment.objects.current().above_floor(floor()):
        inside = known.of(
            SegmentMembership.objects.filter(segment=segment).values_list("customer_id", flat=True)
        )
        for group, members in known.groups.items():
            rows.append(
                share_row(
                    f"segment:{segment.pk}",
                    group,
                    "share_in_segment",
                    part=int((inside & members).sum()),
                    whole=int(members.sum()),
                )
            )
    return rows


def _service(known: CustomerGroups, moment: datetime) -> list[MetricRow]:
    """What customers of each group get: prompt parcels, cancellations, refused returns, answers."""
    recent = Order.objects.filter(
        placed_at__gte=moment - timedelta(days=SERVICE_DAYS),
        placed_at__lte=moment,
        customer__isnull=False,
    )
    sent = recent.filter(shipped_at__isnull=False)
    prompt = Q(shipped_at__lte=F("placed_at") + timedelta(days=PROMPT_DAYS))
    back = ReturnRequest.objects.filter(
        requested_at__gte=moment - timedelta(days=SERVICE_DAYS), order__customer__isnull=False
    )
    said = Review.objects.filter(
        written_at__gte=moment - timedelta(days=SERVICE_DAYS), author__isnull=False
    )
    cancelled = Q(status=Order.Status.CANCELLED)
    return [
        *_shares(known, "sent_promptly", sent, "customer", prompt),
        *_shares(known, "orders_cancelled", recent, "customer", cancelled),
        *_shares(known, "returns_refused", back, "order__customer", Q(status="refused")),
        *_shares(known, "reviews_answered", said, "author", ~Q(reply="")),
    ]


def _shares(
    known: CustomerGroups, metric: str, rows: QuerySet[Any], customer: str, part: Q
) -> list[MetricRow]:
    """A share of rows by the group of their customers, summed by the database per customer."""
    sums = list(
        rows.order_by()
        .values_list(customer)
        .annotate(whole=Count("pk"), part=Count("pk", filter=part))
    )
    keys = np.array([row[0] for row in sums], dtype=np.int64)
    whole = np.array([row[1] for row in sums], dtype=np.int64)
    parts = np.array([row[2] for row in sums], dtype=np.int64)
    found = []
    for group, members in known.groups.items():
        inside = np.isin(keys, known.customers[members])
        # As with customers: a figure of a handful of them tells of each.
        if inside.sum() < floor() or not whole[inside].sum():
            continue
        found.append(
            share_row(
                "service",
                group,
                metric,
                part=int(parts[inside].sum()),
                whole=int(whole[inside].sum()),
            )
        )
    return found


def _exposure(moment: datetime) -> list[MetricRow]:
    """What recommendations show of small brands, beside their share of products and of sales.

    Small are the brands that together have the smaller half of the brands by sales.
    """
    brands = list(
        Product.objects.filter(status=Product.Status.PUBLISHED, brand__isnull=False)
        .order_by()
        .values_list("brand")
        .annotate(products=Count("pk"))
    )
    if len(brands) < 4:
        return []
    since = moment - timedelta(days=EXPOSURE_DAYS)
    sold = dict(
        facts.order_lines(moment, EXPOSURE_DAYS)
        .order_by()
        .values_list("sku__product__brand")
        .annotate(n=Count("order", distinct=True))
    )
    products = dict(brands)
    by_sales = sorted(products, key=lambda key: (sold.get(key, 0), key))
    small = set(by_sales[: max(int(len(by_sales) * SMALL_BRAND_SHARE), 1)])
    rows = []
    shown = Interaction.objects.filter(
        kind=Interaction.Kind.IMPRESSION, occurred_at__gte=since, occurred_at__lte=moment
    ).exclude(placement="")
    placements = shown.order_by().values_list("placement", "product__brand").annotate(n=Count("pk"))
    by_placement: dict[str, dict[int, int]] = {}
    for placement, brand, n in placements:
        by_placement.setdefault(placement, {})[brand] = n
    for title, counts in (
        ("products", products),
        ("sales", {key: sold.get(key, 0) for key in products}),
        *sorted((f"placement:{name}", counts) for name, counts in by_placement.items()),
    ):
        whole = sum(n for key, n in counts.items() if key in products)
        if whole:
            part = sum(n for key, n in counts.items() if key in small)
            rows.append(
                share_row("exposure", title, "share_of_small_brands", part=part, whole=whole)
            )
    return rows


def newest_report() -> FairnessReport | None:
    return FairnessReport.objects.first()


def rows_of(report: FairnessReport) -> Sequence[MetricRow]:
    return [MetricRow(**row) for row in report.rows]


def gap(rows: Sequence[MetricRow]) -> str:
    """Whether groups differ beyond chance: the intervals of the highest and lowest are apart."""
    shares = [row for row in rows if row.low is not None and row.high is not None]
    if len(shares) < 2:
        return ""
    lowest = min(shares, key=lambda row: row.value)
    highest = max(shares, key=lambda row: row.value)
    if (lowest.high or 0.0) < (highest.low or 0.0):
        return _("differs beyond chance")
    return _("within chance")
