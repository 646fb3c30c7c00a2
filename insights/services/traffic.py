"""Counts of everybody, with nothing of the visitor: how many pages of a kind were served."""

from collections.abc import Mapping
from datetime import UTC, datetime

from django.db import transaction

from insights import buffer
from insights.models import Page, TrafficHour

_COUNTED = frozenset(TrafficHour.Counted.values)
_PAGES = frozenset(["", *Page.values])


def counted(what: str, page: str = "") -> str:
    """The name of a count in the buffer."""
    return f"{what}|{page}"


def store_counts() -> int:
    """Write the counts of the hours that grew; returns how many rows.

    Counts are written as a whole, not added to, so that doing it twice changes nothing. Where the
    server of the buffer lost its counts, what is stored stays until they are higher again.
    """
    hours = buffer.take_changed_hours()
    try:
        return sum(_store_hour(hour, buffer.read_counts(hour)) for hour in hours)
    except Exception:
        buffer.leave_changed_hours(hours)
        raise


@transaction.atomic
def _store_hour(hour: str, counts: Mapping[str, int]) -> int:
    moment = datetime.strptime(hour, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    stored = {(row.counted, row.page): row.count for row in TrafficHour.objects.filter(hour=moment)}
    rows = []
    for name, number in counts.items():
        what, _bar, page = name.partition("|")
        is_known = what in _COUNTED and page in _PAGES
        if is_known and number > stored.get((what, page), 0):
            rows.append(TrafficHour(hour=moment, counted=what, page=page, count=number))
    TrafficHour.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["hour", "counted", "page"],
        update_fields=["count"],
    )
    return len(rows)
