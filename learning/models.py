"""Runs, versions and gates of learned models, and what every prediction carries."""

from typing import ClassVar

from django.conf import settings
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from learning.querysets import (
    AnomalyQuerySet,
    DriftReportQuerySet,
    ModelVersionQuerySet,
    TrainingRunQuerySet,
)


class TrainingRun(models.Model):
    """One attempt to learn a model, from collecting data to the gate."""

    class Status(models.TextChoices):
        RUNNING = "running", _("running")
        PUBLISHED = "published", _("published")
        REJECTED = "rejected", _("rejected at the gate")
        NOT_ENOUGH_DATA = "not_enough_data", _("not enough data")
        FAILED = "failed", _("failed")
        LOST = "lost", _("lost")

    class Trigger(models.TextChoices):
        SCHEDULE = "schedule", _("schedule")
        PERSON = "person", _("person")
        COMMAND = "command", _("command line")

    pipeline = models.CharField(_("pipeline"), max_length=100, db_index=True)
    as_of = models.DateField(_("as of"), help_text=_("Nothing later than this day was learned."))
    status = models.CharField(
        _("status"), max_length=20, choices=Status.choices, default=Status.RUNNING
    )
    stage = models.CharField(_("stage"), max_length=30, blank=True)
    trigger = models.CharField(
        _("trigger"), max_length=20, choices=Trigger.choices, default=Trigger.SCHEDULE
    )
    triggered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("triggered by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    rows = models.PositiveBigIntegerField(_("rows learned from"), null=True, blank=True)
    first_day = models.DateField(_("first day"), null=True, blank=True)
    last_day = models.DateField(_("last day"), null=True, blank=True)
    fingerprint = models.CharField(_("fingerprint of the data"), max_length=64, blank=True)
    message = models.TextField(_("message"), blank=True)
    # Who is working on it, so that a run whose process died is told from a slow one.
    host = models.CharField(max_length=255, blank=True, editable=False)
    process_id = models.PositiveIntegerField(null=True, blank=True, editable=False)
    cpu_seconds = models.FloatField(_("CPU seconds"), null=True, blank=True)
    peak_memory_mb = models.FloatField(_("peak memory, MB"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), auto_now_add=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), auto_now=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = TrainingRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("training run")
        verbose_name_plural = _("training runs")
        ordering: ClassVar = ["-started_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pipeline"],
                condition=Q(status="running"),
                name="learning_one_running_per_pipeline",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} {self.as_of:%Y-%m-%d}"


