"""Who may approve what: one person, two, or the shop itself."""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connections
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.models import User
from inventory.errors import NotAllowedNowError, SecondPersonNeededError
from inventory.models import PurchaseOrder, PurchaseOrderLine, ReplenishmentSettings
from inventory.services import approvals, purchasing
from inventory.tasks import send_purchase_order
from learning.models import Decision
from outbox.models import Email, WebhookDelivery
from tests.factories import make_offer, make_staff, make_supplier, make_user
from tests.inventory.factories import make_purchase_order

pytestmark = pytest.mark.django_db


def decide(**fields: Any) -> None:
    """What managers decided; 10 orders of 100.00 fit the day unless the test says otherwise."""
    ReplenishmentSettings.objects.update_or_create(
        pk=1,
        defaults={
            "is_automatic": True,
            "automatic_limit_minor": 10_000,
            "automatic_daily_budget_minor": 100_000,
            **fields,
        },
    )


def make_draft(units: int = 10, **fields: Any) -> PurchaseOrder:
    """Of the shop itself; a unit costs 10.00."""
    return make_purchase_order(lines={make_offer(): units}, **fields)


def test_below_the_limit_one_person_is_enough() -> None:
    decide(is_automatic=False, second_approval_from_minor=10_001)
    order = make_draft()
    purchasing.approve_purchase_order(order, user=make_staff())
    assert order.status == PurchaseOrder.Status.APPROVED


def test_from_the_limit_on_two_people_approve_and_nobody_is_both() -> None:
    decide(is_automatic=False, second_approval_from_minor=10_000)
    order, first, second = make_draft(), make_staff(), make_staff()
    purchasing.approve_purchase_order(order, user=first, reason="fair in May")
    assert (order.status, order.first_approved_by) == ("draft", first)
    assert PurchaseOrder.objects.awaiting_second_person().get() == order
    for copy in (order, PurchaseOrder.objects.get(pk=order.pk)):
        with pytest.raises(SecondPersonNeededError):
            purchasing.approve_purchase_order(copy, user=first)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.DRAFT
    assert not WebhookDelivery.objects.exists()
    purchasing.approve_purchase_order(order, user=second)
    assert (order.status, order.approved_by, order.first_approved_by) == (
        "approved",
        second,
        first,
    )
    approved = Decision.objects.filter(action="approve").order_by("pk")
    assert [(decision.user, decision.done.get("is_first_of_two")) for decision in approved] == [
        (first, True),
        (second, None),
    ]


def test_what_was_drafted_after_the_first_approval_was_seen_by_nobody() -> None:
    decide(is_automatic=False, second_approval_from_minor=10_000)
    order, first, second = make_draft(), make_staff(), make_staff()
    purchasing.approve_purchase_order(order, user=first)
    offer = make_offer(supplier=order.supplier)
    PurchaseOrderLine.objects.create(
        order=order,
        sku=offer.sku,
        offer=offer,
        quantity=5,
        quantity_proposed=5,
        unit_cost_minor=1000,
    )
    purchasing.approve_purchase_order(order, user=second)
    assert (order.status, order.first_approved_by) == ("draft", second)
    purchasing.approve_purchase_order(order, user=first)
    assert (order.status, order.approved_by) == ("approved", first)


def test_money_of_another_country_needs_two_people_once_there_is_a_limit() -> None:
    decide(is_automatic=False, second_approval_from_minor=10_000_000)
    order = make_draft(currency="USD")
    purchasing.approve_purchase_order(order, user=make_staff())
    assert order.status == PurchaseOrder.Status.DRAFT


def test_the_shop_approves_nothing_by_itself_unless_it_may() -> None:
    make_draft()
    assert approvals.approve_automatically().approved == 0
    decide(is_automatic=False)
    assert approvals.approve_automatically() == approvals.AutomaticReport(0, 0, left=1)


def test_small_orders_are_approved_within_the_budget_of_the_day_and_say_so() -> None:
    decide(automatic_daily_budget_minor=25_000)
    small = [make_draft(10), make_draft(10), make_draft(10)]
    large = make_draft(11)
    report = approvals.approve_automatically()
    assert (report.approved, report.cost_minor, report.left) == (2, 20_000, 2)
    large.refresh_from_db()
    assert large.status == PurchaseOrder.Status.DRAFT
    approved = PurchaseOrder.objects.filter(is_approved_automatically=True)
    assert {order.pk for order in approved} < {order.pk for order in small}
    decision = Decision.objects.filter(action="approve").order_by("pk")[0]
    assert decision.user is None
    assert decision.reason == "approved automatically"
    assert decision.done == {
        "status": "approved",
        "cost_minor": 10_000,
        "limit_minor": 10_000,
        "spent_today_minor": 10_000,
        "daily_budget_minor": 25_000,
    }
    # Running again that day does not begin a new budget; the next day does.
    assert approvals.approve_automatically().approved == 0
    with time_machine.travel(timezone.now() + timedelta(days=1), tick=False):
        assert approvals.approve_automatically().approved == 1


