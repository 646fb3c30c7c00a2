"""Codes with which somebody without an account proves that an order is theirs."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order
from orders.querysets import OrderAccessCodeQuerySet


class OrderAccessCode(models.Model):
    """One request to see an order. Whether it matches one is found out by a job.

    So a page does the same work, and takes the same time, whether there is such an order or not.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        ANSWERED = "answered", _("answered")

    token = models.CharField(max_length=64, unique=True, editable=False)
    email = models.EmailField(_("email address"))
    number = models.CharField(_("number"), max_length=40)
    language = models.CharField(_("language"), max_length=10)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.WAITING
    )
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("Empty: nothing matches, and no letter was written."),
    )
    code_hash = models.CharField(max_length=64, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True, db_index=True)
    expires_at = models.DateTimeField(_("expires at"))
    used_at = models.DateTimeField(_("used at"), null=True, blank=True)

    objects = OrderAccessCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("order access code")
        verbose_name_plural = _("order access codes")
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state="waiting"),
                name="orders_access_waiting",
            ),
            models.Index(fields=["email", "created_at"], name="orders_access_email"),
        ]

    def __str__(self) -> str:
        return self.number
