from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from inventory import tasks
from inventory.models import DemandDay, PurchaseOrder, Reservation
from inventory.services import demand, stock
from inventory.services.demand import Demand
from inventory.services.stock import StockRequest
from tests.factories import make_sku, make_stock_level
from tests.inventory.factories import LAST_DAY, make_replenished_sku

pytestmark = pytest.mark.django_db


def test_the_sweep_frees_every_hold_past_its_time() -> None:
    level, past = make_stock_level(on_hand=5), timezone.now() - timedelta(minutes=1)
    for number in range(3):
        stock.reserve_stock(
            [StockRequest(level.sku_id, 1)], owner=f"cart:{number}", expires_at=past
        )
    for _ in range(2):
        tasks.sweep_expired_reservations()
        assert not Reservation.objects.held().exists()


def test_rolling_up_by_message_counts_once() -> None:
    sku = make_sku()
    demand.record_demand([Demand(sku.pk, LAST_DAY, 2, 2, 500, "line:1")])
    for _ in range(2):
        tasks.roll_up_demand(LAST_DAY.isoformat())
    assert DemandDay.objects.get().units_requested == 2


def test_drafting_by_message_drafts_once() -> None:
    make_replenished_sku()
    for _ in range(2):
        tasks.draft_purchase_orders(LAST_DAY.isoformat())
        tasks.refresh_forecasts(LAST_DAY.isoformat())
    assert PurchaseOrder.objects.get().lines.count() == 1


def test_the_jobs_carry_the_names_that_the_schedule_knows() -> None:
    names = {name for name in current_app.tasks if name.startswith("inventory.")}
    assert names == {
        "inventory.draft_purchase_orders",
        "inventory.refresh_forecasts",
        "inventory.roll_up_demand",
        "inventory.sweep_expired_reservations",
    }
