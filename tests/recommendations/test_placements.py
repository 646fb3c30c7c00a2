"""Rows of products: what chooses, what is left out, and what is said about it."""

from datetime import timedelta
from itertools import combinations
from typing import Any

import pytest
from django.utils import timezone, translation
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from customers.models import User
from insights.services.visitors import Visitor
from learning.models import Decision
from orders.models import Order
from recommendations.errors import PlacementSettingsError, UnknownPlacementError
from recommendations.models import (
    Placement,
    PlacementCode,
    PlacementRecommender,
    PlacementRule,
    Reason,
    SimilarProductRule,
    TrendingProduct,
)
from recommendations.services import keeping
from recommendations.services.filters import Rule
from recommendations.services.histories import Context
from recommendations.services.placement_settings import DEFAULTS, apply_settings, checked
from recommendations.services.placing import RankedRow, Row, rank_row, recommend_products
from recommendations.services.propensity import read_source
from tests.factories import make_brand, make_category, make_order, make_sku, make_staff, make_user
from tests.recommendations.factories import make_product_to_sell, make_similar

pytestmark = pytest.mark.django_db

GUESS = "home.guess_you_like"
STRANGER = Visitor(key="a" * 32, may_personalise=True)
KEY = "b" * 32


def settle() -> None:
    """What was set up is known to every process once it is committed; here it never is."""
    keeping.forget()


def set_up(code: str, **fields: Any) -> Placement:
    """A placement with nothing but what the test names; recommenders by weight."""
    mix = fields.pop("mix", {"similar": 1.0})
    fallbacks = fields.pop("fallbacks", ())
    plain: dict[str, Any] = {
        "is_on": True,
        "fewest": 1,
        "limit": 24,
        "diversity": 0.0,
        "brand_cap": 0,
        "category_cap": 0,
        "only_in_stock": False,
        "not_in_cart": False,
        "not_viewed": False,
        "not_bought_days": 0,
        "other_category": False,
    }
    brands, categories = fields.pop("brands", ()), fields.pop("categories", ())
    placement, _created = Placement.objects.update_or_create(
        code=code, defaults={**plain, **fields}
    )
    placement.brands.set(brands)
    placement.categories.set(categories)
    placement.recommenders.all().delete()
    for name, weight in mix.items():
        PlacementRecommender.objects.create(placement=placement, recommender=name, weight=weight)
    for position, name in enumerate(fallbacks, start=1):
        PlacementRecommender.objects.create(
            placement=placement, recommender=name, is_fallback=True, position=position
        )
    settle()
    return placement


def row_of(code: str, visitor: Visitor = STRANGER, **context: Any) -> Row:
    return recommend_products(placement=code, visitor=visitor, context=Context(**context))


def ranked_of(code: str, visitor: Visitor = STRANGER, **context: Any) -> RankedRow:
    return rank_row(placement=code, visitor=visitor, context=Context(**context))


def keys(row: Row) -> list[int]:
    return [each.product.pk for each in row.shown]


def customer_visitor(customer: User, *, may_personalise: bool = True) -> Visitor:
    return Visitor(key=KEY, customer_id=customer.pk, may_personalise=may_personalise)


def buy(customer: User, *products: Product, days_ago: int = 0) -> Order:
    skus = [product.skus.first() or make_sku(product=product) for product in products]
    order = make_order(customer=customer, lines=dict.fromkeys(skus, 1))
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=days_ago))
    return order


def test_a_row_names_what_spoke_for_each_product() -> None:
    lamp, bulb = make_product_to_sell(name_en="Lamp"), make_product_to_sell(name_en="Bulb")
    make_similar(lamp, bulb)
    set_up(GUESS)
    [shown] = row_of(GUESS, viewed=[lamp.pk]).shown
    assert (shown.product.pk, shown.position) == (bulb.pk, 1)
    assert shown.sentence == "Because you looked at “Lamp”."
    assert shown.source == "branch:similar"


