"""The learned order of rows made for one customer, from orders to the page; and the margin."""

from typing import Any

import numpy as np
import pytest
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from customers.models import User
from insights.models import PurchasePropensity
from insights.services.visitors import Visitor
from learning import serving
from learning.models import TrainingRun
from learning.services import training
from recommendations.algorithms.ranker import FEATURES, RankerModel
from recommendations.models import PlacementCode
from recommendations.services import keeping
from recommendations.services.histories import Context
from recommendations.services.placing import RankedRow, rank_row
from recommendations.services.previews import preview
from recommendations.services.ranking import PIPELINE, read_margins
from tests.factories import make_offer, make_sku, make_user
from tests.recommendations.factories import (
    AS_OF,
    PER_THEME,
    make_product_to_sell,
    make_similar,
    record_themed_shop,
)
from tests.recommendations.test_placements import set_up

pytestmark = pytest.mark.django_db

GUESS = PlacementCode.GUESS_YOU_LIKE.value


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_loaded", {})
    keeping.forget()


def learn() -> list[Product]:
    products = record_themed_shop(n_customers=150)
    for name in ("recommendations.item_neighbours", PIPELINE):
        run = training.retrain(name, as_of=AS_OF)
        assert run.status == TrainingRun.Status.PUBLISHED, run.message
    keeping.forget()
    return products


def seen_by(customer: User | None, **context: Any) -> RankedRow:
    visitor = Visitor(
        key="c" * 32, customer_id=customer.pk if customer else None, may_personalise=True
    )
    return rank_row(placement=GUESS, visitor=visitor, context=Context(**context))


def test_the_order_is_learned_gated_published_and_served() -> None:
    products = learn()
    version = serving.load(PIPELINE).version
    assert version is not None
    gates = {gate.metric for gate in version.gates.all()}
    assert gates == {"ndcg_at_10", "ndcg_gain_low", "coverage_at_10"}
    assert version.parameters["tries_of_each"] == 6
    assert set(version.parameters["weights"]) == set(FEATURES)
    set_up(GUESS, mix={"item_neighbours": 1.0}, limit=8, not_bought_days=365)
    customer = User.objects.get(username="person-3")
    row = seen_by(customer)
    assert row.ordered_by == f"{PIPELINE}:{version.number}"
    assert all(abs(dict(each.parts)["ranker"] - each.score) < 1e-4 for each in row.ranked)
    shares = [each.score for each in row.ranked]
    assert shares == sorted(shares, reverse=True)
    # What she buys is of few themes, and the order has learned that.
    bought = {
        at // PER_THEME
        for at, product in enumerate(products)
        if product.skus.filter(order_lines__order__customer=customer).exists()
    }
    places = {product.pk: at for at, product in enumerate(products)}
    assert places[row.ranked[0].product_id] // PER_THEME in bought


def test_staff_can_leave_the_order_to_the_weights_of_the_placement() -> None:
    learn()
    set_up(GUESS, mix={"item_neighbours": 1.0}, limit=8, learned_order=False)
    row = seen_by(User.objects.get(username="person-3"))
    assert row.ranked
    assert row.ordered_by == ""
    assert all("ranker" not in dict(each.parts) for each in row.ranked)


def test_rows_that_follow_from_the_page_and_strangers_keep_their_order() -> None:
    products = learn()
    set_up("product.goes_with", mix={"item_neighbours": 1.0})
    set_up(GUESS, mix={"popular": 1.0})
    visitor = Visitor(key="c" * 32, may_personalise=True)
    page = rank_row(
        placement="product.goes_with",
        visitor=visitor,
        context=Context(product_id=products[3].pk),
    )
    assert page.ranked
    assert page.ordered_by == ""
    assert seen_by(None).ordered_by == ""


def test_the_learned_order_costs_no_statement_of_its_own(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    learn()
    customer = User.objects.get(username="person-3")
    counts = []
    for learned in (False, True):
        set_up(GUESS, mix={"item_neighbours": 1.0}, limit=8, learned_order=learned)
        # The process learns settings, models and best sellers once.
        seen_by(customer)
        with django_assert_max_num_queries(10) as asked:
            seen_by(customer)
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_preview_says_what_ordered_the_row() -> None:
    learn()
    set_up(GUESS, mix={"item_neighbours": 1.0}, limit=8)
    looked_at = Product.objects.order_by("pk").values_list("pk", flat=True)[:3]
    found = preview(placement=GUESS, customer=None, context=Context(viewed=list(looked_at)))
    assert found.ordered_by == f"{PIPELINE}:1"


def test_few_customers_teach_no_order() -> None:
    record_themed_shop(n_customers=10)
    run = training.retrain(PIPELINE, as_of=AS_OF)
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert not isinstance(serving.load(PIPELINE).model, RankerModel)


def test_what_earns_more_is_moved_up_for_those_who_order_anyway() -> None:
    lamp, cup, dear, cheap = (make_product_to_sell(name_en=f"Thing {n}") for n in range(4))
    for subject, others in ((lamp, (cheap, dear)), (cup, (dear, cheap))):
        for other in others:
            make_similar(subject, other)
    for other, cost in ((cheap, 950), (dear, 100)):
        sku = make_sku(product=other, price_minor=1000)
        make_offer(sku=sku, unit_cost_minor=cost, freight_minor=0, is_preferred=True)
    np.testing.assert_allclose(
        [read_margins([cheap.pk, dear.pk])[each.pk] for each in (cheap, dear)], [0.05, 0.9]
    )
    set_up(GUESS, not_viewed=True)
    sure, hesitant = make_user(), make_user()
    for customer, value in ((sure, 1.0), (hesitant, 0.0)):
        make_propensity(customer, value)
    viewed = {"viewed": [lamp.pk, cup.pk]}
    assert [each.product_id for each in seen_by(sure, **viewed).ranked] == [cheap.pk, dear.pk]
    set_up(GUESS, margin=1.0, not_viewed=True)
    assert [each.product_id for each in seen_by(sure, **viewed).ranked] == [dear.pk, cheap.pk]
    assert [each.product_id for each in seen_by(hesitant, **viewed).ranked] == [cheap.pk, dear.pk]


def make_propensity(customer: User, value: float) -> PurchasePropensity:
    return PurchasePropensity.objects.create(
        customer=customer, value=value, as_of=AS_OF, confidence=0.9
    )
