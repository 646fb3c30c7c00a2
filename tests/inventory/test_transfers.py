"""Goods between warehouses."""

from datetime import timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone

from inventory.errors import (
    EmptyTransferError,
    InsufficientStockError,
    OverReceiptError,
    SameWarehouseError,
    ShortReceiptError,
    StepNotAllowedError,
)
from inventory.models import (
    StockBatch,
    StockLevel,
    StockMovement,
    StockTransfer,
    StockTransferLine,
    Warehouse,
)
from inventory.services import stock, transfers
from inventory.services.stock import BatchLabel, StockRequest
from learning.models import Decision
from tests.factories import make_sku, make_staff, make_stock_level, make_warehouse

pytestmark = pytest.mark.django_db


def on_hand(warehouse: Warehouse) -> int:
    total = StockLevel.objects.filter(warehouse=warehouse).aggregate(n=Sum("on_hand"))["n"]
    return int(total or 0)


def make_transfer(*, units: int = 5, **fields: str) -> StockTransfer:
    """A draft of so many units of one SKU, of which ten lie in the default warehouse."""
    level = make_stock_level(on_hand=10)
    draft = transfers.draft_transfer(
        source=level.warehouse, target=make_warehouse(), user=make_staff(), **fields
    )
    transfers.set_line(draft, sku=level.sku, quantity=units)
    return draft


def test_units_leave_when_sent_and_enter_when_received() -> None:
    transfer, staff = make_transfer(), make_staff()
    sku_id = transfer.lines.get().sku_id
    assert transfers.units_on_the_way(warehouse=transfer.target) == {}
    transfers.send_transfer(transfer, user=staff)
    assert (on_hand(transfer.source), on_hand(transfer.target)) == (5, 0)
    assert transfers.units_on_the_way(warehouse=transfer.target) == {sku_id: 5}
    assert transfers.units_on_the_way(warehouse=transfer.source) == {}
    transfers.receive_transfer(transfer, arrived={}, user=staff)
    assert (on_hand(transfer.source), on_hand(transfer.target)) == (5, 5)
    assert transfers.units_on_the_way(warehouse=transfer.target) == {}
    assert StockTransferLine.objects.get().quantity_received == 5
    assert list(
        Decision.objects.filter(subject_id=transfer.pk).order_by("pk").values_list("action", "user")
    ) == [("send", staff.pk), ("receive", staff.pk)]


def test_what_was_lost_on_the_way_is_written_off_with_a_reason() -> None:
    transfer, staff = make_transfer(), make_staff()
    transfers.send_transfer(transfer, user=staff)
    line = transfer.lines.get()
    with pytest.raises(ShortReceiptError):
        transfers.receive_transfer(transfer, arrived={line.pk: 3}, user=staff)
    with pytest.raises(OverReceiptError):
        transfers.receive_transfer(transfer, arrived={line.pk: 6}, user=staff)
    transfer.refresh_from_db()
    assert (transfer.status, on_hand(transfer.target)) == ("sent", 0)
    transfers.receive_transfer(transfer, arrived={line.pk: 3}, user=staff, reason="fell off")
    assert on_hand(transfer.target) == 3
    lost = StockMovement.objects.get(kind="write_off")
    assert (lost.quantity, lost.note, lost.warehouse) == (-2, "fell off", transfer.target)
    moved = StockMovement.objects.filter(kind="transfer").aggregate(n=Sum("quantity"))["n"]
    assert moved == 0


