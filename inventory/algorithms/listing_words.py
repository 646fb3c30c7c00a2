"""What a product says of itself as numbers of features: words, their parts, category, traits."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zlib import crc32

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray

BITS = 15
N_FEATURES = 1 << BITS
PARTS = (3, 4)
# Parts of words say less each than the word does, and there are more of them.
WEIGHTS = {"part": 0.5, "about": 0.3, "category": 1.5, "brand": 1.5, "trait": 1.0}
PLAIN = frozenset({"word", "about", "category", "brand", "trait"})
MOST_WORDS = 40
MOST_ABOUT_WORDS = 60
_WORD = re.compile(r"[\u4e00-\u9fff]+|[^\W_]+")


@dataclass(frozen=True, slots=True)
class Listing:
    """A product before it has a price.

    names: in every language, with the variant. categories: slugs from the top down. traits: code
    and value of its attributes.
    """

    names: tuple[str, ...]
    description: str = ""
    categories: tuple[str, ...] = ()
    brand: str = ""
    traits: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class FeatureRows:
    """Sparse rows: those of row i lie from starts[i] to starts[i + 1].

    columns: places of features, shape (n_entries,). values: how often, weighted.
    """

    starts: IntArray
    columns: IntArray
    values: FloatArray

    def __len__(self) -> int:
        return len(self.starts) - 1


def words_of(text: str) -> list[str]:
    """Words in small letters, without a plural's s; Chinese as pairs of signs."""
    found: list[str] = []
    for run in _WORD.findall(text.casefold()):
        if "\u4e00" <= run[0] <= "\u9fff":
            found += [run[place : place + 2] for place in range(max(1, len(run) - 1))]
        else:
            found.append(run[:-1] if run.endswith("s") and len(run) > 3 else run)
    return found


def features_of(listing: Listing) -> Iterator[tuple[str, str]]:
    """Kind and text of each feature, as often as it stands there."""
    for name in listing.names:
        words = words_of(name)[:MOST_WORDS]
        for word in words:
            yield "word", word
            marked = f"<{word}>"
            for size in PARTS:
                for place in range(len(marked) - size + 1):
                    yield "part", marked[place : place + size]
        for first, second in pairwise(words):
            yield "pair", f"{first} {second}"
        # What a thing is stands last in English: "metal LANTERN".
        for size in (1, 2):
            if len(words) >= size:
                yield "last", " ".join(words[-size:])
    for word in words_of(listing.description)[:MOST_ABOUT_WORDS]:
        yield "about", word
    for category in listing.categories:
        yield "category", category
    if listing.brand:
        yield "brand", listing.brand
    for code, value in listing.traits:
        yield "trait", f"{code}={value.casefold()}"


def place_of(kind: str, text: str) -> int:
    return crc32(f"{kind}:{text}".encode()) & (N_FEATURES - 1)


def feature_rows(listings: Sequence[Listing]) -> FeatureRows:
    """Hash the features of listings (Weinberger et al. 2009); the words themselves are not kept."""
    starts, columns, values = [0], [], []
    for listing in listings:
        counted: Counter[int] = Counter()
        for kind, text in features_of(listing):
            counted[place_of(kind, text)] += WEIGHTS.get(kind, 1.0)  # type: ignore[assignment]  # stubs: whole counts
        columns += list(counted)
        values += list(counted.values())
        starts.append(len(columns))
    return FeatureRows(
        np.array(starts, dtype=np.int64),
        np.array(columns, dtype=np.int64),
        np.array(values, dtype=np.float64),
    )


def plain_rows(listings: Sequence[Listing]) -> FeatureRows:
    """Counts of whole words, categories, brands and traits alone."""
    starts, columns = [0], []
    for listing in listings:
        columns += [place_of(kind, text) for kind, text in features_of(listing) if kind in PLAIN]
        starts.append(len(columns))
    places = np.array(columns, dtype=np.int64)
    return FeatureRows(np.array(starts, dtype=np.int64), places, np.ones(len(places)))


def weigh(rows: FeatureRows, rarity: FloatArray) -> FeatureRows:
    """Rows times the rarity of their features, each of length 1.

    rarity: shape (N_FEATURES,).
    """
    values = rows.values * rarity[rows.columns]
    lengths = np.sqrt(_sum_rows(rows.starts, values**2))
    counts = np.diff(rows.starts)
    return FeatureRows(
        rows.starts, rows.columns, values / np.maximum(np.repeat(lengths, counts), 1e-9)
    )


def times(rows: FeatureRows, weights: FloatArray) -> FloatArray:
    """Each row times a vector of shape (N_FEATURES,); shape (n_rows,)."""
    return _sum_rows(rows.starts, rows.values * weights[rows.columns])


def _sum_rows(starts: IntArray, values: FloatArray) -> FloatArray:
    running = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    sums: FloatArray = running[starts[1:]] - running[starts[:-1]]
    return sums
