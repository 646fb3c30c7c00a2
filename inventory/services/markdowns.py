"""Dead stock and the plans by which it is sold off: found every night, accepted by staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F, Max, Min, Sum

from catalog.models import Product, Sku
from inventory.algorithms.markdown import (
    STEP_DAYS,
    DeadStock,
    PlannedStep,
    days_of_cover,
    money_of,
    plan_markdown,
    sell_off,
)
from inventory.models import DemandDay, DemandForecast, MarkdownPlan, MarkdownStep, StockLevel
from inventory.services.price_changes import price_floors, unit_costs
from learning import review, serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.jobs import send_on_commit
from learning.models import ModelVersion

PIPELINE: Final = "inventory.elasticity"
# Stock that lasts half a year at the rate it sells is dead; so is what nobody asked for in three
# months. A SKU that came less than three months ago is given time.
DEAD_COVER_DAYS: Final = 180
SILENT_DAYS: Final = 91
YEAR_DAYS: Final = 364
# Of a SKU that never sold, half a unit is taken to have been asked for.
UNSEEN_UNITS: Final = 0.5
BATCH: Final = 500
Status = MarkdownPlan.ReviewStatus
State = MarkdownPlan.State


@dataclass(frozen=True, slots=True)
class Dead:
    """A SKU whose stock lies too long, and what is known of it."""

    sku: Sku
    stock: DeadStock
    cover_days: float
    last_sold_on: date | None


def find_dead_stock(*, model: Any, as_of: date) -> list[Dead]:
    """SKUs on sale with a known cost that have units for too long, most money first."""
    levels: dict[int, int] = dict(
        StockLevel.objects.sellable()
        .filter(sku__is_active=True, sku__product__status=Product.Status.PUBLISHED)
        .values("sku_id")
        .annotate(units=Sum(F("on_hand") - F("reserved")))
        .values_list("sku_id", "units")
    )
    costs, floors = unit_costs(sku_ids=levels), price_floors(sku_ids=levels)
    rates = {
        sku_id: units / max(days, 1)
        for sku_id, units, days in DemandForecast.objects.in_force().values_list(
            "sku_id", "units", "horizon_days"
        )
    }
    history = {
        row["sku_id"]: row
        for row in DemandDay.objects.filter(units_requested__gt=0, day__lte=as_of)
        .values("sku_id")
        .annotate(first=Min("day"), last=Max("day"))
    }
    year = dict(
        DemandDay.objects.filter(day__range=(as_of - timedelta(days=YEAR_DAYS - 1), as_of))
        .values("sku_id")
        .annotate(units=Sum("units_requested"))
        .values_list("sku_id", "units")
    )
    found = []
    ids = sorted(sku_id for sku_id in levels if costs.get(sku_id, 0) > 0)
    for start in range(0, len(ids), BATCH):
        for sku in Sku.objects.filter(pk__in=ids[start : start + BATCH]).order_by("pk"):
            seen = history.get(sku.pk)
            came_on = min(sku.created_at.date(), seen["first"]) if seen else sku.created_at.date()
            days_here = (as_of - came_on).days
            if days_here < SILENT_DAYS:
                continue
            sold = (year.get(sku.pk, 0) + UNSEEN_UNITS) / min(days_here, YEAR_DAYS)
            rate = rates.get(sku.pk, sold)
            cover = days_of_cover(levels[sku.pk], rate)
            last = seen["last"] if seen else None
            silent = last is None or (as_of - last).days >= SILENT_DAYS
            if cover < DEAD_COVER_DAYS and not silent:
                continue
            found.append(
                Dead(
                    sku=sku,
                    stock=DeadStock(
                        units=levels[sku.pk],
                        units_a_day=rate,
                        price_now=sku.price_minor,
                        unit_cost=costs[sku.pk],
                        # Below cost only where somebody has set a floor there.
                        floor=floors.get(sku.pk, costs[sku.pk]),
                        elasticity=float(model.elasticities([sku.pk])[0]),
                    ),
                    cover_days=cover,
                    last_sold_on=last,
                )
            )
    return sorted(found, key=lambda dead: -dead.stock.units * dead.stock.unit_cost)


def write_plans(*, version: ModelVersion, model: Any, as_of: date) -> int:
    """Propose a plan for each dead SKU; returns how many are proposed.

    Plans that wait are replaced, those of SKUs that sell again withdrawn; what somebody decided
    on stays. Writing the same day again changes rows in place.
    """
    kept = []
    busy = set(
        MarkdownPlan.objects.filter(status__in=[Status.ACCEPTED, Status.CORRECTED])
        .filter(state__in=[State.PLANNED, State.RUNNING])
        .values_list("sku_id", flat=True)
    )
    busy |= set(
        MarkdownPlan.objects.filter(
            status=Status.REJECTED, reviewed_at__date__gt=as_of - timedelta(days=SILENT_DAYS)
        ).values_list("sku_id", flat=True)
    )
    for dead in find_dead_stock(model=model, as_of=as_of):
        if dead.sku.pk in busy or not (steps := plan_markdown(dead.stock)):
            continue
        _propose(dead, steps, version=version, as_of=as_of)
        kept.append(dead.sku.pk)
    waiting = MarkdownPlan.objects.filter(status=Status.PROPOSED)
    stale = [pk for pk, sku_id in waiting.values_list("pk", "sku_id") if sku_id not in set(kept)]
    for start in range(0, len(stale), BATCH):
        waiting.filter(pk__in=stale[start : start + BATCH]).update(status=Status.SUPERSEDED)
    return len(kept)


def refresh_plans(*, as_of: date) -> int:
    """Propose anew from the version in force, without learning; 0 when there is none."""
    served = serving.load(PIPELINE)
    if served.version is None:
        return 0
    return write_plans(version=served.version, model=served.model, as_of=as_of)


def accept_plan(
    *, plan: MarkdownPlan, user: AbstractBaseUser, today: date, reason: str = ""
) -> MarkdownPlan:
    """Let a plan run. Steps whose day has passed begin today, all others move with them.

    Raises AlreadyReviewedError.
    """
    with transaction.atomic():
        accepted = review.accept(plan, user=user, proposed=_proposed(plan), reason=reason)
        return _start(accepted, today=today)


def correct_plan(
    *,
    plan: MarkdownPlan,
    most_cut_percent: int,
    user: AbstractBaseUser,
    today: date,
    reason: str = "",
) -> MarkdownPlan:
    """Let a plan run that takes off no more than so many per cent.

    Raises AlreadyReviewedError.
    """
    lowest = max(1, -(-plan.price_before_minor * (100 - most_cut_percent) // 100))
    steps = list(plan.steps.order_by("starts_on"))
    prices = [max(step.price_minor, lowest, plan.floor_minor) for step in steps]
    sold = sell_off(_stock_of(plan), prices)
    with transaction.atomic():
        corrected = review.correct(
            plan,
            user=user,
            proposed=_proposed(plan),
            changes={
                "units_expected": sum(step.units for step in sold),
                "money_freed_minor": round(money_of(sold)),
            },
            reason=reason,
        )
        for step, planned in zip(steps, sold, strict=True):
            step.price_minor = planned.price
            step.units_expected = planned.units
        MarkdownStep.objects.bulk_update(steps, ["price_minor", "units_expected"])
        return _start(corrected, today=today)


def reject_plan(*, plan: MarkdownPlan, user: AbstractBaseUser, reason: str = "") -> MarkdownPlan:
    """Leave the price as it is. Raises AlreadyReviewedError."""
    return review.reject(plan, user=user, proposed=_proposed(plan), reason=reason)


def _start(plan: MarkdownPlan, *, today: date) -> MarkdownPlan:
    steps = list(plan.steps.order_by("-starts_on"))
    late = (today - steps[-1].starts_on).days
    # From the last step on, so that no two of a plan ever begin on one day.
    for step in steps if late > 0 else []:
        step.starts_on += timedelta(days=late)
        step.save(update_fields=["starts_on"])
    plan.state = State.RUNNING
    plan.save(update_fields=["state"])
    send_on_commit("inventory.apply_markdowns")
    return plan


@transaction.atomic
def _propose(
    dead: Dead, steps: Sequence[PlannedStep], *, version: ModelVersion, as_of: date
) -> None:
    fields = {
        "as_of": as_of,
        "price_before_minor": dead.stock.price_now,
        "unit_cost_minor": dead.stock.unit_cost,
        "floor_minor": dead.stock.floor,
        "units_at_start": dead.stock.units,
        "units_expected": sum(step.units for step in steps),
        "money_freed_minor": round(money_of(steps)),
        "model_version": version,
        "confidence": round(
            min(1.0, sum(step.units for step in steps) / max(dead.stock.units, 1)), 4
        ),
        "explanation": _explain(dead, steps).as_json(),
    }
    open_plans = MarkdownPlan.objects.filter(sku=dead.sku, status=Status.PROPOSED)
    # Claimed by the UPDATE: a plan that is accepted at this moment keeps its steps.
    if open_plans.update(**fields):
        plan = open_plans.get()
        plan.steps.all().delete()
    else:
        plan = MarkdownPlan.objects.create(sku=dead.sku, **fields)
    starts_on = as_of + timedelta(days=2)
    rows = []
    for step in steps:
        rows.append(
            MarkdownStep(
                plan=plan,
                starts_on=starts_on,
                price_minor=step.price,
                units_expected=step.units,
            )
        )
        starts_on += timedelta(days=STEP_DAYS)
    MarkdownStep.objects.bulk_create(rows)


def _stock_of(plan: MarkdownPlan) -> DeadStock:
    facts = plan.explanation.get("facts", {})
    return DeadStock(
        units=plan.units_at_start,
        units_a_day=float(facts.get("units_a_day_now") or 0.0),
        price_now=plan.price_before_minor,
        unit_cost=plan.unit_cost_minor,
        floor=plan.floor_minor,
        elasticity=float(facts.get("elasticity") or -1.0),
    )


def _proposed(plan: MarkdownPlan) -> Mapping[str, Any]:
    return {
        "prices_minor": list(
            plan.steps.order_by("starts_on").values_list("price_minor", flat=True)
        ),
        "instead_of": plan.price_before_minor,
        "units": round(plan.units_expected, 2),
        "money_freed_minor": plan.money_freed_minor,
    }


def _explain(dead: Dead, steps: Sequence[PlannedStep]) -> Explanation:
    kept = sell_off(dead.stock, [dead.stock.price_now] * len(steps))
    sold, unchanged = (sum(step.units for step in plan) for plan in (steps, kept))
    price = money_of(steps) / sold if sold else 0.0
    factors = [
        Factor("units_sold", round(sold, 2), Direction.UP, round(sold / max(unchanged, 1e-9), 6)),
        Factor(
            "mean_price",
            round(price, 2),
            Direction.DOWN,
            round(price / dead.stock.price_now, 6),
        ),
    ]
    return Explanation(
        factors=factors,
        unit="factor",
        facts={
            "units_a_day_now": round(dead.stock.units_a_day, 6),
            "units_without_plan": round(unchanged, 2),
            "money_without_plan_minor": round(money_of(kept)),
            "days_of_cover": round(min(dead.cover_days, 9_999.0), 1),
            "last_sold_on": None if dead.last_sold_on is None else dead.last_sold_on.isoformat(),
            "elasticity": round(dead.stock.elasticity, 4),
        },
    )