def test_what_several_speak_for_comes_first_and_names_the_strongest() -> None:
    lamp, cup, shade, saucer = (make_product_to_sell(name_en=f"Thing {n}") for n in range(4))
    make_similar(lamp, saucer)
    make_similar(lamp, shade)
    make_similar(cup, shade)
    set_up(GUESS, not_viewed=True)
    row = row_of(GUESS, viewed=[lamp.pk, cup.pk])
    assert keys(row) == [shade.pk, saucer.pk]
    assert row.shown[0].sentence == "Because you looked at “Thing 1”."


def test_the_reason_is_said_in_the_language_of_the_reader() -> None:
    lamp = make_product_to_sell(name_en="Lamp", name_zh_hans="灯")
    make_similar(lamp, make_product_to_sell())
    set_up(GUESS)
    with translation.override("zh-hans"):
        [shown] = row_of(GUESS, viewed=[lamp.pk]).shown
    assert shown.sentence == "因为您看过“灯”。"


def test_without_consent_nothing_of_the_visitor_counts_from_the_next_page_on() -> None:
    customer = make_user()
    lamp, bulb, cup = (make_product_to_sell() for _ in range(3))
    make_similar(lamp, bulb)
    Product.objects.filter(pk=cup.pk).update(units_sold_30_days=9)
    buy(customer, lamp)
    set_up(GUESS, fallbacks=["popular"])
    allowed = row_of(GUESS, customer_visitor(customer), viewed=[lamp.pk])
    assert keys(allowed)[0] == bulb.pk
    assert allowed.is_personal
    refused = row_of(GUESS, customer_visitor(customer, may_personalise=False), viewed=[lamp.pk])
    assert keys(refused)[0] == cup.pk
    assert refused.served_by == "branch:popular"
    assert not refused.is_personal
    assert refused.shown[0].sentence == "9 sold in the last 30 days."


def test_a_customer_is_recommended_what_goes_with_what_was_bought() -> None:
    customer, other = make_user(), make_user()
    lamp, bulb = make_product_to_sell(name_en="Lamp"), make_product_to_sell()
    make_similar(lamp, bulb)
    buy(customer, lamp, days_ago=30)
    set_up(GUESS)
    [shown] = row_of(GUESS, customer_visitor(customer)).shown
    assert (shown.product.pk, shown.sentence) == (bulb.pk, "Because you bought “Lamp”.")
    assert keys(row_of(GUESS, customer_visitor(other))) == []


def test_fallbacks_are_asked_in_their_order_and_say_so() -> None:
    category = make_category()
    lamp = make_product_to_sell(category=category)
    learned, near = make_product_to_sell(), make_product_to_sell(category=category)
    rising, popular = make_product_to_sell(), make_product_to_sell(units_sold_30_days=99)
    make_similar(lamp, learned)
    TrendingProduct.objects.create(
        product=rising, score=2.0, orders_week=12, orders_before=3, as_of=timezone.localdate()
    )
    set_up(GUESS, not_viewed=True, limit=4, fallbacks=["category_popular", "trending", "popular"])
    row = row_of(GUESS, viewed=[lamp.pk])
    assert keys(row) == [learned.pk, near.pk, rising.pk, popular.pk]
    assert [each.source for each in row.shown] == [
        "branch:similar",
        "branch:category_popular",
        "branch:trending",
        "branch:popular",
    ]
    assert row.served_by == "branch:similar"
    assert row.shown[2].sentence == "In 12 orders of the last seven days, more than before."


# Each rule: what is set, and which of the products it keeps out.
RULES: dict[str, tuple[dict[str, Any], Rule]] = {
    "stock": ({"only_in_stock": True}, Rule.IN_STOCK),
    "dear": ({"price_max_minor": 5_000}, Rule.PRICE),
    "cheap": ({"price_from_percent": 50}, Rule.PRICE),
    "brand": ({"brands_are": "never"}, Rule.BRANDS),
    "category": ({"categories_are": "never"}, Rule.CATEGORIES),
    "same category": ({"other_category": True}, Rule.OTHER_CATEGORY),
    "cart": ({"not_in_cart": True}, Rule.IN_CART),
    "viewed": ({"not_viewed": True}, Rule.VIEWED),
    "bought": ({"not_bought_days": 30}, Rule.BOUGHT),
}


