"""Recommendations for front ends of others."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from customers.services.consents import record_consents
from tests.factories import make_order, make_sku, make_user
from tests.recommendations.factories import make_product_to_sell, make_similar

pytestmark = pytest.mark.django_db


def ask(client: Client, expect: int = 200, language: str = "en", **query: Any) -> dict[str, Any]:
    answer = client.get(
        reverse("api:recommendation-list"), query, headers={"accept-language": language}
    )
    assert answer.status_code == expect, answer.content
    told: dict[str, Any] = answer.json()
    return told


def codes(told: dict[str, Any]) -> list[str]:
    return [each["product"]["code"] for each in told["results"]]


def test_an_anonymous_visit_is_told_by_codes_and_answered_with_reasons(client: Client) -> None:
    lamp = make_product_to_sell(code="LAMP", name_en="Lamp", name_zh_hans="台灯")
    for number in range(3):
        make_similar(lamp, make_product_to_sell(code=f"BULB-{number}"))
    told = ask(client, placement="home.guess_you_like", viewed=["LAMP", "NO-SUCH"])
    assert codes(told) == ["BULB-0", "BULB-1", "BULB-2"]
    assert told["title"] == "You may like"
    first = told["results"][0]
    assert (first["position"], first["reason"]) == (1, "because_viewed")
    assert first["sentence"] == "Because you looked at “Lamp”."
    assert first["source"] == told["served_by"] == "branch:similar"
    chinese = ask(client, language="zh-hans", placement="home.guess_you_like", viewed=["LAMP"])
    assert chinese["results"][0]["sentence"] == "因为您看过“台灯”。"


def test_a_product_page_and_a_cart_are_served_without_any_visitor(client: Client) -> None:
    cup, tray = make_product_to_sell(code="CUP"), make_product_to_sell(code="TRAY")
    make_similar(cup, tray)
    assert codes(ask(client, placement="product.similar", product="CUP")) == ["TRAY"]
    assert codes(ask(client, placement="cart.complement", cart=["CUP"], size=1)) == ["TRAY"]


def test_orders_speak_only_for_who_placed_them_and_allows_it(client: Client) -> None:
    owner, other = make_user(), make_user()
    tea, milk = make_product_to_sell(code="TEA"), make_product_to_sell(code="MILK")
    make_order(customer=owner, lines={make_sku(product=tea): 1, make_sku(product=milk): 1})
    query: dict[str, Any] = {"placement": "home.buy_again"}
    assert codes(ask(client, **query)) == []
    for person, allows, expected in (
        (owner, False, []),
        (owner, True, ["MILK", "TEA"]),
        (other, True, []),
    ):
        record_consents(user=person, wanted={"personalisation": allows})
        client.force_login(person)
        assert sorted(codes(ask(client, **query))) == expected
        refused = client.get(
            reverse("api:recommendation-list"), query, headers={"sec-gpc": "1"}
        ).json()
        assert codes(refused) == []


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"placement": "nowhere"},
        {"placement": "search.rerank"},
        {"placement": "home.trending", "size": "0"},
        {"placement": "home.trending", "size": "1e3"},
        {"placement": "home.trending", "visitor": "me"},
        {"placement": "home.trending", "customer": "7"},
        {"placement": "home.trending", "viewed": ["X"] * 31},
        {"placement": "product.similar", "product": "\x00" * 70},
    ],
)
def test_nonsense_is_refused(client: Client, query: dict[str, Any]) -> None:
    ask(client, expect=400, **query)


def test_an_answer_is_kept_by_nobody_and_costs_the_same_whatever_was_looked_at(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    products = [make_product_to_sell(code=f"P-{number}") for number in range(30)]
    for place, product in enumerate(products):
        make_similar(product, products[(place + 1) % 30])
    query: dict[str, Any] = {
        "placement": "home.guess_you_like",
        "viewed": [p.code for p in products[:20]],
    }
    ask(client, **query)
    # Codes, neighbours, what rules ask, cards, and products with their photos.
    with django_assert_max_num_queries(7):
        ask(client, **query)
    answer = client.get(reverse("api:recommendation-list"), query)
    assert answer.headers["Cache-Control"] == "private, no-store"
