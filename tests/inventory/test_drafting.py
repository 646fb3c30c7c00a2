from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db.models import Sum

from inventory.models import (
    DemandForecast,
    PriceBreak,
    PurchaseOrder,
    PurchaseOrderLine,
    ReorderPolicy,
    StockMovement,
    Supplier,
    SupplierOffer,
)
from inventory.services import assumptions, purchasing, stock, suppliers
from inventory.services.drafting import draft_purchase_orders
from inventory.services.stock import StockRequest
from learning.models import Decision
from tests.factories import make_offer, make_sku, make_staff, make_stock_level, make_supplier
from tests.inventory.factories import (
    LAST_DAY,
    make_forecast,
    make_purchase_order,
    make_replenished_sku,
)

pytestmark = pytest.mark.django_db

# The reorder point is 20 and Wilson's lot 25: see the forecast that the factory makes.
UP_TO = 45


def quantities() -> dict[str, int]:
    lines = PurchaseOrderLine.objects.filter(order__status=PurchaseOrder.Status.DRAFT)
    return dict(lines.values_list("sku__code", "quantity"))


def test_an_empty_shelf_is_filled_up_with_every_number_of_the_reason() -> None:
    offer = make_replenished_sku()
    report = draft_purchase_orders(as_of=LAST_DAY)
    assert (report.orders, report.lines, report.units, report.lines_added) == (1, 1, UP_TO, 1)
    line = PurchaseOrderLine.objects.get()
    assert (line.quantity, line.quantity_proposed, line.offer) == (UP_TO, UP_TO, offer)
    facts = line.explanation["facts"]
    assert facts["quantile_units"] == 20.0
    assert facts["service_level"] == 0.95
    assert facts["service_level_from"] == "staff"
    assert (facts["lead_time_mean_days"], facts["lead_time_sd_days"]) == (7.0, 3.0)
    assert (facts["reorder_point"], facts["lot"], facts["order_up_to"]) == (20, 25, UP_TO)
    assert (facts["on_hand"], facts["reserved"], facts["on_order"], facts["position"]) == (0,) * 4
    assert sum(factor["weight"] for factor in line.explanation["factors"]) == UP_TO


def test_running_twice_in_a_night_changes_nothing() -> None:
    for _ in range(3):
        make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    orders = list(PurchaseOrder.objects.order_by("pk").values())
    lines = list(PurchaseOrderLine.objects.order_by("pk").values())
    decisions = Decision.objects.count()
    again = draft_purchase_orders(as_of=LAST_DAY)
    assert (again.lines_added, again.lines_changed, again.lines_withdrawn) == (0, 0, 0)
    assert list(PurchaseOrder.objects.order_by("pk").values()) == orders
    assert list(PurchaseOrderLine.objects.order_by("pk").values()) == lines
    assert Decision.objects.count() == decisions == 3


def test_one_draft_per_supplier_holds_all_its_lines() -> None:
    supplier = make_supplier()
    for _ in range(3):
        make_replenished_sku(offer={"supplier": supplier})
    make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    assert sorted(order.lines.count() for order in PurchaseOrder.objects.all()) == [1, 3]


def test_stock_above_the_reorder_point_orders_nothing() -> None:
    offer = make_replenished_sku()
    make_stock_level(sku=offer.sku, on_hand=21)
    assert draft_purchase_orders(as_of=LAST_DAY).lines == 0
    assert not PurchaseOrder.objects.exists()


def test_what_is_set_aside_is_not_there_to_sell() -> None:
    offer = make_replenished_sku()
    make_stock_level(sku=offer.sku, on_hand=21)
    stock.reserve_stock([StockRequest(offer.sku_id, 2)], owner="order:1")
    draft_purchase_orders(as_of=LAST_DAY)
    assert quantities() == {offer.sku.code: UP_TO - 19}


def test_what_is_on_order_counts_less_what_has_come_of_it() -> None:
    offer = make_replenished_sku()
    order = make_purchase_order(lines={offer: 30}, status="sent")
    draft_purchase_orders(as_of=LAST_DAY)
    assert quantities() == {}
    order.lines.update(quantity_received=15)
    draft_purchase_orders(as_of=LAST_DAY)
    assert quantities() == {offer.sku.code: UP_TO - 15}


def test_after_a_cancelled_draft_the_need_is_drafted_anew() -> None:
    offer = make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    first = PurchaseOrder.objects.get()
    purchasing.cancel_purchase_order(first, user=make_staff())
    draft_purchase_orders(as_of=LAST_DAY)
    second = PurchaseOrder.objects.drafts().get()
    assert second.number == f"{first.number}-2"
    assert quantities() == {offer.sku.code: UP_TO}