def shop_of_rules() -> tuple[dict[str, Product], User, Any, Any]:
    """A page's product and, beside it, for each rule one that it keeps out, and one for none."""
    brand, branch, own = make_brand(), make_category(), make_category()
    below = branch.add_child(name_en="Below", name_zh_hans="下", slug="below-branch")
    ordinary = {"price_from_minor": 2_000}
    products = {
        "page": make_product_to_sell(category=own, **ordinary),
        "none": make_product_to_sell(**ordinary),
        "stock": make_product_to_sell(has_stock=False, **ordinary),
        "dear": make_product_to_sell(price_from_minor=5_001),
        "cheap": make_product_to_sell(price_from_minor=999),
        "brand": make_product_to_sell(brand=brand, **ordinary),
        "category": make_product_to_sell(category=below, **ordinary),
        "same category": make_product_to_sell(category=own, **ordinary),
        "cart": make_product_to_sell(**ordinary),
        "viewed": make_product_to_sell(**ordinary),
        "bought": make_product_to_sell(**ordinary),
    }
    for name, product in products.items():
        if name != "page":
            make_similar(products["page"], product)
    customer = make_user()
    buy(customer, products["bought"], days_ago=29)
    return products, customer, brand, branch


def shown_with(names: tuple[str, ...]) -> None:
    products, customer, brand, branch = shop_of_rules()
    wanted: dict[str, Any] = {}
    for name in names:
        wanted.update(RULES[name][0])
    if "brand" in names:
        wanted["brands"] = [brand]
    if "category" in names:
        wanted["categories"] = [branch]
    set_up("product.similar", **wanted)
    row = ranked_of(
        "product.similar",
        customer_visitor(customer),
        product_id=products["page"].pk,
        cart=[products["cart"].pk],
        viewed=[products["viewed"].pk],
    )
    expected = {product.pk for name, product in products.items() if name not in {"page", *names}}
    assert {each.product_id for each in row.ranked} == expected
    assert dict(row.dropped) == {products[name].pk: RULES[name][1] for name in names}


@pytest.mark.parametrize("name", RULES)
def test_a_rule_keeps_out_what_it_names_and_nothing_else(name: str) -> None:
    shown_with((name,))


@pytest.mark.parametrize("pair", combinations(RULES, 2), ids="+".join)
def test_two_rules_keep_out_what_either_names(pair: tuple[str, str]) -> None:
    shown_with(pair)


def test_all_rules_together_leave_what_none_names() -> None:
    shown_with(tuple(RULES))


def test_only_listed_brands_and_categories_come_up_from_fallbacks_too() -> None:
    brand, category = make_brand(), make_category()
    page = make_product_to_sell()
    other, right = make_product_to_sell(), make_product_to_sell(brand=brand, category=category)
    make_product_to_sell(brand=brand, units_sold_30_days=5)
    make_similar(page, other)
    set_up("product.similar", brands=[brand], categories=[category], fallbacks=["popular"])
    assert keys(row_of("product.similar", product_id=page.pk)) == [right.pk]


def test_what_staff_pinned_comes_first_and_what_they_banned_never() -> None:
    page, first, second, pinned, banned = (make_product_to_sell() for _ in range(5))
    for other in (first, banned, second):
        make_similar(page, other)
    placement = set_up("product.similar", limit=3)
    PlacementRule.objects.create(product=pinned, kind="pin", placement=placement)
    PlacementRule.objects.create(product=banned, kind="ban")
    settle()
    row = row_of("product.similar", product_id=page.pk)
    assert keys(row) == [pinned.pk, first.pk, second.pk]
    assert row.shown[0].reason == Reason.PINNED
    assert row.shown[0].source == "branch:staff"


