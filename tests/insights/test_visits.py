"""Events become visits, orders become purchases, and both are counted once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from customers.models import Consent
from insights import buffer
from insights.models import Interaction, Visit
from insights.services.purchases import record_purchases
from insights.services.recording import InteractionEvent, flush_interactions, record_interactions
from insights.services.robots import find_robots
from tests.factories import A_MOMENT, make_order, make_product, make_sku, make_user
from tests.insights.factories import make_interaction, make_visit

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_buffer() -> Iterator[None]:
    buffer._client().flushdb()
    yield
    buffer._client().flushdb()


def happen(*steps: dict[str, Any]) -> None:
    """Steps of one visitor, recorded and stored. minute: after the first moment."""
    record_interactions(
        events=[
            InteractionEvent(
                **{
                    "event_id": uuid4(),
                    "kind": Interaction.Kind.VIEW,
                    "visitor_key": "visitor",
                    "occurred_at": A_MOMENT + timedelta(minutes=step.pop("minute", 0)),
                    **step,
                }
            )
            for step in steps
        ]
    )
    flush_interactions()


def allow_statistics(customer: Any) -> None:
    Consent.objects.create(user=customer, purpose=Consent.Purpose.ANALYTICS, is_granted=True)


def test_steps_without_a_pause_are_one_visit_that_knows_how_it_began() -> None:
    product = make_product()
    happen(
        {
            "page": "home",
            "came_by": "search",
            "referrer": "baidu.com",
            "campaign": "spring",
            "device": "phone",
            "language": "zh-hans",
        },
        {"minute": 2, "page": "product", "product_id": product.pk},
        {"minute": 3, "page": "product", "product_id": product.pk},
        {"minute": 4, "kind": Interaction.Kind.ADD_TO_CART, "product_id": product.pk},
    )
    happen({"minute": 20, "page": "checkout", "came_by": "social"})
    visit = Visit.objects.get()
    assert (visit.entry_page, visit.path) == ("home", "home product checkout")
    assert (visit.source, visit.referrer, visit.campaign) == ("search", "baidu.com", "spring")
    assert (visit.device, visit.language) == ("phone", "zh-hans")
    assert (visit.n_views, visit.n_events, visit.n_seen) == (4, 5, 1)
    assert visit.saw_product
    assert visit.added_to_cart
    assert visit.began_checkout
    assert visit.ended_at - visit.started_at == timedelta(minutes=20)
    assert set(Interaction.objects.values_list("visit", flat=True)) == {visit.pk}


def test_a_pause_of_half_an_hour_begins_a_new_visit() -> None:
    happen({}, {"minute": 29}, {"minute": 58}, {"minute": 88})
    assert [visit.n_views for visit in Visit.objects.order_by("started_at")] == [3, 1]


def test_visitors_do_not_share_visits() -> None:
    happen({}, {"visitor_key": "another"})
    assert Visit.objects.count() == 2


def test_an_event_sent_again_counts_in_no_visit_twice() -> None:
    event_id = uuid4()
    happen({"event_id": event_id})
    happen({"event_id": event_id}, {"event_id": event_id})
    assert Visit.objects.get().n_views == 1


def test_an_event_that_comes_late_joins_its_visit_and_moves_its_beginning() -> None:
    happen({"minute": 10, "page": "product"})
    happen({"minute": 5, "page": "home"})
    visit = Visit.objects.get()
    assert visit.started_at == A_MOMENT + timedelta(minutes=5)
    assert visit.entry_page == "home"


def test_a_sku_put_into_the_cart_is_its_product() -> None:
    sku = make_sku()
    happen({"kind": Interaction.Kind.ADD_TO_CART, "sku_id": sku.pk, "quantity": 3})
    stored = Interaction.objects.get()
    assert (stored.product_id, stored.quantity) == (sku.product_id, 3)


def order_of(customer: Any, *, placed_ago: timedelta = timedelta(hours=1), **fields: Any) -> Any:
    sku = make_sku()
    order = make_order(
        customer=customer, placed_at=timezone.now() - placed_ago, lines={sku: 2}, **fields
    )
    return order, sku.product


def test_an_order_becomes_purchases_credited_to_the_last_click_of_seven_days() -> None:
    customer = make_user()
    allow_statistics(customer)
    order, product = order_of(customer)
    for days, placement in ((8, "home.popular"), (6, "product.similar"), (7, "home.offers")):
        make_interaction(
            kind=Interaction.Kind.CLICK,
            product=product,
            customer=customer,
            placement=placement,
            position=2,
            source="recommendations.similar_products:4",
            arm="similar:b",
            occurred_at=order.placed_at - timedelta(days=days),
        )
    assert record_purchases() == 1
    bought = Interaction.objects.get(kind=Interaction.Kind.PURCHASE)
    assert (bought.product, bought.customer, bought.quantity) == (product, customer, 2)
    assert bought.occurred_at == order.placed_at
    assert (bought.placement, bought.position) == ("product.similar", 2)
    assert (bought.source, bought.arm) == ("recommendations.similar_products:4", "similar:b")


def test_an_order_is_copied_once_and_counts_once_in_its_visit() -> None:
    customer = make_user()
    allow_statistics(customer)
    order, _product = order_of(customer)
    visit = make_visit(
        customer=customer, started_at=order.placed_at - timedelta(minutes=5), minutes=10
    )
    assert record_purchases() == 1
    assert record_purchases() == 0
    assert Interaction.objects.filter(kind=Interaction.Kind.PURCHASE).count() == 1
    visit.refresh_from_db()
    assert visit.n_orders == 1
    assert Interaction.objects.get().visit == visit


def test_orders_of_customers_who_did_not_allow_statistics_are_not_copied() -> None:
    order_of(make_user())
    refused = make_user()
    allow_statistics(refused)
    Consent.objects.create(user=refused, purpose=Consent.Purpose.ANALYTICS, is_granted=False)
    order_of(refused)
    assert record_purchases() == 0
    assert not Interaction.objects.exists()


def test_a_guest_who_sees_the_confirmation_has_bought() -> None:
    order, product = order_of(None, placed_ago=timedelta())
    now = {"occurred_at": timezone.now()}
    happen({"page": "thanks", "order_number": order.number, **now})
    happen({"page": "thanks", "order_number": order.number, **now})
    bought = Interaction.objects.get(kind=Interaction.Kind.PURCHASE)
    assert (bought.product, bought.visitor_key) == (product, "visitor")
    assert Visit.objects.get().n_orders == 1


def views(visit: Visit, seconds: list[float]) -> None:
    for second in seconds:
        make_interaction(
            visit=visit, occurred_at=visit.started_at + timedelta(seconds=second), page="product"
        )
    visit.n_views = len(seconds)
    visit.save()


def test_programs_are_found_by_how_they_turn_pages_and_people_are_not() -> None:
    now = timezone.now() - timedelta(minutes=20)
    steady, fast, person = (make_visit(started_at=now, n_seen=seen) for seen in (5, 5, 3))
    views(steady, [number * 10.0 for number in range(25)])
    views(fast, [number * 1.5 + number % 3 for number in range(70)])
    views(person, [number * 12.0 + (number % 4) * 7 for number in range(25)])
    assert find_robots() == 2
    assert find_robots() == 0
    marked = {visit.pk: visit.robot for visit in Visit.objects.exclude(robot="")}
    assert marked == {steady.pk: "clockwork", fast.pk: "rate"}
    assert set(Interaction.objects.of_people().values_list("visit", flat=True)) == {person.pk}