def test_packs_and_the_minimum_order_are_kept_in_whole_units() -> None:
    packed = make_replenished_sku(offer={"pack_size": 12})
    least = make_replenished_sku(offer={"minimum_order_quantity": 100, "pack_size": 8})
    draft_purchase_orders(as_of=LAST_DAY)
    assert quantities() == {packed.sku.code: 48, least.sku.code: 104}


def test_the_minimum_order_is_no_stock_to_be_kept() -> None:
    offer = make_replenished_sku(offer={"minimum_order_quantity": 100})
    make_stock_level(sku=offer.sku, on_hand=50)
    assert draft_purchase_orders(as_of=LAST_DAY).lines == 0


def test_a_price_break_is_taken_where_a_year_then_costs_less() -> None:
    worth, too_little, too_far = (make_replenished_sku() for _ in range(3))
    PriceBreak.objects.create(offer=worth, from_quantity=60, unit_cost_minor=900)
    PriceBreak.objects.create(offer=too_little, from_quantity=60, unit_cost_minor=998)
    # More than six weeks above the reorder point.
    PriceBreak.objects.create(offer=too_far, from_quantity=63, unit_cost_minor=500)
    draft_purchase_orders(as_of=LAST_DAY)
    lines = PurchaseOrderLine.objects.values_list("sku_id", "quantity", "unit_cost_minor")
    assert set(lines) == {
        (worth.sku_id, 60, 900),
        (too_little.sku_id, UP_TO, 1000),
        (too_far.sku_id, UP_TO, 1000),
    }


def test_a_draft_follows_the_forecast_until_a_person_decides() -> None:
    free, decided = make_replenished_sku(), make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    line = PurchaseOrderLine.objects.get(sku=decided.sku)
    purchasing.correct_line(line, quantity=60, user=make_staff())
    DemandForecast.objects.update(lead_time_quantiles={"0.5": 10.0, "0.95": 30.0})
    report = draft_purchase_orders(as_of=LAST_DAY)
    assert (report.lines_changed, report.lines_added) == (1, 0)
    assert quantities() == {free.sku.code: UP_TO + 10, decided.sku.code: 60}


def test_a_rejected_line_is_not_proposed_again_while_its_draft_is_open() -> None:
    offer = make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    purchasing.reject_line(PurchaseOrderLine.objects.get(), user=make_staff(), reason="outdated")
    draft_purchase_orders(as_of=LAST_DAY + timedelta(days=1))
    line = PurchaseOrderLine.objects.get()
    assert (line.sku, line.status) == (offer.sku, "rejected")


def test_what_is_no_longer_needed_is_withdrawn_and_written_down() -> None:
    offer = make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    make_stock_level(sku=offer.sku, on_hand=100)
    assert draft_purchase_orders(as_of=LAST_DAY).lines_withdrawn == 1
    order = PurchaseOrder.objects.get()
    assert (order.status, order.note) == (PurchaseOrder.Status.CANCELLED, "")
    assert not PurchaseOrderLine.objects.exists()
    decisions = Decision.objects.order_by("pk")
    assert list(decisions.values_list("action", flat=True)) == ["propose", "supersede", "cancel"]
    assert not decisions.exclude(user=None).exists()
    assert decisions.last() == Decision.objects.get(subject_id=order.pk, action="cancel")


def test_lines_that_people_added_count_and_stay() -> None:
    offer = make_replenished_sku()
    order = make_purchase_order(lines={offer: 25}, created_by=make_staff())
    order.lines.update(quantity_proposed=None)
    assert draft_purchase_orders(as_of=LAST_DAY).lines_added == 0
    assert quantities() == {offer.sku.code: 25}


@pytest.mark.parametrize("decided", [UP_TO, 60])
def test_what_a_buyer_keeps_in_a_draft_is_not_ordered_again_elsewhere(decided: int) -> None:
    offer, buyer = make_replenished_sku(), make_staff()
    draft_purchase_orders(as_of=LAST_DAY)
    line = PurchaseOrderLine.objects.get()
    if decided == UP_TO:
        purchasing.accept_line(line, user=buyer)
    else:
        purchasing.correct_line(line, quantity=decided, user=buyer)
    SupplierOffer.objects.filter(pk=offer.pk).update(is_preferred=False)
    make_offer(sku=offer.sku)
    report = draft_purchase_orders(as_of=LAST_DAY)
    assert (report.lines_added, report.lines, report.units) == (0, 1, decided)
    assert PurchaseOrderLine.objects.get().order.supplier == offer.supplier


