"""What a night does for segments."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from django.utils import timezone

from insights.models import Segment
from insights.services import cluster_members, fairness, rfm, segment_refreshing
from insights.services.customer_features import end_of
from learning.errors import NotEnoughDataError


def score_rfm(*, as_of: date) -> Mapping[str, int | str]:
    """Before models are learned: scores, a segment for each cell, and what was never counted."""
    counts: dict[str, int | str] = {}
    try:
        counts["customers"] = rfm.refresh_rfm(moment=_moment(as_of), day=as_of).customers
    except NotEnoughDataError as error:
        counts["message"] = str(error)
    else:
        rfm.keep_rfm_segments()
    Segment.objects.uncounted().update(attempts=0)
    for segment in list(Segment.objects.uncounted()):
        segment_refreshing.refresh_one(segment=segment, moment=_moment(as_of), day=as_of)
    return counts


def refresh_segments(*, as_of: date) -> Mapping[str, int | str]:
    """After models were published and scores written: who is where tonight."""
    moment = _moment(as_of)
    return {
        "grouped": cluster_members.assign_clusters(moment=moment, day=as_of),
        "segments": segment_refreshing.refresh_all(moment=moment, day=as_of),
    }


def measure_fairness(*, as_of: date) -> Mapping[str, int | str]:
    return {"rows": fairness.measure(as_of=as_of, moment=_moment(as_of))}


def _moment(as_of: date) -> datetime:
    """Now, in the night after the day; the end of the day where it is long past.

    Rules count from now, so that a night does not undo what a rule found in the evening.
    """
    if as_of >= timezone.localdate() - timedelta(days=1):
        return timezone.now()
    return end_of(as_of)
