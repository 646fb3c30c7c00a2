"""Tokens that programs come with, and what was answered to requests that may be repeated."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ecomsite.api.querysets import ApiTokenQuerySet, IdempotentRequestQuerySet


class ApiToken(models.Model):
    """The right of a program to act for a person, in some matters.

    The token itself is shown once; only its hash is kept.
    """

    name = models.CharField(
        _("name"), max_length=80, help_text=_("Which program uses it, such as “warehouse scanner”.")
    )
    prefix = models.CharField(_("begins with"), max_length=12, editable=False)
    sha256 = models.CharField(max_length=64, unique=True, editable=False)
    scopes = models.JSONField(_("may"), default=list)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("acts for"),
        on_delete=models.CASCADE,
        related_name="+",
        help_text=_("It can never do more than this person may."),
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
    )
    created_at = models.DateTimeField(_("made at"), auto_now_add=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True, editable=False)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering: ClassVar = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class IdempotentRequest(models.Model):
    """A request that came with a key, and its answer once there is one.

    The row is there before the work begins, so that of two equal requests at once one works and
    the other is told. One whose process died is taken over by the next request with its key.
    """

    key = models.CharField(_("key"), max_length=80)
    caller = models.CharField(_("caller"), max_length=80)
    route = models.CharField(_("route"), max_length=255)
    request_hash = models.CharField(max_length=64, editable=False)
    # Empty while it is worked on.
    status_code = models.PositiveSmallIntegerField(_("status"), null=True, blank=True)
    body = models.JSONField(_("answer"), null=True, blank=True)
    host = models.CharField(max_length=255, blank=True, editable=False)
    process_id = models.PositiveIntegerField(null=True, blank=True, editable=False)
    heartbeat_at = models.DateTimeField(_("begun at"))
    created_at = models.DateTimeField(_("first asked at"), auto_now_add=True, db_index=True)

    objects = IdempotentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("repeatable request")
        verbose_name_plural = _("repeatable requests")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["caller", "route", "key"], name="api_one_request_per_key"
            ),
            models.CheckConstraint(
                condition=Q(status_code__isnull=False) | Q(body__isnull=True),
                name="api_an_answer_has_a_status",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route} {self.key}"
