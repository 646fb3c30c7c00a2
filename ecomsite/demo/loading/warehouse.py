"""The stock ledger, what suppliers delivered, and what was asked for day by day."""

from collections import defaultdict

import numpy as np
from django.conf import settings

from ecomsite.demo.loading.catalogue import Keys
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.loading.sales import Sales
from ecomsite.demo.supply import Purchase
from ecomsite.demo.trade import DAY, IntArray, Trade
from inventory.models import (
    DemandDay,
    GoodsReceipt,
    GoodsReceiptLine,
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    StockLevel,
    StockMovement,
    Warehouse,
)
from inventory.services.stock import default_warehouse
from learning.bulk import insert_columns
from learning.models import Proposal

SENT_AT = 17 * 3600
RECEIVED_AT = 9 * 3600 + 1800
# SKU, kind, units, moment, reference, key, unit cost.
Movement = tuple[int, str, int, int, str, str, int | None]


def load_warehouse(trade: Trade, keys: Keys, sales: Sales, clock: Clock) -> None:
    warehouse = default_warehouse()
    numbers = _load_purchases(trade, keys, warehouse, clock)
    _load_movements(trade, keys, sales, warehouse, clock, numbers)
    _load_levels(trade, keys, sales, warehouse)
    _load_demand(trade, keys, warehouse, clock)


def _load_movements(
    trade: Trade,
    keys: Keys,
    sales: Sales,
    warehouse: Warehouse,
    clock: Clock,
    purchase_numbers: list[str],
) -> None:
    """Everything that came or went, oldest first; rows are in the order of `Movement`."""
    kind = StockMovement.Kind
    costs = trade.goods.cost_minor.tolist()
    rows: list[Movement] = [
        (sku, kind.ADJUSTMENT.value, units, 0, "opening", f"demo:opening:{sku}", costs[sku])
        for sku, units in enumerate(trade.opening.tolist())
    ]
    for number, purchase in zip(purchase_numbers, trade.purchases, strict=True):
        if purchase.arrives >= trade.n_days:
            continue
        moment = purchase.arrives * DAY + RECEIVED_AT
        rows += [
            (
                line.sku,
                kind.RECEIPT.value,
                line.quantity - line.damaged,
                moment,
                number,
                f"demo:receipt:{number}:{line.sku}",
                line.unit_cost_minor,
            )
            for line in purchase.lines
        ]
    for number, order in zip(sales.numbers, trade.orders, strict=True):
        if order.settled_at is None or order.is_cancelled:
            continue
        rows += [
            (
                line.sku,
                kind.ISSUE.value,
                -line.quantity,
                order.settled_at,
                number,
                f"demo:issue:{number}:{position}",
                None,
            )
            for position, line in enumerate(order.lines, 1)
        ]
    number_of = {
        id(order): number for number, order in zip(sales.numbers, trade.orders, strict=True)
    }
    for place, item in enumerate(trade.returns):
        if item.received_at is not None and item.is_resellable:
            number = number_of[id(item.order)]
            rows.append(
                (
                    item.line.sku,
                    kind.RETURN.value,
                    item.line.quantity,
                    item.received_at,
                    number,
                    f"demo:return:{place + 1}",
                    None,
                )
            )
    for place, correction in enumerate(trade.corrections):
        name = kind.COUNT if correction.is_count else kind.ADJUSTMENT
        rows.append(
            (
                correction.sku,
                name.value,
                correction.quantity,
                correction.at,
                "count" if correction.is_count else "breakage",
                f"demo:correction:{place + 1}",
                None,
            )
        )
    rows.sort(key=lambda row: (row[3], row[5]))
    insert_columns(
        StockMovement,
        {
            "sku_id": [keys.skus[row[0]] for row in rows],
            "warehouse_id": [warehouse.pk] * len(rows),
            "kind": [row[1] for row in rows],
            "quantity": [row[2] for row in rows],
            "occurred_at": clock.moments(np.array([row[3] for row in rows])),
            "reference": [row[4] for row in rows],
            "key": [row[5] for row in rows],
            "unit_cost_minor": [row[6] for row in rows],
        },
    )


def _load_levels(trade: Trade, keys: Keys, sales: Sales, warehouse: Warehouse) -> None:
    """What lies there, and what is set aside for orders that have not left yet."""
    held: dict[tuple[int, int], int] = defaultdict(int)
    for order_id, order in zip(sales.order_ids, trade.orders, strict=True):
        if order.settled_at is None and not order.is_cancelled:
            for line in order.lines:
                held[order_id, line.sku] += line.quantity
    reserved = np.zeros(trade.goods.n_skus, dtype=np.int64)
    for (_, sku), units in held.items():
        reserved[sku] += units
    StockLevel.objects.bulk_create(
        [
            StockLevel(
                sku_id=sku_id, warehouse=warehouse, on_hand=free + set_aside, reserved=set_aside
            )
            for sku_id, free, set_aside in zip(
                keys.skus, trade.available.tolist(), reserved.tolist(), strict=True
            )
        ],
        batch_size=500,
    )
    Reservation.objects.bulk_create(
        [
            Reservation(
                sku_id=keys.skus[sku],
                warehouse=warehouse,
                quantity=units,
                owner=f"order:{order_id}",
            )
            for (order_id, sku), units in held.items()
        ],
        batch_size=500,
    )


