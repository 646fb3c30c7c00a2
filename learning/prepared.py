"""Statements that the ORM spells once and that pages ask all day.

For a statement of a page the ORM takes longer to spell it than the database to answer it. What is
always the same but for a few values is spelt once, and then only filled in:

    _SKUS = Prepared(lambda slug: Sku.objects.filter(product__slug=slug).values_list("pk", "code"))
    rows = _SKUS.rows("blue-cup")

Without `values_list`, `objects` gives what the queryset would: instances with their related ones,
deferred fields and annotations.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.query import get_related_populators

Given = int | str | Sequence[int] | Sequence[str]
# What stands for a value while it is spelt: nothing that a query of the shop says itself.
_NUMBERS_FROM = 1_987_600_000
_TEXT = "\ue000prepared {}"


@dataclass(frozen=True, slots=True)
class _Spelt:
    """parameters: what the statement says itself; places: of the values that are given, in them.

    order: where the columns that were asked for stand in a row. converters: by column, from what
    the database answers to what Python knows. selected: what instances are made of.
    """

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[int | None, ...]
    order: tuple[int, ...]
    converters: tuple[tuple[int, tuple[Callable[..., Any], ...], Any], ...]
    selected: "_Selected | None"

    @property
    def is_plain(self) -> bool:
        return not self.converters and list(self.order) == sorted(self.order)


@dataclass(frozen=True, slots=True)
class _Selected:
    """Which columns of a row are fields of the model, of related ones, and annotations."""

    model: type[Any]
    columns: slice
    names: tuple[str, ...]
    populators: tuple[Any, ...]
    annotations: tuple[tuple[str, int], ...]


class Prepared:
    """build: the queryset for the values that it is called with.

    Values are whole numbers, texts, and lists of one of them for an IN. They reach the database as
    they are given: a `build` that changes them, as `startswith` does, is refused. Translated
    columns are named with their language.
    """

    def __init__(self, build: Callable[..., QuerySet[Any, Any]]) -> None:
        self._build = build
        self._spelt: dict[tuple[Any, ...], _Spelt] = {}

    def rows(self, *given: Given) -> list[tuple[Any, ...]]:
        """Of a `values_list`. An empty list among the values finds nothing."""
        spelt, rows = self._ask(given)
        if spelt is None or spelt.is_plain:
            return rows
        return [tuple([row[column] for column in spelt.order]) for row in _converted(rows, spelt)]

    def objects(self, *given: Given) -> list[Any]:
        """Instances; the same of an empty list. What is prefetched is not."""
        spelt, rows = self._ask(given)
        if spelt is None or spelt.selected is None:
            return []
        selected, found = spelt.selected, []
        for row in _converted(rows, spelt):
            instance = selected.model.from_db(
                connection.alias, selected.names, row[selected.columns]
            )
            for populator in selected.populators:
                populator.populate(row, instance)
            for name, column in selected.annotations:
                setattr(instance, name, row[column])
            found.append(instance)
        return found

    def _ask(self, given: Sequence[Given]) -> tuple[_Spelt | None, list[Any]]:
        values: list[Any] = []
        shape: list[Any] = [connection.vendor]
        for one in given:
            if isinstance(one, int | str):
                shape.append(type(one))
                values.append(one)
            elif not one:
                return None, []
            else:
                shape.append((type(one[0]), len(one)))
                values += one
        key = tuple(shape)
        spelt = self._spelt.get(key)
        if spelt is None:
            spelt = self._spelt[key] = _spell(self._build, given)
        parameters = [
            own if place is None else values[place]
            for own, place in zip(spelt.parameters, spelt.places, strict=True)
        ]
        with connection.cursor() as cursor:
            cursor.execute(spelt.sql, parameters)
            return spelt, cursor.fetchall()


def _spell(build: Callable[..., QuerySet[Any, Any]], given: Sequence[Given]) -> _Spelt:
    marks: list[Any] = []

    def mark(value: int | str) -> int | str:
        place = len(marks)
        marks.append(_TEXT.format(place) if isinstance(value, str) else _NUMBERS_FROM + place)
        marked: int | str = marks[-1]
        return marked

    queryset: Any = build(
        *(
            mark(one) if isinstance(one, int | str) else [mark(value) for value in one]
            for one in given
        )
    )
    query = queryset.query
    compiler = query.get_compiler(using=connection.alias)
    sql, parameters = compiler.as_sql()
    place_of = {value: place for place, value in enumerate(marks)}
    places = tuple(
        place_of.get(each) if isinstance(each, int | str) else None for each in parameters
    )
    if missing := set(range(len(marks))) - set(places):
        raise ValueError(f"The statement changes the values at {sorted(missing)}: {sql}")
    converters = compiler.get_converters(
        [expression for expression, _sql, _alias in compiler.select]
    )
    return _Spelt(
        sql=sql,
        parameters=tuple(parameters),
        places=places,
        order=_order(queryset),
        converters=tuple(
            (column, tuple(steps), expression) for column, (steps, expression) in converters.items()
        ),
        selected=_selected(compiler) if queryset._fields is None else None,
    )


def _selected(compiler: Any) -> _Selected:
    """As the ORM itself does it for each statement."""
    fields = compiler.klass_info["select_fields"]
    columns = slice(fields[0], fields[-1] + 1)
    return _Selected(
        model=compiler.klass_info["model"],
        columns=columns,
        names=tuple(column.target.attname for column, _sql, _as in compiler.select[columns]),
        populators=tuple(
            get_related_populators(  # type: ignore[call-arg]  # stubs of Django 6
                compiler.klass_info, compiler.select, connection.alias
            )
        ),
        annotations=tuple((compiler.annotation_col_map or {}).items()),
    )


def _order(queryset: Any) -> tuple[int, ...]:
    """modeltranslation selects columns in no order, and sorts each row afterwards."""
    asked = getattr(queryset, "original_fields", None) or queryset._fields
    if not asked:
        return ()
    selected = list(queryset.query.selected)
    return tuple(selected.index(name) for name in asked)


def _converted(rows: list[Any], spelt: _Spelt) -> list[Any]:
    if not spelt.converters:
        return rows
    changed = [list(row) for row in rows]
    for column, steps, expression in spelt.converters:
        for row in changed:
            value = row[column]
            for step in steps:
                value = step(value, expression, connection)
            row[column] = value
    return changed
