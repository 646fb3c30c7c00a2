"""What `benchmark recommendations` asks, from files of three layouts.

Pairs: a folder with `train.txt` and `test.txt`, a person and then products on each line. Sequences:
another `.txt`, the same with the oldest product first; the last of each line is held out. Orders:
`.csv` in the layout `online-retail`; the last basket of everybody with two or more is held out, or
with a day the first basket from that day on. Files may end in `.gz`.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from scipy import sparse

from learning.algorithms.fingerprint import fingerprint
from orders.algorithms import online_retail
from orders.algorithms.order_history import NOBODY, SECONDS_A_DAY, Kind
from recommendations.algorithms.histories import Sequences, sequences_of
from recommendations.algorithms.shopping_log import IntArray, ShoppingLog, purchase_log

PAIRS, SEQUENCES, DISCOVER, AGAIN = "pairs", "sequences", "discover", "buy again"
LENGTHS = {PAIRS: 20, SEQUENCES: 10, DISCOVER: 10, AGAIN: 10}


class UnreadableSetError(Exception):
    """A file is in none of the layouts; the message says which and where."""


@dataclass(frozen=True)
class Question:
    """One hold-out: what is known of everybody, who is asked, and what they took up next.

    known: oldest first, shape (n_people,). people: rows of `known` that are asked. targets: sparse
    0/1, shape (len(people), n_products). log: the orders that `known` was read from, if any.
    """

    name: str
    kind: str
    known: Sequences
    people: IntArray
    targets: Any
    log: ShoppingLog | None = None

    @property
    def length(self) -> int:
        return LENGTHS[self.kind]

    @property
    def held_share(self) -> float:
        """How large a part of what everybody took up is asked for."""
        return float(self.targets.nnz / max(1, self.targets.nnz + len(self.known.products)))

    def described(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "list_length": self.length,
            "people": len(self.known.lengths),
            "products": self.known.n_products,
            "known_pairs": len(self.known.products),
            "people_asked": len(self.people),
            "held_out_pairs": int(self.targets.nnz),
            "fingerprint": fingerprint(
                self.known.products, self.known.starts, self.targets.indptr, self.targets.indices
            ),
        }

    def write(self, folder: Path) -> None:
        arrays = {
            "products": self.known.products,
            "starts": self.known.starts,
            "people": self.people,
            "indptr": self.targets.indptr,
            "indices": self.targets.indices,
        }
        if self.log is not None:
            arrays |= {
                f"log_{name}": getattr(self.log, name)
                for name in ("customer", "basket", "product", "day")
            }
        np.savez(folder / "question.npz", **arrays)
        described = {"name": self.name, "kind": self.kind, "n_products": self.known.n_products}
        (folder / "question.json").write_text(json.dumps(described))

    @classmethod
    def read(cls, folder: Path) -> "Question":
        described = json.loads((folder / "question.json").read_text())
        n_products = described.pop("n_products")
        held = np.load(folder / "question.npz")
        log = None
        if "log_customer" in held:
            log = purchase_log(
                n_products=n_products,
                **{name: held[f"log_{name}"] for name in ("customer", "basket", "product", "day")},
            )
        known = Sequences(held["products"], held["starts"], n_products)
        return cls(
            known=known,
            people=held["people"],
            targets=_matrix(held["indices"], held["indptr"], n_products),
            log=log,
            **described,
        )


def questions_in(data: Path, *, from_day: date | None) -> Iterator[Question]:
    """Everything below a folder, or one file. Raises UnreadableSetError."""
    folders = [data, *sorted(path for path in data.rglob("*") if path.is_dir())]
    for folder in folders:
        train, test = _text(folder, "train"), _text(folder, "test")
        if train and test:
            yield _pairs(folder.name, _people_of(train), _people_of(test))
        files = [data] if data.is_file() else sorted(folder.iterdir())
        orders = [path for path in files if path.name.endswith((".csv", ".csv.gz"))]
        for path in files:
            if path.name.endswith((".txt", ".txt.gz")) and path not in (train, test):
                yield _sequences(path.name.split(".")[0], _people_of(path))
        if orders:
            log = _orders(orders)
            for kind in (DISCOVER, AGAIN):
                yield _ordered(f"{folder.name}, {kind}", kind, log, from_day)


def _pairs(name: str, train: Mapping[int, list[int]], test: Mapping[int, list[int]]) -> Question:
    people = sorted(train)
    held_out = {key: set(test[key]) - set(train[key]) for key in people if key in test}
    products = np.unique([each for rows in (train, test) for row in rows.values() for each in row])
    known = _rows([train[key] for key in people], products)
    asked = [at for at, key in enumerate(people) if held_out.get(key)]
    targets = [sorted(held_out[people[at]]) for at in asked]
    return Question(name, PAIRS, known, np.array(asked), _target_rows(targets, products))


def _sequences(name: str, rows: Mapping[int, list[int]]) -> Question:
    people = sorted(key for key, row in rows.items() if len(row) > 1)
    products = np.unique([each for key in people for each in rows[key]])
    known = _rows([rows[key][:-1] for key in people], products)
    targets = _target_rows([[rows[key][-1]] for key in people], products)
    return Question(name, SEQUENCES, known, np.arange(len(people)), targets)


def _orders(files: list[Path]) -> ShoppingLog:
    """What known customers ordered, cancelled later or not; baskets are numbered by time."""
    history = online_retail.load(files)
    kept = np.isin(history.kind, (Kind.SALE, Kind.NETTED)) & (history.customer != NOBODY)
    order, placed_at = history.order[kept], history.placed_at[kept]
    keys, first = np.unique(order, return_index=True)
    rank = np.empty(len(keys), dtype=np.int64)
    rank[np.lexsort((keys, placed_at[first]))] = np.arange(len(keys))
    basket = rank[np.searchsorted(keys, order)]
    products, product = np.unique(history.sku[kept], return_inverse=True)
    lines = np.argsort(basket, kind="stable")
    return purchase_log(
        customer=history.customer[kept][lines],
        basket=basket[lines],
        product=product[lines],
        day=placed_at[lines] // SECONDS_A_DAY,
        n_products=len(products),
    )


def _ordered(name: str, kind: str, log: ShoppingLog, from_day: date | None) -> Question:
    day = None if from_day is None else (from_day - date(1970, 1, 1)).days
    held, later = held_out_baskets(log, from_day=day)
    known = log.where(~held & ~later)
    people = np.unique(known.customer)
    sequences = sequences_of(known, people=people)
    wanted = log.where(held)
    wanted = wanted.where(np.isin(wanted.customer, people))
    size = (len(people), log.n_products)
    rows = np.searchsorted(people, wanted.customer)
    targets = sparse.csr_matrix((np.ones(len(rows)), (rows, wanted.product)), shape=size)
    if kind == DISCOVER:
        owner = np.repeat(np.arange(len(people)), sequences.lengths)
        had = sparse.csr_matrix((np.ones(len(owner)), (owner, sequences.products)), shape=size)
        targets = targets - targets.multiply(had)
    targets.data[:] = targets.data > 0
    targets.eliminate_zeros()
    asked = np.flatnonzero(np.diff(targets.indptr) > 0)
    return Question(name, kind, sequences, asked, targets[asked].tocsr(), known)


def held_out_baskets(log: ShoppingLog, *, from_day: int | None) -> tuple[Any, Any]:
    """Lines of the basket that is held out of each customer, and of those after it."""
    key, first = np.unique(log.basket, return_index=True)
    customer, day = log.customer[first], log.day[first]
    order = np.lexsort((key, customer))
    if from_day is None:
        ends = np.append(customer[order][1:] != customer[order][:-1], True)
        orders_of = np.bincount(customer)
        held = order[ends & (orders_of[customer[order]] > 1)]
        later = held[:0]
    else:
        since = order[day[order] >= from_day]
        begins = np.append(True, customer[since][1:] != customer[since][:-1])[: len(since)]
        held, later = since[begins], since[~begins]
    return np.isin(log.basket, key[held]), np.isin(log.basket, key[later])


def _rows(rows: list[list[int]], products: IntArray) -> Sequences:
    """Rows as places among all products; of one that comes twice the last time counts."""
    newest = [list(dict.fromkeys(reversed(row)))[::-1] for row in rows]
    flat = np.array([each for row in newest for each in row], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in newest])]).astype(np.int64)
    return Sequences(np.searchsorted(products, flat), starts, len(products))


def _target_rows(rows: list[list[int]], products: IntArray) -> Any:
    flat = np.array([each for row in rows for each in row], dtype=np.int64)
    starts = np.concatenate([[0], np.cumsum([len(row) for row in rows])]).astype(np.int64)
    return _matrix(np.searchsorted(products, flat), starts, len(products))


def _matrix(indices: IntArray, indptr: IntArray, n_products: int) -> Any:
    ones = np.ones(len(indices))
    return sparse.csr_matrix((ones, indices, indptr), shape=(len(indptr) - 1, n_products))


def _people_of(path: Path) -> dict[int, list[int]]:
    rows: dict[int, list[int]] = {}
    with _opened(path) as file:
        for number, line in enumerate(csv.reader(file, delimiter=" "), start=1):
            try:
                values = [int(each) for each in line if each]
            except ValueError as error:
                raise UnreadableSetError(
                    f"{path}, line {number}: a person and products were expected, as whole numbers."
                ) from error
            if len(values) > 1:
                rows.setdefault(values[0], []).extend(values[1:])
    return rows


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open()


def _text(folder: Path, name: str) -> Path | None:
    found = [folder / f"{name}.txt", folder / f"{name}.txt.gz"]
    return next((path for path in found if path.is_file()), None)
