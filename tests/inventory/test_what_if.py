from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory.models import (
    DemandDay,
    PurchaseOrderLine,
    ReorderPolicy,
    ReplenishmentSettings,
    StockMovement,
    Supplier,
    SupplierOffer,
)
from inventory.services import stock
from inventory.services.drafting import draft_purchase_orders
from inventory.services.fill_targets import choose_leeway_from_past
from inventory.services.replenishment_settings import read_settings
from inventory.services.stock import Movement
from inventory.services.what_if import Change, Outcome, Policy, Scenario, replay_past
from learning.services import training
from tests.factories import A_MOMENT, make_staff
from tests.inventory.factories import LAST_DAY, make_demand_history

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop_with_a_past() -> None:
    for sku in make_demand_history():
        stock.record_movement(
            Movement(
                sku_id=sku.pk,
                quantity=100,
                kind=StockMovement.Kind.RECEIPT,
                key=f"opening:{sku.pk}",
                occurred_at=A_MOMENT - timedelta(days=300),
            )
        )
    assert training.retrain("inventory.demand", as_of=LAST_DAY).status == "published"


def outcomes(change: Change) -> dict[Scenario, Outcome]:
    found = replay_past(change=change)
    assert found is not None
    return {outcome.scenario: outcome for outcome in found.outcomes}


@pytest.mark.usefixtures("shop_with_a_past")
def test_the_last_ten_weeks_are_lived_through_under_four_rules() -> None:
    found = replay_past(change=Change())
    assert found is not None
    assert (found.last_day, found.first_day) == (LAST_DAY, LAST_DAY - timedelta(days=69))
    assert (found.skus, len(found.weeks)) == (24, 10)
    by_rule = {outcome.scenario: outcome for outcome in found.outcomes}
    assert list(by_rule) == [Scenario.HAPPENED, Scenario.NOW, Scenario.CHANGED, Scenario.HABIT]
    asked = DemandDay.objects.filter(day__gte=found.first_day)
    assert found.units == sum(asked.values_list("units_requested", flat=True))
    # Without a change both are the same, and the history says that all was filled.
    assert by_rule[Scenario.CHANGED].cost_minor == by_rule[Scenario.NOW].cost_minor
    assert by_rule[Scenario.HAPPENED].fill_rate == 1.0
    assert by_rule[Scenario.HAPPENED].lost_margin_minor == 0
    assert all(len(outcome.weekly_fill) == 10 for outcome in found.outcomes)


@pytest.mark.usefixtures("shop_with_a_past")
def test_what_happened_is_read_from_the_ledger() -> None:
    row = DemandDay.objects.filter(day=LAST_DAY, units_requested__gte=3).earliest("sku_id")
    DemandDay.objects.filter(pk=row.pk).update(units_filled=row.units_requested - 2)
    happened = outcomes(Change())[Scenario.HAPPENED]
    cost = row.sku.supplier_offers.get().unit_cost_minor
    assert happened.short_days == 1
    assert happened.lost_margin_minor == 2 * (row.sku.price_minor - cost)
    # 100 of each lie there today; every evening before, what was sold since lay there too.
    offers = {offer.sku_id: offer for offer in SupplierOffer.objects.order_by("pk")}
    today = sum(100 * offer.unit_cost_minor for offer in offers.values())
    sold = [
        sum(
            filled * offers[sku_id].unit_cost_minor
            for sku_id, filled in DemandDay.objects.filter(
                day__gt=LAST_DAY - timedelta(days=back)
            ).values_list("sku_id", "units_filled")
        )
        for back in range(70)
    ]
    assert happened.stock_minor == round(sum(today + units for units in sold) / 70)


@pytest.mark.usefixtures("shop_with_a_past")
def test_asking_for_more_ties_up_more_and_misses_less() -> None:
    low = outcomes(Change(service_level=0.7))[Scenario.CHANGED]
    high = outcomes(Change(service_level=0.99))[Scenario.CHANGED]
    assert high.fill_rate > low.fill_rate
    assert high.stock_minor > low.stock_minor
    assert high.lost_margin_minor < low.lost_margin_minor
    assert low.cost_minor == low.lost_margin_minor + low.holding_minor + low.ordering_minor


@pytest.mark.usefixtures("shop_with_a_past")
def test_longer_lead_times_tie_up_more() -> None:
    usual = outcomes(Change())
    late = outcomes(Change(lead_time_percent=300))
    assert late[Scenario.CHANGED].stock_minor > usual[Scenario.CHANGED].stock_minor
    assert late[Scenario.NOW] == usual[Scenario.NOW]


