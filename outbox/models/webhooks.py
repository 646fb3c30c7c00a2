"""Programs elsewhere that want to hear what happens, and every message to them."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.querysets import WebhookDeliveryQuerySet, WebhookEndpointQuerySet


class WebhookEvent(models.TextChoices):
    """What can be heard; apps above say when it happens."""

    ORDER_PLACED = "order.placed", _("order placed")
    ORDER_PAID = "order.paid", _("order paid")
    ORDER_SHIPPED = "order.shipped", _("parcel sent")
    ORDER_CANCELLED = "order.cancelled", _("order cancelled")
    ORDER_REFUNDED = "order.refunded", _("order refunded")
    RETURN_REQUESTED = "return.requested", _("return requested")
    STOCK_LOW = "stock.low", _("stock is low")
    STOCK_OUT = "stock.out", _("stock is sold out")
    PURCHASE_ORDER_APPROVED = "purchase_order.approved", _("purchase order approved")
    PING = "ping", _("test")


class WebhookEndpoint(models.Model):
    """An address that gets messages, signed with its own secret."""

    name = models.CharField(_("name"), max_length=80)
    url = models.URLField(_("address"), max_length=500)
    key_id = models.CharField(_("key"), max_length=20, unique=True, editable=False)
    secret = models.CharField(_("secret"), max_length=64, editable=False)
    events = models.JSONField(_("events"), default=list)
    contact_email = models.EmailField(
        _("contact"), help_text=_("Gets a letter when the address is switched off.")
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Since when nothing was delivered; empty after every success.
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    disabled_at = models.DateTimeField(_("switched off at"), null=True, blank=True, editable=False)
    disabled_reason = models.CharField(
        _("why it was switched off"), max_length=255, blank=True, editable=False
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)

    objects = WebhookEndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(models.Model):
    """One message to one address; the payload is what happened, as it was then."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        DELIVERED = "delivered", _("delivered")
        FAILED = "failed", _("refused by the receiver")
        GIVEN_UP = "given_up", _("given up")

    endpoint = models.ForeignKey(
        WebhookEndpoint,
        verbose_name=_("webhook"),
        on_delete=models.CASCADE,
        related_name="deliveries",
    )
    # The same for every address that hears of it, and in every attempt.
    event_id = models.UUIDField(_("event number"), editable=False, db_index=True)
    event = models.CharField(_("event"), max_length=40, choices=WebhookEvent.choices)
    payload = models.JSONField(_("contents"), default=dict)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    response_code = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    last_error = models.CharField(_("last error"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("happened at"), auto_now_add=True, db_index=True)
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [("send_webhookdelivery", _("Can send webhook messages again"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["endpoint", "event_id"], name="outbox_one_message_per_event"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(state="waiting"),
                name="outbox_webhook_waiting",
            ),
            models.Index(
                fields=["claimed_at"], condition=Q(state="sending"), name="outbox_webhook_sending"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event} → {self.endpoint}"
