from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from catalog.models import Category
from customers.models import User
from orders.errors import DiscountUsedUpError
from orders.models import Discount, DiscountUse, Order
from orders.services.discounts import give_back, normalise_code, normalise_codes, use_discounts
from orders.services.pricing import Quote
from tests.factories import make_brand, make_category, make_order, make_product, make_sku, make_user
from tests.orders.selling import NOW, forget_defaults, make_discount, make_shipping_method, quote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_said_yet() -> None:
    forget_defaults()


def reason(asked: Quote) -> str:
    (rejected,) = asked.rejected_codes
    return rejected.reason


def use(asked: Quote, *, customer: User | None = None, email: str = "", **fields: Any) -> Order:
    order = make_order(customer=customer, email=email, placed_at=NOW, **fields)
    use_discounts(order=order, applied=asked.discounts, customer=customer, email=email)
    return order


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("spring10", "SPRING10"),
        ("  Spring 10 ", "SPRING10"),
        ("ＳＰＲＩＮＧ　１０", "SPRING10"),
        ("春节", "春节"),
        ("a\x00b", ""),
        ("A" * 41, ""),
        ("A" * 1_000_000, ""),
        ("", ""),
    ],
)
def test_codes_are_folded_as_people_type_them(typed: str, code: str) -> None:
    assert normalise_code(typed) == code


def test_a_cart_takes_ten_different_codes_at_most() -> None:
    assert normalise_codes(["a", "A", " ", "b"]) == ("A", "B")
    assert len(normalise_codes(f"C{number}" for number in range(99))) == 10


def test_an_offer_without_a_code_applies_by_itself_and_a_code_only_when_typed() -> None:
    make_discount(benefit_value=10)
    make_discount(code="MORE", benefit_value=20)
    sku = make_sku(price_minor=1_000)
    assert quote({sku: 1}).discount_minor == 100
    asked = quote({sku: 1}, codes=["more"])
    assert (asked.discount_minor, [one.code for one in asked.discounts]) == (200, ["MORE"])


def test_a_category_means_what_lies_below_it_and_a_brand_or_product_may_be_named_too() -> None:
    kitchen = make_category(slug="kitchen")
    cups = Category.objects.add_child(
        kitchen, {"name_en": "Cups", "name_zh_hans": "杯子", "slug": "cups"}
    )
    other = make_category(slug="other")
    brand = make_brand()
    below = make_sku(price_minor=1_000, product=make_product(category=cups))
    branded = make_sku(price_minor=2_000, product=make_product(brand=brand, category=other))
    named = make_sku(price_minor=3_000)
    left_out = make_sku(price_minor=4_000, product=make_product(category=other))
    make_discount(categories=[kitchen], brands=[brand], products=[named.product])
    asked = quote({below: 1, branded: 1, named: 1, left_out: 1})
    assert [line.discount_minor for line in asked.lines] == [100, 200, 300, 0]


def test_reduced_products_may_be_left_out() -> None:
    reduced = make_sku(price_minor=1_000, compare_at_minor=1_500)
    regular = make_sku(price_minor=1_000)
    make_discount(includes_reduced=False)
    asked = quote({reduced: 1, regular: 1})
    assert [(line.is_promoted, line.discount_minor) for line in asked.lines] == [
        (True, 0),
        (False, 100),
    ]


def test_combinable_offers_apply_together_each_on_what_is_left() -> None:
    make_discount(benefit_value=10, is_combinable=True, priority=2)
    make_discount(benefit="amount", benefit_value=1_000, is_combinable=True, priority=1)
    make_discount(benefit_value=5)
    asked = quote({make_sku(price_minor=10_000): 1})
    assert [one.amount_minor for one in asked.discounts] == [1_000, 900]
    assert asked.total_minor == 8_100


def test_an_offer_that_saves_more_alone_is_taken_alone() -> None:
    make_discount(benefit_value=10, is_combinable=True)
    make_discount(code="THIRD", benefit_value=30)
    make_discount(code="FIFTH", benefit_value=20)
    asked = quote({make_sku(price_minor=10_000): 1}, codes=["FIFTH", "THIRD"])
    assert [one.code for one in asked.discounts] == ["THIRD"]
    assert reason(asked) == (
        "You save more without this code; it cannot be combined with other offers."
    )


