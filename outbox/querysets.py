"""Named reads of letters and of messages to programs."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import QuerySet

if TYPE_CHECKING:
    from outbox.models import Email, WebhookDelivery, WebhookEndpoint


class EmailQuerySet(QuerySet["Email"]):
    def due(self, now: datetime) -> Self:
        """Waiting, and its time has come."""
        return self.filter(state=self.model.State.WAITING, next_attempt_at__lte=now)

    def stuck(self, claimed_before: datetime) -> Self:
        """Claimed by a process that has not come back."""
        return self.filter(state=self.model.State.SENDING, claimed_at__lt=claimed_before)

    def undelivered(self) -> Self:
        """Refused or given up: nothing more happens unless a person acts."""
        return self.filter(state__in=[self.model.State.FAILED, self.model.State.GIVEN_UP])

    def unseen_failures(self) -> Self:
        return self.undelivered().filter(seen_at__isnull=True)

    def about(self, reference: str) -> Self:
        """What was written about one thing, such as an order's number."""
        return self.filter(reference=reference)


class WebhookEndpointQuerySet(QuerySet["WebhookEndpoint"]):
    def active(self) -> Self:
        return self.filter(is_active=True)

    def switched_off(self) -> Self:
        """By the shop, after nothing arrived for long; nobody has switched them on again."""
        return self.filter(is_active=False, disabled_at__isnull=False)


class WebhookDeliveryQuerySet(QuerySet["WebhookDelivery"]):
    def due(self, now: datetime) -> Self:
        """Waiting, its time has come, and its address is listening."""
        return self.filter(
            state=self.model.State.WAITING, next_attempt_at__lte=now, endpoint__is_active=True
        )

    def stuck(self, claimed_before: datetime) -> Self:
        """Claimed by a process that has not come back."""
        return self.filter(state=self.model.State.SENDING, claimed_at__lt=claimed_before)

    def ended(self, *, before: datetime) -> Self:
        """Nothing more happens to them by itself, and nobody asks about them any more."""
        states = self.model.State
        return self.filter(
            state__in=[states.DELIVERED, states.FAILED, states.GIVEN_UP], created_at__lt=before
        )
