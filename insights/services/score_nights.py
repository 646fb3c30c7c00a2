"""What a night does for expectations of customers."""

from collections.abc import Mapping
from datetime import date

from django.utils import timezone

from insights.services import score_tastes, scores, visit_scores


def refresh_scores(*, as_of: date) -> Mapping[str, int | str]:
    """Write everything that is expected of customers anew; safe to run twice."""
    visit_scores.forget_visits(now=timezone.now())
    return {**score_tastes.refresh_tastes(as_of=as_of), **scores.refresh_orders(as_of=as_of)}
