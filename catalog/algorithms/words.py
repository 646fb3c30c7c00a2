"""Words as search sees them: one spelling, one case, one kind of Chinese character.

What is indexed and what is asked for pass through the same functions, so they meet. Nothing here
loads a dictionary: a page uses it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise

from catalog.algorithms.traditional import SIMPLIFIED

# The characters of Chinese, with the rare ones of the first extension.
_HAN = "㐀-䶿一-鿿"
_RUNS = re.compile(rf"[{_HAN}]+|[^\W_{_HAN}]+")
_IS_HAN = re.compile(rf"[{_HAN}]")
_APOSTROPHES = re.compile(r"(?<=\w)['’ʼ](s\b)?")
LONGEST_WORD = 40
# They say nothing of a product; a query of nothing else keeps them.
_STOP = (
    "a an and are as at be by for from i in is it me my of on or some that the this to with your "
    "的 了 和 与 或 我 要 想 买 个 一个 请"
)
STOP_WORDS = frozenset(_STOP.split())
_KEEP_S = ("ss", "us", "is", "ous")


def fold(text: str) -> str:
    """Half width, lower case, without accents, in simplified characters, without controls."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return _APOSTROPHES.sub("", unicodedata.normalize("NFKC", bare)).translate(SIMPLIFIED)


def is_han(text: str) -> bool:
    return bool(_IS_HAN.match(text))


def split(text: str) -> list[str]:
    """Runs of Chinese characters and words of letters and digits, folded, in order."""
    runs = _RUNS.findall(fold(text))
    return [run if is_han(run) else run[:LONGEST_WORD] for run in runs]


def stem(word: str) -> str:
    """An English plural without its ending; every other word as it is.

    A light form of Harman (1991), "How effective is suffixing?", the S stemmer: it joins "glasses"
    with "glass" and "candies" with "candy" and never joins words of two meanings.
    """
    if len(word) < 4 or not word.isascii() or not word.endswith("s") or word.endswith(_KEEP_S):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes", "zes")):
        return word[:-2]
    return word[:-1]


def bigrams(run: str) -> list[str]:
    """Every two neighbours; a single character is its own."""
    return [a + b for a, b in pairwise(run)] or [run]


def plain_terms(text: str) -> tuple[str, ...]:
    """The terms of a phrase, all of which a product that is meant by it has.

    Chinese by bigrams, which hold whatever way a segmenter would part the words.
    """
    found: list[str] = []
    for run in split(text):
        found += bigrams(run) if is_han(run) else [stem(run)]
    return tuple(dict.fromkeys(found))


def phrase_key(words: Iterable[str]) -> str:
    """How a phrase of several words is looked up: stems, and no space beside Chinese."""
    key = ""
    for word in words:
        needs_space = key and not is_han(word) and not is_han(key[-1])
        key += (" " if needs_space else "") + (word if is_han(word) else stem(word))
    return key


def substrings(run: str, *, longest: int, shortest: int = 1) -> list[str]:
    return [
        run[start : start + length]
        for start in range(len(run))
        for length in range(shortest, min(longest, len(run) - start) + 1)
    ]


def deletions(word: str, *, most: int, prefix: int = 7) -> set[str]:
    """The word and what is left of its beginning after up to `most` signs are taken out.

    Two words within `most` edits of each other share one of these: Garbe (2012), symmetric delete
    spelling correction.
    """
    found = {word[:prefix]}
    edge = found
    for _round in range(most):
        edge = {text[:at] + text[at + 1 :] for text in edge for at in range(len(text))}
        found = found | edge
    return {text for text in found if text}


def edits_allowed(word: str) -> int:
    """How many mistakes a word of this length may hold: none, one or two."""
    if is_han(word):
        return 1 if len(word) >= 3 else 0
    return 0 if len(word) < 4 else 1 if len(word) < 7 else 2


def distance(a: str, b: str, *, most: int) -> int:
    """Edits between two words; `most + 1` stands for anything more.

    Optimal string alignment: insert, delete, replace, and swap of neighbours count one each
    (Damerau 1964). Rows end early once every way costs too much.
    """
    if abs(len(a) - len(b)) > most:
        return most + 1
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, sign in enumerate(a, start=1):
        before, last, row = row, before, [i]
        for j, other in enumerate(b, start=1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (sign != other))
            if i > 1 and j > 1 and sign == b[j - 2] and a[i - 2] == other:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return min(row[-1], most + 1)


@cache
def _lengths(longest: int) -> Sequence[int]:
    return tuple(range(1, longest + 1))


def part(run: str, costs: dict[str, float], *, longest: int, unknown: float) -> list[str]:
    """The cheapest way to part a text into known pieces; unknown signs stay single.

    costs: of each known piece. Shortest path over the places between signs, as segmenters do with
    a dictionary.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(run) + 1):
        ways = [
            (best[end - length][0] + cost, end - length)
            for length in _lengths(min(longest, end))
            if (cost := costs.get(run[end - length : end], unknown if length == 1 else None))
            is not None
        ]
        best.append(min(ways))
    pieces: list[str] = []
    end = len(run)
    while end:
        start = best[end][1]
        pieces.append(run[start:end])
        end = start
    return pieces[::-1]


def whole(text: str) -> str:
    """A name as one term, marked so that it is no word of another name."""
    return (
        "__" + "".join(word if is_han(word) else stem(word) for word in split(text))[:LONGEST_WORD]
    )
