"""Named reads of what visitors did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from insights.models import Interaction


class InteractionQuerySet(QuerySet["Interaction"]):
    def until(self, moment: datetime) -> Self:
        return self.filter(occurred_at__lt=moment)

    def of_kinds(self, *kinds: str) -> Self:
        return self.filter(kind__in=kinds)
