"""What a query asks for: its words, and the ways products may say them.

A page must not load a dictionary of Chinese words. Queries are parted by the vocabulary of the
index, which the dictionary made: one query of the database answers for all words and synonyms.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import connection

from catalog.algorithms.words import (
    STOP_WORDS,
    bigrams,
    is_han,
    part,
    phrase_key,
    plain_terms,
    split,
    stem,
    substrings,
)
from catalog.services.search_backends import Group, Way

LONGEST_QUERY = 100
MOST_WORDS = 10
MOST_CHARACTERS = 24
LONGEST_WORD = 6
LONGEST_PHRASE = 4
# A word of letters this long is hardly an English one when it also spells a Chinese one.
SURE_PINYIN = 5
PINYIN_MARK = "_"
# Of a way to part Chinese: a synonym, a word, a character, one that no product has.
SYNONYM_COST, WORD_COST, CHARACTER_COST, UNKNOWN_COST = 0.9, 1.0, 1.6, 4.0


# By hand: the ORM takes longer to spell it than the database to answer it.
_LOOK_UP = """
SELECT text, n_products, '' FROM catalog_searchterm WHERE n_products > 0 AND text IN ({marks})
UNION ALL
SELECT asked.text, 0, found.text FROM catalog_searchsynonymword asked
JOIN catalog_searchsynonym synonym ON synonym.id = asked.synonym_id
JOIN catalog_searchsynonymword found ON found.synonym_id = asked.synonym_id
WHERE asked.is_asked AND found.is_found AND synonym.is_active AND asked.text IN ({marks})
"""


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of the query. is_known: a product or a synonym has it."""

    text: str
    group: Group
    is_known: bool


@dataclass(frozen=True, slots=True)
class Chunk:
    """A word, or neighbouring pieces of Chinese of which one is unknown."""

    text: str
    words: tuple[Word, ...]
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Understanding:
    words: tuple[Word, ...]

    @property
    def groups(self) -> tuple[Group, ...]:
        return tuple(word.group for word in self.words)

    @property
    def telling_groups(self) -> tuple[Group, ...]:
        """What may stand for the whole query: known words, of Chinese none of one character."""
        return tuple(
            word.group
            for word in self.words
            if word.is_known and not (is_han(word.text) and len(word.text) == 1)
        )

    @property
    def is_doubtful(self) -> bool:
        """A Chinese word came apart into characters: it may be misspelt."""
        return any(chunk.is_wrong for chunk in chunks_of(self.words))

    @property
    def has_unknown(self) -> bool:
        return any(not word.is_known for word in self.words)

    @property
    def text(self) -> str:
        return join_words(word.text for word in self.words)


@dataclass(slots=True)
class _Vocabulary:
    """What the database knows of the texts that were looked up: products by term, and ways to
    say it by synonym."""

    counts: dict[str, int] = field(default_factory=dict)
    synonyms: dict[str, list[Way]] = field(default_factory=dict)

    def has(self, text: str) -> bool:
        return self.counts.get(text, 0) > 0 or text in self.synonyms


def clean_query(text: str) -> str:
    """What may be shown and searched for: no controls, one space between words, 100 signs."""
    cut = text[: 4 * LONGEST_QUERY]
    printable = "".join(sign if sign.isprintable() else " " for sign in cut)
    return " ".join(printable.split())[:LONGEST_QUERY].strip()


def query_runs(text: str) -> list[str]:
    """Words and Chinese runs of a query, as many as a search looks at."""
    runs: list[str] = []
    room = MOST_CHARACTERS
    for run in split(clean_query(text)):
        if is_han(run):
            run, room = run[:room], room - len(run[:room])
        if run:
            runs.append(run)
    telling = [run for run in runs if run not in STOP_WORDS]
    return (telling or runs)[:MOST_WORDS]


def join_words(words: Iterable[str]) -> str:
    """Words as people write them: spaces, but none between Chinese."""
    text = ""
    for word in words:
        needs_space = text and not (is_han(word) and is_han(text[-1]))
        text += (" " if needs_space else "") + word
    return text


def understand(text: str) -> Understanding:
    """One query of the database; without words in the text, none."""
    return read_runs(query_runs(text))


def read_runs(runs: Sequence[str]) -> Understanding:
    if not runs:
        return Understanding(())
    vocabulary = _look_up(_candidates(runs))
    words: list[Word] = []
    place = 0
    while place < len(runs):
        run = runs[place]
        if is_han(run):
            words += _part_chinese(run, vocabulary)
            place += 1
        else:
            word, taken = _read_latin(runs[place:], vocabulary)
            words.append(word)
            place += taken
    return Understanding(tuple(words))


