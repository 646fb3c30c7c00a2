"""What a campaign brought as tables for spreadsheets; names of columns are codes, the same in every
language."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count
from django.db.models.functions import TruncDate
from django.utils import timezone

from recommendations.admin.campaign_words import intervals
from recommendations.models import Campaign, CampaignRecipient, CreativeEvent
from recommendations.services.campaigns.results import read_result


def day_rows(campaign: Campaign) -> tuple[list[str], Iterator[list[Any]]]:
    """Every day and creative: shown, or written, clicked and closed."""
    zone = timezone.get_default_timezone()
    kinds = list(CreativeEvent.Kind.values)
    counts: dict[tuple[Any, int], dict[str, int]] = {}
    events = CreativeEvent.objects.filter(creative__campaign=campaign).order_by()
    for day, creative_id, kind, number in (
        events.annotate(day=TruncDate("occurred_at", tzinfo=zone))
        .values_list("day", "creative", "kind")
        .annotate(number=Count("pk"))
    ):
        counts.setdefault((day, creative_id), {})[kind] = number
    written = campaign.recipients.filter(state=CampaignRecipient.State.WRITTEN).order_by()
    for day, creative_id, number in (
        written.annotate(day=TruncDate("written_at", tzinfo=zone))
        .values_list("day", "creative")
        .annotate(number=Count("pk"))
    ):
        row = counts.setdefault((day, creative_id), {})
        row["shown"] = row.get("shown", 0) + number
    titles = {one.pk: str(one) for one in campaign.creatives.all()}
    return ["day", "creative", "headline", *kinds], (
        [day, key, titles.get(key, ""), *(row.get(kind, 0) for kind in kinds)]
        for (day, key), row in sorted(
            counts.items(), key=lambda item: (item[0][0], item[0][1] or 0)
        )
    )


def figure_rows(campaign: Campaign) -> tuple[list[str], list[list[Any]]]:
    """Everything of the page as name, group or creative, value and the ends of its interval."""
    found = read_result(campaign)
    rows: list[list[Any]] = []
    for one in found.creatives:
        name = f"creative {one.creative.pk}"
        rows += [
            ["shown", name, one.shown, "", ""],
            ["clicked", name, one.clicked, "", ""],
            ["closed", name, one.closed, "", ""],
            ["opened", name, one.opened, "", ""],
            ["probability_of_choice", name, one.share, "", ""],
        ]
        if one.rate is not None:
            rows.append(["clicks_per_showing", name, one.rate, one.lower, one.upper])
    for name, arm in (
        (("treated", found.lift.treated), ("held_out", found.lift.held_out)) if found.lift else ()
    ):
        rows += [
            ["people", name, arm.people, "", ""],
            ["buyers", name, arm.buyers, "", ""],
            ["orders", name, arm.orders, "", ""],
            ["revenue_minor", name, arm.revenue_minor, "", ""],
        ]
    for name, interval in intervals(found.lift):
        rows.append([name, "difference", interval.value, interval.lower, interval.upper])
    rows += [
        ["recipients", state, number, "", ""] for state, number in sorted(found.states.items())
    ]
    rows += [["left_out", code, number, "", ""] for code, number in sorted(found.reasons.items())]
    rows += [
        ["unsubscribed", "", found.unsubscribed, "", ""],
        ["discount_cost_minor", "", found.discount_cost_minor, "", ""],
    ]
    return ["figure", "of", "value", "lower", "upper"], rows
