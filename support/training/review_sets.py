"""Labelled reviews from files: the two public sets the first version learns from, or any CSV."""

import csv
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from support.algorithms.analyzers import Language, compose

CHINESE_FILE: Final = "reviews_zh/online_shopping_train.csv.gz"
ENGLISH_FILE: Final = "reviews_en/womens_clothing_train.csv.gz"

_WORDS_FOR_POSITIVE = {"1", "positive", "pos", "good", "true"}
_WORDS_FOR_NEGATIVE = {"0", "negative", "neg", "bad", "false"}


class ReviewFileError(Exception):
    """A file of reviews is missing, or a row of it cannot be read."""


@dataclass(frozen=True)
class LabelledReviews:
    """Reviews of one language with their labels, row by row.

    labels: 1 positive, 0 negative, shape (n_reviews,). strata: what a split keeps in proportion.
    units: what an honest split keeps together (a product, a category).
    """

    language: Language
    texts: Sequence[str]
    labels: NDArray[np.int64]
    strata: Sequence[str]
    units: Sequence[str]

    def take(self, rows: NDArray[np.int64]) -> "LabelledReviews":
        return LabelledReviews(
            language=self.language,
            texts=[self.texts[row] for row in rows],
            labels=self.labels[rows],
            strata=[self.strata[row] for row in rows],
            units=[self.units[row] for row in rows],
        )


def read_chinese(folder: Path) -> LabelledReviews:
    """Shopping reviews of ten categories; the unit is the category."""
    rows = [row for row in _rows(folder / CHINESE_FILE) if row["review"]]
    return LabelledReviews(
        language="zh",
        texts=[row["review"] for row in rows],
        labels=np.array([int(row["label"]) for row in rows]),
        strata=[f"{row['cat']} {row['label']}" for row in rows],
        units=[row["cat"] for row in rows],
    )


def read_english(folder: Path) -> LabelledReviews:
    """Clothing reviews; positive is "recommended", the unit is the item, strata are the stars."""
    rows = [row for row in _rows(folder / ENGLISH_FILE) if row["Review Text"].strip()]
    return LabelledReviews(
        language="en",
        texts=[compose(row["Title"].strip(), row["Review Text"].strip()) for row in rows],
        labels=np.array([int(row["Recommended IND"]) for row in rows]),
        strata=[row["Rating"] for row in rows],
        units=[row["Clothing ID"] for row in rows],
    )


def read_table(path: Path, *, language: Language) -> LabelledReviews:
    """Any CSV, plain or gzipped, with columns text and label (1/0 or positive/negative)."""
    texts: list[str] = []
    labels: list[int] = []
    for number, row in enumerate(_rows(path), start=2):
        label = (row.get("label") or "").strip().lower()
        if row.get("text") is None or label not in _WORDS_FOR_POSITIVE | _WORDS_FOR_NEGATIVE:
            raise ReviewFileError(f"{path}, line {number}: needs a text and a label of 1 or 0")
        texts.append(row["text"])
        labels.append(int(label in _WORDS_FOR_POSITIVE))
    names = [str(label) for label in labels]
    return LabelledReviews(language, texts, np.array(labels, dtype=np.int64), names, names)


def file_digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _rows(path: Path) -> Iterator[dict[str, str]]:
    if not path.is_file():
        raise ReviewFileError(f"there is no file {path}")
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)
