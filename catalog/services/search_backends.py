"""The full-text index of the database: FTS5 of SQLite, tsvector with GIN of PostgreSQL.

Both get terms that were parted before and answer the same questions, so results do not depend on
the database.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from django.db import connection
from django.db.models import BooleanField
from django.db.models.expressions import RawSQL

from catalog.algorithms.texts import Terms

ROWS_AT_A_TIME = 500
# Several terms that must all be there, as one way to say a thing.
Way = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One thing that is asked for, and the ways to say it; is_open: its terms may go on."""

    ways: tuple[Way, ...]
    is_open: bool = False


class Depth(IntEnum):
    """How far into a product a search looks: its name only, or also what stands after it."""

    NAME = 1
    PLACE = 2
    TRAITS = 3
    BODY = 4


class SearchBackend(ABC):
    """terms: of letters, digits, Chinese characters and "_" only, as `words.split` gives them."""

    def matching(
        self, groups: Sequence[Group], depth: Depth = Depth.BODY, *, any_group: bool = False
    ) -> RawSQL:
        """A condition on products: each group, or any of them, is said within this depth."""
        return self.answering(self.question(groups, depth, any_group=any_group))

    def answering(self, question: str) -> RawSQL:
        """The same of a question that was spelt already."""
        return RawSQL(self.condition, [question], output_field=BooleanField())  # noqa: S611  # the terms are a parameter

    condition: str

    @abstractmethod
    def question(
        self, groups: Sequence[Group], depth: Depth = Depth.BODY, *, any_group: bool = False
    ) -> str: ...

    @abstractmethod
    def write(self, documents: Mapping[int, Terms]) -> None:
        """Put the terms of products in place of what there was; their documents exist."""

    @abstractmethod
    def forget_missing(self) -> int:
        """Remove terms of products that are gone; returns how many products."""

    @abstractmethod
    def lock_vocabulary(self) -> None:
        """Let one transaction at a time count words."""


class Fts5(SearchBackend):
    condition = (
        "catalog_product.id IN "
        "(SELECT rowid FROM catalog_search_index WHERE catalog_search_index MATCH %s)"
    )
    columns = ("name", "place", "traits", "body")

    def question(
        self, groups: Sequence[Group], depth: Depth = Depth.BODY, *, any_group: bool = False
    ) -> str:
        sign = " OR " if any_group else " AND "
        asked = sign.join(f"({self._group(group)})" for group in groups)
        return asked if depth == Depth.BODY else f"{{{' '.join(self.columns[:depth])}}} : ({asked})"

    def _group(self, group: Group) -> str:
        end = " *" if group.is_open else ""
        ways = (" AND ".join(f'"{term}"{end}' for term in way) for way in group.ways)
        return " OR ".join(f"({way})" for way in ways)

    def write(self, documents: Mapping[int, Terms]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "DELETE FROM catalog_search_index WHERE rowid = %s", [(pk,) for pk in documents]
            )
            cursor.executemany(
                "INSERT INTO catalog_search_index (rowid, name, place, traits, body) "
                "VALUES (%s, %s, %s, %s, %s)",
                [
                    (pk, *(" ".join(getattr(terms, column)) for column in self.columns))
                    for pk, terms in documents.items()
                    if terms.words
                ],
            )

    def forget_missing(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM catalog_search_index "
                "WHERE rowid NOT IN (SELECT product_id FROM catalog_searchdocument)"
            )
            return int(cursor.rowcount)

    def lock_vocabulary(self) -> None:
        """Every transaction of SQLite that writes is alone."""


class Gin(SearchBackend):
    condition = (
        "catalog_product.id IN "
        "(SELECT product_id FROM catalog_searchdocument WHERE terms @@ %s::tsquery)"
    )
    weights = "ABCD"

    def question(
        self, groups: Sequence[Group], depth: Depth = Depth.BODY, *, any_group: bool = False
    ) -> str:
        sign = " | " if any_group else " & "
        weights = "" if depth == Depth.BODY else self.weights[:depth]
        return sign.join(f"({self._group(group, weights)})" for group in groups)

    def _group(self, group: Group, weights: str) -> str:
        end = f"{'*' if group.is_open else ''}{weights}"
        mark = f":{end}" if end else ""
        ways = (" & ".join(f"'{term}'{mark}" for term in way) for way in group.ways)
        return " | ".join(f"({way})" for way in ways)

    def write(self, documents: Mapping[int, Terms]) -> None:
        with connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE catalog_searchdocument SET terms = %s::tsvector WHERE product_id = %s",
                [(self._vector(terms), pk) for pk, terms in documents.items()],
            )

    def _vector(self, terms: Terms) -> str:
        columns = (terms.name, terms.place, terms.traits, terms.body)
        weightiest: dict[str, str] = {}
        for weight, column in zip(self.weights, columns, strict=True):
            for term in column:
                weightiest.setdefault(term, weight)
        return " ".join(f"'{term}':1{weight}" for term, weight in weightiest.items())

    def forget_missing(self) -> int:
        """The terms are a column of the document, which goes with its product."""
        return 0

    def lock_vocabulary(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE catalog_searchterm IN SHARE ROW EXCLUSIVE MODE")


def backend() -> SearchBackend:
    """That of the database in use."""
    chosen: dict[str, type[SearchBackend]] = {"sqlite": Fts5, "postgresql": Gin}
    return chosen[connection.vendor]()
