"""Demand days as columns: a large shop has millions, and an object or a tuple of each is too much.

PostgreSQL copies them out in its binary form, whose rows are all equally long here and so an array
already; elsewhere they are fetched in portions. They are sorted here, which takes less than in the
database.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Any, Final

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from inventory.models import DemandDay

EPOCH: Final = date(1970, 1, 1)
PORTION: Final = 50_000
HEADER_BYTES: Final = 19
TRAILER_BYTES: Final = 2
# More days since 1970 than will ever be, so that SKU and day are one number.
DAYS_OF_SKU: Final = 1 << 20
# How each is stored here, and how the database tells it as a number of that many bytes.
_COLUMNS: Final = {
    "sku_id": ("i8", "sku_id"),
    "warehouse_id": ("i8", "warehouse_id"),
    "day": ("i4", ""),
    "units": ("i4", "units_requested"),
    "bulk_units": ("i4", "units_bulk"),
    "price": ("i8", "COALESCE(unit_price_minor, -1)"),
    "was_out_of_stock": ("i4", "CASE WHEN was_out_of_stock THEN 1 ELSE 0 END"),
    "is_promoted": ("i4", "CASE WHEN is_promoted THEN 1 ELSE 0 END"),
}
# A day is a text in SQLite.
_DAYS: Final = {
    "postgresql": "day - DATE '1970-01-01'",
    "sqlite": "CAST(julianday(day) - 2440587.5 AS INTEGER)",
}


def read_columns(*, names: Sequence[str], start: date, as_of: date) -> dict[str, NDArray[Any]]:
    """By name, in the order of SKU and day. day: since 1970. price: -1 where there is none.

    names: of the columns wanted, SKU and day among them.
    """
    read = _copied if connection.vendor == "postgresql" else _fetched
    parts: dict[str, list[NDArray[Any]]] = {name: [] for name in names}
    for portion in read(names, start, as_of):
        for name, values in zip(names, portion, strict=True):
            parts[name].append(values.astype(_COLUMNS[name][0]))
    columns = {
        name: np.concatenate([np.zeros(0, dtype=_COLUMNS[name][0]), *parts.pop(name)])
        for name in names
    }
    order = _order(columns)
    for name in columns:
        columns[name] = columns[name][order]
    return columns


def _order(columns: dict[str, NDArray[Any]]) -> NDArray[np.int64]:
    """By SKU and day, then by what the warehouses of a day say: the same however rows lie."""
    place = columns["sku_id"] * DAYS_OF_SKU + columns["day"]
    order = np.argsort(place, kind="stable")
    if (np.diff(place[order]) == 0).any():
        others = [values for name, values in columns.items() if name not in {"sku_id", "day"}]
        order = np.lexsort([*reversed(others), place])
    return order


def _statement(names: Sequence[str], *, kinds: bool = False, hint: str = "") -> str:
    table = connection.ops.quote_name(DemandDay._meta.db_table)
    told = [
        f"({_COLUMNS[name][1] or _DAYS[connection.vendor]})"
        + (f"::{_COLUMNS[name][0].replace('i', 'int')}" if kinds else "")
        for name in names
    ]
    return f"SELECT {', '.join(told)} FROM {table}{hint} WHERE day >= %s AND day <= %s"  # noqa: S608  # names come from the model


def _fetched(names: Sequence[str], start: date, as_of: date) -> Iterator[NDArray[Any]]:
    """Portions of shape (n_columns, n_rows)."""
    # What is read is most of the table: by the index of days every row would be looked up one by
    # one, which takes three times as long.
    statement = _statement(names, hint=" NOT INDEXED")
    with connection.cursor() as cursor:
        cursor.execute(statement, [start, as_of])
        while rows := cursor.fetchmany(PORTION):
            count = len(rows) * len(names)
            flat = np.fromiter(chain.from_iterable(rows), dtype=np.int64, count=count)
            yield flat.reshape(len(rows), len(names)).T


def _copied(names: Sequence[str], start: date, as_of: date) -> Iterator[list[NDArray[Any]]]:
    """Each row is the number of fields, then the length and the value of each, big-endian."""
    layout = [("fields", ">i2")]
    for name in names:
        layout += [(f"length_{name}", ">i4"), (name, f">{_COLUMNS[name][0]}")]
    row = np.dtype(layout)
    statement = _statement(names, kinds=True)
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        # The driver's own cursor: the one that notes statements, with DEBUG, takes no parameters.
        cursor.cursor.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)", [start, as_of]) as copy,
    ):
        data, start_at = bytearray(), HEADER_BYTES
        for chunk in copy:
            data += chunk
            if len(data) - start_at >= PORTION * row.itemsize:
                yield _parsed(data, row, names, PORTION, start_at)
                data, start_at = data[start_at + PORTION * row.itemsize :], 0
        rest = (len(data) - TRAILER_BYTES - start_at) // row.itemsize
        yield _parsed(data, row, names, rest, start_at)


def _parsed(
    data: bytearray, row: np.dtype[Any], names: Sequence[str], count: int, start_at: int
) -> list[NDArray[Any]]:
    table = np.frombuffer(bytes(data), dtype=row, count=count, offset=start_at)
    return [table[name] for name in names]
