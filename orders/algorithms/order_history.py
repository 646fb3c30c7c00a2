"""What an order history is once it has been read and cleaned: columns of equal length.

Texts (order numbers, SKU codes, customers, countries) are kept once, in lists, and lines point into
them, so that a million lines cost about 60 MB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from orders.algorithms.order_files import Sentence

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

SECONDS_A_DAY = 86_400
NOBODY = -1


class Kind(IntEnum):
    """What a line of a history means for money, demand and stock."""

    SALE = 0  # demand, leaves the stock
    NETTED = 1  # a sale that was cancelled whole later: never demand
    CANCELLATION = 2  # the line that cancels a NETTED one
    RETURN = 3  # comes back without a sale it could be netted with
    FREE = 4  # given away at no price: leaves the stock, is no demand
    ADJUSTMENT = 5  # thrown away (-) or found (+): stock only
    CHARGE = 6  # postage, discount, fee: money only, `sku` is an index into `charges`


@dataclass(frozen=True, slots=True)
class Example:
    """One line that a repair touched."""

    row: int
    order: str
    sku: str
    quantity: int
    note: str = ""
    file: str = ""


@dataclass(frozen=True, slots=True)
class Repair:
    """One kind of fault found in a history, how often, and what was done about it."""

    check: str
    handling: str  # kept, repaired or dropped
    rows: int
    what: Sentence
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderHistory:
    """Order lines in the order of their moments; every array has shape (n_lines,).

    order, sku, customer, country: places in the lists of the same name; customer is `NOBODY` for
        a guest, and `sku` of a CHARGE is a place in `charges`.
    document: the number on the paper that the line stands on, a place in `orders`; only a RETURN
        may name another order than this, the one that units are brought back from.
    names: one per SKU. emails: one per customer, empty where none is known.
    placed_at: seconds since 1970 on the shop's own clock.
    quantity: units, never negative except for an ADJUSTMENT that takes stock away.
    unit_price: minor units of the currency; negative only for a CHARGE.
    kind: a `Kind`. partner: the line that a NETTED or CANCELLATION line is netted with, else -1.
    is_bulk: far above what the SKU usually sells in a line.
    file, row: where the line stood, the header of a file being row 1.
    """

    orders: list[str]
    skus: list[str]
    names: list[str]
    charges: list[str]
    customers: list[str]
    emails: list[str]
    countries: list[str]
    files: list[str]
    order: IntArray
    document: IntArray
    sku: IntArray
    customer: IntArray
    country: IntArray
    placed_at: IntArray
    quantity: IntArray
    unit_price: IntArray
    kind: IntArray
    partner: IntArray
    is_bulk: BoolArray
    file: IntArray
    row: IntArray
    currency: str
    repairs: list[Repair] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.row)

    @property
    def day(self) -> IntArray:
        """Days since 1970 on the shop's own calendar."""
        return self.placed_at // SECONDS_A_DAY


@dataclass(frozen=True, slots=True)
class DemandDays:
    """Units asked for per SKU and day, only where something was; sorted by SKU, then day.

    unit_price: mean over units, minor units. bulk_units, returned_units: parts of `units` that
    came in lines marked as bulk, or were brought back later.
    """

    sku: IntArray
    day: IntArray
    units: IntArray
    unit_price: IntArray
    bulk_units: IntArray
    returned_units: IntArray


def demand_days(history: OrderHistory) -> DemandDays:
    """The demand that a history implies: sales that stood, by SKU and day; no returns."""
    sold = np.flatnonzero(history.kind == Kind.SALE)
    return add_up_demand(
        sku=history.sku[sold],
        day=history.day[sold],
        units=history.quantity[sold],
        unit_price=history.unit_price[sold],
        is_bulk=history.is_bulk[sold],
        returned=np.zeros(len(sold), dtype=np.int64),
    )


def add_up_demand(
    *,
    sku: IntArray,
    day: IntArray,
    units: IntArray,
    unit_price: IntArray,
    is_bulk: BoolArray,
    returned: IntArray,
) -> DemandDays:
    """Sum lines per SKU and day; all arguments have shape (n_lines,)."""
    first = int(day.min()) if len(day) else 0
    span = int(day.max()) - first + 1 if len(day) else 1
    keys, cell = np.unique(sku * span + (day - first), return_inverse=True)
    total = sum_by(cell, units, len(keys))
    money = sum_by(cell, units * unit_price, len(keys))
    return DemandDays(
        sku=keys // span,
        day=keys % span + first,
        units=total,
        # Half up: the mean of 1.25 and 1.26 is 1.26.
        unit_price=(2 * money + total) // np.where(total == 0, 1, 2 * total),
        bulk_units=sum_by(cell, units * is_bulk, len(keys)),
        returned_units=sum_by(cell, returned, len(keys)),
    )


def sum_by(group: IntArray, values: IntArray, n_groups: int) -> IntArray:
    """Exact integer sums of `values` per group, shape (n_groups,)."""
    sums = np.zeros(n_groups, dtype=np.int64)
    np.add.at(sums, group, values)
    return sums


def repeated_lines(keys: Sequence[IntArray]) -> IntArray:
    """Places of lines that equal an earlier one in every key, ascending; keys of equal length."""
    order = np.lexsort(keys)
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for key in keys:
        same &= key[order][1:] == key[order][:-1]
    return np.sort(order[1:][same])


def examples(
    lines: IntArray | Sequence[int],
    *,
    files: Sequence[str],
    columns: Mapping[str, IntArray],
    orders: Sequence[str],
    codes: Sequence[str],
    notes: Mapping[int, str] | None = None,
    limit: int = 10,
) -> tuple[Example, ...]:
    """The first `limit` of `lines`, in words."""
    return tuple(
        Example(
            row=int(columns["row"][line]),
            order=orders[columns["order"][line]],
            sku=codes[columns["code"][line]],
            quantity=int(columns["quantity"][line]),
            note=(notes or {}).get(int(line), ""),
            file=files[columns["file"][line]],
        )
        for line in (int(line) for line in lines[:limit])
    )
