"""What the pages of a segment show: itself, its form, and a customer in it."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog.money import format_money
from customers.models import User
from insights.admin.segment_editor import NodeView
from insights.models import RfmScore, Segment
from insights.services.segment_floor import is_hidden
from insights.services.segment_reading import CHART_DAYS, Reasons, Standing
from learning.proposal_admin import FactorRow
from learning.staff_charts import Chart, Line, lines_chart
from learning.staff_pages import EMPTY, figure, percent


@dataclass(frozen=True, slots=True)
class MemberRow:
    name: str
    url: str
    why: str
    since: str
    orders: str
    spent: str
    confidence: str


@dataclass(frozen=True, slots=True)
class SegmentPage:
    segment: Segment
    kind: SafeString
    words: str
    traits: list[str]
    problem: str
    is_waiting: bool
    is_hidden: bool
    floor: int
    facts: list[tuple[str, str]]
    chart: Chart | None
    joined: list[tuple[str, str, str]]
    left: list[tuple[str, str, str]]
    members: Any
    rows: list[MemberRow]
    can_see_customers: bool
    can_edit: bool
    can_export: bool
    edit_url: str
    export_url: str
    decisions: list[Any]


@dataclass(frozen=True, slots=True)
class EditorPage:
    segment: Segment
    is_by_hand: bool
    names: list[tuple[str, str, str]]
    note: str
    is_active: bool
    seeks_look_alikes: bool
    tree: NodeView | None
    problems: list[str]
    words: str
    size: str
    sample: list[tuple[str, str]]
    back_url: str


@dataclass(frozen=True, slots=True)
class WhyPage:
    segment: Segment
    customer: User
    customer_url: str
    segment_url: str
    facts: list[tuple[str, str]]
    reasons: Reasons
    factors: list[FactorRow]
    can_edit: bool
    decisions: list[Any]


def facts_of(standing: Standing) -> list[tuple[str, str]]:
    if standing.is_hidden or standing.week is None:
        return []
    week, newest = standing.week, standing.newest
    size = standing.segment.size
    change = (
        EMPTY
        if week.before is None or is_hidden(week.before)
        else _("%(change)s to a week ago") % {"change": signed(size - week.before)}
    )
    facts = [
        (_("customers"), figure(size)),
        (_("share of all customers"), percent(standing.share)),
        (_("joined in 7 days"), figure(week.joined)),
        (_("left in 7 days"), figure(week.left)),
        (_("change"), change),
    ]
    if newest is not None:
        revenue = newest.revenue_90_days_minor
        facts += [
            (_("revenue of 90 days"), format_money(revenue, settings.CURRENCY)),
            (_("orders of 90 days"), figure(newest.orders_90_days)),
            (_("revenue a customer"), format_money(revenue // max(size, 1), settings.CURRENCY)),
        ]
    return facts


def rfm_facts(customer: User) -> list[tuple[str, str]]:
    """Her recency, frequency and money with their fifths; empty for who has none."""
    score = RfmScore.objects.filter(customer=customer).first()
    if score is None:
        return []

    def with_fifth(value: str, fifth: int) -> str:
        return _("%(value)s (%(n)d of 5)") % {"value": value, "n": fifth}

    return [
        (_("days since the last order"), with_fifth(figure(score.recency_days), score.recency)),
        (_("orders"), with_fifth(figure(score.orders), score.frequency)),
        (
            _("money spent"),
            with_fifth(format_money(score.spend_minor, settings.CURRENCY), score.money),
        ),
        (_("RFM group"), str(score.get_cell_display())),
    ]


def size_chart(standing: Standing) -> Chart | None:
    if standing.is_hidden or not standing.days:
        return None
    days = list(standing.days)
    return lines_chart(
        [one.day for one in days],
        [Line(_("customers"), [float(one.size) for one in days])],
        summary=_(
            "Customers of the segment by day, at most %(days)d days: from %(first)s to %(last)s."
        )
        % {"days": CHART_DAYS, "first": figure(days[0].size), "last": figure(days[-1].size)},
    )


def day_text(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "SHORT_DATE_FORMAT")


def signed(number: int) -> str:
    if not number:
        return "±0"
    return f"{'+' if number > 0 else '−'}{figure(abs(number))}"
