"""What the orders of the shop saved or cost, in sums."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Sum
from django.db.models.functions import TruncMonth

from inventory.models import PurchaseLineScore

Stage = PurchaseLineScore.Stage


@dataclass(frozen=True, slots=True)
class Saved:
    """Below 0: it cost so much."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class MonthTotal:
    """Of the lines whose time ended in a month, in one currency."""

    month: date
    currency: str
    lines: int
    units_expected: float
    units_requested: int
    units_filled: int
    lost_margin_minor: int
    holding_minor: int
    saved_minor: int


def saved_in_all() -> Saved | None:
    """In the currency of most lines; None before the first line is scored after its time."""
    totals = (
        PurchaseLineScore.objects.filter(stage=Stage.COVERED)
        .order_by()
        .values("line__order__currency")
        .annotate(n=Count("pk"), saved=Sum("saved_minor"))
        .order_by("-n", "line__order__currency")
    )
    first = totals.first()
    return None if first is None else Saved(first["saved"], first["line__order__currency"])


def totals_by_month() -> list[MonthTotal]:
    """Newest month first."""
    rows: Any = (
        PurchaseLineScore.objects.filter(stage=Stage.COVERED)
        .order_by()
        .annotate(month=TruncMonth("until_day"))
        .values("month", "line__order__currency")
        .annotate(
            lines=Count("pk"),
            expected=Sum("units_expected"),
            requested=Sum("units_requested"),
            filled=Sum("units_filled"),
            lost=Sum("lost_margin_minor"),
            holding=Sum("holding_minor"),
            saved=Sum("saved_minor"),
        )
        .order_by("-month", "line__order__currency")
    )
    return [
        MonthTotal(
            month=row["month"],
            currency=row["line__order__currency"],
            lines=row["lines"],
            units_expected=row["expected"],
            units_requested=row["requested"],
            units_filled=row["filled"],
            lost_margin_minor=row["lost"],
            holding_minor=row["holding"],
            saved_minor=row["saved"],
        )
        for row in rows
    ]
