"""Columns that the database works out, the same on SQLite and on PostgreSQL.

They carry no parameters: an index on an expression serves a query only where both are spelt alike.
"""

from typing import Any

from django.db.models import Aggregate, BigIntegerField, BooleanField, FloatField, Func, TextField

# Above every price in minor units; exact as a float of JavaScript, too.
HIGHEST = 2**53 - 1
# Of one product as many values of attributes are counted in facets.
SLOTS = 8
SLOT_DIGITS = 6
RECORD_DIGITS = 8 + 8 + 2 + SLOTS * SLOT_DIGITS


class NullAsHighest(Func):
    """A price for ascending order: products without one come last."""

    template = f"COALESCE(%(expressions)s, {HIGHEST})"
    output_field = BigIntegerField()
    arity = 1


class NullAsLowest(Func):
    """A number for descending order: products without one come last."""

    template = "COALESCE(%(expressions)s, -1)"
    arity = 1

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        extra.setdefault("output_field", FloatField())
        super().__init__(*expressions, **extra)


class Unindexed(Func):
    """A column that SQLite is not to look up by: of a status that nearly all rows have, its index
    leads to every row, in bad order. PostgreSQL knows this by its statistics."""

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="+%(expressions)s", **context)


class Like(Func):
    """A column and a pattern that is given as it is, so that a prepared statement can take it."""

    output_field = BooleanField()
    conditional = True
    arg_joiner = " LIKE "
    template = "%(expressions)s"
    arity = 2


class FacetRecord(Func):
    """What facets count of a product, in hexadecimal digits of a fixed place.

    brand (8), price in minor units (8, all f without one), bits (2: 1 in stock, 2 on offer, above
    them the whole stars of the rating), then the keys of its attribute values (8 times 6).
    Thousands of these, joined by the database, are an array after one step; rows would cost fifty
    times as much.
    Arguments: brand, price, price before, has stock, rating, slots.
    """

    output_field = TextField()
    arity = 6

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self._spell(
            compiler,
            connection,
            "printf('%%08x%%08x%%02x', COALESCE({0}, 0), "
            "MIN(COALESCE({1}, 4294967295), 4294967295), "
            "(CASE WHEN {3} THEN 1 ELSE 0 END) + (CASE WHEN {2} IS NOT NULL THEN 2 ELSE 0 END) "
            "+ 4 * CAST(COALESCE({4}, 0) AS integer)) || substr({5} || '{blank}', 1, {width})",
        )

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self._spell(
            compiler,
            connection,
            "lpad(to_hex(COALESCE({0}, 0)::bigint), 8, '0') "
            "|| lpad(to_hex(LEAST(COALESCE({1}, 4294967295), 4294967295)::bigint), 8, '0') "
            "|| lpad(to_hex((CASE WHEN {3} THEN 1 ELSE 0 END) "
            "+ (CASE WHEN {2} IS NOT NULL THEN 2 ELSE 0 END) "
            "+ 4 * floor(COALESCE({4}, 0))::integer), 2, '0') "
            "|| substr({5} || '{blank}', 1, {width})",
        )

    def _spell(self, compiler: Any, connection: Any, template: str) -> Any:
        columns = [compiler.compile(part)[0] for part in self.get_source_expressions()]
        width = SLOTS * SLOT_DIGITS
        # Per cent signs stay doubled: parameters are put in, though there are none.
        return template.format(*columns, blank="0" * width, width=width), []


class Joined(Aggregate):
    """Texts of all rows, one behind the other, in no order."""

    output_field = TextField()
    template = "group_concat(%(expressions)s, '')"

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(
            compiler, connection, template="string_agg(%(expressions)s, '')", **context
        )