@pytest.mark.parametrize(
    ("starts", "ends", "is_shown"),
    [(-2, 2, False), (1, 2, True), (-2, -1, True), (None, 1, False), (-1, None, False)],
)
def test_a_ban_holds_in_its_time(starts: int | None, ends: int | None, is_shown: bool) -> None:
    page, other = make_product_to_sell(), make_product_to_sell()
    make_similar(page, other)
    now = timezone.now()
    PlacementRule.objects.create(
        product=other,
        kind="ban",
        starts_at=None if starts is None else now + timedelta(days=starts),
        ends_at=None if ends is None else now + timedelta(days=ends),
    )
    set_up("product.similar")
    assert (keys(row_of("product.similar", product_id=page.pk)) == [other.pk]) is is_shown


def test_pairs_that_staff_banned_and_pinned_hold_in_every_row() -> None:
    lamp, banned, pinned, other = (make_product_to_sell() for _ in range(4))
    make_similar(lamp, banned)
    make_similar(lamp, other)
    SimilarProductRule.objects.create(product=lamp, similar=banned, kind="ban")
    SimilarProductRule.objects.create(product=lamp, similar=pinned, kind="pin")
    set_up(GUESS, not_viewed=True)
    assert keys(row_of(GUESS, viewed=[lamp.pk])) == [pinned.pk, other.pk]


def test_a_brand_fills_no_more_of_a_row_than_its_cap() -> None:
    page, brand = make_product_to_sell(), make_brand()
    same = [make_product_to_sell(brand=brand) for _ in range(4)]
    other = make_product_to_sell()
    for each in (*same, other):
        make_similar(page, each)
    set_up("product.similar", brand_cap=2)
    assert keys(row_of("product.similar", product_id=page.pk)) == [
        same[0].pk,
        same[1].pk,
        other.pk,
    ]


def test_the_complements_of_a_cart_are_not_all_of_one_category() -> None:
    cup, bowls = make_product_to_sell(name_en="Cup"), make_category()
    near = [make_product_to_sell(category=bowls) for _ in range(5)]
    tray = make_product_to_sell(category=make_category())
    for each in (*near, tray):
        make_similar(cup, each)
    row = row_of("cart.complement", cart=[cup.pk])
    assert sum(each.product.pk in {one.pk for one in near} for each in row.shown) == 2
    assert tray.pk in keys(row)
    assert row.shown[0].sentence == "Goes with “Cup” in your cart."


def test_a_placement_that_is_off_or_too_thin_shows_nothing() -> None:
    page, other = make_product_to_sell(), make_product_to_sell()
    make_similar(page, other)
    set_up("product.similar", fewest=2)
    assert row_of("product.similar", product_id=page.pk).shown == []
    set_up("product.similar", is_on=False)
    row = row_of("product.similar", product_id=page.pk)
    assert (row.shown, row.served_by) == ([], "branch:nothing")


def test_what_was_bought_comes_again_by_how_often() -> None:
    customer = make_user()
    tea, milk, once = (make_product_to_sell() for _ in range(3))
    buy(customer, tea, milk, days_ago=30)
    buy(customer, tea, once, days_ago=20)
    buy(customer, tea, milk, days_ago=10)
    set_up("home.buy_again", mix={"repeat": 1.0})
    row = row_of("home.buy_again", customer_visitor(customer))
    assert keys(row) == [tea.pk, milk.pk, once.pk]
    assert row.shown[0].sentence == "You bought this 3 times."
    set_up("home.buy_again", mix={"repeat": 1.0}, not_bought_days=15)
    assert keys(row_of("home.buy_again", customer_visitor(customer))) == [once.pk]


def test_a_placement_without_a_row_is_as_the_shop_begins() -> None:
    rows = {each.code: each for each in Placement.objects.all()}
    assert set(rows) == set(PlacementCode.values) == set(DEFAULTS)
    Placement.objects.all().delete()
    settle()
    before = ranked_of("product.similar").settings
    assert before == DEFAULTS["product.similar"]
    with pytest.raises(UnknownPlacementError):
        row_of("home.nowhere")


def test_the_rows_of_a_new_shop_say_what_the_code_says() -> None:
    for code, first in DEFAULTS.items():
        assert ranked_of(code).settings == first


