"""Words that mean the same in a search, as staff declare them.

They are looked up with the words of each query, in the same statement: a change counts from the
next search on, in every process, and there is no cache to forget.
"""

import re
from collections.abc import Sequence

from django.db import transaction

from catalog.algorithms.words import phrase_key, split
from catalog.errors import SynonymsTooFewError
from catalog.models import SearchSynonym, SearchSynonymWord

MOST_WORDS = 50
LONGEST = 60
_BETWEEN = re.compile(r"[,，、;；/|\n\r]+")


def read_words(text: str) -> list[str]:
    """Words as queries are looked up, in order, each once."""
    keys = (phrase_key(split(word))[:LONGEST] for word in _BETWEEN.split(text[:10_000]))
    return list(dict.fromkeys(key for key in keys if key))[:MOST_WORDS]


@transaction.atomic
def save_synonym(*, synonym: SearchSynonym) -> SearchSynonym:
    """Store a group and its words. Raises SynonymsTooFewError."""
    asked, found = check_synonym(
        kind=synonym.kind, words=synonym.words, found_words=synonym.found_words
    )
    synonym.save()
    synonym.entries.all().delete()
    SearchSynonymWord.objects.bulk_create(
        SearchSynonymWord(
            synonym=synonym, text=word, is_asked=word in asked, is_found=word in found
        )
        for word in dict.fromkeys((*asked, *found))
    )
    return synonym


def check_synonym(
    *, kind: str, words: str, found_words: str
) -> tuple[Sequence[str], Sequence[str]]:
    """Words that are typed and words that they find. Raises SynonymsTooFewError."""
    asked = read_words(words)
    if kind == SearchSynonym.Kind.EQUAL:
        if len(asked) < 2:
            raise SynonymsTooFewError
        return asked, asked
    found = read_words(found_words)
    if not asked or not found or set(found) <= set(asked):
        raise SynonymsTooFewError
    return asked, found
