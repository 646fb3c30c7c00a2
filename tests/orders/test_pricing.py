import json
from datetime import date

import pytest
from django.test import override_settings
from django.utils import translation
from pytest_django import DjangoAssertNumQueries

from catalog.services.versions import renew_shop_version
from orders.errors import DeliveryImpossibleError, NotForSaleError, WrongUnitsError
from orders.models import ShippingMethod, TaxZone
from orders.services.pricing import QuoteLine
from orders.services.shipping import delivery_promise, methods_for
from tests.factories import make_product, make_sku
from tests.orders.selling import (
    NOW,
    default_tax_class,
    forget_defaults,
    make_discount,
    make_shipping_method,
    make_shipping_zone,
    make_tax_class,
    make_tax_zone,
    quote,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_said_yet() -> None:
    forget_defaults()


def offered(
    country: str = "CN", weight_grams: int = 0, goods_minor: int = 0, currency: str = "CNY"
) -> list[tuple[str, int]]:
    return [
        (offer.method.name, offer.price_minor)
        for offer in methods_for(
            country=country, weight_grams=weight_grams, goods_minor=goods_minor, currency=currency
        )
    ]


def test_a_cart_costs_goods_less_discount_and_delivery_with_its_taxes_named() -> None:
    books = make_tax_class(code="books")
    make_tax_zone({default_tax_class(): 1300, books: 900})
    method = make_shipping_method([(0, 0, 1_130)])
    cup = make_sku(price_minor=5_650, weight_grams=300)
    book = make_sku(price_minor=2_180, product=make_product(tax_class=books))
    make_discount(code="TENTH", products=[cup.product])
    asked = quote({cup: 2, book: 1}, shipping_method=method, codes=["tenth"])
    # 113.00 and 21.80; a tenth off the cups; 101.70 + 11.30 at 13 %, 21.80 at 9 %.
    assert (asked.goods_minor, asked.discount_minor, asked.shipping_minor) == (13_480, 1_130, 1_130)
    assert (asked.tax_minor, asked.tax_included_minor, asked.total_minor) == (0, 1_480, 13_480)
    assert [(one.basis_points, one.base_minor, one.amount_minor) for one in asked.taxes] == [
        (1300, 10_000, 1_300),
        (900, 2_000, 180),
    ]
    first, second = asked.lines
    assert (first.goods_minor, first.discount_minor, first.tax_minor) == (11_300, 1_130, 1_170)
    assert (second.sku_id, second.tax_basis_points, second.tax_minor) == (book.pk, 900, 180)
    assert (asked.weight_grams, asked.currency) == (600, "CNY")


def test_abroad_tax_is_added_to_the_price() -> None:
    make_tax_zone({default_tax_class(): 1300})
    make_tax_zone(
        {default_tax_class(): 2000}, countries=["FR"], prices_include_tax=False, position=1
    )
    asked = quote({make_sku(price_minor=10_000): 1}, country="FR")
    assert (asked.tax_minor, asked.tax_included_minor, asked.total_minor) == (2_000, 0, 12_000)
    assert [one.is_included for one in asked.taxes] == [False]


def test_what_no_zone_or_rate_speaks_of_is_not_taxed() -> None:
    make_tax_zone({default_tax_class(): 1300})
    food = make_tax_class(code="food")
    sku = make_sku(price_minor=10_000, product=make_product(tax_class=food))
    for country in ("CN", "FR"):
        asked = quote({sku: 1}, country=country)
        assert (asked.total_minor, asked.tax_included_minor, asked.taxes) == (10_000, 0, ())


def test_the_first_zone_that_names_a_country_counts_before_the_one_for_all_others() -> None:
    make_tax_zone({default_tax_class(): 500}, countries=[], position=0)
    make_tax_zone({default_tax_class(): 1000}, countries=["DE", "FR"], position=1)
    make_tax_zone({default_tax_class(): 2000}, countries=["FR"], position=2)
    sku = make_sku()
    assert [one.basis_points for one in quote({sku: 1}, country="FR").taxes] == [1000]
    assert [one.basis_points for one in quote({sku: 1}, country="JP").taxes] == [500]


@override_settings(SHOP_COUNTRY="DE")
def test_without_a_country_the_shops_own_counts() -> None:
    make_tax_zone({default_tax_class(): 1300})
    make_tax_zone({default_tax_class(): 1900}, countries=["DE"])
    assert [one.basis_points for one in quote({make_sku(): 1}, country="").taxes] == [1900]


def test_delivery_is_offered_by_zone_weight_and_amount() -> None:
    here = make_shipping_zone()
    make_shipping_method(
        [(0, 0, 1_000), (3_000, 0, 1_800)], zone=here, name="Parcel", free_from_minor=9_900
    )
    make_shipping_method([(0, 0, 2_500)], zone=here, name="Express", position=1)
    make_shipping_method([(5_000, 0, 9_000)], zone=here, name="Freight", position=2)
    make_shipping_method(zone=here, name="Boat", is_active=False)
    make_shipping_method([(0, 0, 12_000)], zone=make_shipping_zone(countries=[]), name="Air")
    assert offered() == [("Parcel", 1_000), ("Express", 2_500)]
    assert offered(weight_grams=3_000, goods_minor=9_899)[0] == ("Parcel", 1_800)
    assert offered(weight_grams=3_000, goods_minor=9_900)[0] == ("Parcel", 0)
    assert offered(weight_grams=5_000)[2] == ("Freight", 9_000)
    assert offered("FR") == [("Air", 12_000)]
    assert offered(currency="USD") == []


def test_nothing_is_delivered_where_no_zone_is() -> None:
    method = make_shipping_method()
    sku = make_sku()
    assert offered("FR") == []
    with pytest.raises(DeliveryImpossibleError):
        quote({sku: 1}, country="FR", shipping_method=method)
    ShippingMethod.objects.update(is_active=False)
    with pytest.raises(DeliveryImpossibleError):
        quote({sku: 1}, shipping_method=method)


def test_a_zone_without_methods_is_a_place_where_we_do_not_deliver() -> None:
    make_shipping_method(zone=make_shipping_zone(countries=[]))
    make_shipping_zone(countries=["AQ"])
    assert offered("AQ") == []


def test_delivery_is_taxed_by_the_class_of_its_method() -> None:
    freight = make_tax_class(code="freight")
    make_tax_zone({default_tax_class(): 1300, freight: 600})
    method = make_shipping_method([(0, 0, 1_060)], tax_class=freight)
    asked = quote({make_sku(price_minor=11_300): 1}, shipping_method=method)
    assert [(one.basis_points, one.amount_minor) for one in asked.taxes] == [
        (1300, 1_300),
        (600, 60),
    ]
    assert asked.shipping_tax_minor == 60


@pytest.mark.parametrize(
    ("moment", "earliest", "latest"),
    [
        # Before two in the afternoon of a Monday, and after.
        ("2026-03-02T13:59:00+08:00", date(2026, 3, 3), date(2026, 3, 5)),
        ("2026-03-02T14:00:00+08:00", date(2026, 3, 4), date(2026, 3, 6)),
        # Friday evening leaves on Monday.
        ("2026-03-06T20:00:00+08:00", date(2026, 3, 10), date(2026, 3, 12)),
        # The first week of October is free, and the Saturday after it is worked.
        ("2026-09-30T15:00:00+08:00", date(2026, 10, 9), date(2026, 10, 12)),
    ],
)
def test_arrival_is_promised_in_working_days(moment: str, earliest: date, latest: date) -> None:
    make_shipping_method(days_min=1, days_max=3)
    promise = delivery_promise(country="CN", now=NOW.fromisoformat(moment))
    assert promise is not None
    assert (promise.earliest_on, promise.latest_on) == (earliest, latest)


def test_a_product_page_promises_the_cheapest_way() -> None:
    here = make_shipping_zone()
    make_shipping_method([(0, 0, 2_500)], zone=here, name="Express", days_max=1)
    make_shipping_method(zone=here, name="Parcel", free_from_minor=9_900, position=1)
    promise = delivery_promise(country="CN", now=NOW)
    assert promise is not None
    assert (promise.method, promise.price_minor, promise.free_from_minor) == (
        "Parcel",
        1_000,
        9_900,
    )
    assert delivery_promise(country="FR", now=NOW) is None


def test_a_cart_says_what_is_missing_for_free_delivery_and_for_an_offer() -> None:
    make_shipping_method(free_from_minor=9_900)
    make_discount(
        name_en="Three for two", benefit="cheapest_free", condition="units", condition_value=3
    )
    sku = make_sku(price_minor=4_000)
    assert quote({sku: 2}).hints == (
        "¥19.00 more for free delivery.",
        "1 more for “Three for two”.",
    )
    assert quote({sku: 3}).hints == ()
    with translation.override("zh-hans"):
        assert quote({sku: 2}).hints[0] == "再买 ¥19.00 即可免运费。"


def test_a_cart_whose_delivery_is_free_by_an_offer_is_not_asked_for_more() -> None:
    make_shipping_method(free_from_minor=9_900)
    make_discount(code="FREE", benefit="free_shipping")
    assert quote({make_sku(): 1}, codes=["FREE"]).hints == ()


def test_only_what_is_sold_is_priced() -> None:
    sold = make_sku()
    for other in (
        make_sku(is_active=False),
        make_sku(product=make_product(status="draft")),
        make_sku(currency="USD"),
    ):
        with pytest.raises(NotForSaleError, match=other.code):
            quote({sold: 1, other: 1})


@pytest.mark.parametrize("units", [0, -1, 100_001, 10**9])
def test_senseless_units_are_refused(units: int) -> None:
    with pytest.raises(WrongUnitsError):
        quote({make_sku(): units})


def test_the_same_sku_twice_is_one_line() -> None:
    sku = make_sku(price_minor=500)
    asked = quote({}, lines=[QuoteLine(sku.pk, 1), QuoteLine(sku.pk, 2)])
    assert [(line.quantity, line.goods_minor) for line in asked.lines] == [(3, 1_500)]


def test_an_empty_cart_costs_nothing() -> None:
    make_discount()
    asked = quote({}, codes=["NONE"])
    assert (asked.total_minor, asked.lines, asked.hints) == (0, (), ())


def test_how_the_sums_came_about_can_be_kept_with_the_order() -> None:
    make_tax_zone({default_tax_class(): 1300})
    method = make_shipping_method(name_en="Parcel", name_zh_hans="快递", carrier="SF")
    make_discount(code="FREE", benefit="free_shipping", name_en="Delivery on us")
    asked = quote({make_sku(price_minor=11_300): 1}, shipping_method=method, codes=["FREE"])
    kept = json.loads(json.dumps(asked.as_breakdown()))
    assert kept["shipping"] == {
        "method_id": method.pk,
        "name": "Parcel",
        "carrier": "SF",
        "price_minor": 0,
        "full_price_minor": 1_000,
        "tax_minor": 0,
        "days_min": 1,
        "days_max": 3,
        "earliest_on": "2026-03-03",
        "latest_on": "2026-03-05",
    }
    assert [one["amount_minor"] for one in kept["discounts"]] == [1_000]
    assert [one["name"] for one in kept["taxes"]] == ["VAT"]


def test_a_cart_of_five_lines_takes_one_statement_and_with_codes_four(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_tax_zone({default_tax_class(): 1300})
    make_shipping_method(free_from_minor=99_900)
    make_discount(benefit_value=5)
    make_discount(code="ONCE", use_limit_per_customer=1, benefit_value=20)
    units = dict.fromkeys([make_sku() for _ in range(5)], 2)
    quote(units, is_binding=False)
    with django_assert_num_queries(1):
        quote(units, is_binding=False)
    with django_assert_num_queries(4):
        asked = quote(units, is_binding=False, codes=["ONCE"], email="li@example.org")
    assert [one.code for one in asked.discounts] == ["ONCE"]


def test_an_order_never_costs_what_was_true_before() -> None:
    zone = make_tax_zone({default_tax_class(): 1300}, prices_include_tax=False)
    sku = make_sku(price_minor=10_000)
    assert quote({sku: 1}, is_binding=False).total_minor == 11_300
    TaxZone.objects.filter(pk=zone.pk).update(prices_include_tax=True)
    assert quote({sku: 1}, is_binding=False).total_minor == 11_300
    assert quote({sku: 1}).total_minor == 10_000


@pytest.mark.django_db(transaction=True)
def test_pages_hear_of_a_change_at_once() -> None:
    zone = make_tax_zone({default_tax_class(): 1300}, prices_include_tax=False)
    sku = make_sku(price_minor=10_000)
    assert quote({sku: 1}, is_binding=False).total_minor == 11_300
    TaxZone.objects.filter(pk=zone.pk).update(prices_include_tax=True)
    renew_shop_version()
    assert quote({sku: 1}, is_binding=False).total_minor == 10_000
