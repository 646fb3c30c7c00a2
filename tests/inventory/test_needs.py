from datetime import timedelta

import pytest

from inventory.models import (
    DemandForecast,
    GoodsReceipt,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    ReplenishmentSettings,
    StockTransfer,
    StockTransferLine,
    Supplier,
    SupplierOffer,
    Warehouse,
)
from inventory.services import suppliers
from inventory.services.drafting import draft_purchase_orders
from inventory.services.purchasing.lines import accept_line
from inventory.services.stock import default_warehouse
from inventory.services.warehouse_demand import demand_shares, own_demand
from tests.factories import (
    A_MOMENT,
    make_demand_day,
    make_offer,
    make_sku,
    make_staff,
    make_stock_level,
    make_supplier,
    make_warehouse,
)
from tests.inventory.factories import (
    LAST_DAY,
    make_forecast,
    make_purchase_order,
    make_replenished_sku,
)

pytestmark = pytest.mark.django_db

UP_TO = 45


def drafted() -> dict[tuple[str, str], int]:
    """Units by warehouse and SKU."""
    lines = PurchaseOrderLine.objects.filter(order__status=PurchaseOrder.Status.DRAFT)
    return {
        (warehouse, sku): units
        for warehouse, sku, units in lines.values_list(
            "order__warehouse__code", "sku__code", "quantity"
        )
    }


def make_receipts(supplier: Supplier, waits: list[float]) -> None:
    for number, days in enumerate(waits):
        order = make_purchase_order(
            lines={make_offer(supplier=supplier): 1}, status="received", sent_at=A_MOMENT
        )
        GoodsReceipt.objects.create(
            order=order,
            key=f"{supplier.code}-{number}",
            received_at=A_MOMENT + timedelta(days=days),
        )


def test_each_warehouse_is_filled_for_its_share_of_the_demand() -> None:
    offer, second = make_replenished_sku(), make_warehouse()
    main = default_warehouse()
    make_demand_day(sku=offer.sku, day=LAST_DAY, units=30, warehouse=main)
    make_demand_day(sku=offer.sku, day=LAST_DAY, units=10, warehouse=second)
    make_demand_day(sku=offer.sku, day=LAST_DAY - timedelta(days=91), units=99, warehouse=second)
    draft_purchase_orders(as_of=LAST_DAY)
    assert PurchaseOrder.objects.drafts().count() == 2
    facts = {
        line.order.warehouse_id: line.explanation["facts"]
        for line in PurchaseOrderLine.objects.select_related("order")
    }
    assert facts[main.pk]["warehouse_share"] == 0.75
    assert facts[second.pk]["warehouse_share"] == 0.25
    assert facts[second.pk]["daily_units"] == 0.25
    # The median is a quarter of 8, the distance to 20 a half of 12.
    assert facts[second.pk]["forecast_quantile_0.95"] == 8.0


def test_stock_and_orders_of_one_warehouse_say_nothing_about_another() -> None:
    offer, second = make_replenished_sku(), make_warehouse()
    for warehouse in (default_warehouse(), second):
        make_demand_day(sku=offer.sku, day=LAST_DAY, units=10, warehouse=warehouse)
    make_stock_level(sku=offer.sku, on_hand=500)
    draft_purchase_orders(as_of=LAST_DAY)
    assert list(drafted()) == [(second.code, offer.sku.code)]
    make_purchase_order(lines={offer: 500}, status="sent", warehouse=second)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {}


def test_units_on_their_way_between_warehouses_are_not_ordered_again() -> None:
    offer, second = make_replenished_sku(), make_warehouse()
    make_demand_day(sku=offer.sku, day=LAST_DAY, units=10, warehouse=second)
    transfer = StockTransfer.objects.create(
        number="T-1", source=default_warehouse(), target=second, status="sent"
    )
    StockTransferLine.objects.create(transfer=transfer, sku=offer.sku, quantity=500)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {}
    StockTransfer.objects.update(status="received")
    draft_purchase_orders(as_of=LAST_DAY)
    assert list(drafted()) == [(second.code, offer.sku.code)]


def test_a_warehouse_that_is_closed_is_not_filled() -> None:
    offer, closed = make_replenished_sku(), make_warehouse(is_active=False)
    make_demand_day(sku=offer.sku, day=LAST_DAY, units=10, warehouse=closed)
    draft_purchase_orders(as_of=LAST_DAY)
    assert (closed.code, offer.sku.code) not in drafted()


