"""What is worked out at night, and what came of what was shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Product
from customers.models import User
from customers.services.consents import record_consents
from insights.models import Interaction
from orders.models import Order
from recommendations.models import PlacementDay, Recommendation, TrendingProduct
from recommendations.services.measuring import Rate, read_placements, roll_up_placements
from recommendations.services.preparing import Prepared, find_trending, prepare_buy_again
from tests.factories import make_order, make_sku, make_user
from tests.insights.factories import make_interaction
from tests.recommendations.factories import make_product_to_sell
from tests.recommendations.test_placements import customer_visitor, row_of

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()


def buy(customer: User | None, *products: Product, days_ago: int) -> None:
    order = make_order(
        customer=customer,
        lines={product.skus.first() or make_sku(product=product): 1 for product in products},
    )
    Order.objects.filter(pk=order.pk).update(placed_at=timezone.now() - timedelta(days=days_ago))


def make_regular(*, allows: bool = True) -> tuple[User, Product, Product]:
    """Somebody who bought tea three times and milk once."""
    customer = make_user()
    record_consents(user=customer, wanted={"personalisation": allows})
    tea, milk = make_product_to_sell(name_en="Tea"), make_product_to_sell(name_en="Milk")
    for days_ago in (60, 40, 20):
        buy(customer, *([tea, milk] if days_ago == 40 else [tea]), days_ago=days_ago)
    return customer, tea, milk


def test_what_sells_more_than_before_rises_and_a_steady_best_seller_does_not() -> None:
    steady, rising, few = (make_product_to_sell() for _ in range(3))
    for days_ago in range(35):
        buy(None, steady, days_ago=days_ago)
    for days_ago in (1, 2, 3, 4, 20):
        buy(None, rising, days_ago=days_ago)
    for days_ago in (1, 2):
        buy(None, few, days_ago=days_ago)
    assert find_trending(as_of=TODAY) == 1
    row = TrendingProduct.objects.get()
    assert (row.product, row.orders_week, row.orders_before) == (rising, 4, 0.25)
    assert find_trending(as_of=TODAY) == 1


def test_a_cancelled_order_makes_no_trend() -> None:
    product = make_product_to_sell()
    for days_ago in (1, 2, 3):
        buy(None, product, days_ago=days_ago)
    Order.objects.update(status=Order.Status.CANCELLED)
    assert find_trending(as_of=TODAY) == 0


def test_what_was_prepared_at_night_is_shown_by_day() -> None:
    customer, tea, milk = make_regular()
    assert prepare_buy_again(as_of=TODAY) == Prepared(customers=1, changed=1, withdrawn=0)
    assert list(Recommendation.objects.values_list("product", "rank", "score")) == [
        (tea.pk, 1, 1.0),
        (milk.pk, 2, pytest.approx(1 / 3, abs=1e-5)),
    ]
    # What changes after the night does not show before the next one.
    Recommendation.objects.filter(product=milk).update(score=2.0)
    row = row_of("home.buy_again", customer_visitor(customer))
    assert [each.product.pk for each in row.shown] == [milk.pk, tea.pk]
    assert row.shown[1].sentence == "You bought this 3 times."


def test_a_second_night_writes_nothing_where_nothing_changed() -> None:
    make_regular()
    prepare_buy_again(as_of=TODAY)
    before = list(Recommendation.objects.values_list("pk", flat=True))
    assert prepare_buy_again(as_of=TODAY) == Prepared(customers=1, changed=0, withdrawn=0)
    assert list(Recommendation.objects.values_list("pk", flat=True)) == before


def test_nothing_is_prepared_without_consent_and_what_was_is_taken_away() -> None:
    make_regular(allows=False)
    assert prepare_buy_again(as_of=TODAY).customers == 0
    customer, _tea, _milk = make_regular()
    prepare_buy_again(as_of=TODAY)
    assert Recommendation.objects.count() == 2
    record_consents(user=customer, wanted={"personalisation": False})
    assert prepare_buy_again(as_of=TODAY) == Prepared(customers=0, changed=0, withdrawn=2)
    assert not Recommendation.objects.exists()


def show(kind: str, *, placement: str = "home.trending", source: str = "m:1", **more: Any) -> None:
    make_interaction(
        kind=kind, placement=placement, source=source, occurred_at=timezone.now(), **more
    )


def test_days_of_placements_are_counted_by_source_and_a_second_time_alike() -> None:
    product = make_product_to_sell()
    for source in ("m:1@0.05", "m:1@0.8", "m:1", "branch:popular"):
        show(Interaction.Kind.IMPRESSION, source=source, product=product)
    show(Interaction.Kind.CLICK, source="m:1@0.05", product=product)
    show(Interaction.Kind.PURCHASE, product=product)
    show(Interaction.Kind.VIEW, placement="", product=product)
    assert roll_up_placements(as_of=TODAY) == 2
    assert roll_up_placements(as_of=TODAY) == 2
    assert set(
        PlacementDay.objects.values_list("source", "impressions", "clicks", "purchases")
    ) == {
        ("m:1", 3, 1, 1),
        ("branch:popular", 1, 0, 0),
    }
    [measured] = read_placements(until=TODAY)
    assert (measured.impressions, measured.clicks, len(measured.sources)) == (4, 1, 2)


def test_the_interval_of_a_rate_worked_out_by_hand() -> None:
    assert Rate(5, 10).interval == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert Rate(0, 0).share is None
    assert Rate(0, 0).interval is None
    assert Rate(3, 2).interval is not None