class ModelVersion(models.Model):
    """A trained model with its file, its figures and where it stands."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        CANDIDATE = "candidate", _("candidate")
        REJECTED = "rejected", _("rejected")
        RETIRED = "retired", _("retired")

    class Origin(models.TextChoices):
        TRAINED = "trained", _("trained by this shop")
        SHIPPED = "shipped", _("shipped with the program")

    pipeline = models.CharField(_("pipeline"), max_length=100)
    number = models.PositiveIntegerField(_("number"))
    status = models.CharField(
        _("status"), max_length=20, choices=Status.choices, default=Status.CANDIDATE
    )
    origin = models.CharField(
        _("origin"), max_length=20, choices=Origin.choices, default=Origin.TRAINED
    )
    run = models.OneToOneField(
        TrainingRun,
        verbose_name=_("training run"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="version",
    )
    as_of = models.DateField(_("as of"))
    file = models.CharField(_("file"), max_length=255)
    format = models.CharField(_("format"), max_length=10)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    size_bytes = models.PositiveBigIntegerField(_("size, bytes"))
    metrics = models.JSONField(_("figures"), default=dict)
    baseline_metrics = models.JSONField(_("figures of the baseline"), default=dict)
    previous_metrics = models.JSONField(_("figures of the version before"), default=dict)
    group_metrics = models.JSONField(_("figures by group"), default=dict, blank=True)
    parameters = models.JSONField(_("parameters"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)
    # Set when the rows that pages read were made from this version; empty means "to do".
    refreshed_at = models.DateTimeField(_("rows refreshed at"), null=True, blank=True)
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)
    damaged_at = models.DateTimeField(_("found damaged at"), null=True, blank=True)

    objects = ModelVersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering: ClassVar = ["pipeline", "-number"]
        permissions: ClassVar = [("publish_modelversion", _("Can publish or roll back a model"))]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["pipeline", "number"], name="learning_version_number_unique"
            ),
            models.UniqueConstraint(
                fields=["pipeline"],
                condition=Q(status="active"),
                name="learning_one_active_version_per_pipeline",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pipeline} v{self.number}"


class GateResult(models.Model):
    """One criterion that a version had to meet, and what it reached."""

    class Reference(models.TextChoices):
        FIXED = "fixed", _("fixed bound")
        BASELINE = "baseline", _("baseline")
        ACTIVE = "active", _("active version")

    class Sense(models.TextChoices):
        AT_LEAST = "at_least", _("at least")
        AT_MOST = "at_most", _("at most")

    version = models.ForeignKey(
        ModelVersion, verbose_name=_("version"), on_delete=models.CASCADE, related_name="gates"
    )
    metric = models.CharField(_("metric"), max_length=60)
    sense = models.CharField(_("sense"), max_length=10, choices=Sense.choices)
    value = models.FloatField(_("value"), null=True)
    bound = models.FloatField(_("bound"))
    reference = models.CharField(_("reference"), max_length=10, choices=Reference.choices)
    passed = models.BooleanField(_("passed"))

    class Meta:
        verbose_name = _("gate result")
        verbose_name_plural = _("gate results")
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"{self.version}: {self.metric}"


class Anomaly(models.Model):
    """Something odd in the data, and what was done about it."""

    class Handling(models.TextChoices):
        KEPT = "kept", _("kept")
        REPAIRED = "repaired", _("repaired")
        DROPPED = "dropped", _("dropped")

    source = models.CharField(
        _("source"), max_length=150, db_index=True, help_text=_("Which run or import found it.")
    )
    run = models.ForeignKey(
        TrainingRun,
        verbose_name=_("training run"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="anomalies",
    )
    check_name = models.CharField(_("check"), max_length=80)
    handling = models.CharField(_("handling"), max_length=10, choices=Handling.choices)
    rows = models.PositiveBigIntegerField(_("rows"))
    detail = models.TextField(_("detail"), blank=True)
    examples = models.JSONField(_("examples"), default=list, blank=True)
    found_at = models.DateTimeField(_("found at"), auto_now_add=True)
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)
    seen_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("seen by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = AnomalyQuerySet.as_manager()

    class Meta:
        verbose_name = _("anomaly")
        verbose_name_plural = _("anomalies")
        ordering: ClassVar = ["-found_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["source", "check_name"], name="learning_anomaly_once_per_source"
            )
        ]

    def __str__(self) -> str:
        return f"{self.check_name} ({self.rows})"


class DriftReport(models.Model):
    """How a version does in the field against what it promised."""

    class Status(models.TextChoices):
        STEADY = "steady", _("steady")
        WATCH = "watch", _("watch")
        ALARM = "alarm", _("alarm")

    version = models.ForeignKey(
        ModelVersion, verbose_name=_("version"), on_delete=models.CASCADE, related_name="drift"
    )
    measured_on = models.DateField(_("measured on"))
    status = models.CharField(_("status"), max_length=10, choices=Status.choices)
    inputs = models.JSONField(_("distance of the inputs"), default=dict)
    promised = models.JSONField(_("promised quality"), default=dict)
    live = models.JSONField(_("live quality"), default=dict)
    rows = models.PositiveBigIntegerField(_("rows"), default=0)
    message = models.TextField(_("message"), blank=True)

    objects = DriftReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("drift report")
        verbose_name_plural = _("drift reports")
        ordering: ClassVar = ["-measured_on", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["version", "measured_on"], name="learning_drift_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.measured_on:%Y-%m-%d}"


class Decision(models.Model):
    """Who or what decided on a proposal, when, what was proposed, what was done and why.

    Rows are only ever added.
    """

    class Action(models.TextChoices):
        PROPOSE = "propose", _("propose")
        ACCEPT = "accept", _("accept")
        CORRECT = "correct", _("correct")
        REJECT = "reject", _("reject")
        APPROVE = "approve", _("approve")
        SEND = "send", _("send")
        CANCEL = "cancel", _("cancel")
        ACKNOWLEDGE = "acknowledge", _("acknowledge")
        RECEIVE = "receive", _("receive")
        CLOSE = "close", _("close")
        PUBLISH = "publish", _("publish")
        ROLL_BACK = "roll_back", _("roll back")
        REFUSE = "refuse", _("refuse")
        SUPERSEDE = "supersede", _("supersede")

    action = models.CharField(_("action"), max_length=20, choices=Action.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    version = models.ForeignKey(
        ModelVersion,
        verbose_name=_("version"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    subject_type = models.ForeignKey(ContentType, on_delete=models.PROTECT, related_name="+")
    subject_id = models.PositiveBigIntegerField()
    subject = GenericForeignKey("subject_type", "subject_id")
    subject_label = models.CharField(_("subject"), max_length=255)
    proposed = models.JSONField(_("proposed"), default=dict, blank=True)
    done = models.JSONField(_("done"), default=dict, blank=True)
    reason = models.TextField(_("reason"), blank=True)
    decided_at = models.DateTimeField(_("decided at"), auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering: ClassVar = ["-decided_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["subject_type", "subject_id"], name="learning_decision_subject")
        ]

    def __str__(self) -> str:
        return f"{self.get_action_display()}: {self.subject_label}"


class Prediction(models.Model):
    """What a model said: which version, how sure, and why.

    No version means that the baseline answered because nothing was published yet.
    """

    model_version = models.ForeignKey(
        ModelVersion,
        verbose_name=_("model version"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    confidence = models.FloatField(
        _("confidence"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
    )
    explanation = models.JSONField(_("explanation"), default=dict, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        abstract = True


class Proposal(Prediction):
    """A prediction that a person may accept, correct or reject."""

    class ReviewStatus(models.TextChoices):
        PROPOSED = "proposed", _("proposed")
        ACCEPTED = "accepted", _("accepted")
        CORRECTED = "corrected", _("corrected")
        REJECTED = "rejected", _("rejected")
        SUPERSEDED = "superseded", _("superseded")

    status = models.CharField(
        _("status"),
        max_length=12,
        choices=ReviewStatus.choices,
        default=ReviewStatus.PROPOSED,
        db_index=True,
    )
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("reviewed by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)

    class Meta:
        abstract = True
