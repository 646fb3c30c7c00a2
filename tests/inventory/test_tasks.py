from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from ecomsite.schedule import BEAT_SCHEDULE
from inventory import tasks
from inventory.models import Reservation
from inventory.services import stock
from inventory.services.stock import StockRequest
from tests.factories import make_stock_level

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


def test_every_job_is_one_that_the_schedule_or_a_service_sends(named_jobs: dict[str, str]) -> None:
    registered = {name for name in current_app.tasks if name.startswith("inventory.")}
    sent = {entry["task"] for entry in BEAT_SCHEDULE.values()} | set(named_jobs)
    assert registered == {name for name in sent if name.startswith("inventory.")}
    assert registered
