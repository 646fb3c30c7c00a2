"""What a buyer reads in the morning."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog.models import Sku
from customers.models import User
from inventory.models import PurchaseOrder, ReplenishmentSettings, SupplierOffer
from inventory.services.buying_day import read_buying_day
from inventory.services.urgency import avoided_by_lines
from tests.factories import make_offer, make_stock_level, make_user
from tests.inventory.factories import make_purchase_order, make_replenished_sku

pytestmark = pytest.mark.django_db
TODAY = "admin:inventory_purchaseorder_today"


def make_buyer(client: Client) -> User:
    user = make_user(is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def make_urgent_draft(*, position: int = 3, units: int = 30, **fields: Any) -> PurchaseOrder:
    """2 a day, 7 days to arrive and one of review: 16 needed. A unit costs 10.00, brings 19.99."""
    order = make_purchase_order(lines={make_offer(): units}, **fields)
    order.lines.update(
        explanation={
            "facts": {
                "daily_units": 2.0,
                "lead_time_mean_days": 7.0,
                "review_period_days": 1,
                "position": position,
            }
        }
    )
    return order


def test_the_line_that_avoids_most_lost_margin_stands_first() -> None:
    easy, urgent = make_urgent_draft(position=20), make_urgent_draft(position=3)
    small = make_urgent_draft(position=10, units=2)
    day = read_buying_day(today=timezone.localdate())
    # 13 units are missing and bring 9.99 each; of 6 missing ones the small line buys 2.
    assert [(one.line.order, one.avoided_minor) for one in day.lines] == [
        (urgent, 13 * 999),
        (small, 2 * 999),
        (easy, 0),
    ]
    assert [one.order for one in day.drafts] == [urgent, small, easy]
    assert (day.n_drafts, day.n_lines, day.avoided_minor) == (3, 3, 15 * 999)


def test_an_uncertain_demand_is_worth_more_than_its_mean() -> None:
    order = make_urgent_draft(position=16)
    (line,) = order.lines.select_related("sku", "order")
    assert avoided_by_lines([line]) == [0]
    line.explanation["facts"].update({"forecast_quantile_0.5": 16.0, "forecast_quantile_0.9": 26.0})
    (avoided,) = avoided_by_lines([line])
    assert avoided > 2 * 999


def test_a_line_by_hand_or_in_two_currencies_avoids_nothing_that_is_known() -> None:
    by_hand = make_purchase_order(lines={make_offer(): 5})
    foreign = make_urgent_draft()
    Sku.objects.filter(pk=foreign.lines.get().sku_id).update(currency="EUR")
    lines = [
        *by_hand.lines.select_related("sku", "order"),
        *foreign.lines.select_related("sku", "order"),
    ]
    assert avoided_by_lines(lines) == [0, 0]


def make_short(*, on_hand: int, **offer: Any) -> SupplierOffer:
    """One a day is asked for, and an order takes 7 days."""
    made = make_replenished_sku(offer=offer)
    make_stock_level(sku=made.sku, on_hand=on_hand)
    return made


def test_what_ends_before_an_order_could_be_here_is_told() -> None:
    out, soon = make_short(on_hand=0), make_short(on_hand=4)
    make_short(on_hand=7)
    day = read_buying_day(today=timezone.localdate())
    assert [(one.forecast.sku, one.available, one.days_left) for one in day.short] == [
        (out.sku, 0, 0.0),
        (soon.sku, 4, 4.0),
    ]


def test_what_is_on_its_way_in_time_is_no_risk() -> None:
    in_time, too_late = make_short(on_hand=4), make_short(on_hand=4)
    today = timezone.localdate()
    for offer, days in ((in_time, 3), (too_late, 6)):
        make_purchase_order(
            lines={offer: 5}, status="sent", expected_on=today + timedelta(days=days)
        )
    (short,) = read_buying_day(today=today).short
    assert (short.forecast.sku, short.arrives_in_days, short.is_on_its_way) == (
        too_late.sku,
        6,
        True,
    )


def test_the_page_shows_ten_lines_five_drafts_and_counts_the_rest(
    client: Client, django_assert_max_num_queries: Any
) -> None:
    make_buyer(client)
    for _draft in range(12):
        make_urgent_draft()
    for day in range(6):
        make_purchase_order(
            lines={make_offer(): 2},
            status="sent",
            expected_on=timezone.localdate() - timedelta(days=day + 1),
        )
    for _sku in range(7):
        make_short(on_hand=0)
    client.get(reverse(TODAY))
    with django_assert_max_num_queries(30):
        shown = client.get(reverse(TODAY)).context["today"]
    assert (len(shown.drafts), shown.more_drafts) == (5, 7)
    assert (len(shown.lines), shown.more_lines) == (10, 2)
    assert (len(shown.late), shown.more_late) == (4, 2)
    assert (len(shown.short), shown.more_short) == (5, 2)
    assert shown.lines[0].reason == "3 left last 2 days at 2.0 a day; 7 days to arrive."


def press(client: Client, order: PurchaseOrder, **fields: Any) -> str:
    """What the page says then."""
    answer = client.post(
        reverse("admin:inventory_purchaseorder_approve", args=[order.pk]),
        {"back": "today", **fields},
        headers={"accept-language": "en"},
    )
    assert answer.headers["Location"] == reverse(TODAY)
    return [str(message) for message in get_messages(answer.wsgi_request)][-1]


def test_one_button_approves_what_was_seen_and_nothing_else(client: Client) -> None:
    make_buyer(client)
    order = make_urgent_draft()
    (row,) = client.get(reverse(TODAY)).context["today"].drafts
    order.lines.update(quantity=31)
    assert press(client, order, seen_cost=row.cost_minor) == (
        f"{order.number} was changed in the meantime; look at it again."
    )
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.DRAFT
    assert press(client, order, seen_cost=31_000) == (
        f"{order.number} is approved; the letter to {order.supplier} is on its way."
    )
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.APPROVED


def test_a_second_person_finds_on_top_what_waits_for_him(client: Client) -> None:
    ReplenishmentSettings.objects.create(pk=1, second_approval_from_minor=30_000)
    first = make_buyer(client)
    order = make_urgent_draft()
    make_urgent_draft(position=0, units=29)
    assert press(client, order, seen_cost=30_000) == (
        f"{order.number}: noted. A second person has to approve it as well."
    )
    (row, other) = client.get(reverse(TODAY)).context["today"].drafts
    assert (row.number, row.button, other.button) == (order.number, "", "Approve")
    assert str(first) in row.said
    make_buyer(client)
    assert client.get(reverse(TODAY)).context["today"].drafts[0].button == "Approve second"
    press(client, order, seen_cost=30_000)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.APPROVED


def test_who_may_only_look_has_no_button_and_who_may_not_look_no_page(client: Client) -> None:
    viewer = make_user(is_staff=True)
    client.force_login(viewer)
    assert client.get(reverse(TODAY)).status_code == 403
    viewer.user_permissions.add(Permission.objects.get(codename="view_purchaseorder"))
    order = make_urgent_draft()
    (row,) = client.get(reverse(TODAY)).context["today"].drafts
    assert row.button == ""
    answer = client.post(reverse("admin:inventory_purchaseorder_approve", args=[order.pk]))
    assert answer.status_code == 403


def test_a_shop_without_drafts_reads_that_there_is_nothing_to_do(client: Client) -> None:
    make_buyer(client)
    page = client.get(reverse(TODAY), headers={"accept-language": "en"})
    assert page.context["today"].headline == "Nothing is to be ordered today."
