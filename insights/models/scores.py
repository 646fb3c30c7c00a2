"""What models expect of each customer: purchases, leaving, value, taste and when to write."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Category
from customers.models import User
from insights.querysets import CustomerScoreQuerySet
from learning.models import Prediction


class CustomerScore(Prediction):
    """One expectation of one customer, written anew each night.

    A person who knows better marks it as wrong; the mark stands until the customer does something
    that the person could not know of, and while it stands nothing is done by the score.
    """

    customer = models.OneToOneField(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    as_of = models.DateField(_("as of"), help_text=_("Nothing later than this day is in it."))
    marked_wrong_at = models.DateTimeField(_("marked as wrong at"), null=True, blank=True)
    marked_wrong_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("marked as wrong by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = CustomerScoreQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} #{self.customer_id}"


class PurchasePropensity(CustomerScore):
    """How likely a customer orders within the next 30 days."""

    value = models.FloatField(_("probability of an order"))
    horizon_days = models.PositiveSmallIntegerField(_("within, days"), default=30)

    class Meta:
        verbose_name = _("purchase probability")
        verbose_name_plural = _("purchase probabilities")
        ordering: ClassVar = ["-value", "pk"]
        permissions: ClassVar = [
            ("review_purchasepropensity", _("Can mark purchase probabilities as wrong"))
        ]
        indexes: ClassVar = [models.Index(fields=["value"], name="insights_propensity_value")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(value__gte=0, value__lte=1), name="insights_propensity_is_a_share"
            )
        ]


class ChurnScore(CustomerScore):
    """How likely a customer orders nothing within the next 90 days."""

    value = models.FloatField(_("probability of no order"))
    horizon_days = models.PositiveSmallIntegerField(_("within, days"), default=90)
    # This probability times what the customer is expected to spend in a year. Who surely stays and
    # who surely left count for little: it is most where a letter may still make the difference.
    at_stake_minor = models.PositiveBigIntegerField(_("at stake, minor units"), default=0)

    class Meta:
        verbose_name = _("churn probability")
        verbose_name_plural = _("churn probabilities")
        ordering: ClassVar = ["-at_stake_minor", "pk"]
        permissions: ClassVar = [("review_churnscore", _("Can mark churn probabilities as wrong"))]
        indexes: ClassVar = [
            models.Index(fields=["value"], name="insights_churn_value"),
            models.Index(fields=["at_stake_minor"], name="insights_churn_at_stake"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(value__gte=0, value__lte=1), name="insights_churn_is_a_share"
            )
        ]


class CustomerValue(CustomerScore):
    """What a customer is expected to spend within the next twelve months."""

    value = models.PositiveBigIntegerField(_("expected spend, minor units"))
    currency = models.CharField(_("currency"), max_length=3)
    horizon_days = models.PositiveSmallIntegerField(_("within, days"), default=365)
    expected_orders = models.FloatField(_("expected orders"))
    # That she still is a customer at all; what she would spend if she surely were.
    active_probability = models.FloatField(_("still a customer"))
    value_if_active_minor = models.PositiveBigIntegerField(_("spend if she stays, minor units"))

    class Meta:
        verbose_name = _("customer value")
        verbose_name_plural = _("customer values")
        ordering: ClassVar = ["-value", "pk"]
        permissions: ClassVar = [("review_customervalue", _("Can mark customer values as wrong"))]
        indexes: ClassVar = [models.Index(fields=["value"], name="insights_value_value")]


class WritingTime(CustomerScore):
    """The hour of the week in which a customer is most likely to be there."""

    weekday = models.PositiveSmallIntegerField(
        _("weekday"), validators=[MaxValueValidator(6)], help_text=_("Monday is 0.")
    )
    hour = models.PositiveSmallIntegerField(
        pgettext_lazy("of the day", "hour"), validators=[MaxValueValidator(23)]
    )
    # How many times as likely as in an hour like any other.
    value = models.FloatField(_("times as likely as in any hour"))
    moments = models.PositiveIntegerField(_("moments seen"))

    class Meta:
        verbose_name = _("best time to write")
        verbose_name_plural = _("best times to write")
        ordering: ClassVar = ["customer"]
        permissions: ClassVar = [("review_writingtime", _("Can mark times to write as wrong"))]
        indexes: ClassVar = [
            models.Index(fields=["weekday", "hour"], name="insights_writing_time_slot")
        ]


class CategoryAffinity(Prediction):
    """The share of a customer's next purchases that is expected to be of a category."""

    customer = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.CASCADE, related_name="+"
    )
    as_of = models.DateField(_("as of"))
    value = models.FloatField(_("share of purchases expected"))
    # Times the share of this category in the whole shop.
    lift = models.FloatField(_("times the shop's share"))
    rank = models.PositiveSmallIntegerField(_("rank"))

    class Meta:
        verbose_name = _("category affinity")
        verbose_name_plural = _("category affinities")
        ordering: ClassVar = ["customer", "rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "category"], name="insights_one_affinity_per_category"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.value:.0%}"


class VisitPropensity(Prediction):
    """How likely a visit ends in an order, as it stood when its last page was seen.

    Under the random name of the browser, as its events are.
    """

    visitor_key = models.CharField(_("visitor"), max_length=64)
    customer = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    started_at = models.DateTimeField(_("started at"))
    seen_at = models.DateTimeField(_("last seen at"), db_index=True)
    value = models.FloatField(_("probability of an order"))
    has_ordered = models.BooleanField(_("ordered"), null=True, blank=True)
    marked_wrong_at = models.DateTimeField(_("marked as wrong at"), null=True, blank=True)
    marked_wrong_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("marked as wrong by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("purchase probability of a visit")
        verbose_name_plural = _("purchase probabilities of visits")
        ordering: ClassVar = ["-value", "-seen_at", "pk"]
        permissions: ClassVar = [
            ("review_visitpropensity", _("Can mark purchase probabilities of visits as wrong"))
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["visitor_key", "started_at"], name="insights_one_score_per_visit"
            )
        ]

    def __str__(self) -> str:
        return f"{self.visitor_key[:8]} {self.started_at:%Y-%m-%d %H:%M}"
