"""Prices for integrations."""

from typing import Any

import pytest
from django.urls import reverse

from catalog.models import Sku
from tests.api.factories import make_client, make_staff_client
from tests.backoffice.test_price_pages import make_plan, make_prediction
from tests.factories import make_brand, make_product, make_sku, make_staff, make_stock_level
from tests.inventory.factories import make_forecast
from tests.inventory.test_prices import learn, make_price_history, make_suggestion

pytestmark = pytest.mark.django_db


def decide(client: Any, name: str, key: int, **body: Any) -> Any:
    return client.post(
        reverse(f"api:{name}-decide", args=[key]), body, content_type="application/json"
    )


def test_a_suggestion_is_read_and_followed() -> None:
    client = make_staff_client("prices:read", "prices:write")
    suggestion = make_suggestion()
    told = client.get(reverse("api:price-suggestion-list"), {"status": "proposed"}).json()
    assert [(row["sku"], row["price_minor"]) for row in told["results"]] == [
        (suggestion.sku.code, 1_800)
    ]
    done = decide(client, "price-suggestion", suggestion.pk, decision="accept")
    assert (done.status_code, done.json()["applied_price_minor"]) == (200, 1_800)
    assert Sku.objects.get().price_minor == 1_800
    again = decide(client, "price-suggestion", suggestion.pk, decision="reject")
    assert (again.status_code, again.json()["code"]) == (409, "already_reviewed")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"decision": "burn"},
        {"decision": "correct"},
        {"decision": "accept", "price_minor": 5},
        {"decision": "correct", "price_minor": "1900"},
        {"decision": "correct", "price_minor": 0},
        {"decision": "correct", "price_minor": 1.5},
        {"decision": "correct", "price_minor": 10**13},
        {"decision": "accept", "reason": "x" * 501},
        {"decision": "accept", "other": 1},
    ],
)
def test_what_is_no_decision_changes_nothing(body: dict[str, Any]) -> None:
    suggestion = make_suggestion()
    answer = decide(make_staff_client(), "price-suggestion", suggestion.pk, **body)
    assert answer.status_code == 400
    assert Sku.objects.get().price_minor == 2_000
    suggestion.refresh_from_db()
    assert suggestion.status == "proposed"


def test_a_price_below_cost_is_refused_by_name() -> None:
    suggestion = make_suggestion()
    answer = decide(
        make_staff_client(), "price-suggestion", suggestion.pk, decision="correct", price_minor=700
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "price_out_of_bounds")


def test_a_token_for_reading_decides_nothing() -> None:
    suggestion = make_suggestion()
    client = make_staff_client("prices:read")
    assert decide(client, "price-suggestion", suggestion.pk, decision="accept").status_code == 403
    stranger = make_client(make_staff(), "prices:read", "prices:write")
    assert stranger.get(reverse("api:price-suggestion-list")).status_code == 403
    assert decide(stranger, "price-suggestion", suggestion.pk, decision="accept").status_code == 403
    assert Sku.objects.get().price_minor == 2_000


def test_advice_says_why_there_is_none() -> None:
    client = make_staff_client("prices:read")
    lone = make_sku()
    address = reverse("api:price-advice", args=[lone.code])
    assert client.get(address).json()["reason"] == "Nothing has been learned about prices yet."
    skus = make_price_history()
    learn()
    assert client.get(address).json()["reason"] == "It was never sold at a price."
    told = client.get(reverse("api:price-advice", args=[skus[0].code])).json()
    assert (told["price_minor"], told["reason"]) == (1_600, "")
    assert client.get(reverse("api:price-advice", args=["NOTHING"])).status_code == 404


def test_a_prediction_and_a_plan_are_decided_on() -> None:
    client = make_staff_client()
    prediction, plan = make_prediction(), make_plan()
    done = decide(client, "price-prediction", prediction.pk, decision="correct", price_minor=1_600)
    assert (done.status_code, done.json()["status"]) == (200, "corrected")
    assert Sku.objects.get(pk=prediction.sku_id).price_minor == 1_600
    running = decide(client, "markdown-plan", plan.pk, decision="correct", most_cut_percent=20)
    assert (running.json()["status"], running.json()["state"]) == ("corrected", "running")
    assert min(step["price_minor"] for step in running.json()["steps"]) == 4_000
    stopped = decide(client, "markdown-plan", plan.pk, decision="stop")
    assert stopped.json()["state"] == "stopped"
    again = decide(client, "markdown-plan", plan.pk, decision="stop")
    assert (again.status_code, again.json()["code"]) == (409, "not_running")
    for name in ("price-prediction-list", "markdown-plan-list"):
        assert len(client.get(reverse(f"api:{name}")).json()["results"]) == 1


def test_the_buyers_question_is_answered() -> None:
    client = make_staff_client("prices:read")
    brands = [make_brand(slug=slug) for slug in ("acme", "zenith", "other")]
    for code, brand, price, stock, expected in (
        ("FITS", 0, 1_500, 20, 50.0),
        ("FITS-TOO", 1, 1_500, 20, 50.0),
        ("BRAND", 2, 1_500, 20, 50.0),
        ("DEAR", 0, 9_900, 20, 50.0),
        ("SLOW", 0, 1_500, 20, 1.0),
        ("FULL", 0, 1_500, 900, 50.0),
    ):
        sku = make_sku(code=code, product=make_product(brand=brands[brand]), price_minor=price)
        make_stock_level(sku=sku, on_hand=stock)
        make_forecast(sku=sku, units=expected)
    address = reverse("api:priced-sku-list")
    question = {
        "price_from": "1000",
        "price_to": "2000",
        "stock_from": "1",
        "stock_to": "100",
        "brand": "acme,zenith",
        "expected_from": "10",
    }
    told = client.get(address, question).json()
    assert sorted(row["code"] for row in told["results"]) == ["FITS", "FITS-TOO"]
    assert told["results"][0]["units_left"] == 20
    first = client.get(address, {**question, "size": "1"}).json()
    rest = client.get(address, {**question, "size": "1", "cursor": first["next_cursor"]}).json()
    assert {first["results"][0]["code"], rest["results"][0]["code"]} == {"FITS", "FITS-TOO"}
    for wrong in ({"price_from": "NaN"}, {"stock_to": "-1"}, {"colour": "red"}, {"size": "0"}):
        assert client.get(address, wrong).status_code == 400
