"""Money that came, money that went back, and what payment providers told."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order, ReturnRequest
from orders.querysets import PaymentEventQuerySet, PaymentQuerySet, RefundQuerySet


class Payment(models.Model):
    """One try to pay an order with one provider."""

    class State(models.TextChoices):
        STARTED = "started", _("started")
        PENDING = "pending", _("waiting for the money")
        AUTHORISED = "authorised", _("authorised")
        CAPTURED = "captured", _("captured")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="payments"
    )
    provider = models.CharField(_("provider"), max_length=30)
    # The provider's own name of it; unique per provider where there is one.
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    # What the provider calls the money itself, where that is another name.
    movement = models.CharField(_("movement"), max_length=120, blank=True, db_index=True)
    state = models.CharField(
        _("state"), max_length=12, choices=State.choices, default=State.STARTED, db_index=True
    )
    # Begun for an order that is held: the money is promised, and taken when staff let it go on.
    captures_later = models.BooleanField(_("captured after review"), default=False)
    currency = models.CharField(_("currency"), max_length=3)
    amount_minor = models.PositiveBigIntegerField(_("amount, minor units"))
    captured_minor = models.PositiveBigIntegerField(_("captured, minor units"), default=0)
    # Promised to refunds, made or under way; never above what was captured.
    refunded_minor = models.PositiveBigIntegerField(_("refunded, minor units"), default=0)
    # Sent to the provider with every call about this payment.
    idempotency_key = models.CharField(max_length=80, unique=True, editable=False)
    # What the customer's page needs to go on, such as a client secret or an address.
    next_step = models.JSONField(default=dict, blank=True, editable=False)
    failure = models.CharField(_("why it failed"), max_length=255, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)
    captured_at = models.DateTimeField(_("captured at"), null=True, blank=True)
    # When its provider was last asked how it stands.
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True, editable=False)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "reference"],
                condition=~Q(reference=""),
                name="orders_one_payment_per_reference",
            ),
            models.CheckConstraint(
                condition=Q(captured_minor__lte=F("amount_minor"))
                & Q(refunded_minor__lte=F("captured_minor")),
                name="orders_refunds_within_what_was_paid",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.order} {self.provider} #{self.pk}"

    @property
    def refundable_minor(self) -> int:
        return self.captured_minor - self.refunded_minor


class Refund(models.Model):
    class State(models.TextChoices):
        WAITING = "waiting", _("waiting to be sent")
        SENDING = "sending", _("being sent")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    payment = models.ForeignKey(
        Payment, verbose_name=_("payment"), on_delete=models.PROTECT, related_name="refunds"
    )
    return_request = models.ForeignKey(
        ReturnRequest,
        verbose_name=_("return"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="refunds",
    )
    amount_minor = models.PositiveBigIntegerField(_("amount, minor units"))
    # {"goods": 1900, "shipping": 600, "lines": {"12": 1}}: what it pays back.
    parts = models.JSONField(_("parts"), default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING, db_index=True
    )
    reference = models.CharField(_("reference"), max_length=120, blank=True)
    key = models.CharField(max_length=80, unique=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    # A provider answers the same key with the same refusal: staff who try again begin a new round.
    round = models.PositiveSmallIntegerField(_("round"), default=1, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Pays back money that was never for the order: paid twice, or after it was cancelled.
    is_superfluous = models.BooleanField(_("money paid in error"), default=False)
    failure = models.CharField(_("why it failed"), max_length=255, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(amount_minor__gt=0), name="orders_a_refund_pays_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.payment}: {self.amount_minor}"

    @property
    def send_key(self) -> str:
        """What the provider knows this refund by in the present round."""
        return f"{self.key}:{self.round}"


class PaymentEvent(models.Model):
    """What a provider told by webhook; each event counts once."""

    class State(models.TextChoices):
        RECEIVED = "received", _("received")
        APPLIED = "applied", _("applied")
        IGNORED = "ignored", _("ignored")
        REFUSED = "refused", _("refused")

    provider = models.CharField(_("provider"), max_length=30)
    event_id = models.CharField(_("event"), max_length=120)
    kind = models.CharField(_("kind"), max_length=80)
    payment = models.ForeignKey(
        Payment,
        verbose_name=_("payment"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="events",
    )
    payload = models.JSONField(_("contents"), default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.RECEIVED, db_index=True
    )
    problem = models.CharField(_("problem"), max_length=255, blank=True)
    received_at = models.DateTimeField(_("received at"), auto_now_add=True)
    # When staff looked at a refusal.
    seen_at = models.DateTimeField(_("refusal seen at"), null=True, blank=True)

    objects = PaymentEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment event")
        verbose_name_plural = _("payment events")
        ordering: ClassVar = ["-received_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "event_id"], name="orders_one_row_per_payment_event"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.event_id}"