def test_a_discount_never_takes_off_more_than_there_is() -> None:
    make_discount(benefit="amount", benefit_value=99_900)
    method = make_shipping_method()
    asked = quote({make_sku(price_minor=1_000): 2}, shipping_method=method)
    assert (asked.discount_minor, asked.shipping_minor, asked.total_minor) == (2_000, 1_000, 1_000)


def test_free_delivery_lowers_delivery_and_not_the_goods() -> None:
    make_discount(code="FREE", benefit="free_shipping")
    sku, method = make_sku(price_minor=1_000), make_shipping_method()
    asked = quote({sku: 1}, shipping_method=method, codes=["FREE"])
    assert (asked.shipping_minor, asked.shipping_full_minor, asked.discount_minor) == (0, 1_000, 0)
    assert (asked.total_minor, asked.discounts[0].amount_minor) == (1_000, 1_000)
    before = quote({sku: 1}, codes=["FREE"])
    assert (before.rejected_codes, before.discounts[0].amount_minor) == ((), 0)


def test_each_refused_code_has_its_reason() -> None:
    sku, other = make_sku(price_minor=1_000), make_product()
    make_discount(code="OFF", is_active=False)
    make_discount(code="SOON", starts_at=NOW + timedelta(seconds=1))
    make_discount(code="PAST", ends_at=NOW)
    make_discount(code="DOLLARS", currency="USD")
    make_discount(code="GONE", use_limit=3, times_used=3)
    make_discount(code="OTHER", products=[other])
    make_discount(code="AMOUNT", condition="amount", condition_value=2_500)
    make_discount(code="UNITS", condition="units", condition_value=3)
    expected = {
        "NOSUCH": "There is no such code.",
        "OFF": "This code is not valid.",
        "SOON": "This code is not valid yet.",
        "PAST": "This code has expired.",
        "DOLLARS": "This code is for prices in USD.",
        "GONE": "This code has been used up.",
        "OTHER": "Nothing in the cart belongs to this offer.",
        "AMOUNT": "¥15.00 more of what belongs to this offer is needed.",
        "UNITS": "2 more of what belongs to this offer are needed.",
    }
    asked = quote({sku: 1}, codes=list(expected))
    assert dict(asked.rejected_codes) == expected
    assert asked.total_minor == 1_000


def test_an_offer_holds_from_its_first_moment_until_before_its_last() -> None:
    make_discount(starts_at=NOW, ends_at=NOW + timedelta(hours=1))
    sku = make_sku(price_minor=1_000)
    moments = [
        NOW - timedelta(seconds=1),
        NOW,
        NOW + timedelta(minutes=59),
        NOW + timedelta(hours=1),
    ]
    assert [quote({sku: 1}, now=moment).discount_minor for moment in moments] == [0, 100, 100, 0]


def test_a_use_is_counted_once_per_order_and_given_back_once() -> None:
    discount = make_discount(code="ONE", use_limit=1)
    sku = make_sku()
    asked = quote({sku: 1}, codes=["ONE"])
    order = use(asked, email="li@example.org")
    use_discounts(order=order, applied=asked.discounts, customer=None, email="li@example.org")
    discount.refresh_from_db()
    assert (discount.times_used, DiscountUse.objects.count()) == (1, 1)
    assert reason(quote({sku: 1}, codes=["ONE"])) == "This code has been used up."
    assert (give_back(order), give_back(order)) == (1, 0)
    discount.refresh_from_db()
    assert (discount.times_used, DiscountUse.objects.count()) == (0, 0)
    assert quote({sku: 1}, codes=["ONE"]).rejected_codes == ()


def test_an_order_that_finds_a_discount_used_up_counts_none_of_its_discounts() -> None:
    free = make_discount(is_combinable=True)
    make_discount(code="LAST", use_limit=1, is_combinable=True)
    sku = make_sku()
    asked = quote({sku: 1}, codes=["LAST"])
    assert len(asked.discounts) == 2
    use(asked)
    with pytest.raises(DiscountUsedUpError):
        use(asked)
    free.refresh_from_db()
    assert (free.times_used, DiscountUse.objects.count()) == (1, 2)


def test_a_discount_that_ended_before_the_order_is_not_used() -> None:
    make_discount(code="BRIEF", ends_at=NOW + timedelta(hours=1))
    asked = quote({make_sku(): 1}, codes=["BRIEF"])
    Discount.objects.update(ends_at=NOW)
    with pytest.raises(DiscountUsedUpError):
        use(asked)
    assert not DiscountUse.objects.exists()


