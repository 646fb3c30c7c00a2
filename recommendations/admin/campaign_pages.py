"""What the page of a campaign shows once it is approved: what it did, and what that brought."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog.money import format_money
from insights.services.segment_floor import is_hidden, shown_size
from learning.models import Decision
from learning.proposal_admin import decisions_on
from learning.staff_charts import ACCENT, EXPECTED, Chart, Line, lines_chart
from learning.staff_pages import EMPTY, bar, chip, figure
from recommendations.admin.campaign_words import (
    STATUS_TONES,
    audience_title,
    intervals,
    percent_text,
    place_names,
    rounded,
)
from recommendations.algorithms.lift import Interval
from recommendations.models import Campaign, CampaignRecipient
from recommendations.services.campaigns.results import (
    Arm,
    CampaignResult,
    CreativeResult,
    Lift,
    read_result,
)

Status = Campaign.Status
APPROVE, STOP = "recommendations.approve_campaign", "recommendations.stop_campaign"


@dataclass(frozen=True, slots=True)
class CreativeRow:
    title: str
    shown: str
    clicked: str
    rate: str
    interval: str
    closed: str
    opened: str
    share: SafeString
    is_active: bool


@dataclass(frozen=True, slots=True)
class ArmRow:
    name: str
    people: str
    buyers: str
    share: str
    orders: str
    revenue: str
    revenue_each: str


@dataclass(frozen=True, slots=True)
class LiftRow:
    name: str
    value: str
    interval: str
    tone: str
    words: str


@dataclass(frozen=True, slots=True)
class ResultPage:
    campaign: Campaign
    status: SafeString
    facts: Sequence[tuple[str, str]]
    is_email: bool
    counts_opens: bool
    creatives: Sequence[CreativeRow]
    chart: Chart | None
    arms: Sequence[ArmRow]
    lifts: Sequence[LiftRow]
    lift_words: str
    smallest: str
    after_click: Sequence[tuple[str, str]]
    reasons: Sequence[tuple[str, str]]
    can_see_recipients: bool
    may_pause: bool
    may_resume: bool
    may_stop: bool
    may_copy: bool
    decisions: Sequence[Decision]


def read_page(campaign: Campaign, user: Any) -> ResultPage:
    found = read_result(campaign)
    lift = found.lift
    is_open = campaign.status in {Status.APPROVED, Status.RUNNING, Status.PAUSED}
    may_stop = bool(user.has_perm(STOP))
    return ResultPage(
        campaign=campaign,
        status=chip(campaign.status, campaign.get_status_display(), STATUS_TONES),
        facts=_facts(campaign, found),
        is_email=campaign.channel == Campaign.Channel.EMAIL,
        counts_opens=campaign.counts_opens,
        creatives=[_creative_row(row) for row in found.creatives],
        chart=_chart(campaign, found),
        arms=_arm_rows(lift),
        lifts=_lift_rows(lift),
        lift_words=_lift_words(lift),
        smallest=_smallest_words(lift),
        after_click=_after_click(campaign, found),
        reasons=_reasons(found),
        can_see_recipients=bool(found.states)
        and user.has_perms(["recommendations.view_campaignrecipient", "customers.view_user"]),
        may_pause=may_stop and campaign.status == Status.RUNNING,
        may_resume=user.has_perm(APPROVE) and campaign.status == Status.PAUSED,
        may_stop=may_stop and is_open,
        may_copy=user.has_perm("recommendations.add_campaign"),
        decisions=decisions_on(campaign)[:10],
    )


def _facts(campaign: Campaign, found: CampaignResult) -> list[tuple[str, str]]:
    facts = [
        (_("channel"), str(campaign.get_channel_display())),
        (_("audience"), audience_title(campaign)),
    ]
    if campaign.channel == Campaign.Channel.BANNER:
        facts.append((_("shown on"), place_names(campaign)))
    facts += [
        (_("started at"), _moment(campaign.started_at)),
        (_("ended at"), _moment(campaign.ended_at)),
    ]
    if campaign.end_reason:
        facts.append((_("ended because"), str(campaign.get_end_reason_display())))
    shown = sum(row.shown for row in found.creatives)
    limit = campaign.most_letters
    if campaign.channel == Campaign.Channel.BANNER:
        limit = campaign.most_impressions
        facts.append((_("shown"), _of(shown, limit)))
    else:
        facts += [
            (_("letters written"), _of(campaign.letters_written, limit)),
            (_("still waiting"), figure(found.states.get(CampaignRecipient.State.WAITING, 0))),
        ]
    facts.append((_("clicks"), figure(sum(row.clicked for row in found.creatives))))
    if campaign.channel == Campaign.Channel.EMAIL:
        if campaign.counts_opens:
            facts.append((_("opened"), figure(sum(row.opened for row in found.creatives))))
        facts.append((_("left offers"), figure(found.unsubscribed)))
    if campaign.discount is not None:
        spent = format_money(found.discount_cost_minor, settings.CURRENCY)
        if campaign.most_discount_minor is not None:
            most = format_money(campaign.most_discount_minor, settings.CURRENCY)
            spent = _("%(spent)s of %(most)s") % {"spent": spent, "most": most}
        facts += [
            (_("discount code"), campaign.discount.code or EMPTY),
            (_("discounts given"), spent),
        ]
    return facts


def _creative_row(row: CreativeResult) -> CreativeRow:
    return CreativeRow(
        title=str(row.creative),
        shown=figure(row.shown),
        clicked=figure(row.clicked),
        rate=EMPTY if row.rate is None else percent_text(row.rate, 2),
        interval=EMPTY
        if row.rate is None
        else f"{percent_text(row.lower, 2)} – {percent_text(row.upper, 2)}",
        closed=figure(row.closed),
        opened=figure(row.opened),
        share=bar(row.share, text=percent_text(row.share, 0)),
        is_active=row.creative.is_active,
    )


def _chart(campaign: Campaign, found: CampaignResult) -> Chart | None:
    if len(found.days) < 2:
        return None
    shown = _("letters written") if campaign.channel == Campaign.Channel.EMAIL else _("times shown")
    days = [one.day for one in found.days]
    return lines_chart(
        days,
        [
            Line(shown, [float(one.shown) for one in found.days], ACCENT),
            Line(_("clicks"), [float(one.clicked) for one in found.days], EXPECTED),
        ],
        summary=_("%(shown)s and clicks by day, from %(first)s on.")
        % {"shown": shown.capitalize(), "first": date_format(days[0], "SHORT_DATE_FORMAT")},
    )


def _arm_rows(lift: Lift | None) -> list[ArmRow]:
    if lift is None:
        return []
    return [_arm_row(_("got it"), lift.treated), _arm_row(_("held out"), lift.held_out)]


def _arm_row(name: str, arm: Arm) -> ArmRow:
    each = arm.revenue_minor // arm.people if arm.people else None
    return ArmRow(
        name=name,
        people=figure(arm.people),
        buyers=figure(arm.buyers),
        share=percent_text(arm.buyers / arm.people, 1) if arm.people else EMPTY,
        orders=figure(arm.orders),
        revenue=format_money(arm.revenue_minor, settings.CURRENCY),
        revenue_each=EMPTY if each is None else format_money(each, settings.CURRENCY),
    )


def _lift_rows(lift: Lift | None) -> list[LiftRow]:
    names = {
        "share_of_buyers": _("share of buyers"),
        "orders_each": _("orders a customer"),
        "revenue_minor_each": _("revenue a customer"),
    }
    return [_lift_row(names[code], code, interval) for code, interval in intervals(lift)]


def _lift_row(name: str, code: str, interval: Interval) -> LiftRow:
    def text(value: float) -> str:
        sign = "+" if value > 0 else "−" if value < 0 else ""
        if code == "share_of_buyers":
            points = rounded(abs(value) * 100, 1)
            return sign + _("%(points)s points") % {"points": points}
        if code == "revenue_minor_each":
            return sign + format_money(round(abs(value)), settings.CURRENCY)
        return sign + rounded(abs(value), 3)

    if interval.is_above_zero:
        tone, words = "good", _("more than without it")
    elif interval.is_below_zero:
        tone, words = "bad", _("less than without it")
    else:
        tone, words = "", _("no difference shown")
    return LiftRow(
        name=name,
        value=text(interval.value),
        interval=f"{text(interval.lower)} … {text(interval.upper)}",
        tone=f"zg-{tone}" if tone else "",
        words=words,
    )


def _lift_words(lift: Lift | None) -> str:
    if lift is None:
        return ""
    if lift.missing is not None:
        have, need, what = lift.missing
        sentence = {
            "held_out": _("Not enough data: %(have)s of %(need)s customers held out."),
            "people": _("Not enough data: %(have)s of %(need)s customers who got it."),
            "buyers": _("Not enough data: %(have)s of %(need)s buyers."),
        }[what]
        return sentence % {"have": figure(have), "need": figure(need)}
    day = date_format(lift.ends_on, "SHORT_DATE_FORMAT") if lift.ends_on else EMPTY
    if lift.is_final:
        return _("Final: orders up to %(day)s are counted.") % {"day": day}
    return _("Not final: orders are counted until %(day)s.") % {"day": day}


def _smallest_words(lift: Lift | None) -> str:
    if lift is None or lift.smallest is None:
        return ""
    return _(
        "Groups of this size show a difference of %(points)s points in four of five cases; what is "
        "smaller mostly stays unseen."
    ) % {"points": rounded(lift.smallest * 100, 1)}


def _after_click(campaign: Campaign, found: CampaignResult) -> list[tuple[str, str]]:
    clicked = found.after_click
    if not clicked.people:
        return []
    if is_hidden(clicked.people):
        return [(_("customers who clicked"), shown_size(clicked.people))]
    return [
        (_("customers who clicked"), figure(clicked.people)),
        (
            _("who ordered within %(days)d days") % {"days": campaign.measured_days},
            figure(clicked.buyers),
        ),
        (_("orders"), figure(clicked.orders)),
        (_("revenue"), format_money(clicked.revenue_minor, settings.CURRENCY)),
    ]


def _reasons(found: CampaignResult) -> list[tuple[str, str]]:
    labels = dict(CampaignRecipient.Reason.choices)
    return [(str(labels[code]), figure(number)) for code, number in sorted(found.reasons.items())]


def _of(number: int, limit: int | None) -> str:
    if limit is None:
        return figure(number)
    return _("%(number)s of %(limit)s") % {"number": figure(number), "limit": figure(limit)}


def _moment(moment: Any) -> str:
    if moment is None:
        return EMPTY
    return date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