@pytest.mark.usefixtures("shop_with_a_past")
def test_a_budget_of_nothing_orders_nothing() -> None:
    poor = outcomes(Change(budget_minor=0))[Scenario.CHANGED]
    assert (poor.order_lines, poor.ordering_minor) == (0, 0)
    some = outcomes(Change(budget_minor=100_000))[Scenario.CHANGED]
    free = outcomes(Change())[Scenario.CHANGED]
    assert poor.fill_rate < some.fill_rate < free.fill_rate


@pytest.mark.usefixtures("shop_with_a_past")
def test_the_policy_can_be_the_habit() -> None:
    habit = outcomes(Change(policy=Policy.MONTHLY))
    assert habit[Scenario.CHANGED].cost_minor == habit[Scenario.HABIT].cost_minor
    static = outcomes(Change(policy=Policy.STATIC))
    assert static[Scenario.CHANGED] != static[Scenario.NOW]


@pytest.mark.usefixtures("shop_with_a_past")
def test_days_that_are_added_later_are_replayed_too() -> None:
    before = replay_past(change=Change())
    row = DemandDay.objects.filter(day=LAST_DAY).earliest("sku_id")
    DemandDay.objects.filter(pk=row.pk).update(units_requested=row.units_requested + 7)
    after = replay_past(change=Change())
    assert before is not None
    assert after is not None
    assert after.units == before.units + 7


def test_without_a_past_there_is_nothing_to_replay() -> None:
    assert replay_past(change=Change()) is None
    make_demand_history(n_skus=2, n_days=20)
    assert replay_past(change=Change()) is None
    assert choose_leeway_from_past(as_of=LAST_DAY, fill_rate=0.95, settings=read_settings()) == 1.0


@pytest.mark.usefixtures("shop_with_a_past")
def test_drafts_are_as_strict_as_the_last_weeks_ask_for() -> None:
    for offer in SupplierOffer.objects.order_by("pk"):
        ReorderPolicy.objects.create(sku_id=offer.sku_id, service_level=0.98)
    leeway = choose_leeway_from_past(as_of=LAST_DAY, fill_rate=0.98, settings=read_settings())
    stock.adjust_stock(
        sku_id=SupplierOffer.objects.order_by("pk")[0].sku_id, quantity=-100, key="empty", note=""
    )
    draft_purchase_orders(as_of=LAST_DAY)
    facts = PurchaseOrderLine.objects.earliest("pk").explanation["facts"]
    assert facts["fill_leeway"] == round(leeway, 4)
    assert facts["service_level"] == 0.98


PAGE = "admin:inventory_what_if"


def test_the_page_is_for_buyers_alone(client: Client) -> None:
    assert client.get(reverse(PAGE)).status_code == 302
    staff = make_staff()
    client.force_login(staff)
    assert client.get(reverse(PAGE)).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_purchaseorder"))
    assert client.get(reverse(PAGE)).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_reorderpolicy"))
    response = client.get(reverse(PAGE))
    assert response.status_code == 200
    assert "too little to replay" in response.content.decode()


@pytest.mark.usefixtures("shop_with_a_past")
def test_the_page_shows_every_rule_and_writes_nothing(admin_client: Client) -> None:
    address = reverse(PAGE)
    admin_client.get(address)
    with CaptureQueriesContext(connection) as queries:
        response = admin_client.get(
            address,
            {"service_level": "97.5", "lead_time_percent": "120", "budget": "900", "policy": ""},
        )
    page = response.content.decode()
    for words in ("What happened", "With your change", "Monthly min/max", "money tied up"):
        assert words in page
    written = [
        query["sql"]
        for query in queries
        if query["sql"].split()[0] in {"INSERT", "UPDATE", "DELETE"}
    ]
    assert written == []
    assert not ReplenishmentSettings.objects.exists()
    assert Supplier.objects.filter(is_assumed=False).count() == 0


@pytest.mark.parametrize(
    "typed",
    [
        {"service_level": "100"},
        {"service_level": "nan"},
        {"lead_time_percent": "0"},
        {"lead_time_percent": "1e9"},
        {"budget": "-1"},
        {"policy": "everything"},
    ],
)
def test_what_cannot_be_is_said_and_not_replayed(
    admin_client: Client, typed: dict[str, str]
) -> None:
    response = admin_client.get(reverse(PAGE), typed)
    assert response.status_code == 200
    assert 'role="alert"' in response.content.decode()
    assert "too little to replay" not in response.content.decode()
