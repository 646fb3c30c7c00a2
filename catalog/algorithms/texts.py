"""What a product says, and the terms of it that the search index keeps."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Texts:
    """What a product says of itself, in all languages at once, weightiest first."""

    names: tuple[str, ...]
    places: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms by column of the index, each once.

    body: description, and the pinyin of everything above, marked so that "can" is no 参.
    words: what counts in the vocabulary: no bigrams.
    """

    name: tuple[str, ...]
    place: tuple[str, ...]
    traits: tuple[str, ...]
    body: tuple[str, ...]
    words: frozenset[str]
