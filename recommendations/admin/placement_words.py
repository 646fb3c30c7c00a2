"""Shares on staff pages of placements: clicks are few, so one decimal is needed."""

from django.utils.formats import number_format

from learning.staff_pages import EMPTY
from recommendations.services.measuring import Rate


def share_text(share: float | None) -> str:
    """0.0123 -> "1.2 %"."""
    return EMPTY if share is None else f"{number_format(100 * share, 1)} %"


def interval_text(rate: Rate) -> str:
    if rate.interval is None:
        return EMPTY
    low, high = rate.interval
    return f"{share_text(low)} – {share_text(high)}"
