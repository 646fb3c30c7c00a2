"""What the nightly run did."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class NightlyRun(models.Model):
    """One pass over everything that the shop does by itself."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        DONE_WITH_FAILURES = "done_with_failures", _("done, with failures")
        LOST = "lost", _("lost")

    as_of = models.DateField(_("as of"))
    status = models.CharField(
        _("status"), max_length=20, choices=Status.choices, default=Status.RUNNING
    )
    # [{"stage": ..., "seconds": ..., "counts": {...}, "error": ...}], in order.
    stages = models.JSONField(_("stages"), default=list, blank=True)
    # What waits for people when the run ended: {"purchase_orders": 4, "photos": 12, ...}
    waiting = models.JSONField(_("waiting for people"), default=dict, blank=True)
    host = models.CharField(max_length=255, blank=True, editable=False)
    process_id = models.PositiveIntegerField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), auto_now=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        verbose_name = _("nightly run")
        verbose_name_plural = _("nightly runs")
        ordering: ClassVar = ["-started_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["status"],
                condition=Q(status="running"),
                name="backoffice_one_nightly_run_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d}"
