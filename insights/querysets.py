"""Named reads of what visitors did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from insights.models import Interaction, Segment, Visit
    from insights.models.risk import RiskAssessment


class InteractionQuerySet(QuerySet["Interaction"]):
    def until(self, moment: datetime) -> Self:
        return self.filter(occurred_at__lt=moment)

    def of_kinds(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)

    def of_people(self) -> Self:
        """Without what programs did that call themselves browsers."""
        return self.exclude(visit__robot__gt="")


class VisitQuerySet(QuerySet["Visit"]):
    def of_people(self) -> Self:
        return self.filter(robot="")

    def between(self, start: datetime, end: datetime) -> Self:
        """Begun from `start` on and before `end`."""
        return self.filter(started_at__gte=start, started_at__lt=end)


class CustomerScoreQuerySet(QuerySet[Any]):
    def standing(self) -> Self:
        """Nobody has said that they are wrong: what the shop may act on."""
        return self.filter(marked_wrong_at__isnull=True)

    def marked_wrong(self) -> Self:
        return self.filter(marked_wrong_at__isnull=False)


class SegmentQuerySet(QuerySet["Segment"]):
    def current(self) -> Self:
        """Those that are kept current."""
        return self.filter(is_active=True)

    def uncounted(self) -> Self:
        """Made or changed, and not counted since."""
        return self.current().filter(refreshed_at__isnull=True)

    def above_floor(self, floor: int) -> Self:
        """Large enough that nobody in them can be told apart."""
        return self.filter(size__gte=floor)


class RiskAssessmentQuerySet(QuerySet["RiskAssessment"]):
    def waiting(self) -> Self:
        """Held, and nobody has decided: neither here nor on the page of the order."""
        return self.filter(is_held=True, status="proposed", order__status="held")

    def decided_elsewhere(self) -> Self:
        """Staff took the order on from its own page."""
        return self.filter(is_held=True, status="proposed").exclude(order__status="held")

    def with_outcome(self) -> Self:
        return self.exclude(outcome="")