def _load_purchases(trade: Trade, keys: Keys, warehouse: Warehouse, clock: Clock) -> list[str]:
    """Past orders to suppliers; returns their numbers."""
    status = PurchaseOrder.Status
    found = trade.purchases
    numbers = [
        f"PO-{clock.day(purchase.ordered_on):%Y%m%d}-{place + 1:04d}"
        for place, purchase in enumerate(found)
    ]
    here = [purchase.arrives < trade.n_days for purchase in found]
    sent_at = clock.moments(np.array([p.ordered_on * DAY + SENT_AT for p in found]))
    insert_columns(
        PurchaseOrder,
        {
            "number": numbers,
            "supplier_id": [keys.suppliers[purchase.supplier] for purchase in found],
            "warehouse_id": [warehouse.pk] * len(found),
            "status": [(status.RECEIVED if come else status.SENT).value for come in here],
            "currency": [settings.CURRENCY] * len(found),
            "drafted_as_of": clock.days(np.array([p.ordered_on for p in found])),
            "approved_at": sent_at - np.timedelta64(3600, "s"),
            "sent_at": sent_at,
            "expected_on": clock.days(np.array([p.expected_on for p in found])),
            "created_at": sent_at - np.timedelta64(7200, "s"),
        },
    )
    order_ids = dict(PurchaseOrder.objects.values_list("number", "pk"))
    lines = [
        (order_ids[number], line, come)
        for number, purchase, come in zip(numbers, found, here, strict=True)
        for line in purchase.lines
    ]
    insert_columns(
        PurchaseOrderLine,
        {
            "order_id": [order_id for order_id, _, _ in lines],
            "sku_id": [keys.skus[line.sku] for _, line, _ in lines],
            "status": [Proposal.ReviewStatus.ACCEPTED.value] * len(lines),
            "quantity": [line.quantity for _, line, _ in lines],
            "quantity_received": [line.quantity if come else 0 for _, line, come in lines],
            "unit_cost_minor": [line.unit_cost_minor for _, line, _ in lines],
        },
    )
    _load_receipts(
        [
            (order_ids[number], number, purchase)
            for number, purchase, come in zip(numbers, found, here, strict=True)
            if come
        ],
        keys,
        clock,
    )
    return numbers


def _load_receipts(arrived: list[tuple[int, str, Purchase]], keys: Keys, clock: Clock) -> None:
    insert_columns(
        GoodsReceipt,
        {
            "order_id": [order_id for order_id, _, _ in arrived],
            "reference": [f"DN-{number[3:]}" for _, number, _ in arrived],
            "key": [f"demo:{number}" for _, number, _ in arrived],
            "received_at": clock.moments(
                np.array([purchase.arrives * DAY + RECEIVED_AT for _, _, purchase in arrived])
            ),
        },
    )
    receipt_ids = dict(GoodsReceipt.objects.values_list("order_id", "pk"))
    line_ids = {
        (order_id, sku_id): key
        for key, order_id, sku_id in PurchaseOrderLine.objects.values_list(
            "pk", "order_id", "sku_id"
        )
    }
    lines = [(order_id, line) for order_id, _, purchase in arrived for line in purchase.lines]
    insert_columns(
        GoodsReceiptLine,
        {
            "receipt_id": [receipt_ids[order_id] for order_id, _ in lines],
            "line_id": [line_ids[order_id, keys.skus[line.sku]] for order_id, line in lines],
            "quantity_accepted": [line.quantity - line.damaged for _, line in lines],
            "quantity_damaged": [line.damaged for _, line in lines],
            "unit_cost_minor": [line.unit_cost_minor for _, line in lines],
        },
    )


def _load_demand(trade: Trade, keys: Keys, warehouse: Warehouse, clock: Clock) -> None:
    """One row per SKU and day on which somebody asked for it or it lay empty all day."""
    shape = trade.n_days, trade.goods.n_skus
    requested, filled, bulk, returned = (np.zeros(shape, dtype=np.int64) for _ in range(4))
    money = np.zeros(shape, dtype=np.int64)
    promoted = np.zeros(shape, dtype=np.bool_)
    for order in trade.orders:
        if order.is_cancelled:
            continue
        day = order.placed_at // DAY
        for line in order.lines:
            cell = day, line.sku
            requested[cell] += line.quantity
            filled[cell] += line.quantity
            money[cell] += line.quantity * line.unit_price_minor
            promoted[cell] |= line.is_promoted
            bulk[cell] += line.quantity * line.is_bulk
            returned[cell] += line.returned
    for missed in trade.missed:
        cell = missed.day, missed.sku
        requested[cell] += missed.quantity
        money[cell] += missed.quantity * missed.unit_price_minor
        promoted[cell] |= missed.is_promoted
    lay_empty = trade.sold_out & (filled == 0)
    lay_empty[1:] &= trade.sold_out[:-1]
    days, skus = np.nonzero((requested > 0) | lay_empty)
    at = days, skus
    units = np.maximum(requested[at], 1)
    prices: IntArray = np.round(money[at] / units).astype(np.int64)
    insert_columns(
        DemandDay,
        {
            "sku_id": np.array(keys.skus)[skus],
            "warehouse_id": [warehouse.pk] * len(days),
            "day": clock.days(days),
            "units_requested": requested[at],
            "units_filled": filled[at],
            "units_bulk": bulk[at],
            "units_returned": np.minimum(returned[at], filled[at]),
            "unit_price_minor": [
                price if asked else None
                for price, asked in zip(prices.tolist(), (requested[at] > 0).tolist(), strict=True)
            ],
            "is_promoted": promoted[at],
            "was_out_of_stock": lay_empty[at],
        },
    )
