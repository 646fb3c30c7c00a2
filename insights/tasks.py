"""Background jobs of this app."""

from celery import shared_task
from django.utils import timezone

from insights.models import Segment
from insights.services import (
    purchases,
    recording,
    risk,
    robots,
    segment_refreshing,
    traffic,
    unusual,
    visit_scores,
)


@shared_task(name="insights.flush_interactions")
def flush_interactions() -> None:
    recording.flush_interactions()
    traffic.store_counts()


@shared_task(name="insights.find_robots")
def find_robots() -> None:
    robots.find_robots()


@shared_task(name="insights.record_purchases")
def record_purchases() -> None:
    purchases.record_purchases()


@shared_task(name="insights.watch_behaviour")
def watch_behaviour() -> None:
    unusual.watch_hours()


@shared_task(name="insights.refresh_segment")
def refresh_segment(segment_id: int) -> None:
    """Only what still waits: whoever saved twice is counted once."""
    segment = Segment.objects.uncounted().filter(pk=segment_id).first()
    if segment is not None:
        segment_refreshing.refresh_segment(segment=segment)


@shared_task(name="insights.sweep_uncounted_segments")
def sweep_uncounted_segments() -> None:
    segment_refreshing.sweep_uncounted()


@shared_task(name="insights.sweep_risk")
def sweep_risk() -> int:
    return risk.sweep_assessments(now=timezone.now())


@shared_task(name="insights.score_visits")
def score_visits() -> int:
    """Of the visits under way, which are likely to end in an order."""
    return visit_scores.score_visits(now=timezone.now())
