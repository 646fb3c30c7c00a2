"""What is expected of one customer, why, and what to do about it, as cards for staff pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.money import format_money
from customers.models import User
from insights.models import (
    CategoryAffinity,
    ChurnScore,
    CustomerScore,
    CustomerValue,
    PurchasePropensity,
    WritingTime,
)
from insights.score_wording import (
    decimal,
    factor_value,
    share_bar,
    share_text,
    strength,
    writing_slot,
)
from insights.services.score_reading import AFFINITY_PIPELINE, Expectations, read_expectations
from learning.models import Decision
from learning.proposal_admin import FactorRow, decisions_on
from learning.staff_pages import figure, percent
from learning.wording import code_name

LIKELY, UNLIKELY = 0.6, 0.3


@dataclass(frozen=True)
class Card:
    """One expectation. verdict: the figure. action: what may be done about it.

    missing: said instead, where nothing can be told.
    """

    code: str
    title: str
    verdict: SafeString | str = ""
    said: str = ""
    action: str = ""
    factors: Sequence[FactorRow] = ()
    facts: Sequence[tuple[str, str]] = ()
    version: str = ""
    as_of: Any = None
    marked_at: Any = None
    marked_by: str = ""
    can_mark: bool = False
    missing: str = ""
    decisions: Sequence[Decision] = field(default_factory=tuple)


def read_cards(customer: User, request: HttpRequest) -> list[Card]:
    """Only what the person at work may see."""
    found = read_expectations(customer)
    makers: tuple[tuple[type[CustomerScore], str, Any, CustomerScore | None], ...] = (
        (PurchasePropensity, "insights.purchase", _purchase, found.purchase),
        (ChurnScore, "insights.churn", _churn, found.churn),
        (CustomerValue, "insights.customer_value", _value, found.value),
        (WritingTime, "insights.writing_time", _writing, found.writing),
    )
    cards = []
    for model, pipeline, make, row in makers:
        name = model._meta.model_name
        if not request.user.has_perm(f"insights.view_{name}"):
            continue
        title = capfirst(str(model._meta.verbose_name))
        if row is None:
            cards.append(Card(str(name), title, missing=_missing(found, pipeline)))
            continue
        told: dict[str, Any] = make(row, found)
        can_mark = request.user.has_perm(f"insights.review_{name}")
        cards.append(Card(code=str(name), title=title, can_mark=can_mark, **_common(row), **told))
    if request.user.has_perm("insights.view_categoryaffinity"):
        cards.append(_affinities(found))
    return cards


def expectations_block(customer: User, request: HttpRequest) -> SafeString:
    """For the customer's own page: figures, and the way to the reasons."""
    return render_to_string(
        "insights/staff/customer_expectations.html",
        {
            "cards": read_cards(customer, request),
            "url": reverse("admin:insights_churnscore_customer", args=[customer.pk]),
        },
    )


def _common(row: CustomerScore) -> dict[str, Any]:
    return {
        "version": str(row.model_version or ""),
        "as_of": row.as_of,
        "marked_at": row.marked_wrong_at,
        "marked_by": str(row.marked_wrong_by or ""),
        "decisions": decisions_on(row),
    }


def _purchase(row: PurchasePropensity, found: Expectations) -> dict[str, Any]:
    action = ""
    if row.value >= LIKELY:
        action = _("She is likely to come by herself: no discount is needed.")
    elif row.value < UNLIKELY:
        action = _("Nothing to hurry for: look at what is at stake first.")
    return {
        "verdict": share_bar(row.value),
        "said": ngettext(
            "%(share)s that she orders within %(n)d day.",
            "%(share)s that she orders within %(n)d days.",
            row.horizon_days,
        )
        % {"share": share_text(row.value), "n": row.horizon_days},
        "action": action,
        "factors": pushed_factors(row.explanation),
    }


