"""Marking visits of programs that call themselves browsers."""

from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.utils import timezone

from insights.algorithms.robots import FEWEST_PAGES, robot_reason
from insights.models import Interaction, Visit

LOOKED_BACK: Final = timedelta(hours=2)
MOST_VISITS: Final = 5_000
MOST_PAGES: Final = 2_000


def find_robots(*, since: datetime | None = None) -> int:
    """Mark visits that went on after `since`, else in the last hours; returns how many.

    What is marked stays stored and leaves every sum: a person may look at it.
    """
    start = timezone.now() - LOOKED_BACK if since is None else since
    suspects = Visit.objects.of_people().filter(ended_at__gte=start, n_views__gte=FEWEST_PAGES)
    n_found = 0
    # Read to its end before the first write: on SQLite a half-read list holds an old view.
    for visit in list(suspects.only("pk", "n_seen").order_by("pk")[:MOST_VISITS]):
        views = Interaction.objects.filter(visit=visit, kind=Interaction.Kind.VIEW)
        moments = list(
            views.order_by("occurred_at").values_list("occurred_at", flat=True)[:MOST_PAGES]
        )
        seconds = np.array([moment.timestamp() for moment in moments], dtype=np.float64)
        reason = robot_reason(seconds, n_seen=visit.n_seen)
        if reason:
            n_found += Visit.objects.filter(pk=visit.pk, robot="").update(robot=reason)
    return n_found
