"""Histories of orders brought in from files."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.querysets import OrderImportQuerySet


class OrderImport(models.Model):
    """One import: its files, how far it is, and what it found."""

    class Layout(models.TextChoices):
        SHOP = "shop", _("the shop's own layout")
        ONLINE_RETAIL = "online-retail", _("Online Retail (UCI)")

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        REFUSED = "refused", _("refused")
        FAILED = "failed", _("failed")

    layout = models.CharField(_("layout"), max_length=20, choices=Layout.choices)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.WAITING, db_index=True
    )
    file = models.FileField(_("file"), upload_to="imports/%Y/%m/", null=True, blank=True)
    file_name = models.CharField(_("name of the file"), max_length=255, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    until = models.DateField(
        _("until"), null=True, blank=True, help_text=_("Later lines are left out.")
    )
    is_dry_run = models.BooleanField(
        _("dry run"), default=False, help_text=_("Read and report, write nothing.")
    )
    stage = models.CharField(_("stage"), max_length=40, blank=True)
    rows_total = models.PositiveBigIntegerField(_("rows in the file"), default=0)
    rows_done = models.PositiveBigIntegerField(_("rows done"), default=0)
    # {"orders": 18786, "skus": 3887, ...}: what was written.
    counts = models.JSONField(_("written"), default=dict, blank=True)
    # [{"check": "duplicate_lines", "handling": "kept", "rows": 2848, ...}]: what was mended.
    repairs = models.JSONField(_("repairs"), default=list, blank=True)
    # [{"file": "a.csv", "row": 200001, "problem": "date ..."}]: what was wrong, row by row.
    problems = models.JSONField(_("problems"), default=list, blank=True)
    problem_count = models.PositiveBigIntegerField(_("problems"), default=0)
    message = models.TextField(_("message"), blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("started by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # Who is working on it, so that one whose process died is told from a slow one.
    host = models.CharField(max_length=255, blank=True, editable=False)
    process_id = models.PositiveIntegerField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = OrderImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("order import")
        verbose_name_plural = _("order imports")
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["status"], condition=Q(status="running"), name="orders_one_import_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.file_name}"
