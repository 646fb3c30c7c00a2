"""What a query meant where its words are misspelt.

See `catalog.services.indexing` for the spellings and sounds that are looked up.
"""

from django.db.models import IntegerField, Value

from catalog.algorithms.sounds import sound
from catalog.algorithms.words import deletions, distance, edits_allowed, is_han, part, substrings
from catalog.models import SearchSpelling, SearchTerm
from catalog.services.search_backends import Group
from catalog.services.understanding import (
    CHARACTER_COST,
    LONGEST_PHRASE,
    LONGEST_WORD,
    PINYIN_MARK,
    UNKNOWN_COST,
    WORD_COST,
    Chunk,
    Understanding,
    Word,
    chunks_of,
    ways_to_say,
)


def correct(query: Understanding) -> Understanding | None:
    """The query with misspelt words replaced by their nearest known ones; None where nothing is
    near. One query of the database, however long the text.

    Words of letters may hold one or two mistakes by their length; Chinese may sound alike or, from
    three characters on, hold one wrong character; pinyin without spaces is parted.
    """
    near = _Near(query)
    if not near.has_wrong:
        return None
    near.look_up()
    words: list[Word] = []
    for chunk in near.chunks:
        meant = near.meant(chunk) if chunk.is_wrong else list(chunk.words)
        if meant is None:
            return None
        words += meant
    return Understanding(tuple(words))


class _Near:
    def __init__(self, query: Understanding) -> None:
        self.chunks = list(chunks_of(query.words))
        self.has_wrong = any(chunk.is_wrong for chunk in self.chunks)
        self.counts: dict[str, int] = {}
        self.by_sound: dict[str, list[str]] = {}
        self.by_key: dict[str, list[str]] = {}

    def look_up(self) -> None:
        keys: set[str] = set()
        sounds: set[str] = set()
        texts: set[str] = set()
        for chunk in self.chunks:
            if not chunk.is_wrong:
                continue
            if is_han(chunk.text):
                pieces = substrings(chunk.text, longest=LONGEST_WORD, shortest=2)
                sounds.update(sound(piece) for piece in pieces)
                texts.update(substrings(chunk.text, longest=LONGEST_WORD))
                for piece in pieces:
                    if edits_allowed(piece):
                        keys.update(deletions(piece, most=1))
            else:
                keys.update(deletions(chunk.text, most=edits_allowed(chunk.text)))
                pieces = substrings(chunk.text, longest=12, shortest=2)
                texts.update(pieces)
                texts.update(PINYIN_MARK + piece for piece in pieces)
        spelt = (
            SearchSpelling.objects.filter(key__in=keys, term__n_products__gt=0)
            .order_by()
            .values_list("key", "term__text", "term__n_products", Value(0, IntegerField()))
        )
        alike = (
            SearchTerm.objects.filter(sound__in=sounds - {""}, n_products__gt=0)
            .order_by()
            .values_list("sound", "text", "n_products", Value(1, IntegerField()))
        )
        known = (
            SearchTerm.objects.filter(text__in=texts, n_products__gt=0)
            .order_by()
            .values_list("text", "text", "n_products", Value(2, IntegerField()))
        )
        for key, text, n_products, source in spelt.union(alike, known, all=True):
            self.counts[text] = n_products
            if source == 0:
                self.by_key.setdefault(key, []).append(text)
            elif source == 1:
                self.by_sound.setdefault(key, []).append(text)

    def meant(self, chunk: Chunk) -> list[Word] | None:
        return self._chinese(chunk.text) if is_han(chunk.text) else self._latin(chunk.text)

    def _latin(self, word: str) -> list[Word] | None:
        most = edits_allowed(word)
        near = {
            text: distance(word, text, most=most)
            for key in deletions(word, most=most)
            for text in self.by_key.get(key, ())
            if not is_han(text)
        }
        near = {text: edits for text, edits in near.items() if edits <= most}
        if near:
            # Among equally near ones, who begins alike and what most products have.
            best = min(
                near,
                key=lambda text: (
                    near[text],
                    text[0] != word[0],
                    -self.counts[text],
                    text,
                ),
            )
            return [Word(best, Group(((best,),)), True)]
        return self._joined(word)

    def _joined(self, word: str) -> list[Word] | None:
        """Several words, or syllables, written as one."""
        for mark, shortest in ((PINYIN_MARK, 2), ("", 3)):
            costs = {
                piece: 1.0
                for piece in substrings(word, longest=12, shortest=shortest)
                if self.counts.get(mark + piece)
            }
            pieces = part(word, costs, longest=12, unknown=100.0)
            if 1 < len(pieces) <= LONGEST_PHRASE and all(piece in costs for piece in pieces):
                return [Word(piece, Group(((mark + piece,),)), True) for piece in pieces]
        return None

    def _chinese(self, run: str) -> list[Word] | None:
        costs: dict[str, float] = {}
        meant: dict[str, str] = {}
        for piece in substrings(run, longest=LONGEST_WORD):
            if self.counts.get(piece):
                costs[piece], meant[piece] = (
                    WORD_COST if len(piece) > 1 else CHARACTER_COST,
                    piece,
                )
                continue
            near = self.by_sound.get(sound(piece), []) if len(piece) > 1 else []
            if not near and edits_allowed(piece):
                near = [
                    text
                    for key in deletions(piece, most=1)
                    for text in self.by_key.get(key, ())
                    if len(text) == len(piece) and distance(piece, text, most=1) <= 1
                ]
            if near:
                meant[piece] = max(near, key=lambda text: (self.counts[text], text))
                costs[piece] = WORD_COST + 0.3
        pieces = part(run, costs, longest=LONGEST_WORD, unknown=UNKNOWN_COST)
        if not all(piece in meant for piece in pieces):
            return None
        return [
            Word(text, Group(tuple(ways_to_say(text))), True)
            for text in (meant[piece] for piece in pieces)
        ]