def test_free_delivery_that_saves_nothing_is_not_used() -> None:
    make_discount(code="FREE", benefit="free_shipping", use_limit_per_customer=1)
    asked = quote({make_sku(): 1}, codes=["FREE"])
    use(asked, email="li@example.org")
    assert not DiscountUse.objects.exists()


@pytest.mark.parametrize("first_as", ["account", "guest"])
@pytest.mark.parametrize("second_as", ["account", "guest"])
def test_an_account_and_its_address_are_one_customer(first_as: str, second_as: str) -> None:
    li = make_user(email="li@example.org")
    known: dict[str, dict[str, Any]] = {
        "account": {"customer": li, "email": ""},
        "guest": {"customer": None, "email": " LI@example.org"},
    }
    make_discount(code="HELLO", use_limit_per_customer=1)
    sku = make_sku()
    asked = quote({sku: 1}, codes=["HELLO"], **known[first_as])
    use(asked, **known[first_as])
    again = quote({sku: 1}, codes=["HELLO"], **known[second_as])
    assert reason(again) == "This code has already been used as often as it may be."
    with pytest.raises(DiscountUsedUpError):
        use(asked, **known[second_as])
    assert DiscountUse.objects.count() == 1
    somebody_else = {"customer": make_user(), "email": "wu@example.org"}
    assert quote({sku: 1}, codes=["HELLO"], **somebody_else).rejected_codes == ()


def test_what_somebody_used_as_a_guest_counts_once_they_register() -> None:
    make_discount(code="HELLO", use_limit_per_customer=1)
    sku = make_sku()
    use(quote({sku: 1}, codes=["HELLO"]), email="wu@example.org")
    asked = quote({sku: 1}, codes=["HELLO"], customer=make_user(email="Wu@example.org"))
    assert reason(asked) == "This code has already been used as often as it may be."


def test_the_address_of_a_guest_is_not_kept_with_the_use() -> None:
    make_discount(code="HELLO")
    use(quote({make_sku(): 1}, codes=["HELLO"]), email="wu@example.org")
    assert "wu@" not in DiscountUse.objects.get().customer_key


def test_a_use_that_was_given_back_can_be_taken_again_by_the_same_customer() -> None:
    make_discount(code="TWICE", use_limit_per_customer=2)
    sku, li = make_sku(), make_user()
    asked = quote({sku: 1}, codes=["TWICE"], customer=li)
    first, _second = use(asked, customer=li), use(asked, customer=li)
    give_back(first)
    use(asked, customer=li)
    ordinals = DiscountUse.objects.order_by("ordinal").values_list("ordinal", flat=True)
    assert list(ordinals) == [1, 2]
    with pytest.raises(DiscountUsedUpError):
        use(asked, customer=li)


@pytest.mark.django_db(transaction=True)
def test_twenty_orders_at_once_use_a_code_with_a_limit_of_three_three_times() -> None:
    discount = make_discount(code="THREE", use_limit=3)
    asked = quote({make_sku(): 1}, codes=["THREE"])
    orders = [make_order(placed_at=NOW) for _ in range(20)]
    results = _race(asked, [(order, None, f"{order.pk}@example.org") for order in orders])
    assert sum(results) == 3
    discount.refresh_from_db()
    assert (discount.times_used, DiscountUse.objects.count()) == (3, 3)


@pytest.mark.django_db(transaction=True)
def test_twenty_orders_of_one_customer_at_once_use_a_code_once() -> None:
    discount = make_discount(code="HELLO", use_limit_per_customer=1)
    li = make_user(email="li@example.org")
    asked = quote({make_sku(): 1}, codes=["HELLO"])
    buyers: list[tuple[User | None, str]] = [(li, ""), (None, "li@example.org")]
    orders = [(make_order(placed_at=NOW), *buyers[number % 2]) for number in range(20)]
    results = _race(asked, orders)
    assert sum(results) == 1
    discount.refresh_from_db()
    assert (discount.times_used, DiscountUse.objects.count()) == (1, 1)


def _race(asked: Quote, orders: list[tuple[Order, User | None, str]]) -> list[bool]:
    def attempt(of: tuple[Order, User | None, str]) -> bool:
        order, customer, email = of
        try:
            use_discounts(order=order, applied=asked.discounts, customer=customer, email=email)
        except DiscountUsedUpError:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(attempt, orders))
