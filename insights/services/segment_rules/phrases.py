"""Pieces of sentences that say a condition; each language puts them in its own order."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from catalog.money import format_money
from insights.services.segment_rules.parameters import minor

MOST_NAMED = 4


def times(values: dict[str, Any]) -> str:
    """ "at least 2 times"."""
    n = values["n"]
    if values["is"] == "at_least":
        return ngettext("at least %(n)d time", "at least %(n)d times", n) % {"n": n}
    if values["is"] == "at_most":
        return ngettext("at most %(n)d time", "at most %(n)d times", n) % {"n": n}
    return ngettext("exactly %(n)d time", "exactly %(n)d times", n) % {"n": n}


def bound(values: dict[str, Any], shown: str) -> str:
    if values["is"] == "at_least":
        return _("at least %(amount)s") % {"amount": shown}
    if values["is"] == "at_most":
        return _("at most %(amount)s") % {"amount": shown}
    return _("exactly %(amount)s") % {"amount": shown}


def money_bound(values: dict[str, Any]) -> str:
    return bound(values, format_money(minor(values["amount"]), settings.CURRENCY))


def period(values: dict[str, Any]) -> str:
    """ " in the last 90 days", with its own space; nothing where no time is named."""
    days = values.get("days")
    if not days:
        return ""
    return ngettext(" in the last %(n)d day", " in the last %(n)d days", days) % {"n": days}


def since(values: dict[str, Any]) -> str:
    """ "in the last 90 days" or "more than 90 days ago"."""
    days = values["days"]
    if values["is"] == "within":
        return ngettext("in the last %(n)d day", "in the last %(n)d days", days) % {"n": days}
    return ngettext("more than %(n)d day ago", "more than %(n)d days ago", days) % {"n": days}


def one_of(names: Sequence[str]) -> str:
    """ "tea, kitchen or toys"; a long list is cut."""
    if not names:
        return _("(no longer there)")
    if len(names) > MOST_NAMED:
        rest = len(names) - MOST_NAMED
        listed = pgettext("between names", ", ").join(names[:MOST_NAMED])
        return ngettext("%(names)s or %(rest)d other", "%(names)s or %(rest)d others", rest) % {
            "names": listed,
            "rest": rest,
        }
    if len(names) == 1:
        return names[0]
    return _("%(names)s or %(last)s") % {
        "names": pgettext("between names", ", ").join(names[:-1]),
        "last": names[-1],
    }
