"""Why a product is shown, as a sentence in the reader's language that names what spoke for it."""

from collections.abc import Mapping
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from recommendations.models import Reason
from recommendations.services.similar import reason_sentence


def sentence(reason: Reason, *, because: str, explanation: Mapping[str, Any]) -> str:
    """because: the name of the product that spoke for it most; empty where none did."""
    facts = explanation.get("facts", {})
    if because and reason in _NAMING:
        return _NAMING[reason]() % {"name": because}
    if reason == Reason.BOUGHT_TOGETHER and not facts.get("together"):
        return _("Often bought together with this.")
    if reason == Reason.BOUGHT_BEFORE:
        return _times(int(facts.get("times", 1)))
    if reason == Reason.LIKE_OTHERS:
        return _("Customers who buy what you buy also buy this.")
    if reason == Reason.SAME_CATEGORY:
        return _("From the same category.")
    if reason == Reason.POPULAR:
        return _month(int(facts.get("units", 0)))
    if reason == Reason.LOOKED_AT:
        return _("You looked at this.")
    if reason == Reason.TRENDING:
        return _week(int(facts.get("orders_week", 0)))
    return reason_sentence(reason, explanation)


def _times(times: int) -> str:
    return ngettext(
        "You bought this %(times)s time.", "You bought this %(times)s times.", times
    ) % {"times": number_format(times)}


def _month(units: int) -> str:
    if not units:
        return _("From our range.")
    return ngettext(
        "%(units)s sold in the last 30 days.", "%(units)s sold in the last 30 days.", units
    ) % {"units": number_format(units, force_grouping=True)}


def _week(orders: int) -> str:
    return ngettext(
        "In %(orders)s order of the last seven days, more than before.",
        "In %(orders)s orders of the last seven days, more than before.",
        orders,
    ) % {"orders": number_format(orders, force_grouping=True)}


# Asked for when they are said, in the language of whoever reads.
_NAMING = {
    Reason.BECAUSE_VIEWED: lambda: _("Because you looked at “%(name)s”."),
    Reason.BECAUSE_BOUGHT: lambda: _("Because you bought “%(name)s”."),
    Reason.GOES_WITH_CART: lambda: _("Goes with “%(name)s” in your cart."),
    Reason.SAME_CATEGORY: lambda: _("From the same category as “%(name)s”."),
}
