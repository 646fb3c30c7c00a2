"""Write hundreds of thousands of rows of one table within a short transaction.

`bulk_create` builds an object per row, 50 microseconds each; a history of a shop has a million
rows, and SQLite has one writer at a time. Columns go in as they are here: COPY on PostgreSQL,
a prepared INSERT elsewhere, about 3 to 5 microseconds a row.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from django.db import connection, models
from django.utils import timezone
from numpy.typing import NDArray

ROWS_AT_A_TIME = 20_000


def insert_columns(
    model: type[models.Model],
    columns: Mapping[str, Sequence[Any] | NDArray[Any]],
    *,
    unique_on: Sequence[str] = (),
    if_still: Sequence[str] = (),
) -> int:
    """Add rows given as columns of equal length; returns how many.

    columns: by field (`sku_id` for a relation). Moments are datetime64 in UTC, days datetime64[D],
        with NaT for none; other values must be what the database takes. Fields left out take
        their default.
    unique_on: where a row of the same values in these columns is there, it takes what is given.
    if_still: only if it holds in these columns what a new row would.
    Runs no `save`, no signal and no validation; the database's own constraints hold.
    """
    n_rows = len(next(iter(columns.values())))
    if not n_rows:
        return 0
    fields = [
        field
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.generated
    ]
    given = {
        field.attname: _plain(columns[field.attname])
        for field in fields
        if field.attname in columns
    }
    if unknown := set(columns) - set(given):
        raise ValueError(f"{model.__name__} has no columns {', '.join(sorted(unknown))}")
    constants = [_default(field) for field in fields if field.attname not in given]
    ordered = [field for field in fields if field.attname in given]
    ordered += [field for field in fields if field.attname not in given]
    names = [str(field.column) for field in ordered]
    conflict = ""
    if unique_on:
        quote = connection.ops.quote_name
        changed = [str(field.column) for field in ordered if field.attname in given]
        conflict = f" ON CONFLICT ({', '.join(map(quote, unique_on))}) DO UPDATE SET " + ", ".join(
            f"{quote(name)} = EXCLUDED.{quote(name)}" for name in changed if name not in unique_on
        )
        if if_still:
            table = quote(model._meta.db_table)
            conflict += " WHERE " + " AND ".join(
                f"{table}.{quote(name)} = EXCLUDED.{quote(name)}" for name in if_still
            )
    batches = _batches(list(given.values()), constants, n_rows)
    _write(model._meta.db_table, names, batches, conflict)
    return n_rows


def _batches(
    columns: Sequence[Sequence[Any] | NDArray[Any]], constants: Sequence[Any], n_rows: int
) -> Iterator[list[tuple[Any, ...]]]:
    for start in range(0, n_rows, ROWS_AT_A_TIME):
        stop = min(start + ROWS_AT_A_TIME, n_rows)
        parts: list[Sequence[Any]] = [
            part.tolist() if isinstance(part, np.ndarray) else part
            for part in (column[start:stop] for column in columns)
        ]
        parts += [[constant] * (stop - start) for constant in constants]
        yield list(zip(*parts, strict=True))


def _write(
    table: str, names: Sequence[str], batches: Iterator[list[tuple[Any, ...]]], conflict: str
) -> None:
    quote = connection.ops.quote_name
    columns = ", ".join(quote(name) for name in names)
    into = f"{quote(table)} ({columns})"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            target = into
            if conflict:
                # COPY knows no conflicts: rows wait in a table of this transaction.
                cursor.execute(
                    f"CREATE TEMPORARY TABLE bulk_rows ON COMMIT DROP AS"  # noqa: S608  # names come from the model
                    f" SELECT {columns} FROM {quote(table)} WITH NO DATA"
                )
                target = f"bulk_rows ({columns})"
            # Django wraps the errors of `execute`, but knows nothing of `copy`.
            with (
                connection.wrap_database_errors,
                cursor.copy(f"COPY {target} FROM STDIN") as copy,
            ):
                for batch in batches:
                    for row in batch:
                        copy.write_row(row)
            if conflict:
                cursor.execute(f"INSERT INTO {into} SELECT {columns} FROM bulk_rows{conflict}")  # noqa: S608  # names come from the model
                cursor.execute("DROP TABLE bulk_rows")
            return
        marks = ", ".join(["%s"] * len(names))
        for batch in batches:
            cursor.executemany(f"INSERT INTO {into} VALUES ({marks}){conflict}", batch)  # noqa: S608  # names come from the model


def _plain(column: Sequence[Any] | NDArray[Any]) -> Sequence[Any] | NDArray[Any]:
    """Moments and days as the texts that the database stores."""
    if not isinstance(column, np.ndarray) or column.dtype.kind != "M":
        return column
    distinct, places = np.unique(column, return_inverse=True)
    zone = "" if column.dtype == "datetime64[D]" or connection.vendor != "postgresql" else "+00"
    texts = np.array(
        [None if value is None else f"{value}{zone}" for value in distinct.tolist()], dtype=object
    )
    return np.asarray(texts[places])


def _default(field: "models.Field[Any, Any]") -> Any:
    if getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        value: Any = timezone.now()
        if not isinstance(field, models.DateTimeField):
            value = timezone.localdate()
    else:
        value = field.get_default()
    return field.get_db_prep_save(value, connection)
