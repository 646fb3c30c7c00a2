"""The products that a shelf is made of, by statements that are spelt once.

A shelf asks twice: for the records that its facets are counted from, and for its first page. Both
are prepared. What a visitor narrowed or paged through is spelt by the ORM each time.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable

from catalog.algorithms.facet_counts import FacetTable
from catalog.expressions import Joined, Like, Unindexed
from catalog.models import Category, Product
from catalog.services import paging
from learning.prepared import Prepared

# To read and count so many takes longer than all the rest of a page; nobody notices that one of
# thousands is counted half a minute late, while a shop that sells has new prices all day.
LARGE = 5_000
KEPT_SECONDS = 30.0
# Of 100,000 products a table takes 5 MB.
MOST_KEPT = 8


class _Tables:
    """Large tables of this process, shared by its threads; the least used make room."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[FacetTable, float]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> FacetTable | None:
        with self._lock:
            table, until = self._kept.get(key, (None, 0.0))
            if table is None or until < time.monotonic():
                return None
            self._kept.move_to_end(key)
            return table

    def put(self, key: Hashable, table: FacetTable) -> None:
        with self._lock:
            self._kept[key] = (table, time.monotonic() + KEPT_SECONDS)
            self._kept.move_to_end(key)
            while len(self._kept) > MOST_KEPT:
                self._kept.popitem(last=False)


_tables = _Tables()


@dataclass(frozen=True, eq=False)
class Kind:
    """Shelves that differ by a few texts alone.

    products: those whose facets are counted, from the texts. page: the same by the way that leads
    to them in an order. rank: best match first, from the same texts and those of the rank.
    """

    products: Callable[..., QuerySet[Product]]
    page: Callable[..., QuerySet[Product]]
    rank: Callable[..., Combinable] | None = None
    _tables: list[Prepared] = field(default_factory=list)
    _pages: dict[tuple[str, int], Prepared] = field(default_factory=dict)

    def records(self, texts: tuple[str, ...]) -> str:
        if not self._tables:
            self._tables.append(Prepared(lambda *given: records_of(self.products(*given))))
        [[records]] = self._tables[0].rows(*texts)
        return records or ""

    def rows(self, texts: tuple[str, ...], *, name: str, size: int) -> list[paging.Row]:
        prepared = self._pages.get((name, size))
        if prepared is None:
            prepared = self._pages[name, size] = Prepared(
                lambda *given: paging.first_rows(
                    self.page(*given), ordering=self.ordering(name, given), size=size
                )
            )
        return prepared.rows(*texts)

    def ordering(self, name: str, texts: tuple[str, ...]) -> paging.Ordering:
        if self.rank is None or name in paging.ORDERINGS:
            return paging.ORDERINGS[name]
        return paging.Ordering((self.rank(*texts),))


@dataclass(frozen=True, slots=True)
class Place:
    """A shelf of a kind. ranked: texts that only the rank asks for."""

    kind: Kind
    texts: tuple[str, ...] = ()
    ranked: tuple[str, ...] = ()

    @property
    def is_ranked(self) -> bool:
        return self.kind.rank is not None

    def table(self) -> FacetTable:
        """Of a large shelf as it was at most `KEPT_SECONDS` ago."""
        key = (self.kind, self.texts)
        table = _tables.get(key)
        if table is None:
            table = FacetTable(self.kind.records(self.texts))
            if table.n_products >= LARGE:
                _tables.put(key, table)
        return table

    def products(self) -> QuerySet[Product]:
        return self.kind.page(*self.texts)

    def ordering(self, name: str) -> paging.Ordering:
        return self.kind.ordering(name, self._texts(name))

    def first_page(self, *, name: str, size: int) -> paging.Page:
        rows = self.kind.rows(self._texts(name), name=name, size=size)
        return paging.first_page(rows, name=name, size=size)

    def _texts(self, name: str) -> tuple[str, ...]:
        return self.texts if name in paging.ORDERINGS else (*self.texts, *self.ranked)


def records_of(products: QuerySet[Product]) -> QuerySet[Any, Any]:
    """One row: the facet records of all of them, one behind the other."""
    ordered: QuerySet[Any, Any] = products.order_by()
    # `annotate` would group by every column.
    ordered.query.add_annotation(Joined("facet_record"), "records")
    return ordered.values_list("records")


def scanned() -> QuerySet[Product]:
    """Published ones, read row by row: nearly all are."""
    return Product.objects.alias(state=Unindexed("status")).filter(state=Product.Status.PUBLISHED)


def everything() -> Place:
    return Place(_EVERYTHING)


def branch_of(category: Category) -> Place:
    """A category with all below it; a path holds nothing that a pattern reads otherwise."""
    return Place(_BRANCH, (f"{category.path}%",))


def _below(pattern: str) -> QuerySet[Product]:
    branch: QuerySet[Category] = (
        QuerySet(Category).filter(Like(F("path"), Value(pattern))).order_by()
    )
    products: QuerySet[Product] = Product.objects.published()
    return products.filter(category__in=branch.values("pk"))


_EVERYTHING = Kind(products=scanned, page=Product.objects.published)
_BRANCH = Kind(products=_below, page=_below)
