"""The row beside a product, as pages ask for it."""

from typing import Any

import pytest
from django.utils import translation

from catalog.models import Product
from insights.services.visitors import Visitor
from learning.models import Decision
from recommendations.errors import SameProductError
from recommendations.models import Reason, SimilarProductRule
from recommendations.services import keeping
from recommendations.services.explaining import wilson_lower_bound
from recommendations.services.histories import Context
from recommendations.services.placing import Row, recommend_products
from recommendations.services.rules import ban, lift, pin
from recommendations.services.similar import reason_sentence
from tests.factories import make_category, make_staff
from tests.recommendations.factories import make_product_to_sell, make_similar

pytestmark = pytest.mark.django_db


def row_of(product: Product) -> Row:
    keeping.forget()
    return recommend_products(
        placement="product.similar", visitor=Visitor(), context=Context(product_id=product.pk)
    )


def shown(product: Product) -> list[int]:
    return [each.product.pk for each in row_of(product).shown]


def test_the_learned_list_comes_in_its_order_with_its_reason() -> None:
    product, second, first = (make_product_to_sell() for _ in range(3))
    make_similar(product, first, rank=1)
    make_similar(product, second, rank=2)
    row = row_of(product)
    assert [each.product.pk for each in row.shown] == [first.pk, second.pk]
    assert row.served_by == "branch:similar"
    assert row.shown[0].sentence == "Bought together in 12 of 40 orders."


@pytest.mark.parametrize("lack", [{"has_stock": False}, {"status": Product.Status.WITHDRAWN}])
def test_what_cannot_be_bought_now_is_not_shown(lack: dict[str, Any]) -> None:
    product, other = make_product_to_sell(), make_product_to_sell()
    gone = make_product_to_sell(**lack)
    make_similar(product, gone)
    make_similar(product, other)
    assert shown(product) == [other.pk]


def test_what_is_missing_comes_from_the_category_and_then_from_what_sells() -> None:
    category = make_category()
    product = make_product_to_sell(category=category)
    learned = make_product_to_sell()
    slow = make_product_to_sell(category=category, units_sold_30_days=1)
    quick = make_product_to_sell(category=category, units_sold_30_days=9)
    popular = make_product_to_sell(units_sold_30_days=100)
    make_similar(product, learned)
    row = row_of(product)
    assert [each.product.pk for each in row.shown] == [learned.pk, quick.pk, slow.pk, popular.pk]
    assert [each.source for each in row.shown] == [
        "branch:similar",
        "branch:category_popular",
        "branch:category_popular",
        "branch:popular",
    ]
    assert row.shown[1].sentence == "From the same category."
    assert row.shown[3].sentence == "100 sold in the last 30 days."


def test_a_shop_that_learned_nothing_says_that_popularity_answers() -> None:
    product, other = make_product_to_sell(), make_product_to_sell(units_sold_30_days=3)
    row = row_of(product)
    assert [each.product.pk for each in row.shown] == [other.pk]
    assert row.served_by == "branch:popular"


def test_a_shop_with_one_product_shows_nothing() -> None:
    row = row_of(make_product_to_sell())
    assert (row.shown, row.served_by) == ([], "branch:nothing")


def test_pins_come_first_and_bans_never() -> None:
    staff = make_staff()
    product, learned, pinned, unwanted = (make_product_to_sell() for _ in range(4))
    make_similar(product, unwanted)
    make_similar(product, learned)
    pin(product=product, similar=pinned, user=staff, reason="goes with the season")
    ban(product=product, similar=unwanted, user=staff)
    # No fallback brings back what was banned.
    assert shown(product) == [pinned.pk, learned.pk]


def test_a_pinned_product_that_is_sold_out_waits() -> None:
    product, pinned = make_product_to_sell(), make_product_to_sell(has_stock=False)
    pin(product=product, similar=pinned, user=make_staff())
    assert shown(product) == []


def test_a_decision_on_a_pair_is_kept_with_what_was_proposed() -> None:
    staff = make_staff()
    product, other = make_product_to_sell(), make_product_to_sell()
    make_similar(product, other)
    rule = ban(product=product, similar=other, user=staff, reason="a competitor of ours")
    decision = Decision.objects.get()
    assert (decision.action, decision.user, decision.subject) == ("reject", staff, rule)
    assert decision.proposed == {"rank": 1, "reason": "bought_together"}
    assert decision.reason == "a competitor of ours"


def test_a_later_decision_replaces_the_earlier_one_and_can_be_lifted() -> None:
    staff = make_staff()
    product, other = make_product_to_sell(), make_product_to_sell()
    ban(product=product, similar=other, user=staff)
    rule = pin(product=product, similar=other, user=staff)
    assert SimilarProductRule.objects.get().kind == SimilarProductRule.Kind.PIN
    lift(rule=rule, user=staff)
    assert not SimilarProductRule.objects.exists()
    assert list(Decision.objects.order_by("pk").values_list("action", flat=True)) == [
        "reject",
        "accept",
        "cancel",
    ]


def test_a_product_beside_itself_is_refused() -> None:
    product = make_product_to_sell()
    with pytest.raises(SameProductError):
        pin(product=product, similar=product, user=make_staff())
    assert not SimilarProductRule.objects.exists()
    assert not Decision.objects.exists()


def test_reasons_are_told_in_both_languages() -> None:
    together = {"facts": {"together": 1295, "buyers": 2000, "unit": "customer"}}
    alike = {"facts": {"shared_words": ["茶杯", "teacup"], "same_category": True}}
    with translation.override("en"):
        assert (
            reason_sentence(Reason.BOUGHT_TOGETHER, together)
            == "1,295 of 2,000 customers who bought this also bought it."
        )
        assert (
            reason_sentence(Reason.SIMILAR_CONTENT, alike)
            == "Same category, and both names say “teacup”."
        )
    with translation.override("zh-hans"):
        assert (
            reason_sentence(Reason.BOUGHT_TOGETHER, together)
            == "购买此商品的 2,000 位顾客中，有 1,295 位也买了它。"
        )
        assert reason_sentence(Reason.SIMILAR_CONTENT, alike) == "同属一类，名称中都有“茶杯”。"


def test_wilson_bound_of_shares_worked_out_by_hand() -> None:
    assert wilson_lower_bound(0, 0) == 0.0
    assert wilson_lower_bound(0, 10) == 0.0
    assert wilson_lower_bound(5, 10) == pytest.approx(0.2366, abs=1e-4)
    assert wilson_lower_bound(10, 10) == pytest.approx(0.7225, abs=1e-4)
