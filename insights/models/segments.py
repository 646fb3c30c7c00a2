"""Groups of customers, who is in them, and how they change."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.models import User
from insights.querysets import SegmentQuerySet
from learning.models import Prediction, Proposal
from learning.querysets import ProposalQuerySet


class Segment(models.Model):
    """A group of customers: by rules that staff wrote, or found by the shop itself."""

    class Kind(models.TextChoices):
        RULES = "rules", _("rules")
        RFM = "rfm", _("recency, frequency, money")
        CLUSTER = "cluster", _("found by the shop")
        LOOK_ALIKE = "look_alike", _("look-alikes")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices, default=Kind.RULES)
    # Which one of its kind the shop keeps: "rfm:champions", "cluster:3"; none of those by rules.
    code = models.CharField(max_length=60, unique=True, null=True, blank=True, editable=False)
    name = models.CharField(_("name"), max_length=120, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    rule = models.JSONField(_("rule"), default=dict, blank=True)
    # What sets a group that the shop found apart from the other customers, strongest first.
    traits = models.JSONField(_("what sets it apart"), default=list, blank=True, editable=False)
    is_active = models.BooleanField(_("kept current"), default=True)
    seeks_look_alikes = models.BooleanField(
        _("look for similar customers"),
        default=False,
        help_text=_("Once a week the shop proposes customers who are like those in it."),
    )
    size = models.PositiveIntegerField(_("customers"), default=0, editable=False)
    # Empty: to be counted anew; a job does it at once, and a sweep if that was lost.
    refreshed_at = models.DateTimeField(
        _("last counted"), null=True, blank=True, db_index=True, editable=False
    )
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
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
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    objects = SegmentQuerySet.as_manager()  # type: ignore[django-manager-missing]  # made by modeltranslation

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering: ClassVar = ["kind", "pk"]
        permissions: ClassVar = [
            ("export_segment", _("Can export the customers of a segment as hashes"))
        ]

    def __str__(self) -> str:
        return self.name or self.code or f"#{self.pk}"


class SegmentMembership(Prediction):
    """A customer is in a segment. Version, confidence and reasons where a model put her there."""

    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, related_name="memberships"
    )
    customer = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("membership of a segment")
        verbose_name_plural = _("memberships of segments")
        ordering: ClassVar = ["-since", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["segment", "customer"], name="insights_once_in_a_segment"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["segment", "-since"], name="insights_newest_members")
        ]

    def __str__(self) -> str:
        return f"{self.segment}: {self.customer}"


class SegmentDeparture(models.Model):
    """A customer left a segment. Rows are only ever added, and go after ninety days."""

    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, related_name="departures"
    )
    customer = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    joined_at = models.DateTimeField(_("joined at"))
    left_at = models.DateTimeField(_("left at"))

    class Meta:
        verbose_name = _("departure from a segment")
        verbose_name_plural = _("departures from segments")
        ordering: ClassVar = ["-left_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["segment", "-left_at"], name="insights_newest_departures")
        ]

    def __str__(self) -> str:
        return f"{self.segment}: {self.customer}"


class SegmentCorrection(models.Model):
    """A person knows better than the rule or the model whether a customer belongs."""

    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, related_name="corrections"
    )
    customer = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    is_member = models.BooleanField(_("belongs"))
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    corrected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("corrected by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    corrected_at = models.DateTimeField(_("corrected at"), auto_now=True)

    class Meta:
        verbose_name = _("correction of a segment")
        verbose_name_plural = _("corrections of segments")
        ordering: ClassVar = ["-corrected_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["segment", "customer"], name="insights_one_correction_per_customer"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment}: {self.customer}"


class SegmentDay(models.Model):
    """How a segment stood at the end of a day."""

    segment = models.ForeignKey(
        Segment, verbose_name=_("segment"), on_delete=models.CASCADE, related_name="days"
    )
    day = models.DateField(_("day"))
    size = models.PositiveIntegerField(_("customers"))
    joined = models.PositiveIntegerField(_("joined"), default=0)
    left = models.PositiveIntegerField(_("left"), default=0)
    orders_90_days = models.PositiveIntegerField(_("orders of 90 days"), default=0)
    revenue_90_days_minor = models.BigIntegerField(_("revenue of 90 days, minor units"), default=0)

    class Meta:
        verbose_name = _("day of a segment")
        verbose_name_plural = _("days of segments")
        ordering: ClassVar = ["-day", "segment"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["segment", "day"], name="insights_segment_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.segment} {self.day:%Y-%m-%d}"


class RfmScore(models.Model):
    """How lately, how often and for how much a customer bought, beside all the others."""

    class Cell(models.TextChoices):
        CHAMPIONS = "champions", _("Champions")
        LOYAL = "loyal", _("Loyal customers")
        POTENTIAL_LOYALISTS = "potential_loyalists", _("Becoming loyal")
        NEW = "new", _("New customers")
        PROMISING = "promising", _("Promising")
        NEED_ATTENTION = "need_attention", _("Need attention")
        ABOUT_TO_SLEEP = "about_to_sleep", _("About to sleep")
        AT_RISK = "at_risk", _("At risk")
        CANNOT_LOSE = "cannot_lose", _("Must not be lost")
        HIBERNATING = "hibernating", _("Asleep")
        LOST = "lost", _("Lost")

    customer = models.OneToOneField(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    recency_days = models.PositiveIntegerField(_("days since the last order"))
    orders = models.PositiveIntegerField(_("orders"))
    spend_minor = models.BigIntegerField(_("spent, minor units"))
    recency = models.PositiveSmallIntegerField(
        _("recency, 1 to 5"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    frequency = models.PositiveSmallIntegerField(
        _("frequency, 1 to 5"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    money = models.PositiveSmallIntegerField(
        _("money, 1 to 5"), validators=[MinValueValidator(1), MaxValueValidator(5)]
    )
    cell = models.CharField(_("cell"), max_length=20, choices=Cell.choices, db_index=True)
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("recency, frequency and money of a customer")
        verbose_name_plural = _("recency, frequency and money of customers")
        ordering: ClassVar = ["customer"]

    def __str__(self) -> str:
        return f"{self.customer}: {self.recency}{self.frequency}{self.money}"


class LookAlikeAudience(Proposal):
    """Customers who are like those of a segment; accepted, they become a segment of their own."""

    seed = models.ForeignKey(
        Segment, verbose_name=_("like those of"), on_delete=models.CASCADE, related_name="+"
    )
    size = models.PositiveIntegerField(_("customers"))
    # What a person said it should be.
    corrected_size = models.PositiveIntegerField(_("corrected to"), null=True, blank=True)
    segment = models.ForeignKey(
        Segment,
        verbose_name=_("made into"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("look-alike audience")
        verbose_name_plural = _("look-alike audiences")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [
            ("review_lookalikeaudience", _("Can decide on look-alike audiences"))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["seed"],
                condition=Q(status="proposed"),
                name="insights_one_open_audience_per_seed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.seed} +{self.corrected_size or self.size}"


class LookAlike(models.Model):
    """A customer of a look-alike audience. rank: 1 is most alike."""

    audience = models.ForeignKey(
        LookAlikeAudience,
        verbose_name=_("look-alike audience"),
        on_delete=models.CASCADE,
        related_name="customers",
    )
    customer = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    rank = models.PositiveIntegerField(_("rank"))
    confidence = models.FloatField(
        _("confidence"), validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    explanation = models.JSONField(_("explanation"), default=dict, blank=True)

    class Meta:
        verbose_name = _("look-alike")
        verbose_name_plural = _("look-alikes")
        ordering: ClassVar = ["audience", "rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["audience", "customer"], name="insights_once_in_an_audience"
            )
        ]

    def __str__(self) -> str:
        return f"{self.audience}: {self.customer}"


class FairnessReport(models.Model):
    """What groups of customers, and brands of every size, got from the shop until a day."""

    as_of = models.DateField(_("as of"), unique=True)
    # [{"subject", "group", "metrics": {code: number}, "n"}], only groups above the floor.
    rows = models.JSONField(_("figures by group"), default=list)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("fairness report")
        verbose_name_plural = _("fairness reports")
        ordering: ClassVar = ["-as_of"]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d}"
