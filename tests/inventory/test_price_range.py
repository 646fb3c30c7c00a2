"""The buyer's question: price, stock and brand in a range, and it will sell."""

from typing import Any

import pytest

from catalog.models import Brand, Sku
from inventory.services.price_range import RangeQuestion, find_in_range
from tests.factories import (
    make_brand,
    make_product,
    make_sku,
    make_stock_level,
    make_warehouse,
)
from tests.inventory.factories import make_forecast

pytestmark = pytest.mark.django_db


def make_one(code: str, *, price: int, stock: int, expected: float | None, brand: str) -> Sku:
    owner = Brand.objects.filter(slug=brand).first() or make_brand(slug=brand)
    sku = make_sku(code=code, product=make_product(brand=owner), price_minor=price)
    if stock:
        make_stock_level(sku=sku, on_hand=stock + 2, reserved=2)
    if expected is not None:
        make_forecast(sku=sku, units=expected)
    return sku


def ask(**question: Any) -> list[str]:
    return sorted(find_in_range(RangeQuestion(**question)).values_list("code", flat=True))


@pytest.fixture
def _shop() -> None:
    make_one("CHEAP", price=500, stock=10, expected=30.0, brand="acme")
    make_one("FITS", price=1_500, stock=20, expected=50.0, brand="acme")
    make_one("OTHER-BRAND", price=1_500, stock=20, expected=50.0, brand="zenith")
    make_one("SLOW", price=1_500, stock=20, expected=2.0, brand="acme")
    make_one("FULL", price=1_500, stock=900, expected=50.0, brand="acme")
    make_one("NO-FORECAST", price=1_500, stock=20, expected=None, brand="acme")
    make_one("NO-STOCK", price=1_500, stock=0, expected=50.0, brand="acme")


@pytest.mark.usefixtures("_shop")
def test_every_part_of_the_question_counts() -> None:
    assert ask(
        price_from_minor=1_000,
        price_to_minor=2_000,
        stock_from=1,
        stock_to=100,
        brands=["acme"],
        units_expected=10.0,
    ) == ["FITS"]


@pytest.mark.usefixtures("_shop")
def test_bounds_count_themselves_and_nothing_asked_is_everything() -> None:
    assert len(ask()) == 7
    assert ask(price_from_minor=500, price_to_minor=500) == ["CHEAP"]
    assert ask(stock_from=900) == ["FULL"]
    assert ask(stock_to=0) == ["NO-STOCK"]
    assert ask(units_expected=50.0, brands=["acme", "zenith"], stock_to=20) == [
        "FITS",
        "NO-STOCK",
        "OTHER-BRAND",
    ]
    assert ask(price_from_minor=9, price_to_minor=1) == []
    assert ask(brands=["nobody"]) == []
    assert ask(currency="EUR") == []


@pytest.mark.usefixtures("_shop")
def test_what_is_set_aside_does_not_count_and_warehouses_add_up() -> None:
    sku = Sku.objects.get(code="FITS")
    make_stock_level(sku=sku, on_hand=5, warehouse=make_warehouse())
    found: Any = find_in_range(RangeQuestion(stock_from=25, stock_to=25)).get()
    assert (found.code, found.units_left, found.units_expected) == ("FITS", 25, 50.0)


@pytest.mark.usefixtures("_shop")
def test_what_is_not_for_sale_is_left_out() -> None:
    Sku.objects.filter(code="FITS").update(is_active=False)
    assert "FITS" not in ask()
