"""Lines of a retail history as they stand in its files, and the table that repairs work on."""

from array import array
from dataclasses import dataclass, field

import numpy as np

from orders.algorithms.order_files import Sentence
from orders.algorithms.order_history import IntArray, Repair, examples


class Vocabulary:
    """Distinct texts in the order in which they came."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._places: dict[str, int] = {}

    def place(self, text: str) -> int:
        place = self._places.get(text)
        if place is None:
            place = self._places[text] = len(self.texts)
            self.texts.append(text)
        return place


def integers() -> "array[int]":
    return array("q")


@dataclass(slots=True)
class RawLines:
    """Lines as they stand in the files, texts kept once."""

    invoices: Vocabulary = field(default_factory=Vocabulary)
    codes: Vocabulary = field(default_factory=Vocabulary)
    descriptions: Vocabulary = field(default_factory=Vocabulary)
    customers: Vocabulary = field(default_factory=Vocabulary)
    countries: Vocabulary = field(default_factory=Vocabulary)
    files: list[str] = field(default_factory=list)
    invoice: "array[int]" = field(default_factory=integers)
    code: "array[int]" = field(default_factory=integers)
    description: "array[int]" = field(default_factory=integers)
    quantity: "array[int]" = field(default_factory=integers)
    placed_at: "array[int]" = field(default_factory=integers)
    price: "array[int]" = field(default_factory=integers)
    is_rounded: "array[int]" = field(default_factory=integers)
    customer: "array[int]" = field(default_factory=integers)
    country: "array[int]" = field(default_factory=integers)
    file: "array[int]" = field(default_factory=integers)
    row: "array[int]" = field(default_factory=integers)


@dataclass(slots=True)
class Table:
    """The columns as arrays, oldest line first, with the repairs found so far."""

    raw: RawLines
    columns: dict[str, IntArray]
    codes: list[str]
    repairs: list[Repair] = field(default_factory=list)

    def report(
        self,
        check: str,
        handling: str,
        what: str,
        lines: IntArray,
        notes: dict[int, str] | None = None,
        **facts: str | int,
    ) -> None:
        if len(lines):
            shown = examples(
                lines,
                files=self.raw.files,
                columns=self.columns | {"order": self.columns["invoice"]},
                orders=self.raw.invoices.texts,
                codes=self.codes,
                notes=notes,
            )
            found = Repair(check, handling, len(lines), Sentence(what, facts), shown)
            self.repairs.append(found)


def sorted_columns(raw: RawLines) -> dict[str, IntArray]:
    """The columns as arrays, oldest line first, lines of one moment as they stood in the file."""
    columns = {
        name: np.array(getattr(raw, name), dtype=np.int64)
        for name in (
            "invoice",
            "code",
            "description",
            "quantity",
            "placed_at",
            "price",
            "is_rounded",
            "customer",
            "country",
            "file",
            "row",
        )
    }
    return oldest_first(columns)


def oldest_first(columns: dict[str, IntArray]) -> dict[str, IntArray]:
    order = np.argsort(columns["placed_at"], kind="stable")
    return {name: column[order] for name, column in columns.items()}
