"""Named reads of tokens and repeatable requests."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import Q, QuerySet

if TYPE_CHECKING:
    from ecomsite.api.models import ApiToken, IdempotentRequest


class ApiTokenQuerySet(QuerySet["ApiToken"]):
    def usable(self, now: datetime) -> Self:
        """Neither revoked nor expired, of somebody who may still log in."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=now),
            revoked_at__isnull=True,
            user__is_active=True,
        )


class IdempotentRequestQuerySet(QuerySet["IdempotentRequest"]):
    def under_way(self) -> Self:
        return self.filter(status_code__isnull=True)

    def older_than(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)
