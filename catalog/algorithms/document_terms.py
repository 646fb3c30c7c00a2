"""The terms of a product's texts, parted with a dictionary.

For jobs only: the dictionary takes a second and 100 MB to load. Queries are parted by the
vocabulary that this leaves behind, see `catalog.services.understanding`.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

import jieba
from pypinyin import Style, lazy_pinyin

from catalog.algorithms.texts import Terms, Texts
from catalog.algorithms.words import LONGEST_WORD, bigrams, is_han, split, stem, whole

# It tells on standard error how long its dictionary took.
jieba.setLogLevel(logging.WARNING)

PINYIN_MARK = "_"
LONGEST_SPELT = 10


@dataclass(slots=True)
class _Gathered:
    terms: dict[str, None] = field(default_factory=dict)
    words: set[str] = field(default_factory=set)
    spelt: set[str] = field(default_factory=set)

    def add(self, text: str) -> None:
        for run in split(text):
            if not is_han(run):
                self._take(stem(run))
                continue
            parts = [part for part in jieba.cut_for_search(run) if len(part) <= LONGEST_WORD]
            for part in (*parts, *run):
                self._take(part)
            self.terms.update(dict.fromkeys(bigrams(run)))
            self.spelt.update(parts)
            if 1 < len(run) <= LONGEST_SPELT:
                self.spelt.add(run)

    def _take(self, word: str) -> None:
        self.terms[word] = None
        self.words.add(word)


def terms_of(texts: Texts) -> Terms:
    name, place = _gather(texts.names), _gather(texts.places)
    traits, body = _gather(texts.traits), _gather(texts.descriptions)
    for text in texts.names:
        # The whole name as one term: who types all of it means this product.
        name.terms[whole(text)] = None
    pinyin = _pinyin(name.spelt | place.spelt | traits.spelt)
    return Terms(
        name=tuple(name.terms),
        place=tuple(place.terms),
        traits=tuple(traits.terms),
        body=(*body.terms, *sorted(pinyin)),
        words=frozenset(name.words | place.words | traits.words | body.words | pinyin),
    )


def _gather(texts: Iterable[str]) -> _Gathered:
    gathered = _Gathered()
    for text in texts:
        gathered.add(text)
    return gathered


def _pinyin(words: Iterable[str]) -> set[str]:
    """Full spellings; of three characters and more the first letters, too."""
    found = set()
    for word in words:
        found.add(PINYIN_MARK + "".join(lazy_pinyin(word)))
        if len(word) >= 3:
            found.add(PINYIN_MARK + "".join(lazy_pinyin(word, style=Style.FIRST_LETTER)))
    return {spelt[:LONGEST_WORD] for spelt in found if spelt[1:].isascii()}
