"""How risky orders look before they are paid, what staff decided, and what came of it."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from insights.querysets import RiskAssessmentQuerySet
from learning.models import Proposal
from orders.models import Order

_SHARE = (MinValueValidator(0.0), MaxValueValidator(1.0))


class RiskSettings(models.Model):
    """How the shop treats risky orders; one row."""

    is_active = models.BooleanField(
        _("hold risky orders"),
        default=True,
        help_text=_("Switched off, orders are still judged, and none is held."),
    )
    hold_from = models.FloatField(
        _("hold from this score on"),
        default=0.6,
        validators=_SHARE,
        help_text=_("Between 0 and 1. The page of a rule shows what it would have held lately."),
    )
    # What an order usually comes to; a nightly stage works it out.
    usual_amount_minor = models.PositiveBigIntegerField(
        _("usual order, minor units"), null=True, blank=True, editable=False
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, editable=False)
    usual_as_of = models.DateField(_("worked out on"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("risk settings")
        verbose_name_plural = _("risk settings")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="insights_one_row_of_risk_settings"),
            models.CheckConstraint(
                condition=Q(hold_from__gte=0, hold_from__lte=1),
                name="insights_hold_from_is_a_share",
            ),
        ]

    def __str__(self) -> str:
        return str(_("risk settings"))


class RiskRule(models.Model):
    """What staff find suspicious: all of its conditions hold for the same order."""

    class Action(models.TextChoices):
        NOTE = "note", _("adds to the score")
        HOLD = "hold", _("holds the order by itself")

    note = models.CharField(_("why"), max_length=200, blank=True)
    weight = models.FloatField(
        pgettext_lazy("of a rule", "weight"),
        default=0.3,
        validators=_SHARE,
        help_text=_("How suspicious it is by itself, between 0 and 1."),
    )
    action = models.CharField(
        _("what it does"), max_length=10, choices=Action.choices, default=Action.NOTE
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("risk rule")
        verbose_name_plural = _("risk rules")
        ordering: ClassVar = ["-is_active", "-weight", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(weight__gte=0, weight__lte=1), name="insights_risk_weight_is_a_share"
            )
        ]

    def __str__(self) -> str:
        return self.note or f"#{self.pk}"


class RiskCondition(models.Model):
    """One condition of a rule, typed by what it looks at."""

    class Fact(models.TextChoices):
        AMOUNT = "amount", _("total of the order, in its currency")
        AMOUNT_TIMES_USUAL = "amount_times_usual", _("total, times the shop's usual order")
        AMOUNT_TIMES_OWN = "amount_times_own", _("total, times the customer's own usual order")
        UNITS = "units", _("units in the order")
        LINE_UNITS = "line_units", _("units of one SKU")
        ORDERS_BEFORE = "orders_before", _("earlier orders that were not cancelled")
        ORDERS_SAME_EMAIL = "orders_same_email", _("earlier orders with the same email address")
        ORDERS_SAME_PHONE = "orders_same_phone", _("earlier orders with the same phone number")
        ORDERS_SAME_ADDRESS = "orders_same_address", _("earlier orders to the same address")
        ORDERS_SAME_DEVICE = "orders_same_device", _("earlier orders from the same device")
        EMAILS_SAME_DEVICE = "emails_same_device", _("other email addresses on the same device")
        EMAILS_SAME_ADDRESS = "emails_same_address", _("other email addresses at the same address")
        FAILED_PAYMENTS = "failed_payments", _("payments that failed before")
        IS_GUEST = "is_guest", _("ordered without an account")
        ACCOUNT_AGE_HOURS = "account_age_hours", _("age of the account, hours")
        COUNTRY = "country", _("country of delivery")
        LANGUAGE = "language", _("language of the order")
        COUNTRY_DIFFERS = "country_differs", _("delivery to another country than the account's")
        RECIPIENT_DIFFERS = "recipient_differs", _("recipient has another name than the account")
        FREE_MAIL = "free_mail", _("address of a free mail service")
        DISPOSABLE_MAIL = "disposable_mail", _("throw-away email address")
        ODD_MAIL = "odd_mail", _("email address looks made up")

    class Operator(models.TextChoices):
        AT_LEAST = "at_least", _("at least")
        AT_MOST = "at_most", _("at most")
        IS = "is", pgettext_lazy("comparison", "is")
        IS_NOT = "is_not", pgettext_lazy("comparison", "is not")

    rule = models.ForeignKey(
        RiskRule, verbose_name=_("risk rule"), on_delete=models.CASCADE, related_name="conditions"
    )
    fact = models.CharField(_("looks at"), max_length=30, choices=Fact.choices)
    operator = models.CharField(_("compares"), max_length=10, choices=Operator.choices)
    value = models.CharField(
        _("value"),
        max_length=40,
        help_text=_("A number, yes or no, two letters of a country, or a language such as en."),
    )
    hours = models.PositiveSmallIntegerField(
        _("within, hours"),
        default=24,
        validators=[MinValueValidator(1), MaxValueValidator(720)],
        help_text=_("For what happened before: how long ago it still counts."),
    )

    class Meta:
        verbose_name = _("condition")
        verbose_name_plural = _("conditions")
        ordering: ClassVar = ["rule", "pk"]

    def __str__(self) -> str:
        return f"{self.get_fact_display()} {self.get_operator_display()} {self.value}"


class RiskAssessment(Proposal):
    """What the shop thought of an order before it was paid, by its rules and models.

    Only those of held orders wait for a decision: accepted, the order was cancelled as fraud;
    rejected, it was a false alarm and went on. No address stands here: email, phone, address and
    device are keyed hashes, which can be compared and not read.
    """

    class Outcome(models.TextChoices):
        CHARGEBACK = "chargeback", _("chargeback")
        CONFIRMED_FRAUD = "confirmed_fraud", _("confirmed fraud")
        FALSE_ALARM = "false_alarm", _("false alarm")
        UNCLEAR = "unclear", _("cancelled, unclear")

    order = models.OneToOneField(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="+"
    )
    score = models.FloatField(_("risk"))
    is_held = models.BooleanField(_("held"), default=False)
    # The parts of the score: of the rules, and how rare such an order is among all (0 to 1).
    rule_score = models.FloatField(_("by rules"), default=0.0)
    rarity = models.FloatField(_("rarer than"), null=True, blank=True)
    # What was known in that moment, for rules that are tried out and for learning.
    facts = models.JSONField(_("facts"), default=dict, blank=True)
    email_key = models.CharField(max_length=32, blank=True, editable=False)
    phone_key = models.CharField(max_length=32, blank=True, editable=False)
    address_key = models.CharField(max_length=32, blank=True, editable=False)
    device_key = models.CharField(max_length=32, blank=True, editable=False)
    outcome = models.CharField(
        _("outcome"), max_length=20, choices=Outcome.choices, blank=True, db_index=True
    )
    outcome_at = models.DateTimeField(_("outcome known at"), null=True, blank=True)
    outcome_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("outcome told by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = RiskAssessmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("risk of an order")
        verbose_name_plural = _("risks of orders")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [("review_riskassessment", _("Can decide on risky orders"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=1), name="insights_risk_is_a_share"
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=Q(is_held=True, status="proposed"),
                name="insights_risk_waiting",
            ),
            models.Index(fields=["phone_key", "created_at"], name="insights_risk_phone"),
            models.Index(fields=["address_key", "created_at"], name="insights_risk_address"),
            models.Index(fields=["device_key", "created_at"], name="insights_risk_device"),
        ]

    def __str__(self) -> str:
        return str(self.order)
