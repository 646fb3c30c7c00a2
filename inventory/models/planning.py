"""How the shop re-orders, and what it makes of each SKU."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from catalog.models import Sku


class ReplenishmentSettings(models.Model):
    """What managers decided for all SKUs; one row, made with the defaults when first read."""

    yearly_holding_share = models.FloatField(
        _("cost of a year's holding"),
        default=0.25,
        validators=[MinValueValidator(0.0), MaxValueValidator(5.0)],
        help_text=_("Share of the cost price."),
    )
    order_line_cost_minor = models.PositiveIntegerField(
        _("cost of an order line, minor units"), default=200
    )
    service_level_floor = models.FloatField(
        _("lowest service level"),
        default=0.80,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
    )
    service_level_cap = models.FloatField(
        _("highest service level"),
        default=0.99,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
    )
    budget_minor = models.PositiveBigIntegerField(
        _("budget of all open drafts, minor units"),
        null=True,
        blank=True,
        help_text=_("Empty: no limit. Money goes first where most lost margin is avoided."),
    )
    second_approval_from_minor = models.PositiveBigIntegerField(
        _("second person from, minor units"),
        null=True,
        blank=True,
        help_text=_("Orders of this cost and above need two people; empty: never."),
    )
    is_automatic = models.BooleanField(
        _("approve small orders automatically"),
        default=False,
        help_text=_("Off stops it at once."),
    )
    automatic_limit_minor = models.PositiveBigIntegerField(
        _("automatic up to, minor units an order"), default=0
    )
    automatic_daily_budget_minor = models.PositiveBigIntegerField(
        _("automatic up to, minor units a day"), default=0
    )
    dead_after_days = models.PositiveSmallIntegerField(
        _("dead stock after, days without a sale"),
        default=180,
        validators=[MinValueValidator(1)],
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("replenishment settings")
        verbose_name_plural = _("replenishment settings")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="inventory_one_replenishment_settings")
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class StockClass(models.Model):
    """What a SKU is worth (A, B, C by revenue) and how steadily it sells (X, Y, Z)."""

    class Worth(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    class Steadiness(models.TextChoices):
        X = "X", "X"
        Y = "Y", "Y"
        Z = "Z", "Z"

    sku = models.OneToOneField(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="stock_class"
    )
    worth = models.CharField(_("worth"), max_length=1, choices=Worth.choices)
    steadiness = models.CharField(_("steadiness"), max_length=1, choices=Steadiness.choices)
    revenue_minor = models.BigIntegerField(_("revenue, minor units"), default=0)
    revenue_share = models.FloatField(_("share of revenue"), default=0.0)
    # Standard deviation of weekly demand over its mean; empty without demand.
    variation = models.FloatField(_("variation of weekly demand"), null=True, blank=True)
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("stock class")
        verbose_name_plural = _("stock classes")
        ordering: ClassVar = ["-revenue_minor", "pk"]
        indexes: ClassVar = [
            models.Index(fields=["worth", "steadiness"], name="inventory_stock_class")
        ]

    def __str__(self) -> str:
        return f"{self.worth}{self.steadiness}"
