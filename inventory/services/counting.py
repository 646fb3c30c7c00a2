"""Counting what lies on the shelves, and who may say that the books were wrong.

    counting -> waiting for approval -> approved
    waiting for approval -> counting      lines to be counted again
    counting, waiting for approval -> cancelled

The books are read in the statement that stores what was typed, so sales while others count are no
variance; the approved difference is booked, not the figure.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import Sku
from inventory.errors import (
    CountBelowReservedError,
    InsufficientStockError,
    NotCountedError,
    NothingToCountError,
    OwnCountError,
    StepNotAllowedError,
)
from inventory.models import (
    Reservation,
    StockBatch,
    StockCount,
    StockCountLine,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.services import due_counts
from inventory.services.batches import BatchLabel
from inventory.services.costs import average_costs
from inventory.services.ledger import Movement, move_units
from inventory.services.numbers import create_numbered
from learning.decisions import record_decision
from learning.models import Decision

Status, Kind = StockCount.Status, StockCount.Kind
LINES_A_DAY: Final = 20
MAX_OWNERS_NAMED: Final = 5


def start_count(
    *,
    kind: StockCount.Kind,
    warehouse: Warehouse,
    user: AbstractBaseUser | None,
    most: int = LINES_A_DAY,
) -> StockCount:
    """A sheet of what is due (at most so many SKUs), or of everything in the warehouse.

    Raises NothingToCountError.
    """
    return create_numbered(
        StockCount.objects.all(),
        letter="C",
        create=lambda number: _start(number, kind, warehouse, user, most),
    )


def start_daily_counts(*, today: date, most: int = LINES_A_DAY) -> int:
    """One sheet a day for each warehouse where no cycle count is under way; returns how many.

    The number names warehouse and day, so that a second run makes no second sheet.
    """
    started = 0
    busy = StockCount.objects.filter(
        warehouse=OuterRef("pk"), kind=Kind.CYCLE, status__in=[Status.OPEN, Status.COUNTED]
    )
    for warehouse in Warehouse.objects.filter(~Exists(busy), is_active=True):
        number = f"CC{today:%Y%m%d}-{warehouse.pk}"
        if StockCount.objects.filter(number=number).exists():
            continue
        try:
            with transaction.atomic():
                _start(number, Kind.CYCLE, warehouse, None, most)
        except (NothingToCountError, IntegrityError):
            continue
        started += 1
    return started


def _start(
    number: str,
    kind: StockCount.Kind,
    warehouse: Warehouse,
    user: AbstractBaseUser | None,
    most: int,
) -> StockCount:
    if kind == Kind.CYCLE:
        sku_ids = due_counts.due_sku_ids(warehouse=warehouse, today=timezone.localdate(), most=most)
    else:
        sku_ids = due_counts.all_sku_ids(warehouse=warehouse)
    if not sku_ids:
        raise NothingToCountError(warehouse.name)
    count = StockCount.objects.create(
        number=number,
        kind=kind,
        warehouse=warehouse,
        created_by_id=None if user is None else user.pk,
    )
    StockCountLine.objects.bulk_create(_lines(count, sku_ids), batch_size=500)
    return count


def _lines(count: StockCount, sku_ids: Sequence[int]) -> list[StockCountLine]:
    """One line a batch, and one for what lies in none."""
    levels = StockLevel.objects.filter(warehouse=count.warehouse)
    on_hand = dict(levels.values_list("sku", "on_hand"))
    batches: dict[int, list[StockBatch]] = {}
    for batch in StockBatch.objects.filter(warehouse=count.warehouse, on_hand__gt=0):
        batches.setdefault(batch.sku_id, []).append(batch)
    lines = []
    for sku_id in sku_ids:
        own = batches.get(sku_id, [])
        lines += [StockCountLine(count=count, sku_id=sku_id, batch=batch) for batch in own]
        if not own or on_hand.get(sku_id, 0) > sum(batch.on_hand for batch in own):
            lines.append(StockCountLine(count=count, sku_id=sku_id))
    return lines


@transaction.atomic
def add_line(count: StockCount, *, sku: Sku, batch: StockBatch | None = None) -> StockCountLine:
    """For what lies there and is not on the sheet. Raises StepNotAllowedError."""
    _require(count, Status.OPEN)
    line = count.lines.filter(sku=sku, batch=batch).first()
    return line or count.lines.create(sku=sku, batch=batch)


@transaction.atomic
def record_line(
    line: StockCountLine, *, units: int, user: AbstractBaseUser, note: str = ""
) -> StockCountLine:
    """What somebody found. A large variance is kept as a first count: the line waits for another.

    Raises StepNotAllowedError unless the count is open.
    """
    _require(line.count, Status.OPEN)
    rows = StockCountLine.objects.filter(pk=line.pk)
    rows.update(
        quantity_counted=units,
        quantity_expected=_books(line),
        counted_by=user.pk,
        counted_at=timezone.now(),
        note=note,
    )
    line.refresh_from_db()
    if line.quantity_first is None and is_large(
        expected=line.quantity_expected or 0, counted=units
    ):
        _ask_again(rows)
        line.refresh_from_db()
    return line


def is_large(*, expected: int, counted: int) -> bool:
    """Ten units, or two that are more than a twentieth of the books: worth a second look."""
    gap = abs(counted - expected)
    return gap >= 10 or (gap >= 2 and 20 * gap > expected)


def _books(line: StockCountLine) -> Any:
    """What the books say at the moment of the statement that this stands in."""
    if line.batch_id is not None:
        return Subquery(StockBatch.objects.filter(pk=line.batch_id).values("on_hand"))
    where = {"sku": line.sku_id, "warehouse": line.count.warehouse_id}
    level = StockLevel.objects.filter(**where).values("on_hand")
    batches = StockBatch.objects.filter(**where).order_by().values("sku")
    in_batches = Subquery(batches.annotate(units=Sum("on_hand")).values("units"))
    return Coalesce(Subquery(level), Value(0)) - Coalesce(in_batches, Value(0))


def _ask_again(rows: Any) -> None:
    rows.update(
        quantity_first=F("quantity_counted"),
        first_counted_by=F("counted_by"),
        quantity_counted=None,
        counted_by=None,
    )


@transaction.atomic
def close_count(count: StockCount, *, user: AbstractBaseUser) -> StockCount:
    """Nothing more is typed; somebody else decides.

    Raises StepNotAllowedError, or NotCountedError while a second count is missing, nothing was
    counted at all, or a full stock-take has a line without a figure.
    """
    _require(count, Status.OPEN)
    waiting = count.lines.to_be_counted()
    is_whole = count.kind == Kind.FULL or not count.lines.filter(counted_at__isnull=False).exists()
    missing = waiting.count() if is_whole else waiting.filter(quantity_first__isnull=False).count()
    if missing:
        raise NotCountedError(count.number, n_lines=missing)
    return _step(count, Status.COUNTED, counted_at=timezone.now())


@transaction.atomic
def count_again(
    count: StockCount, *, line_ids: Iterable[int], user: AbstractBaseUser
) -> StockCount:
    """Whoever is to approve does not believe some lines. Raises StepNotAllowedError."""
    _require(count, Status.COUNTED)
    _ask_again(count.lines.filter(pk__in=list(line_ids), quantity_counted__isnull=False))
    _step(count, Status.OPEN, counted_at=None)
    return _note(count, Decision.Action.REFUSE, user)


@transaction.atomic
def approve_count(count: StockCount, *, user: AbstractBaseUser, reason: str = "") -> StockCount:
    """The books were wrong: every variance becomes a movement with its value.

    Raises StepNotAllowedError, OwnCountError for somebody who counted a line, or
    CountBelowReservedError, naming who holds them, when orders and carts hold more than would be
    left. Nothing is booked then.
    """
    counted = StockCountLine.objects.filter(count=OuterRef("pk")).counted_by(user.pk)
    changed = StockCount.objects.filter(
        ~Exists(counted), pk=count.pk, status=Status.COUNTED
    ).update(status=Status.APPROVED, approved_by=user.pk, approved_at=timezone.now())
    count.refresh_from_db()
    if not changed and count.status == Status.COUNTED:
        raise OwnCountError(count.number)
    if not changed:
        raise StepNotAllowedError(count.number, status=count.get_status_display())
    lines = list(
        count.lines.with_variance().select_related("sku", "batch").order_by("sku_id", "pk")
    )
    costs = average_costs(sku_ids=[line.sku_id for line in lines], until=timezone.now())
    for line in lines:
        _book(count, line, cost=costs.get(line.sku_id), user=user)
    return _note(count, Decision.Action.APPROVE, user, reason)


def _book(count: StockCount, line: Any, *, cost: int | None, user: AbstractBaseUser) -> None:
    label = None if line.batch is None else BatchLabel(line.batch.code)
    movement = Movement(
        sku_id=line.sku_id,
        quantity=line.variance,
        kind=StockMovement.Kind.COUNT,
        key=f"count:{count.pk}:{line.pk}",
        reference=count.number,
        note=line.note,
        unit_cost_minor=cost,
        batch=label,
        is_loose=label is None,
    )
    try:
        move_units(movement, warehouse=count.warehouse, user=user)
    except InsufficientStockError:
        _name_holders(count, line)
        raise


def _name_holders(count: StockCount, line: Any) -> None:
    """Raises CountBelowReservedError when it is for them that the variance cannot be booked."""
    level = StockLevel.objects.filter(sku=line.sku_id, warehouse=count.warehouse).first()
    if level is None or level.on_hand + line.variance >= level.reserved:
        return
    holds = Reservation.objects.held().filter(sku=line.sku_id, warehouse=count.warehouse)
    owners = list(holds.order_by("-quantity", "pk").values_list("owner", flat=True))
    more = ["…"] if len(owners) > MAX_OWNERS_NAMED else []
    raise CountBelowReservedError(
        line.sku.code,
        left=level.on_hand + line.variance,
        reserved=level.reserved,
        owners=[*owners[:MAX_OWNERS_NAMED], *more],
    )


@transaction.atomic
def cancel_count(count: StockCount, *, user: AbstractBaseUser, reason: str = "") -> StockCount:
    """Raises StepNotAllowedError once it is approved."""
    _require(count, Status.OPEN, Status.COUNTED)
    _step(count, Status.CANCELLED)
    return _note(count, Decision.Action.CANCEL, user, reason)


def _require(count: StockCount, *states: StockCount.Status) -> None:
    """Lock the count's row, so that it is not closed while a line is typed."""
    locked = StockCount.objects.select_for_update().get(pk=count.pk)
    if locked.status not in states:
        raise StepNotAllowedError(locked.number, status=locked.get_status_display())


def _step(count: StockCount, to: StockCount.Status, **fields: Any) -> StockCount:
    StockCount.objects.filter(pk=count.pk).update(status=to, **fields)
    count.refresh_from_db()
    return count


def _note(
    count: StockCount, action: Decision.Action, user: AbstractBaseUser, reason: str = ""
) -> StockCount:
    record_decision(
        action=action, subject=count, user=user, done={"status": count.status}, reason=reason
    )
    return count
