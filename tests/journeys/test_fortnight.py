"""A shop brings its history and buys by the machine's drafts for two weeks; then it is told what
that was worth."""

import csv
import io
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import time_machine
from django.core.management import call_command
from django.db.models import Sum
from django.test import Client
from django.urls import reverse

from catalog.models import Sku
from inventory.models import (
    PurchaseLineScore,
    PurchaseOrder,
    PurchaseOrderLine,
    StockLevel,
    StockMovement,
    Supplier,
)
from inventory.services import purchasing
from inventory.services.assumptions import assume_stock
from inventory.services.demand import Demand, record_demand
from inventory.services.purchasing import Arrival
from inventory.services.stock import Movement, record_movement
from learning.models import Decision
from outbox.models import Email
from tests.factories import make_staff
from tests.orders.algorithms.retail_files import make_file, make_line

pytestmark = pytest.mark.django_db

LAST_DAY = date(2026, 3, 1)
N_SKUS, N_DAYS, A_FORTNIGHT = 24, 150, 14


def wanted(rng: np.random.Generator, place: int, day: date) -> int:
    """Units that customers want; Fridays are busy, and later SKUs sell less."""
    return int(rng.poisson(6.0 / (1 + place / 3) * (1.8 if day.weekday() == 4 else 0.9)))


def history(rng: np.random.Generator) -> Iterator[str]:
    for back in reversed(range(N_DAYS)):
        day = LAST_DAY - timedelta(days=back)
        for place in range(N_SKUS):
            if units := wanted(rng, place, day):
                yield make_line(
                    f"{600000 + back * 8 + place % 8}",
                    code=f"{20000 + place}",
                    description=f"THING {place}",
                    quantity=units,
                    date=f"{day} {10 + place % 8}:00:00",
                    price="19.90",
                    customer=str(17000 + (back + place % 8) % 40),
                )


def at(day: date, hour: int) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def buy(buyer: Any) -> int:
    """The buyer's morning: approve every draft, and bring it to who has no address."""
    drafts = list(PurchaseOrder.objects.drafts().order_by("pk"))
    for order in drafts:
        purchasing.approve_purchase_order(order, user=buyer)
        if order.supplier.email:
            purchasing.send_by_email(order, user=buyer)
            purchasing.acknowledge_purchase_order(order, user=buyer, reference=f"R{order.pk}")
        else:
            purchasing.send_purchase_order(order, user=buyer)
    return len(drafts)


def take_deliveries(day: date, buyer: Any) -> None:
    """What should be here is here; of every third order a unit is broken."""
    due = PurchaseOrder.objects.with_supplier().filter(expected_on__lte=day).order_by("pk")
    for order in list(due):
        broken = order.pk % 3 == 0
        arrivals = [
            Arrival(line.pk, line.quantity - broken, damaged=int(broken))
            for line in order.lines.awaited()
        ]
        purchasing.receive_goods(order, arrivals=arrivals, key=f"delivery:{order.pk}", user=buyer)


def sell(rng: np.random.Generator, day: date) -> None:
    for place, sku in enumerate(Sku.objects.order_by("code")):
        asked = wanted(rng, place, day)
        if not asked:
            continue
        there = StockLevel.objects.filter(sku=sku).aggregate(units=Sum("on_hand"))["units"] or 0
        filled = min(asked, there)
        key = f"sale:{sku.pk}:{day}"
        if filled:
            record_movement(
                Movement(sku_id=sku.pk, quantity=-filled, kind=StockMovement.Kind.ISSUE, key=key)
            )
        record_demand(
            [
                Demand(
                    sku_id=sku.pk,
                    day=day,
                    units_requested=asked,
                    units_filled=filled,
                    unit_price_minor=1990,
                    key=key,
                )
            ]
        )


def operate(day: date) -> None:
    call_command("operate", as_of=day, stdout=io.StringIO())


def test_two_weeks_of_buying_by_the_drafts_are_scored(tmp_path: Path, client: Client) -> None:
    rng, buyer = np.random.default_rng(7), make_staff(is_superuser=True)
    with time_machine.travel(at(LAST_DAY + timedelta(days=1), 2), tick=False):
        path = make_file(tmp_path, *history(rng))
        call_command("import_orders", str(path), "--format", "online-retail", stdout=io.StringIO())
        operate(LAST_DAY)
        assume_stock(as_of=LAST_DAY)
        operate(LAST_DAY)
    Supplier.objects.filter(code="assumed-2").update(email="orders@example.org", language="en")
    bought = 0
    for number in range(1, A_FORTNIGHT + 1):
        day = LAST_DAY + timedelta(days=number)
        with time_machine.travel(at(day, 8), tick=False):
            bought += buy(buyer)
            take_deliveries(day, buyer)
            sell(rng, day)
        with time_machine.travel(at(day, 20), tick=False):
            operate(day)

    assert bought > 4
    received = PurchaseOrder.objects.filter(status=PurchaseOrder.Status.RECEIVED)
    assert received.exists()
    assert Email.objects.filter(kind="purchase_order").exists()
    for action in ("approve", "send", "acknowledge", "receive"):
        assert Decision.objects.filter(action=action, user=buyer).exists()
    for level in StockLevel.objects.all():
        moved = StockMovement.objects.filter(sku=level.sku, warehouse=level.warehouse)
        assert moved.aggregate(units=Sum("quantity"))["units"] == level.on_hand

    arrived = PurchaseOrderLine.objects.filter(order__in=received)
    on_receipt = PurchaseLineScore.objects.filter(stage="received")
    assert set(on_receipt.values_list("line", flat=True)) == set(
        arrived.values_list("pk", flat=True)
    )
    covered = PurchaseLineScore.objects.filter(stage="covered")
    assert covered.exists()
    before = list(PurchaseLineScore.objects.order_by("pk").values())
    operate(LAST_DAY + timedelta(days=A_FORTNIGHT))
    assert list(PurchaseLineScore.objects.order_by("pk").values()) == before

    client.force_login(buyer)
    page = client.get(
        reverse("admin:inventory_purchaselinescore_changelist"), headers={"accept-language": "en"}
    )
    assert page.context["score_page"].months
    assert "against the habit" in page.content.decode() or "than the habit" in page.content.decode()
    export = client.get(reverse("admin:inventory_purchaselinescore_export"))
    content = b"".join(export.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.DictReader(io.StringIO(content)))
    assert len(rows) == len(before)
    total = covered.aggregate(saved=Sum("saved_minor"))["saved"]
    assert round(100 * sum(float(row["saved"]) for row in rows)) == total
