"""What is said of a campaign on several of its pages."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from insights.services.segment_titles import segment_title
from learning.staff_pages import EMPTY
from recommendations.algorithms.lift import Interval
from recommendations.models import Campaign
from recommendations.services.campaigns.results import Lift
from recommendations.services.campaigns.steps import places_of

STATUS_TONES = {
    "draft": "",
    "approved": "info",
    "running": "good",
    "paused": "warn",
    "finished": "",
    "stopped": "bad",
}


def is_draft(campaign: Campaign | None) -> bool:
    """None: it is just being written."""
    return campaign is None or campaign.status == Campaign.Status.DRAFT


def audience_title(campaign: Campaign) -> str:
    return segment_title(campaign.segment) if campaign.segment else _("everybody")


def place_names(campaign: Campaign) -> str:
    names = {
        "home": _("front page"),
        "category": _("categories"),
        "product": _("products"),
        "cart": _("cart"),
    }
    return _(", ").join(names[place] for place in places_of(campaign)) or EMPTY


def intervals(lift: Lift | None) -> Sequence[tuple[str, Interval]]:
    """What the lift says, by code; empty where it says nothing."""
    if lift is None or lift.buyers is None or lift.orders is None or lift.revenue_minor is None:
        return []
    return [
        ("share_of_buyers", lift.buyers),
        ("orders_each", lift.orders),
        ("revenue_minor_each", lift.revenue_minor),
    ]


def rounded(value: float, decimals: int) -> str:
    """Django's own `number_format` cuts what is behind the last decimal off."""
    return number_format(Decimal(f"{value:.{decimals}f}"), decimal_pos=decimals)


def percent_text(share: float, decimals: int) -> str:
    """0.1234 -> "12.3 %"."""
    return f"{rounded(share * 100, decimals)} %"
