"""Comparisons of two or more ways to fill a placement, on live visitors."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from recommendations.querysets import ExperimentQuerySet

KEY = RegexValidator(r"^[a-z0-9]+(-[a-z0-9]+)*$", _("Small letters, digits and hyphens."))


def make_salt() -> str:
    return uuid.uuid4().hex


class Experiment(models.Model):
    """One question put to visitors: which arm of a placement does better?"""

    class Method(models.TextChoices):
        AB = "ab", _("each visitor meets one arm")
        INTERLEAVING = "interleaving", _("two rankings in one row")
        REHEARSAL = "rehearsal", _("estimate from logged chances")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        RUNNING = "running", _("running")
        STOPPED = "stopped", _("stopped")
        DECIDED = "decided", _("decided")

    class Metric(models.TextChoices):
        CLICKED = "clicked", _("visitors who clicked")
        ADDED = "added", _("visitors who put something into the cart")
        ORDERED = "ordered", _("visitors who ordered")
        REVENUE = "revenue", _("revenue per visitor")

    key = models.CharField(
        _("short key"),
        max_length=30,
        unique=True,
        validators=[KEY],
        help_text=_("Stands with every impression; small letters, digits and hyphens."),
    )
    title = models.CharField(_("title"), max_length=120)
    hypothesis = models.TextField(
        _("what we expect, and why"), blank=True, help_text=_("Written before the start.")
    )
    placement = models.CharField(_("placement"), max_length=60)
    method = models.CharField(
        _("way to compare"), max_length=12, choices=Method.choices, default=Method.AB
    )
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.DRAFT, db_index=True
    )
    metric = models.CharField(
        _("deciding figure"), max_length=8, choices=Metric.choices, default=Metric.CLICKED
    )
    traffic_percent = models.PositiveSmallIntegerField(
        _("visitors who take part, %"),
        default=100,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    window_days = models.PositiveSmallIntegerField(
        _("days that count after the first sight"),
        default=3,
        validators=[MinValueValidator(1), MaxValueValidator(28)],
        help_text=_("A visitor counts once these days have passed, so that all had equal time."),
    )
    smallest_effect_percent = models.PositiveSmallIntegerField(
        _("smallest difference worth knowing, %"),
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(200)],
    )
    error_percent = models.PositiveSmallIntegerField(
        _("chance of a false alarm, %"),
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
    )
    exploration_percent = models.PositiveSmallIntegerField(
        _("rows filled by chance, %"),
        default=20,
        # Beyond a half, a product of today's row could not be told from one of a random row.
        validators=[MinValueValidator(1), MaxValueValidator(50)],
        help_text=_("Only for estimates from logged chances."),
    )
    # Fixed at the start: intervals that may be read every day need it in advance.
    planned_visitors = models.PositiveIntegerField(_("planned visitors"), null=True, blank=True)
    salt = models.CharField(max_length=32, default=make_salt, editable=False)
    is_demo = models.BooleanField(_("made up for the demo"), default=False, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True, editable=False)
    adopted = models.ForeignKey(
        "recommendations.ExperimentArm",
        verbose_name=_("adopted arm"),
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = ExperimentQuerySet.as_manager()

    class Meta:
        verbose_name = _("experiment")
        verbose_name_plural = _("experiments")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [
            ("run_experiment", "Can start and stop experiments and adopt an arm")
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["placement"],
                condition=Q(status="running"),
                name="recommendations_one_experiment_per_placement",
            ),
            models.CheckConstraint(
                condition=Q(status="draft") | Q(started_at__isnull=False),
                name="recommendations_experiment_started",
            ),
            models.CheckConstraint(
                condition=Q(stopped_at__isnull=True) | Q(stopped_at__gte=F("started_at")),
                name="recommendations_experiment_stops_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class ExperimentArm(models.Model):
    """One of the ways; its settings take the place of the placement's own."""

    experiment = models.ForeignKey(
        Experiment, verbose_name=_("experiment"), on_delete=models.CASCADE, related_name="arms"
    )
    key = models.CharField(_("short key"), max_length=16, validators=[KEY])
    name = models.CharField(_("name"), max_length=80)
    settings = models.JSONField(
        _("settings"),
        default=dict,
        blank=True,
        help_text=_("What differs from the placement, as JSON; {} leaves it as it is."),
    )
    share = models.PositiveSmallIntegerField(
        _("share"), default=50, validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    is_control = models.BooleanField(_("as today"), default=False)

    class Meta:
        verbose_name = _("arm")
        verbose_name_plural = _("arms")
        ordering: ClassVar = ["experiment", "-is_control", "key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["experiment", "key"], name="recommendations_arm_key_once"
            ),
            models.UniqueConstraint(
                fields=["experiment"],
                condition=Q(is_control=True),
                name="recommendations_one_control_per_experiment",
            ),
            models.CheckConstraint(
                condition=Q(share__gte=1) & Q(share__lte=100),
                name="recommendations_arm_share_in_percent",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ExperimentDay(models.Model):
    """What an experiment stood at on the evening of a day."""

    experiment = models.ForeignKey(
        Experiment, verbose_name=_("experiment"), on_delete=models.CASCADE, related_name="days"
    )
    day = models.DateField(_("day"))
    # By key of the arm: visitors who saw it, and those whose days that count have passed.
    seen = models.JSONField(_("visitors"), default=dict)
    counted = models.JSONField(_("visitors counted"), default=dict)
    ratio_p_value = models.FloatField(_("chance of such shares"), null=True)
    ratio_holds = models.BooleanField(_("shares as planned"), default=True)
    crossed = models.PositiveIntegerField(_("visitors who saw two arms"), default=0)
    refused = models.PositiveIntegerField(_("impressions of an arm that was not theirs"), default=0)
    # By key of the arm: calls, and milliseconds that half and all but one in twenty stay below.
    speed = models.JSONField(_("time to fill the row"), default=dict, blank=True)
    read_at = models.DateTimeField(_("read at"), auto_now=True)

    class Meta:
        verbose_name = _("day of an experiment")
        verbose_name_plural = _("days of experiments")
        ordering: ClassVar = ["experiment", "day"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["experiment", "day"], name="recommendations_experiment_read_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.experiment} {self.day:%Y-%m-%d}"


class ExperimentReading(models.Model):
    """An arm against today's way in one metric, with an interval that may be read every day."""

    class Metric(models.TextChoices):
        CLICKED = "clicked", _("visitors who clicked")
        ADDED = "added", _("visitors who put something into the cart")
        ORDERED = "ordered", _("visitors who ordered")
        REVENUE = "revenue", _("revenue per visitor")
        RETURNED = "returned", _("visitors who sent something back")
        COMPLAINED = "complained", _("visitors who complained")
        PREFERENCE = "preference", _("clicks won in a shared row")

    day = models.ForeignKey(
        ExperimentDay, verbose_name=_("day"), on_delete=models.CASCADE, related_name="readings"
    )
    arm = models.ForeignKey(
        ExperimentArm, verbose_name=_("arm"), on_delete=models.CASCADE, related_name="+"
    )
    metric = models.CharField(_("metric"), max_length=12, choices=Metric.choices)
    control_visitors = models.PositiveIntegerField(_("visitors, as today"))
    arm_visitors = models.PositiveIntegerField(_("visitors, this arm"))
    control_mean = models.FloatField(_("as today"))
    arm_mean = models.FloatField(_("this arm"))
    is_enough = models.BooleanField(_("enough to read"))
    difference = models.FloatField(_("difference"), null=True)
    lower = models.FloatField(_("lower end"), null=True)
    upper = models.FloatField(_("upper end"), null=True)
    explained = models.FloatField(_("variance explained by the past"), default=0.0)

    class Meta:
        verbose_name = _("reading of an experiment")
        verbose_name_plural = _("readings of experiments")
        ordering: ClassVar = ["day", "arm", "metric"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "arm", "metric"], name="recommendations_reading_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.arm}, {self.get_metric_display()}"


class PolicyEstimate(models.Model):
    """What an arm that nobody saw whole would have earned, by one way to estimate it."""

    class Estimator(models.TextChoices):
        IPS = "ips", _("weighted by chances (IPS)")
        SNIPS = "snips", _("weights scaled to one (SNIPS)")
        DOUBLY_ROBUST = "dr", _("doubly robust")
        DIRECT = "direct", _("click model alone")
        REPLAY = "replay", _("only where both agree")
        TODAY = "today", _("today's way")
        GAIN = "gain", _("doubly robust, less today's way")

    day = models.ForeignKey(
        ExperimentDay, verbose_name=_("day"), on_delete=models.CASCADE, related_name="estimates"
    )
    arm = models.ForeignKey(
        ExperimentArm, verbose_name=_("arm"), on_delete=models.CASCADE, related_name="+"
    )
    estimator = models.CharField(_("way"), max_length=6, choices=Estimator.choices)
    rows = models.PositiveIntegerField(_("impressions"))
    logged = models.FloatField(_("clicks per impression as logged"))
    value = models.FloatField(_("estimate"), null=True)
    lower = models.FloatField(_("lower end"), null=True)
    upper = models.FloatField(_("upper end"), null=True)
    effective_rows = models.FloatField(_("effective impressions"))
    clipped = models.FloatField(_("share of weights clipped"), default=0.0)

    class Meta:
        verbose_name = _("estimate of an arm")
        verbose_name_plural = _("estimates of arms")
        ordering: ClassVar = ["day", "arm", "estimator"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "arm", "estimator"], name="recommendations_estimate_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.arm}, {self.get_estimator_display()}"
