"""Letters that the shop sends, each a row with a state, and what is attached to them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outbox.querysets import EmailQuerySet


class Email(models.Model):
    """One letter to one address, written in full when it was asked for.

    Letters that carry a secret, such as a code to log in with, are confidential: staff do not see
    their words, which are wiped once the letter is gone.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("refused by the server")
        GIVEN_UP = "given_up", _("given up")

    key = models.CharField(_("key"), max_length=120, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=60, db_index=True)
    to = models.EmailField(_("address of the letter"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reference = models.CharField(
        _("reference"), max_length=80, blank=True, db_index=True, help_text=_("An order's number.")
    )
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject line"), max_length=250)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(_("formatted text"), blank=True)
    headers = models.JSONField(_("headers"), default=dict, blank=True)
    # The same in every attempt, so that a letter that was sent twice is recognised as one.
    message_id = models.CharField(max_length=255, editable=False)
    is_confidential = models.BooleanField(_("confidential"), default=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_attempt_at = models.DateTimeField(_("next attempt"), default=timezone.now)
    claimed_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("written at"), auto_now_add=True, db_index=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    seen_at = models.DateTimeField(_("failure seen at"), null=True, blank=True)

    objects = EmailQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [("send_email", _("Can send letters again"))]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state="waiting"),
                name="outbox_waiting",
            ),
            models.Index(
                fields=["claimed_at"], condition=models.Q(state="sending"), name="outbox_sending"
            ),
            models.Index(
                fields=["created_at"],
                condition=models.Q(state__in=["failed", "given_up"], seen_at__isnull=True),
                name="outbox_unseen_failures",
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~models.Q(state="sent") | models.Q(sent_at__isnull=False),
                name="outbox_sent_has_a_moment",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"


class EmailAttachment(models.Model):
    """A file that goes with a letter: its own bytes, or the name of a file in the storage."""

    email = models.ForeignKey(
        Email, verbose_name=_("letter"), on_delete=models.CASCADE, related_name="attachments"
    )
    name = models.CharField(_("file name"), max_length=150)
    content_type = models.CharField(_("content type"), max_length=100)
    content = models.BinaryField(null=True, editable=False)
    stored_as = models.CharField(_("stored as"), max_length=255, blank=True, editable=False)

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(content__isnull=False) ^ models.Q(stored_as__gt=""),
                name="outbox_attachment_has_one_source",
            )
        ]

    def __str__(self) -> str:
        return self.name