def test_what_was_approved_and_cancelled_stays_spent() -> None:
    decide(automatic_daily_budget_minor=10_000)
    order = make_draft()
    approvals.approve_automatically()
    order.refresh_from_db()
    purchasing.cancel_purchase_order(order, user=make_staff())
    make_draft()
    assert approvals.approve_automatically().approved == 0


def test_drafts_that_people_work_on_or_made_are_theirs() -> None:
    decide()
    begun = make_purchase_order(
        lines={(offer := make_offer()): 4, make_offer(supplier=offer.supplier): 4}
    )
    line = begun.lines.select_related("order", "sku").first()
    assert line is not None
    purchasing.accept_line(line, user=make_staff())
    make_draft(created_by=make_staff())
    added = make_draft()
    added.lines.update(quantity_proposed=None)
    make_purchase_order(lines={make_offer(supplier=make_supplier(is_assumed=True)): 1})
    make_draft(currency="USD")
    decide(second_approval_from_minor=5_000)
    make_draft()
    assert approvals.approve_automatically().approved == 0


def test_switching_off_stops_also_what_was_approved_and_is_not_sent() -> None:
    decide()
    order = make_draft()
    approvals.approve_automatically()
    assert PurchaseOrder.objects.to_send().get() == order
    decide(is_automatic=False)
    assert not send_purchase_order(order.pk)
    assert not Email.objects.exists()
    # A person may still send it.
    order.refresh_from_db()
    purchasing.send_by_email(order, user=make_staff())
    assert Email.objects.get().reference == order.number


def at_once(acts: Sequence[Callable[[], object]]) -> list[type[BaseException]]:
    """Everybody on a connection of their own; returns what went wrong."""
    start = threading.Barrier(len(acts))
    failures: list[type[BaseException]] = []

    def do(act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except Exception as error:  # noqa: BLE001  # the test itself looks at them
            failures.append(type(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def approval(order: PurchaseOrder, user: User) -> Callable[[], object]:
    copy = PurchaseOrder.objects.get(pk=order.pk)
    return lambda: purchasing.approve_purchase_order(copy, user=user)


@pytest.mark.django_db(transaction=True)
def test_one_person_in_six_windows_is_one_person() -> None:
    decide(is_automatic=False, second_approval_from_minor=1)
    order, person = make_draft(), make_staff()
    failures = at_once([approval(order, person) for _window in range(6)])
    assert failures == [SecondPersonNeededError] * 5
    order.refresh_from_db()
    assert (order.status, order.first_approved_by, order.approved_by) == ("draft", person, None)


@pytest.mark.django_db(transaction=True)
def test_of_three_people_at_once_two_approve() -> None:
    decide(is_automatic=False, second_approval_from_minor=1)
    order = make_draft()
    failures = at_once([approval(order, make_staff()) for _person in range(3)])
    assert failures == [NotAllowedNowError]
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.APPROVED
    assert None not in {order.first_approved_by, order.approved_by}
    assert order.first_approved_by != order.approved_by
    assert Decision.objects.filter(action="approve").count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_budget_holds_when_eight_approve_at_once() -> None:
    decide(automatic_daily_budget_minor=35_000)
    for _order in range(6):
        make_draft()
    assert at_once([approvals.approve_automatically] * 8) == []
    assert PurchaseOrder.objects.filter(status="approved").count() == 3
    assert approvals.spent_today(now=timezone.now()) == 30_000
    assert Decision.objects.filter(action="approve").count() == 3


def test_managers_decide_on_one_page_and_looking_at_it_writes_nothing(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    address = reverse("admin:inventory_replenishmentsettings_changelist")
    assert client.get(address).status_code == 200
    assert not ReplenishmentSettings.objects.exists()
    fields = {
        "second_approval_from_minor": 50_000,
        "is_automatic": "on",
        "automatic_limit_minor": 10_000,
        "automatic_daily_budget_minor": 20_000,
        "service_level_floor": 0.8,
        "service_level_cap": 0.99,
        "yearly_holding_share": 0.25,
        "order_line_cost_minor": 200,
        "dead_after_days": 180,
    }
    for limit in (10_000, 15_000):
        answer = client.post(address, {**fields, "automatic_limit_minor": limit})
        assert answer.status_code == 302
        saved = ReplenishmentSettings.objects.get()
        assert (saved.pk, saved.automatic_limit_minor) == (1, limit)
    assert saved.history.count() == 2
