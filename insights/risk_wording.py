"""What rules, conditions and reasons of risk are called, in the reader's language."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.countries import country_name
from insights.algorithms.order_risk import CODES, WITH_HOURS, YES_OR_NO
from insights.models import RiskCondition
from learning.staff_pages import figure
from learning.wording import code_name, name_codes

# The rules that a shop starts with are written by the shop; what staff write is shown as it is.
_FIRST_RULES = (
    gettext_lazy("Many orders with one email address within an hour"),
    gettext_lazy("One device, several email addresses"),
    gettext_lazy("One address, several email addresses"),
    gettext_lazy("Several payments failed just before"),
    gettext_lazy("Far above the usual order, from somebody new"),
    gettext_lazy("Many units of one SKU, from somebody new"),
    gettext_lazy("A large order from an account of today"),
    gettext_lazy("Throw-away email address"),
    gettext_lazy("Made-up email address, from somebody new"),
    gettext_lazy("Recipient with another name, far above the customer's own orders"),
)

name_codes(
    {
        **{fact.value: fact.label for fact in RiskCondition.Fact},
        "unit_price": gettext_lazy("price of a unit"),
        "hour_sin": gettext_lazy("hour of the day"),
        "hour_cos": gettext_lazy("hour of the day"),
        "rule_score": gettext_lazy("rules that hold"),
        "rarity": gettext_lazy("how rare the order is"),
        "planted_found": gettext_lazy("planted cases found"),
        "alarm_share": gettext_lazy("alarms among usual orders"),
        "found_burst": gettext_lazy("found: many orders at once"),
        "found_dear": gettext_lazy("found: far dearer than usual"),
        "found_hoard": gettext_lazy("found: many units of one SKU"),
        "found_takeover": gettext_lazy("found: old account, new habits"),
        "average_precision": gettext_lazy("average precision"),
        "predicted_share": gettext_lazy("expected share of fraud"),
        "fraud_share": gettext_lazy("share of fraud"),
        "features_counted": gettext_lazy("features that count"),
        "penalty": gettext_lazy("penalty"),
        "fraud": gettext_lazy("orders that turned out fraud"),
        "refresh_risk": gettext_lazy("usual order and held orders"),
        "recorded": gettext_lazy("recorded"),
        "decided_elsewhere": gettext_lazy("decided on the page of the order"),
        "customer": gettext_lazy("customer"),
        "delivery": gettext_lazy("delivery"),
        "guest": gettext_lazy("without an account"),
        "account": gettext_lazy("with an account"),
        "home": gettext_lazy("at home"),
        "abroad": gettext_lazy("abroad"),
    }
)


def rule_title(note: str) -> str:
    """What staff wrote, or the words of a first rule in the reader's language."""
    return _(note) if note else ""  # the words above


def condition_words(fact: str, operator: str, value: str, hours: int) -> str:
    """ "earlier orders with the same email address within 24 h: at least 3"."""
    name = str(dict(RiskCondition.Fact.choices).get(fact, fact))
    if fact in YES_OR_NO:
        is_yes = (value.strip().lower() == "yes") == (operator == "is")
        return name if is_yes else _("not: %(fact)s") % {"fact": name}
    compares = str(dict(RiskCondition.Operator.choices).get(operator, operator))
    shown = country_name(value.upper()) if fact == "country" else value
    if fact in WITH_HOURS:
        return _("%(fact)s within %(hours)d h: %(compares)s %(value)s") % {
            "fact": name,
            "hours": hours,
            "compares": compares,
            "value": shown,
        }
    return _("%(fact)s: %(compares)s %(value)s") % {
        "fact": name,
        "compares": compares,
        "value": shown,
    }


def short_reason(factor: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """For lists: what a rule is called, where it has a name."""
    kind, _dot, name = str(factor["name"]).partition(".")
    title = rule_title(titles.get(name, "")) if kind == "rule" else ""
    return title or reason_words(factor)[0]


def reason_words(factor: Mapping[str, Any]) -> tuple[str, str]:
    """A stored reason and what was seen, to read."""
    kind, _dot, name = str(factor["name"]).partition(".")
    value = factor.get("value")
    if kind == "rule" and isinstance(value, Sequence):
        words = [
            condition_words(one["fact"], one["operator"], one["value"], one.get("hours", 24))
            for one in value
        ]
        seen = [figure(one["seen"]) for one in value if one["fact"] not in YES_OR_NO | CODES]
        return _(" and ").join(words), ", ".join(seen)
    if kind == "rare":
        return _("rare for this shop: %(what)s") % {"what": code_name(name)}, figure(value)
    return _("learned from outcomes: %(what)s") % {"what": code_name(name)}, figure(value)
