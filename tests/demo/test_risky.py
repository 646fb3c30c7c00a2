"""The planted orders of the demo: told as planted, and held by the shop's own rules."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ecomsite.demo.loading.risky import CASES, NOTE, place_risky
from insights.models import RiskAssessment
from insights.services.risk_decisions import FEWEST_FOR_USUAL
from orders.models import Order
from tests.factories import make_order, make_sku, make_staff, make_stock_level

pytestmark = pytest.mark.django_db


def test_planted_orders_say_so_and_are_held_by_the_rules() -> None:
    at = timezone.now() - timedelta(days=1)
    for price in (500, 900, 20_000, 40_000):
        make_stock_level(sku=make_sku(price_minor=price), on_hand=500)
    for _ in range(FEWEST_FOR_USUAL):
        make_order(goods_minor=5_000, total_minor=5_000, placed_at=at)
    manager = make_staff()
    n_held = place_risky(at=at, manager=manager)
    planted = Order.objects.filter(note__startswith=NOTE)
    assert planted.count() == len(CASES) + sum(case.failed_before for case in CASES)
    held = RiskAssessment.objects.filter(is_held=True).select_related("order")
    assert {row.order.note.removeprefix(f"{NOTE}: ") for row in held} == {
        "one device, many names",
        "dear goods, throw-away address",
        "payments that fail until one works",
        "a school buys for a class",
    }
    assert n_held == 4
    # One of them was decided on already.
    assert RiskAssessment.objects.waiting().count() == 3
    assert Order.objects.filter(status="cancelled").count() == 1


def test_an_empty_shop_plants_nothing() -> None:
    assert place_risky(at=timezone.now(), manager=make_staff()) == 0
    assert not Order.objects.exists()
