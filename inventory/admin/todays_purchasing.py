"""The page a buyer opens in the morning: never more than a screen, one button a draft."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AbstractUser
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.money import format_money
from inventory.services.buying_day import (
    BuyingDay,
    DraftOfDay,
    LineOfDay,
    ShortOfDay,
    read_buying_day,
)
from inventory.services.score_totals import saved_in_all
from inventory.wording import short_reason
from learning.staff_pages import EMPTY, figure

URL = "admin:inventory_purchaseorder_change"


@dataclass(frozen=True, slots=True)
class DraftRow:
    """button: what pressing it does; empty where this person cannot approve it."""

    pk: int
    number: str
    url: str
    supplier: str
    cost: str
    cost_minor: int
    avoided: str
    reason: str
    button: str
    said: str


@dataclass(frozen=True, slots=True)
class LineRow:
    name: str
    url: str
    supplier: str
    units: str
    cost: str
    avoided: str
    reason: str


@dataclass(frozen=True, slots=True)
class ShortRow:
    name: str
    url: str
    reason: str
    is_out: bool


@dataclass(frozen=True, slots=True)
class LateRow:
    number: str
    url: str
    supplier: str
    reason: str


@dataclass(frozen=True, slots=True)
class TodayPage:
    headline: str
    saved: str
    drafts: Sequence[DraftRow]
    more_drafts: int
    lines: Sequence[LineRow]
    more_lines: int
    short: Sequence[ShortRow]
    more_short: int
    late: Sequence[LateRow]
    more_late: int


def read_today(*, user: AbstractUser, may_approve: bool) -> TodayPage:
    day = read_buying_day(today=timezone.localdate())
    return TodayPage(
        headline=_headline(day),
        saved=_saved(day),
        drafts=[_draft(one, user=user, may_approve=may_approve) for one in day.drafts],
        more_drafts=day.n_drafts - len(day.drafts),
        lines=[_line(one) for one in day.lines],
        more_lines=day.n_lines - len(day.lines),
        short=[_short(one) for one in day.short],
        more_short=day.n_short - len(day.short),
        late=[
            LateRow(
                number=order.number,
                url=reverse(URL, args=[order.pk]),
                supplier=str(order.supplier),
                reason=_("%(units)s units since %(day)s")
                % {
                    "units": figure(order.n_awaited),
                    "day": date_format(order.expected_on, "MONTH_DAY_FORMAT"),
                },
            )
            for order in day.late
        ],
        more_late=day.n_late - len(day.late),
    )


def _headline(day: BuyingDay) -> str:
    if not day.n_drafts:
        return _("Nothing is to be ordered today.")
    currency = day.drafts[0].order.currency
    drafts = ngettext("%(n)s draft", "%(n)s drafts", day.n_drafts) % {"n": day.n_drafts}
    lines = ngettext("%(n)s line", "%(n)s lines", day.n_lines) % {"n": figure(day.n_lines)}
    avoided = _("%(money)s of lost margin to avoid") % {
        "money": format_money(day.avoided_minor, currency)
    }
    return " · ".join([drafts, lines, avoided])


def _saved(day: BuyingDay) -> str:
    saved = saved_in_all()
    if saved is None:
        return ""
    money = format_money(abs(saved.minor), saved.currency)
    return (
        _("So far %(money)s saved against the habit") % {"money": money}
        if saved.minor >= 0
        else _("So far %(money)s dearer than the habit") % {"money": money}
    )


def _draft(draft: DraftOfDay, *, user: AbstractUser, may_approve: bool) -> DraftRow:
    order = draft.order
    first = draft.first_person
    button = said = ""
    if first is not None:
        said = _("%(person)s approved; a second person is needed.") % {"person": first}
    if may_approve and draft.needs_two:
        if first is None:
            button = _("Approve first")
        elif first.pk != user.pk:
            button = _("Approve second")
    elif may_approve:
        button = _("Approve")
    return DraftRow(
        pk=order.pk,
        number=order.number,
        url=reverse(URL, args=[order.pk]),
        supplier=str(order.supplier),
        cost=format_money(order.cost_minor, order.currency),
        cost_minor=order.cost_minor,
        avoided=format_money(draft.avoided_minor, order.currency),
        reason=_draft_reason(draft),
        button=button,
        said=said,
    )


def _draft_reason(draft: DraftOfDay) -> str:
    n_lines = draft.order.n_lines
    counted = ngettext("%(n)s line", "%(n)s lines", n_lines) % {"n": figure(n_lines)}
    if draft.most_urgent is None or not draft.n_urgent:
        return _("%(lines)s, none of which is urgent.") % {"lines": counted}
    return _("%(lines)s, %(urgent)s of which avoid lost margin; most %(name)s.") % {
        "lines": counted,
        "urgent": figure(draft.n_urgent),
        "name": draft.most_urgent.sku.product.name,
    }


def _line(one: LineOfDay) -> LineRow:
    line, order = one.line, one.line.order
    return LineRow(
        name=str(line.sku.product.name),
        url=reverse(URL, args=[order.pk]) + f"?q={line.sku.code}",
        supplier=str(order.supplier),
        units=figure(line.quantity),
        cost=format_money(line.quantity * line.unit_cost_minor, order.currency),
        avoided=(format_money(one.avoided_minor, order.currency) if one.avoided_minor else EMPTY),
        reason=short_reason(line.explanation.get("facts", {})),
    )


def _short(one: ShortOfDay) -> ShortRow:
    words = {"days": figure(round(one.days_left)), "wait": figure(round(one.arrives_in_days))}
    if one.available <= 0:
        reason = (
            _("sold out; a delivery comes in %(wait)s days")
            if one.is_on_its_way
            else _("sold out; an order takes %(wait)s days")
        )
    else:
        reason = (
            _("lasts %(days)s days; a delivery comes in %(wait)s")
            if one.is_on_its_way
            else _("lasts %(days)s days; an order takes %(wait)s")
        )
    return ShortRow(
        name=str(one.forecast.sku.product.name),
        url=reverse("admin:inventory_demandforecast_change", args=[one.forecast.pk]),
        reason=reason % words,
        is_out=one.available <= 0,
    )
