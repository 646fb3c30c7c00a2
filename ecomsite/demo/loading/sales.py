"""Orders, what was shipped and what came back."""

import json
from dataclasses import dataclass

import numpy as np
from django.conf import settings

from ecomsite.demo.loading.catalogue import Keys
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.loading.people import email_of, full_name, street
from ecomsite.demo.trade import DAY, IntArray, PlacedOrder, Trade
from learning.bulk import insert_columns
from orders.models import (
    Order,
    OrderLine,
    OrderStatusChange,
    ReturnLine,
    ReturnRequest,
    Shipment,
    ShipmentLine,
)

FREE_SHIPPING_FROM_MINOR = 9_900
SHIPPING_MINOR = 1_000
PAID_AFTER_SECONDS = 70
COMPLETED_AFTER = 10 * DAY
REASONS = {
    True: ("尺码不合适", "颜色和想象的不一样", "收到时有破损", "不喜欢", "重复购买了"),
    False: ("Wrong size", "Not the colour I expected", "Arrived damaged", "Changed my mind"),
}
CARRIERS = ("Fengxing Express", "Yunda Lane", "Swift Crane")


@dataclass(frozen=True)
class Sales:
    """Keys by place in `Trade.orders`, and of each line by (order, position from 1)."""

    order_ids: list[int]
    numbers: list[str]
    line_ids: dict[tuple[int, int], int]


def load_sales(trade: Trade, keys: Keys, user_ids: list[int | None], clock: Clock) -> Sales:
    orders = trade.orders
    numbers = [
        f"{clock.day(order.placed_at // DAY):%Y%m%d}-{place + 1:06d}"
        for place, order in enumerate(orders)
    ]
    _load_orders(trade, numbers, user_ids, clock)
    by_number = dict(Order.objects.values_list("number", "pk"))
    order_ids = [by_number[number] for number in numbers]
    _load_lines(trade, order_ids, keys)
    line_ids = {
        (order_id, position): key
        for key, order_id, position in OrderLine.objects.values_list("pk", "order_id", "position")
    }
    sales = Sales(order_ids, numbers, line_ids)
    _load_changes(trade, sales, clock)
    _load_shipments(trade, sales, clock)
    _load_returns(trade, sales, clock)
    return sales


def status_of(order: PlacedOrder, trade: Trade) -> str:
    if order.is_cancelled:
        return str(Order.Status.CANCELLED.value)
    if order.settled_at is None:
        return str(Order.Status.PAID.value)
    if order.settled_at + COMPLETED_AFTER < trade.end:
        return str(Order.Status.COMPLETED.value)
    return str(Order.Status.SHIPPED.value)


def _load_orders(
    trade: Trade, numbers: list[str], user_ids: list[int | None], clock: Clock
) -> None:
    orders, people = trade.orders, trade.shoppers
    goods = np.array(
        [sum(line.quantity * line.unit_price_minor for line in order.lines) for order in orders]
    )
    shipping = np.where(goods >= FREE_SHIPPING_FROM_MINOR, 0, SHIPPING_MINOR)
    placed_at = np.array([order.placed_at for order in orders])
    settled_at = np.array([-1 if o.settled_at is None else o.settled_at for o in orders])
    cancelled = np.array([order.is_cancelled for order in orders])
    languages = np.where(people.speaks_chinese, "zh-hans", "en").tolist()
    addresses = [
        json.dumps(
            {
                "recipient": full_name(trade, place),
                "line": street(trade, place),
                "city": people.city[place],
                "region": people.region[place],
                "country": people.country[place],
            },
            ensure_ascii=False,
        )
        for place in range(len(people))
    ]
    insert_columns(
        Order,
        {
            "number": numbers,
            "customer_id": [user_ids[order.shopper] for order in orders],
            "email": [email_of(order.shopper) for order in orders],
            "status": [status_of(order, trade) for order in orders],
            "currency": [settings.CURRENCY] * len(orders),
            "goods_minor": goods,
            "shipping_minor": shipping,
            "total_minor": goods + shipping,
            "language": [languages[order.shopper] for order in orders],
            "country": [people.country[order.shopper] for order in orders],
            "shipping_address": [addresses[order.shopper] for order in orders],
            "placed_at": clock.moments(placed_at),
            "paid_at": clock.moments(placed_at + PAID_AFTER_SECONDS),
            "shipped_at": clock.moments(np.where(cancelled, -1, settled_at)),
            "cancelled_at": clock.moments(np.where(cancelled, settled_at, -1)),
        },
    )


