"""What visitors may send: how often, how much, and to which addresses."""

import threading
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from ecomsite.throttling import Throttle
from inventory.models import StockAlert
from orders.models import ReturnRequest
from storefront.limits import is_too_often
from storefront.views import orders, reviews
from support.models import Review
from tests.factories import make_product, make_stock_level, make_user
from tests.storefront.test_account_orders import ask_to_return, sent_order


def test_a_limit_holds_for_attempts_at_the_same_moment() -> None:
    request, together = RequestFactory().post("/"), threading.Barrier(16)
    refused: list[bool] = []

    def attempt() -> None:
        together.wait()
        refused.append(is_too_often(request, form="same-moment", rate="3/hour"))

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused.count(False) == 3


def test_whoever_asks_the_api_too_often_hears_when_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Throttle, "THROTTLE_RATES", {"narrow": "2/minute"})
    request: Any = RequestFactory().get("/")
    request.user = None
    view: Any = type("View", (), {"throttle_scope": "narrow"})()
    throttles = [Throttle() for _ in range(3)]
    assert [throttle.allow_request(request, view) for throttle in throttles] == [True, True, False]
    assert 1 <= throttles[-1].wait() <= 60


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "orders/a%00b/",
        "orders/a%00b/payment/",
        "orders/a%00b/thanks/",
        "orders/ZG1/documents/a%00b/",
        "stock-alerts/a%00b/",
        f"stock-alerts/{'a' * 41}/",
    ],
)
def test_what_can_name_nothing_is_not_found(client: Client, address: str) -> None:
    assert client.get(f"/en/{address}").status_code == 404


@pytest.mark.django_db
def test_one_click_of_a_mail_program_is_answered_without_a_redirect(client: Client) -> None:
    alert = StockAlert.objects.create(
        sku=make_stock_level(on_hand=0).sku, email="wang@example.org", language="en"
    )
    answer = client.post(alert.get_absolute_url(), {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert StockAlert.objects.get().state == "cancelled"


@pytest.mark.django_db
def test_too_many_photos_are_refused_before_any_is_read(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[object] = []
    monkeypatch.setattr(reviews, "read_upload", read.append)
    make_product(slug="cup")
    client.force_login(make_user())
    photos = [SimpleUploadedFile(f"{number}.png", b"x") for number in range(90)]
    answer = client.post(
        "/en/products/cup/reviews/own/", {"stars": "5", "text": "Good.", "photos": photos}
    )
    assert answer.status_code == 422
    assert "A review has at most 4 photos." in answer.content.decode()
    assert read == []
    assert Review.objects.count() == 0


@pytest.mark.django_db
def test_returns_are_not_asked_for_by_machines(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orders, "RETURN_RATE", "1/hour")
    customer = make_user(language="en")
    client.force_login(customer)
    order = sent_order(customer)
    assert [ask_to_return(client, order).status_code for _ in range(2)] == [302, 429]
    assert ReturnRequest.objects.count() == 1
