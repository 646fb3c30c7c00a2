"""Pages by the last row seen, so that a deep page costs what the first one does.

A cursor says after, or before, which row a page starts. It is only a place: a forged one leads
somewhere else in the same list, a damaged one to its beginning.
"""

import base64
import binascii
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import BooleanField, F, Func, QuerySet
from django.db.models.expressions import Combinable, Value
from django.db.models.functions import Coalesce
from django.utils.timezone import is_naive

from catalog.expressions import NullAsHighest, NullAsLowest
from catalog.models import Product

LONGEST_CURSOR = 300
LARGEST = 2**62
# The key of a product and what it is ordered by.
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Ordering:
    """Columns, none of them null, and the primary key after them, all in one direction."""

    keys: tuple[Combinable, ...]
    is_descending: bool = True


# Each has its index on the table of products.
ORDERINGS: dict[str, Ordering] = {
    "popular": Ordering((F("units_sold_30_days"),)),
    "new": Ordering((Coalesce("published_at", "created_at"),)),
    "price": Ordering((NullAsHighest("price_from_minor"),), is_descending=False),
    "-price": Ordering((NullAsLowest("price_from_minor"),)),
    "rating": Ordering((NullAsLowest("rating_average"), F("rating_count"))),
}


class RowComparison(Func):
    """(a, b) < (1, 2): unlike a chain of ORs, an index can start there."""

    output_field = BooleanField()
    conditional = True

    def __init__(self, columns: Sequence[Any], sign: str, values: Sequence[Any]) -> None:
        super().__init__(*columns, *values)
        self.n_columns = len(columns)
        self.sign = sign

    def as_sql(self, compiler: Any, connection: Any, *_spelling: Any, **_context: Any) -> Any:
        parts = [compiler.compile(expression) for expression in self.get_source_expressions()]
        sql = [part for part, _parameters in parts]
        left, right = ", ".join(sql[: self.n_columns]), ", ".join(sql[self.n_columns :])
        parameters = [value for _part, values in parts for value in values]
        return f"({left}) {self.sign} ({right})", parameters


@dataclass(frozen=True, slots=True)
class Cursor:
    is_backward: bool
    values: tuple[Any, ...]
    pk: int


@dataclass(frozen=True, slots=True)
class Page:
    """keys: of the products, in their order."""

    keys: list[int]
    next_cursor: str
    previous_cursor: str


def read_page(
    products: QuerySet[Product], *, name: str, ordering: Ordering, cursor: str, size: int
) -> Page:
    """One page of `products`; one query, two where a step back reaches the beginning."""
    place = read_cursor(cursor, name=name, ordering=ordering)
    names = _names(ordering)
    keyed = products.annotate(**dict(zip(names, ordering.keys, strict=True)))
    rows = _rows(keyed, names, ordering, place, size)
    if place is not None and place.is_backward:
        if len(rows) <= size:
            # Fewer before it than a page holds: that is the first page.
            place = None
            rows = _rows(keyed, names, ordering, None, size)
        else:
            rows = rows[:size][::-1]
            return Page(
                [pk for pk, *_values in rows],
                next_cursor=write_cursor(rows[-1], name=name, is_backward=False),
                previous_cursor=write_cursor(rows[0], name=name, is_backward=True),
            )
    return _page(rows, name=name, size=size, is_first=place is None)


def first_rows(products: QuerySet[Product], *, ordering: Ordering, size: int) -> QuerySet[Any, Any]:
    """What `first_page` makes a page of."""
    names = _names(ordering)
    keyed = products.annotate(**dict(zip(names, ordering.keys, strict=True)))
    return _ordered(keyed, names, ordering.is_descending)[: size + 1]


def first_page(rows: list[Row], *, name: str, size: int) -> Page:
    return _page(rows, name=name, size=size, is_first=True)


def _page(rows: list[Row], *, name: str, size: int, is_first: bool) -> Page:
    has_more, rows = len(rows) > size, rows[:size]
    return Page(
        [pk for pk, *_values in rows],
        next_cursor=write_cursor(rows[-1], name=name, is_backward=False) if has_more else "",
        previous_cursor=(
            "" if is_first or not rows else write_cursor(rows[0], name=name, is_backward=True)
        ),
    )


def _names(ordering: Ordering) -> list[str]:
    return [f"sort_{number}" for number in range(len(ordering.keys))]


def _rows(
    keyed: QuerySet[Product],
    names: Sequence[str],
    ordering: Ordering,
    place: Cursor | None,
    size: int,
) -> list[Row]:
    is_descending = ordering.is_descending
    if place is not None:
        is_descending ^= place.is_backward
        values = [Value(value) for value in (*place.values, place.pk)]
        sign = "<" if is_descending else ">"
        # SQLite starts in the index of an expression by a plain comparison only.
        bound = {f"{names[0]}__{'lte' if is_descending else 'gte'}": place.values[0]}
        keyed = keyed.filter(**bound).filter(RowComparison([*ordering.keys, F("pk")], sign, values))
    return list(_ordered(keyed, names, is_descending)[: size + 1])


def _ordered(
    keyed: QuerySet[Product], names: Sequence[str], is_descending: bool
) -> QuerySet[Any, Any]:
    sign = "-" if is_descending else ""
    ordered = keyed.order_by(*(f"{sign}{name}" for name in names), f"{sign}pk")
    return ordered.values_list("pk", *names)


def write_cursor(row: Row, *, name: str, is_backward: bool) -> str:
    pk, *values = row
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    text = json.dumps([name, int(is_backward), pk, *plain], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(text: str, *, name: str, ordering: Ordering) -> Cursor | None:
    """None for the first page and for anything that this ordering did not write."""
    if not text or len(text) > LONGEST_CURSOR or not text.isascii():
        return None
    try:
        read = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return None
    if not isinstance(read, list) or len(read) != 3 + len(ordering.keys) or read[0] != name:
        return None
    _name, direction, pk, *plain = read
    if direction not in (0, 1) or not _is_whole(pk):
        return None
    values = [_value(entry, is_moment=name == "new") for entry in plain]
    if any(value is None for value in values):
        return None
    return Cursor(bool(direction), tuple(values), pk)


def _value(entry: Any, *, is_moment: bool) -> Any:
    if is_moment:
        try:
            moment = datetime.fromisoformat(entry)
        except (TypeError, ValueError):
            return None
        return None if is_naive(moment) or not 1900 < moment.year < 9000 else moment
    if isinstance(entry, float):
        return entry if math.isfinite(entry) and abs(entry) < LARGEST else None
    return entry if _is_whole(entry) else None


def _is_whole(entry: Any) -> bool:
    return isinstance(entry, int) and not isinstance(entry, bool) and abs(entry) < LARGEST
