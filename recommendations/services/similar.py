"""Why a product stands beside another, as a sentence with its numbers, for customers and staff."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from recommendations.models import Reason

NAMED_WORDS = 3


def reason_sentence(reason: Reason, explanation: Mapping[str, Any]) -> str:
    """Why a product is shown, with its numbers, for customers and staff."""
    facts = explanation.get("facts", {})
    if reason == Reason.BOUGHT_TOGETHER:
        return _bought_together(facts)
    if reason == Reason.SIMILAR_CONTENT:
        return _alike(facts)
    if reason == Reason.VIEWED_TOGETHER:
        return _("Often looked at on the same visit.")
    if reason == Reason.PINNED:
        return _("Chosen for you by our staff.")
    return _("Selling well at the moment.")


def _bought_together(facts: Mapping[str, Any]) -> str:
    together, buyers = int(facts.get("together", 0)), int(facts.get("buyers", 0))
    if facts.get("unit") == "customer":
        sentence = ngettext(
            "%(together)s of %(buyers)s customer who bought this also bought it.",
            "%(together)s of %(buyers)s customers who bought this also bought it.",
            buyers,
        )
    else:
        sentence = ngettext(
            "Bought together in %(together)s of %(buyers)s order.",
            "Bought together in %(together)s of %(buyers)s orders.",
            buyers,
        )
    return sentence % {
        "together": number_format(together, force_grouping=True),
        "buyers": number_format(buyers, force_grouping=True),
    }


def _alike(facts: Mapping[str, Any]) -> str:
    words = _words_of_language(facts.get("shared_words", ()))
    if not words:
        return _("From the same category.")
    named = _(", ").join(_("“%(word)s”") % {"word": word} for word in words)
    if facts.get("same_category"):
        return _("Same category, and both names say %(words)s.") % {"words": named}
    return _("Both names say %(words)s.") % {"words": named}


def _words_of_language(words: Iterable[str]) -> list[str]:
    """The words a reader of the present language can read, or all when there are none."""
    in_chinese = (get_language() or "").startswith("zh")
    readable = [word for word in words if word.isascii() != in_chinese]
    return (readable or list(words))[:NAMED_WORDS]
