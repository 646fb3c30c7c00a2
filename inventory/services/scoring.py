"""Held against what happened: every line that the shop proposed and that arrived.

Twice: when its goods are here, its forecast over the wait; and after the time the goods had to last
until the next order could arrive, what the quantity saved or cost against ordering by the habit.
That time ends early when the SKU's next delivery comes, so no day of a SKU counts for two lines.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
from django.db.models import Exists, F, OuterRef, Q

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.line_scores import (
    HABIT_LEAD_TIMES,
    HABIT_MEAN_DAYS,
    Habit,
    holding_cost,
    replay,
    replay_habit,
    unit_days_to_come,
)
from inventory.models import (
    GoodsReceiptLine,
    PurchaseLineScore,
    PurchaseOrder,
    PurchaseOrderLine,
)
from inventory.services.replenishment_settings import read_settings
from inventory.services.scored_past import (
    Carried,
    Delivery,
    Key,
    Past,
    drafted_on,
    read_carried,
    read_past,
)

Stage = PurchaseLineScore.Stage
LINES_AT_ONCE: Final = 500
# Nobody asks what was right so long ago, and it bounds what one night reads.
LONGEST_DAYS: Final = 400
_SHORTEST_COVER_DAYS: Final = 1


@dataclass(frozen=True, slots=True)
class ScoringReport:
    """New scores by stage, and what those after their time saved; below 0: cost."""

    received: int
    covered: int
    saved_minor: int


def score_lines(*, as_of: date) -> ScoringReport:
    """Score what can be scored at the end of a day; a line is scored once at each stage."""
    received = _score_stage(Stage.RECEIVED, as_of=as_of)
    covered = _score_stage(Stage.COVERED, as_of=as_of)
    return ScoringReport(
        received=len(received),
        covered=len(covered),
        saved_minor=sum(score.saved_minor for score in covered),
    )


def _score_stage(stage: Stage, *, as_of: date) -> list[PurchaseLineScore]:
    share = read_settings().yearly_holding_share
    ids = list(_finished(stage, as_of=as_of).order_by("pk").values_list("pk", flat=True))
    scored: list[PurchaseLineScore] = []
    for start in range(0, len(ids), LINES_AT_ONCE):
        lines = list(
            PurchaseOrderLine.objects.filter(pk__in=ids[start : start + LINES_AT_ONCE])
            .select_related("order", "sku", "forecast", "offer")
            .order_by("pk")
        )
        carried = read_carried(lines, as_of=as_of)
        past = read_past(lines, carried=carried.values(), as_of=as_of)
        found = [_Line(line, past, as_of=as_of, holding_share=share) for line in lines]
        # Each begins where the one before it ended.
        found.sort(key=lambda one: (one.first_on, one.line.pk))
        scores = [score for one in found if (score := one.score(stage, carried)) is not None]
        PurchaseLineScore.objects.bulk_create(scores, ignore_conflicts=True, batch_size=200)
        scored += scores
    return scored


def _finished(stage: Stage, *, as_of: date) -> Any:
    """Proposed by the shop, arrived, nothing awaited any more, and not scored at this stage."""
    arrived = GoodsReceiptLine.objects.filter(line=OuterRef("pk"), quantity_accepted__gt=0)
    return (
        PurchaseOrderLine.objects.wanted()
        .filter(
            Q(quantity_received__gte=F("quantity"))
            | Q(closed_at__isnull=False)
            | Q(order__status=PurchaseOrder.Status.RECEIVED),
            Exists(arrived),
            quantity_proposed__isnull=False,
            order__drafted_as_of__gte=as_of - timedelta(days=LONGEST_DAYS),
        )
        .exclude(scores__stage=stage)
    )


class _Line:
    """One line with its days: drafted, first and last arrival, and the end of its time."""

    def __init__(
        self, line: PurchaseOrderLine, past: Past, *, as_of: date, holding_share: float
    ) -> None:
        self.line, self.past, self.as_of, self.holding_share = line, past, as_of, holding_share
        self.key = (line.sku_id, line.order.warehouse_id)
        self.facts: dict[str, Any] = line.explanation.get("facts", {})
        self.drafted_on = drafted_on(line)
        everything = past.deliveries[self.key]
        self.own = [one for one in everything if one.line_id == line.pk and one.accepted]
        self.others = [one for one in everything if one.line_id != line.pk and one.accepted]
        # Booked as come before it was drafted, it cannot be held against its draft.
        self.is_known = bool(self.own)
        self.first_on = min((one.day for one in self.own), default=self.drafted_on)
        self.last_on = max((one.day for one in self.own), default=self.drafted_on)

    def score(self, stage: Stage, carried: dict[Key, Carried]) -> PurchaseLineScore | None:
        """None while it is too early; writes where its time ended to `carried`."""
        if not self.is_known:
            return None
        if stage == Stage.RECEIVED:
            return self._on_receipt() if self.last_on <= self.as_of else None
        last = self._lasts_until()
        return self._after_its_time(last, carried) if last <= self.as_of else None

    def _lasts_until(self) -> date:
        """The day before an order made on the arrival could be here, or the next delivery was."""
        forecast = self.line.forecast
        cover = forecast.cover_days if forecast is not None else None
        if cover is None:
            lead = float(self.facts.get("lead_time_mean_days", 7.0))
            cover = round(lead) + int(self.facts.get("review_period_days", 1))
        ends = self.first_on + timedelta(days=max(_SHORTEST_COVER_DAYS, cover) - 1)
        # Of two lines that came on one day the later one has the time from there on.
        following = [
            one.day
            for one in self.others
            if one.day > self.first_on or (one.day == self.first_on and one.line_id > self.line.pk)
        ]
        return min([ends, *(day - timedelta(days=1) for day in following)])

    def _on_receipt(self) -> PurchaseLineScore:
        first = min(self.drafted_on + timedelta(days=1), self.last_on)
        days = self.past.days(self.key, first, self.last_on)
        expected = self._expected(first, self.last_on)
        line = self.line
        accepted = sum(one.accepted for one in self.own)
        delivered = sum(one.accepted + one.damaged for one in self.past.of_line(line))
        paid = sum(one.accepted * one.unit_cost_minor for one in self.own)
        lost = np.maximum(days.requested - days.filled, 0.0)
        due = line.order.expected_on
        return PurchaseLineScore(
            line=line,
            stage=Stage.RECEIVED,
            from_day=first,
            until_day=self.last_on,
            units_expected=float(expected.sum()),
            units_requested=int(days.requested.sum()),
            units_filled=int(days.filled.sum()),
            days_out_of_stock=int(days.sold_out.sum()),
            units_left=self.past.on_hand(self.key, self.last_on),
            days_late=None if due is None else (self.last_on - due).days,
            lost_margin_minor=round(float(lost.sum()) * self._margin()),
            detail={
                "units_ordered": line.quantity,
                "units_accepted": accepted,
                "units_damaged": delivered - accepted,
                "units_missing": max(0, line.quantity - delivered),
                "cost_difference_minor": paid - accepted * line.unit_cost_minor,
            },
        )

    def _after_its_time(self, last: date, carried: dict[Key, Carried]) -> PurchaseLineScore:
        line, before = self.line, carried.get(self.key)
        is_empty = last < self.first_on or (before is not None and last <= before.until)
        last = max(last, self.first_on)
        days, expected = (
            self.past.days(self.key, self.first_on, last),
            self._expected(self.first_on, last),
        )
        counted = slice(len(expected) if is_empty else 0, None)
        score = PurchaseLineScore(
            line=line,
            stage=Stage.COVERED,
            from_day=self.first_on,
            until_day=last,
            units_expected=float(expected[counted].sum()),
            units_requested=int(days.requested[counted].sum()),
            units_filled=int(days.filled[counted].sum()),
            days_out_of_stock=int(days.sold_out[counted].sum()),
            units_left=self.past.on_hand(self.key, last),
            days_late=None,
            detail={"units_ordered": line.quantity},
        )
        if not is_empty:
            carried[self.key] = self._hold_against_habit(score, before)
        return score

    def _hold_against_habit(self, score: PurchaseLineScore, before: Carried | None) -> Carried:
        """Fill in the money; returns where both shops stand at the end.

        Where an earlier line of the SKU was scored, both go on from its last day, the habit with
        the stock and the orders it had by then: what one line bought ahead for the next is worth
        what the next one did not have to buy.
        """
        line, last = self.line, score.until_day
        start = min(self.drafted_on, self.first_on - timedelta(days=1))
        first = (start if before is None else before.until) + timedelta(days=1)
        counted_from = (self.first_on - first).days if before is None else 0
        days, expected = self.past.days(self.key, first, last), self._expected(first, last)
        # On a day that was sold out people asked less often than they wanted to buy.
        demand = np.where(
            days.sold_out, np.maximum(days.requested, expected), days.requested
        ).astype(np.float64)
        on_hand = float(self.past.on_hand(self.key, first - timedelta(days=1)))
        by_hand = [one for one in self.others if before is None or not one.was_proposed]
        habit, mean = self._habit()
        machine = replay(
            on_hand=on_hand,
            demand=demand,
            arrivals=_arrivals([*self.others, *self.own], first, last),
            counted_from=counted_from,
        )
        run = replay_habit(
            on_hand=on_hand if before is None else before.habit_left,
            demand=demand,
            other_arrivals=_plus(
                _arrivals(by_hand, first, last),
                {} if before is None else before.habit_coming,
                first,
            ),
            counted_from=counted_from,
            habit=habit,
        )
        by_habit, margin = run.replay, self._margin()
        daily = float(expected.mean())
        lost, habit_lost = round(machine.lost * margin), round(by_habit.lost * margin)
        rest, habit_rest = (
            self._holding(unit_days_to_come(one.left, daily_units=daily))
            for one in (machine, by_habit)
        )
        kept = self._holding(machine.unit_days) + rest - (before.rest_minor if before else 0)
        habit_kept = self._holding(by_habit.unit_days) + habit_rest
        habit_kept -= before.habit_rest_minor if before else 0
        carried = Carried(
            until=last,
            habit_left=by_habit.left,
            habit_coming={
                last + timedelta(days=place + 1): float(units)
                for place, units in enumerate(run.coming)
                if units
            },
            rest_minor=rest,
            habit_rest_minor=habit_rest,
        )
        score.units_left = round(machine.left)
        score.lost_margin_minor, score.holding_minor = lost, kept
        score.saved_minor = habit_lost + habit_kept - lost - kept
        score.detail |= {
            "unit_margin_minor": round(margin),
            "unit_cost_minor": line.unit_cost_minor,
            "monthly_mean_units": round(mean, 4),
            "habit_level_units": round(habit.level, 3),
            "lot_units": habit.lot,
            "habit_first_order_units": round(run.first_order),
            "wait_days": habit.wait_days,
            "money_counted_from": (first + timedelta(days=counted_from)).isoformat(),
            "lost_units": round(machine.lost, 3),
            "habit_lost_units": round(by_habit.lost, 3),
            "habit_lost_margin_minor": habit_lost,
            "habit_holding_minor": habit_kept,
            "habit_units_left": round(by_habit.left, 3),
            "carried": carried.to_json(),
        }
        return carried

    def _holding(self, unit_days: float) -> int:
        cost = float(self.line.unit_cost_minor)
        return round(holding_cost(unit_days, unit_cost=cost, yearly_share=self.holding_share))

    def _habit(self) -> tuple[Habit, float]:
        """What the habit would have kept that evening, and the monthly mean of a day."""
        since = self.drafted_on - timedelta(days=HABIT_MEAN_DAYS - 1)
        mean = float(self.past.days(self.key, since, self.drafted_on).requested.mean())
        lead = max(0.0, float(self.facts.get("lead_time_mean_days", 7.0)))
        offer = self.line.offer
        return (
            Habit(
                level=HABIT_LEAD_TIMES * lead * mean,
                wait_days=max(1, (self.first_on - self.drafted_on).days),
                lot=float(self.facts.get("lot", 0)),
                pack=1 if offer is None else offer.pack_size,
                minimum=1 if offer is None else offer.minimum_order_quantity,
            ),
            mean,
        )

    def _margin(self) -> float:
        """Of a unit; a price in another currency than the cost says nothing: 0."""
        sku, offer = self.line.sku, self.line.offer
        if sku.currency != self.line.order.currency:
            return 0.0
        freight = 0 if offer is None else offer.freight_minor
        return float(max(0, sku.price_minor - self.line.unit_cost_minor - freight))

    def _expected(self, first: date, last: date) -> FloatArray:
        """What the forecast said for each day; beyond its horizon, its mean."""
        forecast = self.line.forecast
        n_days = (last - first).days + 1
        daily = [] if forecast is None else list(forecast.daily_units)
        if forecast is None or not daily:
            return np.full(n_days, float(self.facts.get("daily_units", 0.0)))
        mean = forecast.units / max(1, forecast.horizon_days)
        offset = (first - forecast.as_of).days - 1
        return np.array(
            [
                daily[offset + place] if 0 <= offset + place < len(daily) else mean
                for place in range(n_days)
            ],
            dtype=np.float64,
        )


def _plus(arrivals: FloatArray, coming: Mapping[date, float], first: date) -> FloatArray:
    """The same with what is on its way, longer where that comes later."""
    places = {(day - first).days: units for day, units in coming.items()}
    longest = max([len(arrivals) - 1, *places])
    both = np.zeros(longest + 1)
    both[: len(arrivals)] = arrivals
    for place, units in places.items():
        both[place] += units
    return both


def _arrivals(deliveries: Iterable[Delivery], first: date, last: date) -> FloatArray:
    units = np.zeros((last - first).days + 1)
    for one in deliveries:
        if first <= one.day <= last:
            units[(one.day - first).days] += one.accepted
    return units
