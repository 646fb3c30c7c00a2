"""Telling customers that something is back."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks

from catalog.models import Product, Sku
from inventory.errors import UnusableAddressError
from inventory.models import StockAlert
from inventory.services import alerts, stock
from inventory.services.stock import StockRequest
from outbox.models import Email
from tests.factories import make_product, make_sku, make_stock_level, make_user, make_warehouse

pytestmark = pytest.mark.django_db


def make_sold_out_sku(**fields: Any) -> Sku:
    product = make_product(name_en="Blue cup", name_zh_hans="蓝色杯子", slug="blue-cup")
    sku = make_sku(product=product, **fields)
    make_stock_level(sku=sku, on_hand=2, reserved=2)
    return sku


def ask(sku: Sku, email: str = "wang@example.org", language: str = "en") -> None:
    alerts.ask_for_alert(sku=sku, email=email, language=language)


def restock(sku: Sku, quantity: int = 5) -> None:
    stock.receive_stock(sku_id=sku.pk, quantity=quantity, key=f"receipt:{sku.pk}:{quantity}")


def test_asking_twice_is_asking_once_whatever_the_letters_case() -> None:
    sku = make_sold_out_sku()
    ask(sku)
    ask(sku, " WANG@Example.org ")
    assert list(StockAlert.objects.values_list("email", "state")) == [
        ("wang@example.org", "waiting")
    ]


@pytest.mark.parametrize(
    "address", ["", "wang", "a@b", "wang@example.org\x00", "a@example.org\nBcc: b@example.org"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    sku = make_sold_out_sku()
    with pytest.raises(UnusableAddressError):
        ask(sku, address)
    assert StockAlert.objects.count() == 0


def test_one_address_cannot_be_made_to_wait_for_the_whole_shop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alerts, "MAX_PER_ADDRESS", 2)
    for _number in range(4):
        ask(make_sku())
    assert StockAlert.objects.count() == 2


def test_letters_that_were_sent_count_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "MAX_PER_ADDRESS", 1)
    sku, other = make_sold_out_sku(), make_sku()
    ask(sku)
    restock(sku)
    assert alerts.send_alerts(sku_id=sku.pk) == 1
    ask(other)
    assert StockAlert.objects.waiting().count() == 0
    StockAlert.objects.update(created_at=timezone.now() - timedelta(hours=25))
    ask(other)
    assert StockAlert.objects.waiting().get().sku == other


def test_what_can_be_bought_is_nothing_to_wait_for() -> None:
    sku = make_stock_level(on_hand=1).sku
    ask(sku)
    assert StockAlert.objects.count() == 0


def test_units_in_another_warehouse_cannot_be_bought_and_announce_nothing() -> None:
    sku = make_sold_out_sku()
    make_stock_level(sku=sku, on_hand=5, warehouse=make_warehouse())
    ask(sku)
    assert alerts.send_alerts(sku_id=sku.pk) == 0
    assert StockAlert.objects.get().state == "waiting"


def test_nobody_is_told_while_it_is_sold_out() -> None:
    sku = make_sold_out_sku()
    ask(sku)
    assert alerts.send_alerts(sku_id=sku.pk) == 0
    assert Email.objects.count() == 0
    assert StockAlert.objects.get().state == "waiting"


def test_each_is_told_once_in_their_own_language() -> None:
    sku = make_sold_out_sku(name_en="Large", name_zh_hans="大号")
    ask(sku)
    ask(sku, "li@example.org", "zh-hans")
    restock(sku)
    assert alerts.send_alerts(sku_id=sku.pk) == 2
    assert alerts.send_alerts(sku_id=sku.pk) == 0
    english = Email.objects.get(to="wang@example.org")
    chinese = Email.objects.get(to="li@example.org")
    assert english.subject == "Blue cup is back in stock"
    assert "Blue cup · Large" in english.text
    assert "/en/products/blue-cup/" in english.text
    assert chinese.subject == "蓝色杯子到货了"
    assert "蓝色杯子 · 大号" in chinese.text
    assert "/zh-hans/products/blue-cup/" in chinese.text
    assert set(StockAlert.objects.values_list("state", flat=True)) == {"sent"}
    assert english.headers["List-Unsubscribe"].endswith(
        f"{StockAlert.objects.get(email='wang@example.org').token}/>"
    )


def test_goods_that_come_in_have_those_told_who_wait(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(alerts, "send_on_commit", lambda *message, **_: sent.append(message))
    sku, other = make_sold_out_sku(), make_sku()
    ask(sku)
    with django_capture_on_commit_callbacks(execute=True):
        restock(other)
    assert sent == []
    with django_capture_on_commit_callbacks(execute=True):
        restock(sku)
    assert sent == [("inventory.send_stock_alerts", sku.pk)]


def test_a_cart_that_lets_go_has_those_told_who_wait(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(alerts, "send_on_commit", lambda *message, **_: sent.append(message))
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=1)
    stock.reserve_stock([StockRequest(sku.pk, 1)], owner="cart:1")
    ask(sku)
    with django_capture_on_commit_callbacks(execute=True):
        stock.release_stock(owner="cart:1")
    assert sent == [("inventory.send_stock_alerts", sku.pk)]


@pytest.mark.parametrize("gone", ["withdrawn", "not for sale"])
def test_what_cannot_be_bought_is_not_announced(gone: str) -> None:
    sku = make_sold_out_sku()
    ask(sku)
    restock(sku)
    if gone == "withdrawn":
        Product.objects.update(status=Product.Status.WITHDRAWN)
    else:
        Sku.objects.update(is_active=False)
    assert alerts.send_alerts(sku_id=sku.pk) == 0
    assert StockAlert.objects.get().state == "waiting"


def test_the_sweep_finds_what_a_lost_job_left(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(alerts, "send_on_commit", lambda *message, **_: sent.append(message))
    sku, still_gone = make_sold_out_sku(), make_sku()
    ask(sku)
    ask(sku, "li@example.org")
    ask(still_gone)
    restock(sku)
    assert alerts.sweep_alerts(now=timezone.now()) == 1
    assert sent == [("inventory.send_stock_alerts", sku.pk)]


def test_the_token_calls_off_all_that_its_address_waits_for_and_nothing_else() -> None:
    sku, other = make_sold_out_sku(), make_sku()
    ask(sku)
    ask(other)
    ask(sku, "li@example.org")
    token = StockAlert.objects.get(sku=sku, email="wang@example.org").token
    assert alerts.cancel_alerts(token="no such token") == 0
    assert alerts.cancel_alerts(token=token) == 2
    assert alerts.cancel_alerts(token=token) == 0
    assert StockAlert.objects.waiting().get().email == "li@example.org"
    restock(sku)
    alerts.send_alerts(sku_id=sku.pk)
    assert list(Email.objects.values_list("to", flat=True)) == ["li@example.org"]


def test_one_may_ask_again_after_a_letter() -> None:
    sku = make_sold_out_sku()
    ask(sku)
    restock(sku)
    alerts.send_alerts(sku_id=sku.pk)
    stock.reserve_stock([StockRequest(sku.pk, 5)], owner="cart:1")
    ask(sku)
    assert sorted(StockAlert.objects.values_list("state", flat=True)) == ["sent", "waiting"]


def test_addresses_are_forgotten_a_month_after_the_letter() -> None:
    sku = make_sold_out_sku()
    ask(sku)
    restock(sku)
    alerts.send_alerts(sku_id=sku.pk)
    alerts.sweep_alerts(now=timezone.now() + timedelta(days=29))
    assert StockAlert.objects.count() == 1
    alerts.sweep_alerts(now=timezone.now() + timedelta(days=31))
    assert StockAlert.objects.count() == 0


def test_an_alert_goes_with_the_account_that_asked() -> None:
    sku, customer = make_sold_out_sku(), make_user()
    alerts.ask_for_alert(sku=sku, email="wang@example.org", language="en", user=customer)
    customer.delete()
    assert StockAlert.objects.count() == 0
