"""What the page of a draft shows: whom it would reach, and what is still missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from insights.services.segment_floor import floor, is_hidden, shown_size
from recommendations.models import Campaign, CampaignRecipient
from recommendations.services.campaigns.audiences import AudienceSize, count_audience, left_out_now
from recommendations.services.campaigns.deciding import read_settings
from recommendations.services.campaigns.steps import (
    fingerprint,
    needs_second_person,
    problems_of,
)


@dataclass(frozen=True, slots=True)
class DraftPage:
    """left_out: why members get nothing, and how many. seen_people, seen: what is agreed to."""

    campaign: Campaign
    audience: str
    left_out: Sequence[tuple[str, str]]
    problems: Sequence[str]
    second: str
    may_approve: bool
    seen: str
    seen_people: int


def read_draft(campaign: Campaign, *, may_approve: bool) -> DraftPage:
    size = count_audience(campaign)
    is_too_small = is_hidden(size.members)
    reasons = dict(CampaignRecipient.Reason.choices)
    return DraftPage(
        campaign=campaign,
        audience=_audience_words(campaign, size),
        left_out=[
            (str(reasons[code]), shown_size(number))
            for code, number in (
                {} if is_too_small or not size.is_counted else left_out_now(campaign)
            ).items()
            if number
        ],
        problems=problems_of(campaign, size=size),
        second=_second_words(campaign, size),
        may_approve=may_approve,
        seen=fingerprint(campaign),
        seen_people=size.people,
    )


def _audience_words(campaign: Campaign, size: AudienceSize) -> str:
    if not size.is_counted:
        return _("Everybody who comes by; how many cannot be known before.")
    if is_hidden(size.members):
        return _(
            "There are fewer than %(n)d customers in it. So small a group is not shown and not "
            "written to."
        ) % {"n": floor()}
    held = round(size.people * campaign.holdout_percent / 100)
    if is_hidden(size.people):
        return _("Of %(members)s customers, %(people)s can be reached.") % {
            "members": shown_size(size.members),
            "people": shown_size(size.people),
        }
    return _(
        "Of %(members)s customers, %(people)s can be reached; about %(held)s of them are held out."
    ) % {
        "members": shown_size(size.members),
        "people": shown_size(size.people),
        "held": number_format(held, decimal_pos=0, force_grouping=True),
    }


def _second_words(campaign: Campaign, size: AudienceSize) -> str:
    if campaign.first_approved_by_id is not None:
        return _("%(person)s has approved it; a second person is to agree.") % {
            "person": campaign.first_approved_by
        }
    if needs_second_person(size):
        limit = read_settings().second_approval_from or 0
        return _("So many people (%(limit)s or more) need two who agree.") % {
            "limit": number_format(limit, decimal_pos=0, force_grouping=True)
        }
    return ""
