"""Behaviour summed up by day and month, as reports read it; written anew every night."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from insights.models.visits import Visit


class FunnelDay(models.Model):
    """How far the visits that began on a day went. Programs are left out."""

    class Audience(models.TextChoices):
        RETURNING = "returning", _("bought before")
        NEW = "new", _("never bought before")
        UNKNOWN = "unknown", _("not logged in")

    day = models.DateField(_("day"))
    source = models.CharField(_("came by"), max_length=10, choices=Visit.Source.choices)
    device = models.CharField(_("device"), max_length=10, choices=Visit.Device.choices)
    language = models.CharField(_("language"), max_length=10, blank=True)
    audience = models.CharField(_("visitors"), max_length=10, choices=Audience.choices)
    visits = models.PositiveIntegerField(_("visits"), default=0)
    saw_product = models.PositiveIntegerField(_("saw a product"), default=0)
    added_to_cart = models.PositiveIntegerField(_("filled the cart"), default=0)
    began_checkout = models.PositiveIntegerField(_("began to check out"), default=0)
    bought = models.PositiveIntegerField(_("bought"), default=0)

    class Meta:
        verbose_name = _("funnel of a day")
        verbose_name_plural = _("funnels by day")
        ordering: ClassVar = ["-day"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "source", "device", "language", "audience"],
                name="insights_funnel_day_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.visits}"


class PathDay(models.Model):
    """Ways through the shop on a day, the most frequent ones."""

    day = models.DateField(_("day"))
    path = models.CharField(_("path"), max_length=200)
    visits = models.PositiveIntegerField(_("visits"), default=0)
    bought = models.PositiveIntegerField(_("bought"), default=0)

    class Meta:
        verbose_name = _("path of a day")
        verbose_name_plural = _("paths by day")
        ordering: ClassVar = ["-day", "-visits"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "path"], name="insights_path_day_once")
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.path}"


class SearchDay(models.Model):
    """What was searched for on a day, and whether anything was found."""

    day = models.DateField(_("day"))
    language = models.CharField(_("language"), max_length=10, blank=True)
    words = models.CharField(_("search words"), max_length=200)
    searches = models.PositiveIntegerField(_("searches"), default=0)
    visitors = models.PositiveIntegerField(_("visitors"), default=0)
    without_result = models.PositiveIntegerField(_("without result"), default=0)

    class Meta:
        verbose_name = _("search of a day")
        verbose_name_plural = _("searches by day")
        ordering: ClassVar = ["-day", "-searches"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "language", "words"], name="insights_search_day_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.words}"


class CohortMonth(models.Model):
    """Customers by the month of their first order, and what became of them."""

    first_month = models.DateField(_("month of the first order"))
    months_later = models.PositiveSmallIntegerField(_("months later"))
    customers = models.PositiveIntegerField(_("customers who ordered"), default=0)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    revenue_minor = models.PositiveBigIntegerField(_("revenue, minor units"), default=0)

    class Meta:
        verbose_name = _("cohort of customers")
        verbose_name_plural = _("cohorts of customers")
        ordering: ClassVar = ["first_month", "months_later"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["first_month", "months_later"], name="insights_cohort_month_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.first_month:%Y-%m} +{self.months_later}: {self.customers}"


class PurchaseDelay(models.Model):
    """Time from the first visit, or the first one after the last order, to the order's day."""

    class Within(models.TextChoices):
        VISIT = "visit", _("in the first visit")
        DAY = "day", _("within a day")
        THREE_DAYS = "3days", _("within 3 days")
        WEEK = "week", _("within a week")
        MONTH = "month", _("within 30 days")
        LONGER = "longer", _("later")

    day = models.DateField(_("day"))
    source = models.CharField(_("came by"), max_length=10, choices=Visit.Source.choices)
    within = models.CharField(_("time to purchase"), max_length=10, choices=Within.choices)
    visits = models.PositiveIntegerField(_("visits with an order"), default=0)

    class Meta:
        verbose_name = _("time to purchase")
        verbose_name_plural = _("times to purchase")
        ordering: ClassVar = ["-day", "within"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "source", "within"], name="insights_purchase_delay_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.get_within_display()} {self.visits}"
