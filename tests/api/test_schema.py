"""The schema is complete, and the API does what it says: asked by guest, customer and staff."""

import random
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.cache import cache
from django.core.management import call_command
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ecomsite.api.scopes import SCOPES
from ecomsite.api.services.tokens import issue_token
from ecomsite.throttling import Throttle
from ecomsite.wsgi import application
from inventory.models import StockCount
from inventory.services import counting, transfers
from tests.factories import (
    make_category,
    make_model_version,
    make_offer,
    make_product,
    make_review,
    make_sku,
    make_staff,
    make_stock_level,
    make_user,
    make_warehouse,
)
from tests.inventory.factories import make_forecast, make_purchase_order
from tests.orders.factories import place

pytestmark = pytest.mark.django_db

EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Thousands of requests a minute are what this test is."""
    rates = dict.fromkeys(Throttle.THROTTLE_RATES, "1000000/minute")
    monkeypatch.setattr(Throttle, "THROTTLE_RATES", rates)
    # Requests of the real application end the connection, and the test's transaction with it.
    for moment in (request_started, request_finished):
        moment.disconnect(close_old_connections)
    yield
    for moment in (request_started, request_finished):
        moment.connect(close_old_connections)
    cache.clear()


def read_schema() -> dict[str, Any]:
    told: dict[str, Any] = Client().get(reverse("api:schema"), {"format": "json"}).json()
    return told


def operations(schema: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def test_the_schema_is_made_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_every_operation_says_who_may_what_goes_wrong_and_how_it_is_repeated() -> None:
    schema = read_schema()
    keyed = set()
    for path, method, operation in operations(schema):
        assert {"400", "401", "403", "404", "429", "500"} <= set(operation["responses"]), path
        assert operation["security"], path
        headers = {one["name"]: one for one in operation["parameters"] if one["in"] == "header"}
        if headers.get("Idempotency-Key", {}).get("required"):
            keyed.add((path, method))
        if method != "get":
            assert {"409", "413", "415"} <= set(operation["responses"]), path
    assert keyed == {
        ("/api/v1/orders/", "post"),
        ("/api/v1/orders/{number}/returns/", "post"),
        ("/api/v1/staff/stock-movements/", "post"),
        ("/api/v1/staff/stock-transfers/", "post"),
        ("/api/v1/staff/stock-counts/{number}/lines/", "post"),
        ("/api/v1/staff/purchase-orders/{number}/receipts/", "post"),
        ("/api/v1/staff/orders/{number}/shipments/", "post"),
        ("/api/v1/staff/orders/{number}/refunds/", "post"),
    }


@pytest.mark.usefixtures("_unlimited")
@pytest.mark.parametrize("who", ["guest", "customer", "staff"])
def test_the_api_does_what_its_schema_says(who: str) -> None:
    known = make_shop()
    # It does not unpack answers.
    headers = {"Accept-Encoding": "identity"}
    if who != "guest":
        person = known["customer"] if who == "customer" else make_staff(is_superuser=True)
        scopes = ["shop"] if who == "customer" else list(SCOPES)
        issued = issue_token(name=who, user=person, scopes=scopes)
        headers["Authorization"] = f"Bearer {issued.secret}"
    schema = schemathesis.openapi.from_wsgi(reverse("api:schema"), application)
    asked, faults = 0, []
    for found in schema.get_all_operations():
        try:
            asked += ask(found.ok(), headers, known)  # type: ignore[union-attr]  # raises otherwise
        except FailureGroup as failure:
            faults += [str(fault) for fault in failure.exceptions]
    assert faults == []
    assert asked >= 250


def ask(operation: Any, headers: dict[str, str], known: dict[str, Any]) -> int:
    """Send examples, half of them about what is there; returns how many."""
    asked = 0
    about_known = random.Random(0)  # noqa: S311  # for examples

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def run(case: Any) -> None:
        nonlocal asked
        if case.path_parameters and about_known.random() < 0.5:
            case.path_parameters = {
                name: known_part(operation.path, name, known) for name in case.path_parameters
            }
        asked += 1
        case.call_and_validate(headers=headers, checks=CHECKS)

    run()
    return asked


def known_part(path: str, name: str, known: dict[str, Any]) -> Any:
    if name == "number":
        papers = ("purchase_order", "stock_transfer", "stock_count")
        return known[next((one for one in papers if one.replace("_", "-") in path), "order")]
    if name == "key":
        return known["line" if "cart" in path else "version"]
    return known[name]


def make_shop() -> dict[str, Any]:
    """Something of everything that the API tells of."""
    customer = make_user()
    category = make_category(slug="cups")
    product = make_product(code="CUP", slug="cup", category=category)
    sku = make_sku(code="CUP-1", product=product)
    make_stock_level(sku=sku, on_hand=100)
    make_review(product=product)
    make_forecast(sku=sku)
    order = place({sku: 2}, customer=customer)
    purchase = make_purchase_order(lines={make_offer(sku=make_sku()): 5})
    version = make_model_version(status="rejected")
    staff = make_staff()
    transfer = transfers.draft_transfer(
        source=purchase.warehouse, target=make_warehouse(), user=staff
    )
    transfers.set_line(transfer, sku=sku, quantity=3)
    count = counting.start_count(
        kind=StockCount.Kind.FULL, warehouse=purchase.warehouse, user=staff
    )
    return {
        "customer": customer,
        "code": "CUP",
        "order": order.number,
        "purchase_order": purchase.number,
        "stock_transfer": transfer.number,
        "stock_count": count.number,
        "version": version.pk,
        "line": 1,
    }