def _candidates(runs: Sequence[str]) -> set[str]:
    """Everything that may be a term or a synonym."""
    texts: set[str] = set()
    for place, run in enumerate(runs):
        if is_han(run):
            texts.update(substrings(run, longest=LONGEST_WORD))
            continue
        texts.update((stem(run), PINYIN_MARK + run))
        for end in range(place + 2, min(place + LONGEST_PHRASE, len(runs)) + 1):
            phrase = runs[place:end]
            if any(is_han(word) for word in phrase):
                break
            joined = "".join(phrase)
            texts.update((phrase_key(phrase), stem(joined), PINYIN_MARK + joined))
    return {text[:60] for text in texts}


def _look_up(texts: set[str]) -> _Vocabulary:
    found = _Vocabulary()
    marks = ", ".join(["%s"] * len(texts))
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_UP.format(marks=marks), [*texts, *texts])
        rows = cursor.fetchall()
    for text, n_products, meant in rows:
        if not meant:
            found.counts[text] = n_products
        elif meant != text and (way := plain_terms(meant)):
            found.synonyms.setdefault(text, []).append(way)
    return found


def _part_chinese(run: str, vocabulary: _Vocabulary) -> list[Word]:
    costs = {
        text: (
            SYNONYM_COST
            if text in vocabulary.synonyms
            else WORD_COST
            if len(text) > 1
            else CHARACTER_COST
        )
        for text in substrings(run, longest=LONGEST_WORD)
        if vocabulary.has(text)
    }
    pieces = part(run, costs, longest=LONGEST_WORD, unknown=UNKNOWN_COST)
    telling = [piece for piece in pieces if piece not in STOP_WORDS] or pieces
    return [
        Word(
            piece,
            Group((*ways_to_say(piece), *vocabulary.synonyms.get(piece, ()))),
            vocabulary.has(piece),
        )
        for piece in telling
    ]


def ways_to_say(piece: str) -> Iterable[Way]:
    """A piece of Chinese as it is, and as its pairs of neighbours."""
    yield (piece,)
    if len(piece) > 2:
        # Where the dictionary parted a text elsewhere, the neighbours still stand there.
        yield tuple(bigrams(piece))


def _read_latin(runs: Sequence[str], vocabulary: _Vocabulary) -> tuple[Word, int]:
    """One word, or several that are one term: "tea pot", "long jing", a synonym of many words."""
    phrases = [
        end
        for end in range(2, min(LONGEST_PHRASE, len(runs)) + 1)
        if not any(is_han(word) for word in runs[:end])
    ]
    for end in reversed(phrases):
        phrase = runs[:end]
        joined, key = "".join(phrase), phrase_key(phrase)
        ways: list[Way] = list(vocabulary.synonyms.get(key, ()))
        ways += [
            (term,)
            for term in (stem(joined), PINYIN_MARK + joined)
            if vocabulary.counts.get(term, 0)
        ]
        if ways:
            apart = tuple(dict.fromkeys(stem(word) for word in phrase))
            if all(vocabulary.counts.get(term, 0) for term in apart):
                ways.insert(0, apart)
            return Word(" ".join(phrase), Group(tuple(ways)), True), end
    return _word(runs[0], vocabulary), 1


def _word(run: str, vocabulary: _Vocabulary) -> Word:
    term, pinyin = stem(run), PINYIN_MARK + run
    ways: list[Way] = [(term,)]
    is_word = vocabulary.counts.get(term, 0) > 0
    if vocabulary.counts.get(pinyin, 0) and (not is_word or len(run) >= SURE_PINYIN):
        ways.append((pinyin,))
    ways += vocabulary.synonyms.get(term, [])
    return Word(run, Group(tuple(ways)), is_word or len(ways) > 1)


def chunks_of(words: Sequence[Word]) -> Iterable[Chunk]:
    """Chinese pieces are judged together: a wrong character takes its word apart."""
    run: list[Word] = []
    for word in words:
        if is_han(word.text):
            run.append(word)
            continue
        yield from _chinese_chunk(run)
        run = []
        yield Chunk(word.text, (word,), is_wrong=not word.is_known)
    yield from _chinese_chunk(run)


def _chinese_chunk(run: Sequence[Word]) -> Iterable[Chunk]:
    if run:
        text = "".join(word.text for word in run)
        # Single characters side by side are a word that the vocabulary does not know.
        broken = sum(len(word.text) == 1 for word in run) > 1
        unknown = any(not word.is_known for word in run)
        yield Chunk(text, tuple(run), is_wrong=broken or unknown)