def test_whoever_unpacks_knows_the_batches() -> None:
    sku, source, target = make_sku(), make_warehouse(), make_warehouse()
    day = timezone.localdate() + timedelta(days=20)
    for number, (code, units) in enumerate([("late", 4), ("soon", 2)]):
        stock.receive_stock(
            sku_id=sku.pk,
            quantity=units,
            key=f"in:{number}",
            warehouse=source,
            batch=BatchLabel(code, day - timedelta(days=number)),
        )
    staff = make_staff()
    transfer = transfers.draft_transfer(source=source, target=target, user=staff)
    transfers.set_line(transfer, sku=sku, quantity=3)
    late = StockBatch.objects.get(code="late")
    transfers.set_line(transfer, sku=sku, quantity=1, batch=late)
    transfers.send_transfer(transfer, user=staff)
    assert set(transfer.lines.values_list("batch__code", "quantity")) == {("soon", 2), ("late", 2)}
    transfers.receive_transfer(transfer, arrived={}, user=staff)
    there = StockBatch.objects.filter(warehouse=target)
    assert set(there.values_list("code", "expires_on", "on_hand")) == {
        ("soon", day - timedelta(days=1), 2),
        ("late", day, 2),
    }


def test_a_batch_that_is_known_elsewhere_with_another_day_keeps_its_own() -> None:
    sku, source, target = make_sku(), make_warehouse(code="north"), make_warehouse()
    today, staff = timezone.localdate(), make_staff()
    for number, warehouse in enumerate([source, target]):
        stock.receive_stock(
            sku_id=sku.pk,
            quantity=2,
            key=f"in:{number}",
            warehouse=warehouse,
            batch=BatchLabel("a", today + timedelta(days=10 + number)),
        )
    transfer = transfers.draft_transfer(source=source, target=target, user=staff)
    transfers.set_line(transfer, sku=sku, quantity=2)
    transfers.send_transfer(transfer, user=staff)
    transfers.receive_transfer(transfer, arrived={}, user=staff)
    there = StockBatch.objects.filter(warehouse=target).order_by("expires_on")
    assert list(there.values_list("code", "on_hand")) == [("a north", 2), ("a", 2)]


def test_a_transfer_that_turns_back_leaves_no_trace_on_the_levels() -> None:
    transfer, staff = make_transfer(), make_staff()
    transfers.send_transfer(transfer, user=staff)
    transfers.cancel_transfer(transfer, user=staff, reason="road closed")
    assert (on_hand(transfer.source), on_hand(transfer.target)) == (10, 0)
    with pytest.raises(StepNotAllowedError):
        transfers.receive_transfer(transfer, arrived={}, user=staff)
    draft = make_transfer()
    transfers.cancel_transfer(draft, user=staff)
    assert on_hand(draft.source) == 20
    with pytest.raises(StepNotAllowedError):
        transfers.set_line(draft, sku=draft.lines.get().sku, quantity=1)


def test_a_step_is_done_once() -> None:
    transfer, staff = make_transfer(), make_staff()
    transfers.send_transfer(transfer, user=staff)
    with pytest.raises(StepNotAllowedError):
        transfers.send_transfer(transfer, user=staff)
    transfers.receive_transfer(transfer, arrived={}, user=staff)
    with pytest.raises(StepNotAllowedError):
        transfers.receive_transfer(transfer, arrived={}, user=staff)
    assert (on_hand(transfer.source), on_hand(transfer.target)) == (5, 5)


def test_nothing_leaves_that_customers_hold() -> None:
    transfer = make_transfer(units=8)
    line = transfer.lines.get()
    stock.reserve_stock([StockRequest(line.sku_id, 3)], owner="order:1")
    with pytest.raises(InsufficientStockError):
        transfers.send_transfer(transfer, user=make_staff())
    transfer.refresh_from_db()
    assert (transfer.status, on_hand(transfer.source)) == ("draft", 10)


def test_a_draft_is_filled_and_emptied() -> None:
    transfer = make_transfer()
    sku = transfer.lines.get().sku
    transfers.set_line(transfer, sku=sku, quantity=7)
    assert transfer.lines.get().quantity == 7
    transfers.set_line(transfer, sku=sku, quantity=0)
    with pytest.raises(EmptyTransferError):
        transfers.send_transfer(transfer, user=make_staff())
    here = transfer.source
    with pytest.raises(SameWarehouseError):
        transfers.draft_transfer(source=here, target=here, user=make_staff())
    assert StockTransfer.objects.get().status == "draft"


def test_transfers_of_one_day_have_numbers_of_their_own() -> None:
    assert len({make_transfer().number for _ in range(3)}) == 3
