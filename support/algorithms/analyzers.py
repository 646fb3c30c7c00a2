"""Reviews into n-grams: the one analyser that training and serving share.

Chinese is cut into one to three characters, English into one and two words. Segmenting Chinese into
words buys less than .002 of accuracy for three times the time, so there is no dictionary here.
Folding keeps the length of the text, so the place of an n-gram is a place in what was written.
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

Language = Literal["zh", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("zh", "en")

# The longest review of 50,032 in the training set has 2,809 characters; what follows this many is
# pasted text, and reading it would let one review hold a worker for seconds.
MAX_CHARACTERS: Final = 10_000

# Ends the title in `compose`; nobody can type it into a form.
_TITLE_END: Final = "\x1e"
_TITLE_MARK: Final = "title: "

_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_CONTROL = dict.fromkeys([*range(0x20), 0x7F, 0xA0, 0x3000, 0x200B, 0xFEFF], 0x20)
# U+0130 is the one letter whose lower case is longer than itself; ʼ and ’ both write "don't".
_LETTERS = {0x130: 0x69, 0x2019: 0x27, 0x2BC: 0x27}
_FOLD = _FULL_WIDTH | _CONTROL | _LETTERS

_TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>|&(?:nbsp|amp|lt|gt|quot|#\d{1,5});")
_SPACES = re.compile(r" +")
_RUN = re.compile(r"[^ ]+")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[!?]")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[a-zA-Z]+")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1fff\u3040-\u30ff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class Token:
    """One n-gram and where it stands: `text[start:end]` of what was written."""

    text: str
    start: int
    end: int


def compose(title: str, text: str) -> str:
    """A review as one text. English n-grams of the title count once more as the title's own.

    A place in the title is the same place in the result; one in the text is moved by
    `len(title) + 1`, or not at all without a title.
    """
    clean = text.replace(_TITLE_END, " ")
    return title.replace(_TITLE_END, " ") + _TITLE_END + clean if title else clean


def title_length(text: str) -> int:
    """How much of a composed text is its title; 0 without one."""
    return max(text.find(_TITLE_END, 0, MAX_CHARACTERS), 0)


def fold(text: str) -> str:
    """Lower case, half-width forms, tags and control characters as spaces; the length is kept."""
    text = text[:MAX_CHARACTERS]
    if "<" in text or "&" in text:
        text = _TAG.sub(lambda tag: " " * len(tag.group()), text)
    return text.translate(_FOLD).lower()


def detect_language(text: str) -> Language | None:
    """Chinese or English by the share of Han characters; None for what is neither.

    A Han character counts as much as a Latin word, so "买了 iPad Pro 很好" is Chinese. Emoji and
    digits have no language. A text with more than a few Greek, Cyrillic, kana or hangul letters is
    in a language that the shop has no model for; a few are faces: (*｀Ω*)
    """
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        return "en" if _LATIN_WORD.search(text) else None
    han = len(_HAN.findall(text))
    latin = len(_LATIN_WORD.findall(text))
    others = len(_OTHER_SCRIPT.findall(text))
    # Kana stand between Han characters in Japanese, so a fifth of them is already not Chinese.
    if (han == 0 and latin == 0) or (others > 3 and 5 * others > han + latin):
        return None
    return "zh" if 3 * han >= han + latin else "en"


def analyse(text: str, language: Language) -> list[str]:
    """The n-grams of a text, each as often as it occurs, in no promised order."""
    folded = fold(text)
    if language == "zh":
        return _character_grams(_SPACES.sub(" ", folded).strip())
    grams = _word_grams(_WORD.findall(folded))
    if end := title_length(text):
        grams.extend([_TITLE_MARK + gram for gram in _word_grams(_WORD.findall(folded, 0, end))])
    return grams


def _word_grams(words: list[str]) -> list[str]:
    return words + [f"{a} {b}" for a, b in itertools.pairwise(words)]


def _character_grams(text: str) -> list[str]:
    pairs = [a + b for a, b in itertools.pairwise(text)]
    triples = [a + b for a, b in zip(pairs, text[2:], strict=False)]
    return [*text, *pairs, *triples]


def units(text: str, language: Language) -> list[Token]:
    """The words or characters that n-grams are made of, with places, in the order of the text."""
    folded = fold(text)
    if language == "en":
        return [Token(found.group(), *found.span()) for found in _WORD.finditer(folded)]
    characters: list[Token] = []
    for run in _RUN.finditer(folded):
        if characters:
            characters.append(Token(" ", characters[-1].end, run.start()))
        characters.extend(
            Token(character, place, place + 1)
            for place, character in enumerate(run.group(), run.start())
        )
    return characters


def tokens(text: str, language: Language) -> Iterator[Token]:
    """What `analyse` gives, with places; slower, for explaining one text."""
    parts = units(text, language)
    if language == "zh":
        yield from _joined(parts, sizes=(1, 2, 3), between="")
        return
    yield from _joined(parts, sizes=(1, 2), between=" ")
    end = title_length(text)
    title = [part for part in parts if part.end <= end]
    for token in _joined(title, sizes=(1, 2), between=" "):
        yield Token(_TITLE_MARK + token.text, token.start, token.end)


def _joined(parts: list[Token], *, sizes: tuple[int, ...], between: str) -> Iterator[Token]:
    for size in sizes:
        for first in range(len(parts) - size + 1):
            run = parts[first : first + size]
            text = between.join(part.text for part in run)
            yield Token(text, run[0].start, run[-1].end)
