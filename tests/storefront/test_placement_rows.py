"""Rows of chosen products on the shop's pages."""

import re
from typing import Any

import pytest
from django.test import Client

from catalog.models import Product
from catalog.services import indexing
from catalog.services.versions import forget_catalogue_version
from customers.models import User
from customers.services.consents import record_consents
from recommendations.models import Placement, PlacementRecommender
from recommendations.services import keeping
from tests.factories import make_category, make_user
from tests.recommendations.factories import make_product_to_sell, make_similar
from tests.recommendations.test_placements import buy

pytestmark = pytest.mark.django_db


def rows(client: Client, path: str = "/en/") -> dict[str, list[str]]:
    """Names of products by row, as they stand on a page."""
    page = client.get(path).content.decode()
    found = re.findall(r'<section class="row" data-row="([^"]+)">(.*?)</section>', page, re.DOTALL)
    return {
        row: [name.strip() for name in re.findall(r'"card__name">([^<]*)<', html)]
        for row, html in found
    }


def look_at(client: Client, *products: Product) -> None:
    for product in products:
        client.get(f"/en/products/{product.slug}/")


def make_lamps() -> tuple[Product, list[Product]]:
    lamp = make_product_to_sell(name_en="Lamp", slug="lamp")
    near = [make_product_to_sell(name_en=f"Bulb {number}") for number in range(3)]
    for each in near:
        make_similar(lamp, each)
    return lamp, near


def test_the_front_page_answers_to_the_first_click_of_who_allows_it(client: Client) -> None:
    lamp, _near = make_lamps()
    client.cookies["consent"] = "-p"
    assert "home.guess_you_like" not in rows(client)
    look_at(client, lamp)
    assert rows(client)["home.guess_you_like"][:3] == ["Bulb 0", "Bulb 1", "Bulb 2"]
    page = client.get("/en/").content.decode()
    assert "Because you looked at “Lamp”." in page
    assert 'data-placement="home.guess_you_like" data-position="1" data-source="' in page
    client.cookies["consent"] = "-"
    assert "home.guess_you_like" not in rows(client)


def test_three_customers_and_somebody_unknown_see_different_rows(client: Client) -> None:
    lamp, _near = make_lamps()
    tea, milk = (make_product_to_sell(name_en=name) for name in ("Tea", "Milk"))
    people: list[User] = []
    for basket in ([lamp], [tea, milk], []):
        person = make_user()
        record_consents(user=person, wanted={"personalisation": True})
        for days_ago in (40, 20) if basket else ():
            buy(person, *basket, days_ago=days_ago)
        people.append(person)
    seen = []
    for person in people:
        client.force_login(person)
        seen.append(rows(client))
    assert seen[0]["home.guess_you_like"][:3] == ["Bulb 0", "Bulb 1", "Bulb 2"]
    assert sorted(seen[1]["home.buy_again"]) == ["Milk", "Tea"]
    assert seen[2] == rows(Client()) == {}


def test_the_account_offers_what_was_bought_before(client: Client) -> None:
    person = make_user()
    record_consents(user=person, wanted={"personalisation": True})
    products = [make_product_to_sell(name_en=name) for name in ("Tea", "Milk")]
    buy(person, *products, days_ago=20)
    client.force_login(person)
    assert sorted(rows(client, "/en/account/")["home.buy_again"]) == ["Milk", "Tea"]


def test_the_rows_of_a_product_do_not_repeat_each_other(client: Client) -> None:
    cups, trays = make_category(), make_category()
    cup = make_product_to_sell(slug="cup", category=cups)
    for number in range(4):
        make_similar(cup, make_product_to_sell(name_en=f"Tray {number}", category=trays))
        make_similar(cup, make_product_to_sell(name_en=f"Cup {number}", category=cups))
    found = rows(client, "/en/products/cup/")
    assert found["product.goes_with"] == [f"Tray {number}" for number in range(4)]
    assert found["product.similar"][:4] == [f"Cup {number}" for number in range(4)]
    assert not set(found["product.goes_with"]) & set(found["product.similar"])


def make_shelf() -> tuple[Product, list[Product]]:
    """A category of ten by sales, of which one other speaks for the seventh."""
    category = make_category(slug="cups")
    shelf = [
        make_product_to_sell(
            name_en=f"Cup {number}", category=category, units_sold_30_days=90 - number
        )
        for number in range(10)
    ]
    lamp = make_product_to_sell(slug="lamp", name_en="Lamp")
    make_similar(lamp, shelf[6])
    indexing.reindex_all()
    return lamp, shelf


def names(client: Client, path: str, **query: Any) -> list[str]:
    page = client.get(path, query).content.decode()
    return [name.strip() for name in re.findall(r'"card__name">([^<]*)<', page) if "Cup" in name]


def switch_on(code: str) -> None:
    Placement.objects.filter(code=code).update(is_on=True)
    placement = Placement.objects.get(code=code)
    PlacementRecommender.objects.create(placement=placement, recommender="similar", weight=1.0)
    keeping.forget()


@pytest.mark.parametrize(
    ("code", "path", "query"),
    [
        ("category.order", "/en/categories/cups/", {}),
        ("search.rerank", "/en/search/", {"q": "cup"}),
    ],
)
def test_a_list_leans_to_its_visitor_only_where_that_is_switched_on(
    client: Client, code: str, path: str, query: dict[str, str]
) -> None:
    lamp, _shelf = make_shelf()
    client.cookies["consent"] = "-p"
    look_at(client, lamp)
    usual = names(client, path, **query)
    assert len(usual) == 10
    at = usual.index("Cup 6")
    switch_on(code)
    forget_catalogue_version()
    own = names(client, path, **query)
    assert sorted(own) == sorted(usual)
    assert own.index("Cup 6") == max(at - 4, 0)
    # Nobody else's list changes, nor one that the visitor ordered.
    assert names(Client(), path, **query) == usual
    by_price = {**query, "sort": "price"}
    assert names(client, path, **by_price) == names(Client(), path, **by_price)