def _churn(row: ChurnScore, found: Expectations) -> dict[str, Any]:
    action = ""
    if row.value >= LIKELY and found.allows_letters:
        when = found.writing
        action = (
            _("Write to her, best on %(slot)s.") % {"slot": writing_slot(when.weekday, when.hour)}
            if when is not None and when.marked_wrong_at is None
            else _("Write to her.")
        )
    elif row.value >= LIKELY:
        action = _("She allows no letters: greet her with an offer when she is back on the site.")
    stake = (
        _("At stake: %(amount)s of a year's spend.")
        % {"amount": format_money(row.at_stake_minor, found.value.currency)}
        if found.value is not None and row.at_stake_minor
        else ""
    )
    said = ngettext(
        "%(share)s that she orders nothing within %(n)d day.",
        "%(share)s that she orders nothing within %(n)d days.",
        row.horizon_days,
    ) % {"share": share_text(row.value), "n": row.horizon_days}
    return {
        "verdict": share_bar(row.value, tone="bad" if row.value >= LIKELY else ""),
        "said": f"{said} {stake}".strip(),
        "action": action,
        "factors": pushed_factors(row.explanation),
    }


def _value(row: CustomerValue, found: Expectations) -> dict[str, Any]:
    facts = row.explanation.get("facts", {})
    return {
        "verdict": format_html("<strong>{}</strong>", format_money(row.value, row.currency)),
        "said": _(
            "Expected within a year, in %(orders)s orders; %(share)s that she still is a customer."
        )
        % {"orders": decimal(row.expected_orders), "share": share_text(row.active_probability)},
        "action": _("If she stays she brings %(amount)s a year; keeping her should cost less.")
        % {"amount": format_money(row.value_if_active_minor, row.currency)},
        "facts": [
            (code_name(factor["name"]), factor_value(factor["name"], factor["value"]))
            for factor in row.explanation.get("factors", [])
        ]
        + [
            (code_name(code), factor_value(code, facts[code]))
            for code in ("orders_so_far", "own_share")
            if code in facts
        ],
    }


def _writing(row: WritingTime, found: Expectations) -> dict[str, Any]:
    return {
        "verdict": format_html("<strong>{}</strong>", writing_slot(row.weekday, row.hour)),
        "said": ngettext(
            "%(times)s times as likely as in any hour of the week; seen at %(n)d moment.",
            "%(times)s times as likely as in any hour of the week; seen at %(n)d moments.",
            row.moments,
        )
        % {"times": decimal(row.value), "n": row.moments},
        "action": "" if found.allows_letters else _("She allows no letters."),
        "facts": [
            (code_name(code), figure(value) if code != "shop_share" else percent(value))
            for code, value in row.explanation.get("facts", {}).items()
        ],
    }


def _affinities(found: Expectations) -> Card:
    model = CategoryAffinity
    title = capfirst(str(model._meta.verbose_name_plural))
    if not found.affinities:
        return Card("categoryaffinity", title, missing=_missing(found, AFFINITY_PIPELINE))
    first = found.affinities[0]
    return Card(
        code="categoryaffinity",
        title=title,
        said=_("Share of her next purchases that is expected of each category."),
        factors=[
            FactorRow(
                name=one.category.name,
                value=_("%(times)s times everybody's share") % {"times": decimal(one.lift)},
                weight=percent(one.value),
                direction="up" if one.lift > 1 else "none",
                share=one.value / max(first.value, 1e-9),
            )
            for one in found.affinities
        ],
        action=_("Show her %(category)s first.") % {"category": first.category.name},
        version=str(first.model_version or ""),
        as_of=first.as_of,
    )


def pushed_factors(explanation: dict[str, Any]) -> list[FactorRow]:
    """Factors in logits, told by how strongly they speak and not by a number."""
    factors = explanation.get("factors", [])
    strongest = max((abs(factor["weight"]) for factor in factors), default=0.0)
    return [
        FactorRow(
            name=code_name(factor["name"]),
            value=factor_value(factor["name"], factor["value"]),
            weight=strength(factor["weight"]),
            direction=str(factor["direction"]),
            share=abs(factor["weight"]) / strongest if strongest else 0.0,
        )
        for factor in factors
    ]


def _missing(found: Expectations, pipeline: str) -> str:
    if found.refuses_profiling:
        return _("She refuses personal recommendations, so nothing is expected of her.")
    why = found.missing.get(pipeline, "")
    if why == "never":
        return _("No model has been learned yet.")
    if why == "rejected":
        return _("The last model did not pass its gate, so nothing is told.")
    if why:
        return why
    return {
        "insights.writing_time": _("Too few moments of her own to tell a time from."),
        AFFINITY_PIPELINE: _("Too few purchases of her own to tell a taste from."),
    }.get(pipeline, _("She has not ordered anything yet."))