def test_what_a_buyer_rejected_is_no_stock_to_come() -> None:
    offer = make_replenished_sku()
    draft_purchase_orders(as_of=LAST_DAY)
    purchasing.reject_line(PurchaseOrderLine.objects.get(), user=make_staff())
    SupplierOffer.objects.filter(pk=offer.pk).update(is_preferred=False)
    make_offer(sku=offer.sku)
    report = draft_purchase_orders(as_of=LAST_DAY)
    assert (report.lines_added, report.lines, report.units) == (1, 1, UP_TO)


def test_skus_that_are_withdrawn_or_never_reordered_are_left_out() -> None:
    withdrawn, switched_off = make_replenished_sku(), make_replenished_sku()
    withdrawn.sku.is_active = False
    withdrawn.sku.save()
    ReorderPolicy.objects.filter(sku=switched_off.sku).update(is_reordered=False)
    make_replenished_sku(offer={"supplier": make_supplier(is_active=False)})
    assert draft_purchase_orders(as_of=LAST_DAY).lines == 0


def test_without_a_typed_service_level_it_comes_from_costs() -> None:
    make_replenished_sku(service_level=None)
    draft_purchase_orders(as_of=LAST_DAY)
    facts = PurchaseOrderLine.objects.get().explanation["facts"]
    assert facts["service_level_from"] == "costs"
    # Holding 250 a year x 25 units against a margin of 999 x 365 units.
    assert facts["service_level"] == 0.9831


def test_nothing_expected_is_nothing_ordered() -> None:
    make_replenished_sku(
        units=0.0, daily_units=[0.0] * 28, lead_time_quantiles={"0.5": 0.0, "0.95": 0.0}
    )
    assert draft_purchase_orders(as_of=LAST_DAY).lines == 0


def test_suppliers_are_assumed_once_and_only_where_nobody_entered_one() -> None:
    skus = [make_sku(price_minor=1001) for _ in range(8)]
    ids = [sku.pk for sku in skus]
    assert assumptions.assume_suppliers(sku_ids=ids) == 8
    assert assumptions.assume_suppliers(sku_ids=ids) == 0
    assert set(Supplier.objects.values_list("is_assumed", flat=True)) == {True}
    assert SupplierOffer.objects.aggregate(cost=Sum("unit_cost_minor"))["cost"] == 8 * 500
    make_supplier()
    assert assumptions.assume_suppliers(sku_ids=[*ids, make_sku().pk]) == 0


def test_a_dearer_offer_steps_in_when_the_preferred_supplier_stops() -> None:
    sku = make_sku()
    stopped = make_offer(sku=sku, unit_cost_minor=100)
    make_offer(sku=sku, unit_cost_minor=300, is_preferred=False)
    cheaper = make_offer(sku=sku, unit_cost_minor=200, is_preferred=False)
    assert suppliers.preferred_offers()[sku.pk].id == stopped.pk
    Supplier.objects.filter(pk=stopped.supplier_id).update(is_active=False)
    assert suppliers.preferred_offers()[sku.pk].id == cheaper.pk


def test_a_forecast_from_after_the_day_is_not_looked_at() -> None:
    offer = make_offer()
    make_forecast(sku=offer.sku)
    assert draft_purchase_orders(as_of=LAST_DAY - timedelta(days=1)).lines == 0


def test_assumed_stock_thins_out_the_drafts_of_an_imported_history() -> None:
    for number in range(12):
        made = make_replenished_sku()
        made.sku.code = f"SKU-{number}"
        made.sku.save()
    assert draft_purchase_orders(as_of=LAST_DAY).lines == 12
    told = []
    for _run in range(2):
        printed = StringIO()
        call_command("assume_stock", as_of=LAST_DAY, stdout=printed)
        told.append(printed.getvalue().strip())
    given = StockMovement.objects.filter(kind=StockMovement.Kind.ADJUSTMENT).count()
    assert told == [f"SKUs given an assumed stock: {given}", "SKUs given an assumed stock: 0"]
    assert 0 < draft_purchase_orders(as_of=LAST_DAY).lines < 12


def test_stock_is_assumed_once_for_shelves_that_were_never_filled() -> None:
    never, received = make_replenished_sku(), make_replenished_sku()
    stock.receive_stock(sku_id=received.sku_id, quantity=1, key="in")
    stock.adjust_stock(sku_id=received.sku_id, quantity=-1, key="out", note="")
    never.sku.code = "B"
    never.sku.save()
    assert assumptions.assume_stock(as_of=LAST_DAY) == 1
    assert assumptions.assume_stock(as_of=LAST_DAY) == 0
    level = never.sku.stock_levels.get()
    assert level.on_hand == ord("B") * 11 % 28
    assert received.sku.stock_levels.get().on_hand == 0
