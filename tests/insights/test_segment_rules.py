"""Rules of segments: what they mean, what they say, and what is refused."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from insights.errors import InvalidRuleError
from insights.models import Interaction, RfmScore, Segment, SegmentMembership
from insights.services.segment_rules.compiling import conditions_met, customers_of
from insights.services.segment_rules.fields import FIELDS
from insights.services.segment_rules.reading import read_rule
from insights.services.segment_rules.tree import MAX_CONDITIONS, MAX_DEPTH
from insights.services.segment_rules.wording import rule_in_words
from orders.models import Order, ReturnRequest
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_review,
    make_sku,
    make_staff,
    make_user,
)
from tests.insights.factories import make_interaction
from tests.insights.segment_factories import found_by, make_segment, ordered, say

pytestmark = pytest.mark.django_db


def test_orders_are_counted_within_their_days_without_those_cancelled() -> None:
    often, once, cancelled = (make_user(username=name) for name in ("often", "once", "cancelled"))
    make_user(username="never")
    for days in (3, 20, 80):
        ordered(often, days_ago=days)
    ordered(once, days_ago=5)
    ordered(once, days_ago=200)
    for days in (1, 2):
        ordered(cancelled, days_ago=days, status=Order.Status.CANCELLED)
    asked = {"field": "orders", "days": 30}
    assert found_by({**asked, "is": "at_least", "n": 2}) == {"often"}
    assert found_by({**asked, "is": "exactly", "n": 1}) == {"once"}
    assert found_by({**asked, "is": "at_most", "n": 0}) == {"never", "cancelled"}
    assert found_by({"field": "orders", "is": "exactly", "n": 3}) == {"often"}


def test_spend_is_less_refunds_and_in_the_currency_of_the_shop() -> None:
    big, refunded, foreign = (make_user(username=name) for name in ("big", "refunded", "foreign"))
    ordered(big, price=20_000)
    ordered(refunded, price=20_000, refunded_minor=15_000)
    ordered(foreign, price=90_000, currency="USD")
    assert found_by({"field": "spend", "is": "at_least", "amount": "200"}) == {"big"}
    below = found_by({"field": "spend", "is": "at_most", "amount": "199.99"})
    assert below == {"refunded", "foreign"}


def test_the_last_and_the_first_order_count_from_now() -> None:
    new, away, back = (make_user(username=name) for name in ("new", "away", "back"))
    make_user(username="never")
    ordered(new, days_ago=5)
    ordered(away, days_ago=120)
    ordered(back, days_ago=120)
    ordered(back, days_ago=3)
    assert found_by({"field": "last_order", "is": "before", "days": 90}) == {"away"}
    assert found_by({"field": "last_order", "is": "within", "days": 90}) == {"new", "back"}
    assert found_by({"field": "first_order", "is": "within", "days": 90}) == {"new"}
    assert found_by({"field": "first_order", "is": "before", "days": 90}) == {"away", "back"}


def test_a_category_counts_what_lies_below_it_and_orders_once() -> None:
    kitchen = make_category(slug="kitchen")
    pots = kitchen.add_child(name_en="Pots", name_zh_hans="锅", slug="pots")
    brand = make_brand()
    pot = make_sku(product=make_product(category=pots, brand=brand, code="POT"))
    lid = make_sku(product=make_product(category=kitchen))
    cook, other = make_user(username="cook"), make_user(username="other")
    order = ordered(cook, sku=pot)
    order.lines.create(position=2, sku=lid, sku_code="lid", name="", quantity=1, unit_price_minor=1)
    ordered(other)
    asked: dict[str, Any] = {"field": "bought_category", "among": [str(kitchen.pk)]}
    assert found_by({**asked, "is": "at_least", "n": 1}) == {"cook"}
    assert found_by({**asked, "is": "at_least", "n": 2}) == set()
    by_brand = {"field": "bought_brand", "among": [str(brand.pk)], "is": "at_least", "n": 1}
    assert found_by(by_brand) == {"cook"}
    by_code = {"field": "bought_product", "text": "POT", "is": "at_least", "n": 1}
    assert found_by(by_code) == {"cook"}


def test_the_newest_word_on_a_purpose_counts() -> None:
    yes, no, changed = (make_user(username=name) for name in ("yes", "no", "changed"))
    make_user(username="silent")
    now = timezone.now()
    say(yes, "marketing", granted=True)
    say(no, "marketing", granted=False)
    say(changed, "marketing", granted=False, at=now)
    say(changed, "marketing", granted=True, at=now - timedelta(days=3))
    assert found_by({"field": "consent", "among": ["marketing"]}) == {"yes"}


def test_returns_reviews_and_stars() -> None:
    one, two = make_user(username="one"), make_user(username="two")
    order = ordered(one)
    ReturnRequest.objects.create(order=order, key="a", requested_at=timezone.now())
    ReturnRequest.objects.create(
        order=ordered(two), key="b", requested_at=timezone.now(), status="refused"
    )
    make_review(author=two, stars=1, written_at=timezone.now() - timedelta(days=1))
    assert found_by({"field": "returns", "is": "at_least", "n": 1}) == {"one"}
    assert found_by({"field": "reviews", "is": "at_least", "n": 1}) == {"two"}
    assert found_by({"field": "stars", "is": "at_most", "n": 2}) == {"two"}


def test_behaviour_of_the_last_days() -> None:
    tea = make_category()
    product = make_product(category=tea)
    looker, searcher = make_user(username="looker"), make_user(username="searcher")
    now = timezone.now()
    for _number in range(3):
        make_interaction(customer=looker, product=product, occurred_at=now - timedelta(hours=1))
    make_interaction(customer=searcher, product=product, occurred_at=now - timedelta(days=40))
    make_interaction(
        customer=searcher, kind=Interaction.Kind.SEARCH, query="Green tea", occurred_at=now
    )
    viewed = {"field": "viewed", "is": "at_least", "n": 1, "days": 30}
    assert found_by(viewed) == {"looker"}
    category = {"field": "viewed_category", "among": [str(tea.pk)], "is": "at_least", "n": 3}
    assert found_by(category) == {"looker"}
    assert found_by({"field": "searched", "text": "TEA", "is": "at_least", "n": 1}) == {"searcher"}


def test_groups_lie_in_one_another() -> None:
    both, spender, new = (make_user(username=name) for name in ("both", "spender", "new"))
    make_user(username="nobody")
    ordered(both, days_ago=3, price=90_000)
    ordered(spender, days_ago=200, price=90_000)
    ordered(new, days_ago=3, price=100)
    spends = {"field": "spend", "is": "at_least", "amount": "500"}
    lately = {"field": "last_order", "is": "within", "days": 30}
    assert found_by(spends, lately) == {"both"}
    assert found_by(spends, lately, how="any") == {"both", "spender", "new"}
    assert found_by(spends, lately, how="none") == {"nobody"}
    assert found_by(spends, {"how": "none", "parts": [lately]}) == {"spender"}


def test_staff_and_blocked_accounts_are_in_no_segment() -> None:
    make_staff(username="staff")
    make_user(username="blocked", is_active=False)
    make_user(username="customer")
    assert found_by({"field": "orders", "is": "at_most", "n": 5}) == {"customer"}


def test_a_rule_may_ask_for_another_segment_and_for_a_cell() -> None:
    inside, other = make_user(username="inside"), make_user(username="other")
    segment = make_segment({"field": "orders", "is": "at_least", "n": 1})
    SegmentMembership.objects.create(segment=segment, customer=inside, since=timezone.now())
    RfmScore.objects.create(
        customer=other,
        recency_days=3,
        orders=9,
        spend_minor=9,
        recency=5,
        frequency=5,
        money=5,
        cell="champions",
        as_of=timezone.localdate(),
    )
    assert found_by({"field": "segment", "among": [str(segment.pk)]}) == {"inside"}
    assert found_by({"field": "rfm", "among": ["champions"]}) == {"other"}
    assert found_by({"field": "recency_score", "is": "at_least", "n": 4}) == {"other"}


def test_the_largest_rule_is_one_statement() -> None:
    part = {"field": "orders", "is": "at_least", "n": 1, "days": 30}
    rule = read_rule({"how": "any", "parts": [part] * MAX_CONDITIONS})
    ordered(make_user())
    with CaptureQueriesContext(connection) as asked:
        assert customers_of(rule, moment=timezone.now()).count() == 1
    assert len(asked) == 1


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"how": "some", "parts": [{"field": "orders", "is": "at_least", "n": 1}]},
        {"how": "all", "parts": []},
        {"how": "all", "parts": "orders"},
        {"how": "all", "parts": [{"field": "password", "is": "at_least", "n": 1}]},
        {"how": "all", "parts": [{"field": "orders", "is": "more", "n": 1}]},
        {"how": "all", "parts": [{"field": "orders", "is": "at_least", "n": "many"}]},
        {"how": "all", "parts": [{"field": "orders", "is": "at_least", "n": -1}]},
        {"how": "all", "parts": [{"field": "orders", "is": "at_least", "n": 1, "days": 10**9}]},
        {"how": "all", "parts": [{"field": "spend", "is": "at_least", "amount": "NaN"}]},
        {"how": "all", "parts": [{"field": "bought_category", "among": ["1 OR 1=1"]}]},
        {"how": "all", "parts": [{"field": ["orders"]}]},
        {"how": "all", "parts": [None, 3, "x"]},
    ],
)
def test_what_cannot_be_meant_is_refused(rule: Any) -> None:
    with pytest.raises(InvalidRuleError):
        read_rule(rule)


def test_a_rule_has_bounds() -> None:
    part: dict[str, Any] = {"field": "orders", "is": "at_least", "n": 1}
    with pytest.raises(InvalidRuleError):
        read_rule({"how": "all", "parts": [part] * (MAX_CONDITIONS + 1)})
    deep = part
    for _level in range(MAX_DEPTH):
        deep = {"how": "all", "parts": [deep]}
    assert read_rule(deep).as_json() == deep
    with pytest.raises(InvalidRuleError):
        read_rule({"how": "all", "parts": [deep]})


def test_a_rule_is_told_in_both_languages() -> None:
    category = make_category(name_en="Tea", name_zh_hans="茶")
    rule = read_rule(
        {
            "how": "all",
            "parts": [
                {"field": "orders", "is": "at_least", "n": 2, "days": 90},
                {
                    "how": "none",
                    "parts": [
                        {
                            "field": "bought_category",
                            "among": [str(category.pk)],
                            "is": "at_least",
                            "n": 1,
                        }
                    ],
                },
            ],
        }
    )
    assert rule_in_words(rule) == (
        "Customers who ordered at least 2 times in the last 90 days and "
        "not (bought from Tea at least 1 time)."
    )
    with translation.override("zh-hans"):
        assert rule_in_words(rule) == (
            "符合以下条件的顾客：最近 90 天内下单至少 2 次，并且不符合（购买茶至少 1 次）。"
        )


def test_every_field_has_words_in_both_languages() -> None:
    for one in FIELDS.values():
        english = str(one.title)
        with translation.override("zh-hans"):
            assert str(one.title) != english, one.code


def test_why_a_customer_belongs_is_asked_once() -> None:
    customer = make_user()
    ordered(customer, days_ago=3)
    rule = read_rule(
        {
            "how": "any",
            "parts": [
                {"field": "orders", "is": "at_least", "n": 2},
                {"field": "last_order", "is": "within", "days": 30},
            ],
        }
    )
    with CaptureQueriesContext(connection) as asked:
        met = conditions_met(rule, customer_id=customer.pk, moment=timezone.now())
    assert (met, len(asked)) == ([False, True], 1)


def test_a_stored_rule_whose_category_is_gone_says_so() -> None:
    category = make_category()
    segment = make_segment(
        {"field": "bought_category", "among": [str(category.pk)], "is": "at_least", "n": 1}
    )
    category.delete()
    with pytest.raises(InvalidRuleError, match="names nothing that exists"):
        read_rule(Segment.objects.get(pk=segment.pk).rule)