def _load_lines(trade: Trade, order_ids: list[int], keys: Keys) -> None:
    rows = [
        (order_id, position, order, line)
        for order_id, order in zip(order_ids, trade.orders, strict=True)
        for position, line in enumerate(order.lines, 1)
    ]
    products = trade.goods.products
    codes = [sku.code for product in products for sku in product.skus]
    quantity = np.array([line.quantity for _, _, _, line in rows])
    cancelled = np.array([order.is_cancelled for _, _, order, _ in rows])
    shipped = np.array(
        [order.settled_at is not None and not order.is_cancelled for _, _, order, _ in rows]
    )
    chinese = trade.shoppers.speaks_chinese.tolist()
    insert_columns(
        OrderLine,
        {
            "order_id": [order_id for order_id, _, _, _ in rows],
            "position": [position for _, position, _, _ in rows],
            "sku_id": [keys.skus[line.sku] for _, _, _, line in rows],
            "sku_code": [codes[line.sku] for _, _, _, line in rows],
            "name": [
                products[line.product].name.zh
                if chinese[order.shopper]
                else products[line.product].name.en
                for _, _, order, line in rows
            ],
            "quantity": quantity,
            "quantity_shipped": np.where(shipped, quantity, 0),
            "quantity_cancelled": np.where(cancelled, quantity, 0),
            "quantity_returned": [line.returned for _, _, _, line in rows],
            "unit_price_minor": [line.unit_price_minor for _, _, _, line in rows],
            "is_promoted": [line.is_promoted for _, _, _, line in rows],
            "is_bulk": [line.is_bulk for _, _, _, line in rows],
        },
    )


def _load_changes(trade: Trade, sales: Sales, clock: Clock) -> None:
    status = Order.Status
    rows: list[tuple[int, str, str, int]] = []
    for order_id, order in zip(sales.order_ids, trade.orders, strict=True):
        paid_at = order.placed_at + PAID_AFTER_SECONDS
        rows.append((order_id, "", status.PLACED.value, order.placed_at))
        rows.append((order_id, status.PLACED.value, status.PAID.value, paid_at))
        if order.settled_at is None:
            continue
        last = status.CANCELLED if order.is_cancelled else status.SHIPPED
        rows.append((order_id, status.PAID.value, last.value, order.settled_at))
        done_at = order.settled_at + COMPLETED_AFTER
        if not order.is_cancelled and done_at < trade.end:
            rows.append((order_id, status.SHIPPED.value, status.COMPLETED.value, done_at))
    insert_columns(
        OrderStatusChange,
        {
            "order_id": [row[0] for row in rows],
            "from_status": [row[1] for row in rows],
            "to_status": [row[2] for row in rows],
            "changed_at": clock.moments(np.array([row[3] for row in rows])),
        },
    )


def _load_shipments(trade: Trade, sales: Sales, clock: Clock) -> None:
    shipped = [
        (place, order)
        for place, order in enumerate(trade.orders)
        if order.settled_at is not None and not order.is_cancelled
    ]
    shipped_at: IntArray = np.array([order.settled_at for _, order in shipped], dtype=np.int64)
    insert_columns(
        Shipment,
        {
            "order_id": [sales.order_ids[place] for place, _ in shipped],
            "carrier": [CARRIERS[place % len(CARRIERS)] for place, _ in shipped],
            "tracking_number": [f"DM{place * 7919 % 10**9:09d}" for place, _ in shipped],
            "key": [f"demo:{sales.numbers[place]}" for place, _ in shipped],
            "shipped_at": clock.moments(shipped_at),
        },
    )
    by_order = dict(Shipment.objects.values_list("order_id", "pk"))
    lines = [
        (by_order[sales.order_ids[place]], sales.line_ids[sales.order_ids[place], position], line)
        for place, order in shipped
        for position, line in enumerate(order.lines, 1)
    ]
    insert_columns(
        ShipmentLine,
        {
            "shipment_id": [shipment for shipment, _, _ in lines],
            "line_id": [line_id for _, line_id, _ in lines],
            "quantity": [line.quantity for _, _, line in lines],
        },
    )


def _load_returns(trade: Trade, sales: Sales, clock: Clock) -> None:
    if not trade.returns:
        return
    place_of = {id(order): place for place, order in enumerate(trade.orders)}
    status = ReturnRequest.Status
    found = trade.returns
    orders = [place_of[id(item.order)] for item in found]
    chinese = trade.shoppers.speaks_chinese
    keys = [f"demo:return:{number + 1}" for number in range(len(found))]
    insert_columns(
        ReturnRequest,
        {
            "order_id": [sales.order_ids[place] for place in orders],
            "status": [
                status.RECEIVED.value
                if item.received_at is not None
                else (status.APPROVED if number % 2 else status.REQUESTED).value
                for number, item in enumerate(found)
            ],
            "reason": [
                _reason(number, chinese=bool(chinese[item.order.shopper]))
                for number, item in enumerate(found)
            ],
            "key": keys,
            "requested_at": clock.moments(np.array([item.requested_at for item in found])),
            "received_at": clock.moments(
                np.array([-1 if r.received_at is None else r.received_at for r in found])
            ),
        },
    )
    by_key = dict(ReturnRequest.objects.values_list("key", "pk"))
    positions = [
        next(at for at, line in enumerate(item.order.lines, 1) if line is item.line)
        for item in found
    ]
    insert_columns(
        ReturnLine,
        {
            "request_id": [by_key[key] for key in keys],
            "line_id": [
                sales.line_ids[sales.order_ids[place], position]
                for place, position in zip(orders, positions, strict=True)
            ],
            "quantity": [item.line.quantity for item in found],
            "is_resellable": [item.is_resellable for item in found],
        },
    )


def _reason(number: int, *, chinese: bool) -> str:
    reasons = REASONS[chinese]
    return reasons[number * 31 % len(reasons)]