def test_a_forecast_of_its_own_is_not_shared_out() -> None:
    offer, second = make_replenished_sku(), make_warehouse()
    make_forecast(sku=offer.sku, warehouse=second)
    make_demand_day(sku=offer.sku, day=LAST_DAY, units=10, warehouse=second)
    draft_purchase_orders(as_of=LAST_DAY)
    assert set(drafted().values()) == {UP_TO}
    assert len(drafted()) == 2


def test_the_shop_counts_own_days_from_the_first_sale_without_those_sold_out() -> None:
    sku = make_sku()
    make_demand_day(sku=sku, day=LAST_DAY - timedelta(days=99), units=70)
    make_demand_day(sku=sku, day=LAST_DAY, units=20)
    make_demand_day(sku=sku, day=LAST_DAY - timedelta(days=1), units=0, was_out_of_stock=True)
    young = make_sku()
    make_demand_day(sku=young, day=LAST_DAY - timedelta(days=54), units=3)
    own = own_demand(as_of=LAST_DAY)
    place = (sku.pk, default_warehouse().pk)
    assert set(own) == {place}
    assert own[place].mean == pytest.approx(90 / 99)
    assert own[place].sd == pytest.approx(((4900 + 400) / 99 - (90 / 99) ** 2) ** 0.5)


def test_nothing_asked_for_has_no_share_anywhere() -> None:
    assert demand_shares(as_of=LAST_DAY) == {}
    assert own_demand(as_of=LAST_DAY) == {}


def test_no_more_is_ordered_than_sells_before_it_expires() -> None:
    offer = make_replenished_sku(offer={"shelf_life_days": 20})
    draft_purchase_orders(as_of=LAST_DAY)
    # One a day, and the median of the 8 days to cover is their mean.
    assert drafted() == {(default_warehouse().code, offer.sku.code): 20}
    make_stock_level(sku=offer.sku, on_hand=15)
    draft_purchase_orders(as_of=LAST_DAY)
    assert list(drafted().values()) == [5]


def test_staff_keep_a_minimum_stock_whatever_the_forecast_says() -> None:
    offer = make_replenished_sku(lead_time_quantiles={"0.5": 1.0, "0.95": 2.0})
    make_stock_level(sku=offer.sku, on_hand=30)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {}
    ReorderPolicy.objects.update(minimum_stock=30)
    draft_purchase_orders(as_of=LAST_DAY)
    assert list(drafted().values()) == [25]


def test_managers_set_holding_line_cost_and_the_bounds_of_the_service_level() -> None:
    make_replenished_sku(service_level=None)
    ReplenishmentSettings.objects.create(
        pk=1,
        yearly_holding_share=1.0,
        order_line_cost_minor=800,
        service_level_floor=0.5,
        service_level_cap=0.9,
    )
    draft_purchase_orders(as_of=LAST_DAY)
    facts = PurchaseOrderLine.objects.get().explanation["facts"]
    # Holding and line cost four times the usual leave the lot; holding weighs against margin.
    assert (facts["lot"], facts["service_level"], facts["reorder_point"]) == (25, 0.9, 17)


def test_a_budget_buys_first_what_avoids_most_lost_margin() -> None:
    # What costs as much as it sells for loses nothing while it is missing.
    dear = make_replenished_sku(offer={"unit_cost_minor": 1999})
    cheap = make_replenished_sku(offer={"unit_cost_minor": 500})
    # Wilson's lot of the cheap one is 35 units.
    ReplenishmentSettings.objects.create(pk=1, budget_minor=(20 + 35) * 500)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {(default_warehouse().code, cheap.sku.code): 55}
    ReplenishmentSettings.objects.update(budget_minor=0)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {}
    ReplenishmentSettings.objects.update(budget_minor=None)
    draft_purchase_orders(as_of=LAST_DAY)
    assert {sku for _warehouse, sku in drafted()} == {dear.sku.code, cheap.sku.code}


def test_what_people_decided_is_paid_from_the_budget_first() -> None:
    kept, other = make_replenished_sku(), make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    accept_line(PurchaseOrderLine.objects.get(sku=kept.sku), user=make_staff())
    ReplenishmentSettings.objects.create(pk=1, budget_minor=UP_TO * 1000)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {(default_warehouse().code, kept.sku.code): UP_TO}
    ReplenishmentSettings.objects.update(budget_minor=2 * UP_TO * 1000)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted()[default_warehouse().code, other.sku.code] == UP_TO


