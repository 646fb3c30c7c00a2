"""Named reads of orders and imports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from orders.algorithms import order_states

if TYPE_CHECKING:
    from customers.models import User
    from orders.models import (
        Cart,
        Discount,
        Invoice,
        Order,
        OrderAccessCode,
        OrderImport,
        Payment,
        PaymentEvent,
        Refund,
        ReturnPhoto,
        ReturnRequest,
    )


class OrderQuerySet(QuerySet["Order"]):
    def for_customer(self, customer: User) -> Self:
        return self.filter(customer=customer)

    def open(self) -> Self:
        """Placed and not yet wholly shipped, completed or cancelled."""
        return self.filter(status__in=order_states.OPEN)

    def to_pay(self) -> Self:
        """Nothing is sent before the money is here."""
        return self.filter(
            status=order_states.PLACED, paid_at__isnull=True, ships_before_payment=False
        )

    def overdue(self, now: datetime) -> Self:
        """Past the moment until which they were to be paid."""
        return self.to_pay().filter(payment_due_at__lte=now)

    def to_ship(self) -> Self:
        return self.filter(
            Q(status__in=order_states.TO_SHIP)
            | Q(status=order_states.PLACED, ships_before_payment=True)
        )

    def finished(self) -> Self:
        return self.filter(status__in=order_states.FINISHED)

    def to_complete(self, shipped_before: datetime) -> Self:
        """Paid, sent long ago, and nothing of it is on its way back."""
        return self.filter(
            status=order_states.SHIPPED, paid_at__isnull=False, shipped_at__lte=shipped_before
        ).exclude(returns__status__in=order_states.RETURN_UNDERWAY)


class ReturnRequestQuerySet(QuerySet["ReturnRequest"]):
    def waiting(self) -> Self:
        """Somebody has to decide, or to pay back money that the shop itself took."""
        refunds = self.model._meta.get_field("refunds").related_model._default_manager
        promised = refunds.filter(return_request=OuterRef("pk")).exclude(state="failed")
        has_money = Q(
            order__payments__captured_minor__gt=F("order__payments__refunded_minor"),
        )
        paid = self.model._default_manager.filter(has_money).order_by().values("pk")
        return self.filter(
            Q(status=order_states.REQUESTED)
            | (Q(status=order_states.RECEIVED, pk__in=paid) & ~Exists(promised))
        )

    def underway(self) -> Self:
        """Asked for, and not here yet."""
        return self.filter(status__in=order_states.RETURN_UNDERWAY)


class ReturnPhotoQuerySet(QuerySet["ReturnPhoto"]):
    def unprepared(self) -> Self:
        return self.filter(state=self.model.State.UPLOADED)

    def ready(self) -> Self:
        return self.filter(state=self.model.State.READY)


class InvoiceQuerySet(QuerySet["Invoice"]):
    def unmailed(self) -> Self:
        """The letter that brings them is still to be written."""
        return self.filter(mailed_at__isnull=True)


class OrderImportQuerySet(QuerySet["OrderImport"]):
    def unfinished(self) -> Self:
        return self.filter(status__in=[self.model.Status.WAITING, self.model.Status.RUNNING])


class OrderAccessCodeQuerySet(QuerySet["OrderAccessCode"]):
    def waiting(self) -> Self:
        """Nobody has looked yet whether they match an order."""
        return self.filter(state=self.model.State.WAITING)

    def open(self, now: datetime) -> Self:
        """Not used and not too late."""
        return self.filter(used_at__isnull=True, expires_at__gt=now)


class CartQuerySet(QuerySet["Cart"]):
    def open(self) -> Self:
        return self.filter(state=self.model.State.OPEN)


class DiscountQuerySet(QuerySet["Discount"]):
    def usable(self, now: datetime) -> Self:
        """Active today and not used up."""
        return self.filter(
            Q(starts_at__isnull=True) | Q(starts_at__lte=now),
            Q(ends_at__isnull=True) | Q(ends_at__gt=now),
            Q(use_limit__isnull=True) | Q(times_used__lt=F("use_limit")),
            is_active=True,
        )


class PaymentQuerySet(QuerySet["Payment"]):
    def open(self) -> Self:
        """The money may still come."""
        states = self.model.State
        return self.filter(state__in=[states.STARTED, states.PENDING, states.AUTHORISED])

    def captured(self) -> Self:
        return self.filter(state=self.model.State.CAPTURED)

    def to_capture(self) -> Self:
        """Promised while staff looked at the order, which goes on by now and needs the money."""
        return self.filter(
            state=self.model.State.AUTHORISED,
            captures_later=True,
            order__status=order_states.PLACED,
            order__paid_at__isnull=True,
        )

    def refundable(self) -> Self:
        """Captured for the order, newest first.

        Money that the order never needed has a refund of its own, and is no part of another's.
        """
        return (
            self.captured()
            .exclude(refunds__is_superfluous=True)
            .order_by(F("captured_at").desc(nulls_last=True), "-pk")
        )

    def superfluous(self) -> Self:
        """Open though the order needs no money any more."""
        return self.open().filter(Q(order__paid_at__isnull=False) | Q(order__status="cancelled"))


class RefundQuerySet(QuerySet["Refund"]):
    def unsent(self) -> Self:
        return self.filter(state__in=[self.model.State.WAITING, self.model.State.SENDING])

    def due(self, now: datetime) -> Self:
        """Waiting for their first or next attempt, which is now."""
        return self.filter(state=self.model.State.WAITING, next_attempt_at__lte=now)

    def stuck(self, claimed_before: datetime) -> Self:
        """A process died while it called the provider."""
        return self.filter(state=self.model.State.SENDING, claimed_at__lte=claimed_before)

    def under_way(self) -> Self:
        """The provider has them and is not done."""
        return self.filter(state=self.model.State.SENDING, claimed_at__isnull=True)

    def failed(self) -> Self:
        return self.filter(state=self.model.State.FAILED)


class PaymentEventQuerySet(QuerySet["PaymentEvent"]):
    def unapplied(self) -> Self:
        """Kept, and not yet acted upon: they came too early, or a process died over them."""
        return self.filter(state=self.model.State.RECEIVED)

    def refused(self) -> Self:
        return self.filter(state=self.model.State.REFUSED)

    def unseen_refusals(self) -> Self:
        """Nobody has looked at them yet."""
        return self.refused().filter(seen_at__isnull=True)
