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

    units: sum of the day's SALE lines. unit_price: mean over units, minor units.
    bulk_units: the part of `units` that came in lines marked as bulk.
    """

    sku: IntArray
    day: IntArray
    units: IntArray
    unit_price: IntArray
    bulk_units: IntArray


def demand_days(history: OrderHistory) -> DemandDays:
    """The demand that a history implies: sales that stood, by SKU and day."""
    sold = np.flatnonzero(history.kind == Kind.SALE)
    sku, day, quantity = history.sku[sold], history.day[sold], history.quantity[sold]
    first = int(day.min()) if len(sold) else 0
    span = int(day.max()) - first + 1 if len(sold) else 1
    keys, cell = np.unique(sku * span + (day - first), return_inverse=True)
    units = sum_by(cell, quantity, len(keys))
    money = sum_by(cell, quantity * history.unit_price[sold], len(keys))
    bulk = sum_by(cell, quantity * history.is_bulk[sold], len(keys))
    price = (2 * money + units) // np.maximum(2 * units, 1)
    return DemandDays(keys // span, keys % span + first, units, price, bulk)


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