def test_a_budget_never_breaks_packs_or_the_least_order() -> None:
    for _ in range(6):
        make_replenished_sku(offer={"pack_size": 12, "minimum_order_quantity": 20})
    ReplenishmentSettings.objects.create(pk=1, budget_minor=150_000)
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted()
    assert all(units % 12 == 0 and units >= 24 for units in drafted().values())
    assert sum(drafted().values()) * 1000 <= 150_000


def test_the_cheapest_on_the_shelf_delivers_where_nobody_is_preferred() -> None:
    sku = make_sku()
    low_price = make_offer(sku=sku, unit_cost_minor=900, freight_minor=200, is_preferred=False)
    low_landed = make_offer(sku=sku, unit_cost_minor=1000, freight_minor=0, is_preferred=False)
    assert suppliers.preferred_offers()[sku.pk].id == low_landed.pk
    SupplierOffer.objects.filter(pk=low_price.pk).update(is_preferred=True)
    assert suppliers.preferred_offers()[sku.pk].id == low_price.pk


def test_a_supplier_whose_deliveries_come_when_they_like_is_held_to_his_late_ones() -> None:
    sku = make_sku()
    prompt, erratic = make_supplier(), make_supplier()
    reliable = make_offer(sku=sku, supplier=prompt, unit_cost_minor=1000, is_preferred=False)
    cheap = make_offer(sku=sku, supplier=erratic, unit_cost_minor=995, is_preferred=False)
    assert suppliers.preferred_offers()[sku.pk].id == cheap.pk
    make_receipts(prompt, [7.0, 7.0, 7.0, 7.0, 7.0])
    make_receipts(erratic, [1.0, 20.0, 2.0, 19.0, 3.0])
    assert suppliers.preferred_offers()[sku.pk].id == reliable.pk


def test_a_foreign_price_is_not_compared_with_one_of_the_shop() -> None:
    sku = make_sku()
    own = make_offer(sku=sku, unit_cost_minor=1000, is_preferred=False)
    make_offer(
        sku=sku,
        unit_cost_minor=10,
        is_preferred=False,
        supplier=make_supplier(currency="USD"),
    )
    assert suppliers.preferred_offers()[sku.pk].id == own.pk


@pytest.mark.parametrize("days", [0.0, -3.0])
def test_lead_times_that_cannot_be_are_read_as_none_typed(days: float) -> None:
    offer = make_replenished_sku(
        offer={"supplier": make_supplier(lead_time_days=days, lead_time_sd_days=days)}
    )
    draft_purchase_orders(as_of=LAST_DAY)
    facts = PurchaseOrderLine.objects.get(sku=offer.sku).explanation["facts"]
    expected = (0.0, 0.0) if days == 0 else (7.0, 3.0)
    assert (facts["lead_time_mean_days"], facts["lead_time_sd_days"]) == expected
    assert facts["lead_time_receipts"] == 0


def test_an_offer_with_a_negative_lead_time_takes_its_supplier_s() -> None:
    make_replenished_sku(offer={"lead_time_days": -1.0})
    draft_purchase_orders(as_of=LAST_DAY)
    assert PurchaseOrderLine.objects.get().explanation["facts"]["lead_time_mean_days"] == 7.0


def test_a_sku_without_any_offer_left_is_not_drafted() -> None:
    offer = make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    offer.delete()
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {}


def test_a_postponed_delivery_is_not_ordered_again() -> None:
    offer = make_replenished_sku()
    order = make_purchase_order(lines={offer: UP_TO}, status="sent", expected_on=LAST_DAY)
    for weeks in range(3):
        PurchaseOrder.objects.filter(pk=order.pk).update(
            expected_on=LAST_DAY + timedelta(weeks=weeks)
        )
        draft_purchase_orders(as_of=LAST_DAY + timedelta(days=weeks))
        assert drafted() == {}


def test_what_came_beyond_an_order_takes_nothing_off_another() -> None:
    offer = make_replenished_sku()
    over = make_purchase_order(lines={offer: 10}, status="part_received")
    over.lines.update(quantity_received=30)
    make_purchase_order(lines={offer: 15}, status="sent")
    draft_purchase_orders(as_of=LAST_DAY)
    assert list(drafted().values()) == [UP_TO - 15]


def test_a_forecast_without_quantiles_orders_nothing() -> None:
    offer = make_replenished_sku()
    DemandForecast.objects.filter(sku=offer.sku).update(lead_time_quantiles={})
    draft_purchase_orders(as_of=LAST_DAY)
    assert drafted() == {}
    assert Warehouse.objects.count() == 1