def test_an_arm_may_change_what_makes_sense_and_nothing_else() -> None:
    right = {"limit": 4, "diversity": 0.5, "mix": {"popular": 2}, "fallbacks": ["trending"]}
    assert checked(right) == {**right, "fallbacks": ("trending",)}
    wrong = {
        "limit": 0,
        "fewest": True,
        "diversity": 1.5,
        "exploration": "much",
        "is_on": 1,
        "mix": {"magic": 1.0},
        "fallbacks": ["popular", "popular"],
        "brand_ids": [1],
    }
    with pytest.raises(PlacementSettingsError) as refused:
        checked(wrong)
    assert set(refused.value.fields) == set(wrong)


def test_settings_that_staff_adopt_become_the_placements_own_and_are_logged() -> None:
    staff = make_staff()
    apply_settings(
        code=GUESS,
        settings={"limit": 5, "mix": {"similar": 2.0}, "fallbacks": ["popular"]},
        user=staff,
        reason="B won",
    )
    settle()
    settings = ranked_of(GUESS).settings
    assert (settings.limit, settings.mix, settings.fallbacks) == (5, {"similar": 2.0}, ("popular",))

    decision = Decision.objects.get()
    assert (decision.user, decision.reason, decision.done["limit"]) == (staff, "B won", 5)
    assert decision.proposed["limit"] == 8


def test_rows_in_random_order_tell_how_likely_each_product_was_where_it_is() -> None:
    page = make_product_to_sell()
    others = [make_product_to_sell() for _ in range(10)]
    for each in others:
        make_similar(page, each)
    set_up("product.similar", limit=3, exploration=0.2)
    greedy = [each.pk for each in others[:3]]
    n_random, told = 0, 0.0
    for number in range(200):
        visitor = Visitor(key=f"{number:032x}")
        row = row_of("product.similar", visitor, product_id=page.pk)
        assert keys(row_of("product.similar", visitor, product_id=page.pk)) == keys(row)
        first = read_source(row.shown[0].source)
        assert first[0] == "branch:similar"
        chance = 0.8 + 0.02 if keys(row)[0] == greedy[0] else 0.02
        assert first[1] == pytest.approx(chance)
        n_random += keys(row) != greedy
        told += 1.0 / chance
    assert 20 <= n_random <= 60
    # Weighted by its chance, every product stands first as often as every other.
    assert told / 200 == pytest.approx(10.0, rel=0.5)
    assert row_of("product.similar", Visitor(), product_id=page.pk).shown[0].source == (
        "branch:similar"
    )


def test_an_empty_shop_and_one_of_one_product_answer_with_nothing() -> None:
    customer = make_user()
    everyone = (Visitor(), STRANGER, customer_visitor(customer))
    for code in PlacementCode.values:
        for visitor in everyone:
            assert row_of(code, visitor, product_id=7, cart=[8], viewed=[9]).shown == []
    only = make_product_to_sell()
    keeping.forget()
    for code in PlacementCode.values:
        assert only.pk not in keys(row_of(code, STRANGER, product_id=only.pk))


def test_when_everything_is_sold_out_no_row_offers_it() -> None:
    page, other = make_product_to_sell(), make_product_to_sell(has_stock=False)
    make_similar(page, other)
    Product.objects.update(has_stock=False)
    for code in set(PlacementCode.values) - {"recently_viewed"}:
        assert (
            row_of(code, STRANGER, product_id=page.pk, cart=[page.pk], viewed=[page.pk]).shown == []
        )


def test_a_row_asks_as_often_for_a_customer_of_a_thousand_orders(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    customer = make_user()
    products = [make_product_to_sell() for _ in range(20)]
    for place, product in enumerate(products):
        make_similar(product, products[(place + 1) % 20])
    for number in range(40):
        buy(customer, *products[:5], days_ago=number)
    visitor = customer_visitor(customer)
    viewed = [product.pk for product in products[5:15]] * 5_000
    cart = [product.pk for product in products] * 100
    row_of(GUESS, visitor, viewed=viewed, cart=cart)
    # Neighbours with what rules ask of them, orders, and cards.
    with django_assert_num_queries(3):
        row_of(GUESS, visitor, viewed=viewed, cart=cart)
