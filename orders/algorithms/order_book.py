"""Turn a cleaned history into what a shop keeps: orders, lines, returns, and what moved."""

from dataclasses import dataclass

import numpy as np

from orders.algorithms.order_history import (
    NOBODY,
    BoolArray,
    IntArray,
    Kind,
    OrderHistory,
    sum_by,
)

NONE = -1
# What a charge is, by its code in either layout; other codes are no part of an order's total.
SHIPPING = frozenset({"SHIPPING", "POST", "DOT", "C2"})
DISCOUNT = frozenset({"DISCOUNT", "D"})
TAX = frozenset({"TAX"})


@dataclass(frozen=True, slots=True)
class OrderBook:
    """Orders oldest first, their lines in order of position, and returns.

    Of orders, shape (n_orders,): number (a place in `history.orders`), customer, country,
        placed_at, cancelled_at (`NONE` while anything of it stands), goods, shipping, discount and
        tax in minor units.
    Of lines, shape (n_lines,): line_order (a place among the orders), position from 1, line (a
        place in the history), cancelled and returned units.
    Of returns, shape (n_returns,): returned_line (a place among the lines, or `NONE` where no
        order is known for them) and return_line (a place in the history).
    adjustments: places in the history.
    """

    history: OrderHistory
    number: IntArray
    customer: IntArray
    country: IntArray
    placed_at: IntArray
    cancelled_at: IntArray
    goods: IntArray
    shipping: IntArray
    discount: IntArray
    tax: IntArray
    line_order: IntArray
    position: IntArray
    line: IntArray
    cancelled: IntArray
    returned: IntArray
    return_line: IntArray
    returned_line: IntArray
    adjustments: IntArray

    @property
    def shipped(self) -> IntArray:
        return self.history.quantity[self.line] - self.cancelled

    @property
    def is_demand(self) -> BoolArray:
        """Which lines count as demand: sold, not given away, not cancelled."""
        return np.equal(self.history.kind[self.line], Kind.SALE)


def build(history: OrderHistory) -> OrderBook:
    """Group lines into orders; an order without a line that names a product is none."""
    kind, number = history.kind, history.order
    lines = np.flatnonzero(np.isin(kind, (Kind.SALE, Kind.NETTED, Kind.FREE)))
    n_numbers = len(history.orders)
    first = np.full(n_numbers, NONE, dtype=np.int64)
    numbers, first_line = np.unique(number[lines], return_index=True)
    first[numbers] = lines[first_line]
    # Lines are oldest first, so the first line of an order says when it came.
    numbers = numbers[np.argsort(first[numbers], kind="stable")]
    place = np.full(n_numbers, NONE, dtype=np.int64)
    place[numbers] = np.arange(len(numbers))

    lines = lines[np.lexsort((history.row[lines], history.file[lines], place[number[lines]]))]
    line_order = place[number[lines]]
    position = _positions(line_order)
    cancelled = np.where(kind[lines] == Kind.NETTED, history.quantity[lines], 0)
    return_line = np.flatnonzero(kind == Kind.RETURN)
    returned_line = _attach_returns(history, lines, place, return_line)
    attached = returned_line >= 0
    returned = sum_by(returned_line[attached], history.quantity[return_line[attached]], len(lines))
    goods = sum_by(line_order, history.quantity[lines] * history.unit_price[lines], len(numbers))
    shipping, discount, tax = _charges(history, place, len(numbers))
    return OrderBook(
        history=history,
        number=numbers,
        customer=history.customer[first[numbers]],
        country=history.country[first[numbers]],
        placed_at=history.placed_at[first[numbers]],
        cancelled_at=_cancelled_at(history, lines, line_order, cancelled, len(numbers)),
        goods=goods,
        shipping=shipping,
        # More than everything cannot be taken off.
        discount=np.minimum(discount, goods + shipping + tax),
        tax=tax,
        line_order=line_order,
        position=position,
        line=lines,
        cancelled=cancelled,
        returned=returned,
        return_line=return_line,
        returned_line=returned_line,
        adjustments=np.flatnonzero((kind == Kind.ADJUSTMENT) & (history.quantity != 0)),
    )


def _positions(group: IntArray) -> IntArray:
    """1, 2, 3 ... within each run of equal values."""
    if not len(group):
        return group
    starts = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    lengths = np.diff(np.append(starts, len(group)))
    return np.arange(len(group)) - np.repeat(starts, lengths) + 1


def _attach_returns(
    history: OrderHistory, lines: IntArray, place: IntArray, returns: IntArray
) -> IntArray:
    """Which order line each return takes units back from, or `NONE`.

    The latest earlier sale of the SKU that still has as many units: in the order that the return
    names if there is one, else with the same customer. Guests without such an order have none.
    """
    found = np.full(len(returns), NONE, dtype=np.int64)
    if not len(returns):
        return found
    skus = np.unique(history.sku[returns])
    sold = np.flatnonzero((history.kind[lines] == Kind.SALE) & np.isin(history.sku[lines], skus))
    by_order: dict[tuple[int, int], list[int]] = {}
    by_customer: dict[tuple[int, int], list[int]] = {}
    left: dict[int, int] = {}
    for line in sold[np.argsort(lines[sold], kind="stable")].tolist():
        at = lines[line]
        sku = int(history.sku[at])
        by_order.setdefault((int(history.order[at]), sku), []).append(line)
        by_customer.setdefault((int(history.customer[at]), sku), []).append(line)
        left[line] = int(history.quantity[at])
    for which, at in enumerate(returns.tolist()):
        sku, units = int(history.sku[at]), int(history.quantity[at])
        if place[history.order[at]] >= 0:
            candidates = by_order.get((int(history.order[at]), sku), [])
        elif history.customer[at] != NOBODY:
            candidates = by_customer.get((int(history.customer[at]), sku), [])
        else:
            continue
        for line in reversed(candidates):
            if history.placed_at[lines[line]] <= history.placed_at[at] and left[line] >= units:
                left[line] -= units
                found[which] = line
                break
    return found


def _charges(
    history: OrderHistory, place: IntArray, n_orders: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Shipping, discount and tax per order, minor units, none below zero."""
    lines = np.flatnonzero((history.kind == Kind.CHARGE) & (place[history.order] >= 0))
    amount = history.quantity[lines] * history.unit_price[lines]
    orders = place[history.order[lines]]

    def total(codes: frozenset[str], sign: int) -> IntArray:
        wanted = np.array([code.upper() in codes for code in history.charges], dtype=np.bool_)
        part = wanted[history.sku[lines]] if len(lines) else np.zeros(0, dtype=np.bool_)
        return np.maximum(0, sign * sum_by(orders[part], amount[part], n_orders))

    return total(SHIPPING, 1), total(DISCOUNT, -1), total(TAX, 1)


def _cancelled_at(
    history: OrderHistory,
    lines: IntArray,
    line_order: IntArray,
    cancelled: IntArray,
    n_orders: int,
) -> IntArray:
    standing = sum_by(line_order, history.quantity[lines] - cancelled, n_orders)
    # Without a partner the layout does not say when; then it was at once.
    partner = history.partner[lines]
    moment = history.placed_at[np.where(partner >= 0, partner, lines)]
    latest = np.full(n_orders, NONE, dtype=np.int64)
    np.maximum.at(latest, line_order, np.where(cancelled > 0, moment, NONE))
    return np.where(standing == 0, latest, NONE)
