"""What prices the shop advises, and how its advice turned out."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from catalog.money import format_money
from inventory.querysets import MarkdownStepQuerySet, PriceSuggestionQuerySet
from learning.models import Proposal


class PriceSuggestion(Proposal):
    """Another price for a SKU: what it would sell and earn over the horizon, with bounds."""

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="price_suggestions"
    )
    as_of = models.DateField(_("as of"))
    horizon_days = models.PositiveSmallIntegerField(_("horizon, days"), default=28)
    price_now_minor = models.PositiveBigIntegerField(_("price now, minor units"))
    price_minor = models.PositiveBigIntegerField(_("suggested price, minor units"))
    unit_cost_minor = models.PositiveBigIntegerField(_("unit cost, minor units"))
    elasticity = models.FloatField(_("elasticity"))
    units_now = models.FloatField(_("expected units at the price now"))
    units = models.FloatField(_("expected units"))
    units_lower = models.FloatField(_("expected units, lower bound"))
    units_upper = models.FloatField(_("expected units, upper bound"))
    profit_now_minor = models.BigIntegerField(_("profit at the price now, minor units"))
    profit_minor = models.BigIntegerField(_("expected profit, minor units"))
    profit_lower_minor = models.BigIntegerField(_("profit, lower bound, minor units"))
    profit_upper_minor = models.BigIntegerField(_("profit, upper bound, minor units"))
    # What was put on sale: the suggested price, or the one that staff typed.
    applied_price_minor = models.PositiveBigIntegerField(
        _("applied price, minor units"), null=True, blank=True
    )
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)
    # How it turned out; empty until the horizon has passed.
    scored_at = models.DateTimeField(_("scored at"), null=True, blank=True)
    score = models.JSONField(_("score"), default=dict, blank=True)

    objects = PriceSuggestionQuerySet.as_manager()

    class Meta:
        verbose_name = _("price suggestion")
        verbose_name_plural = _("price suggestions")
        permissions: ClassVar = [("review_pricesuggestion", _("Can review price suggestions"))]
        ordering: ClassVar = ["-as_of", "-profit_minor"]
        indexes: ClassVar = [
            models.Index(
                fields=["applied_at"],
                condition=Q(scored_at__isnull=True, applied_at__isnull=False),
                name="inventory_price_to_be_scored",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku"],
                condition=Q(status="proposed"),
                name="inventory_one_open_price_suggestion",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sku}: {format_money(self.price_minor, self.sku.currency)}"


class MarkdownPlan(Proposal):
    """Steps of price by which dead stock is sold off by a date."""

    class State(models.TextChoices):
        PLANNED = "planned", _("planned")
        RUNNING = "running", _("running")
        ENDED = "ended", _("ended")
        STOPPED = "stopped", _("stopped")

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="markdown_plans"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.PLANNED, db_index=True
    )
    as_of = models.DateField(_("as of"))
    price_before_minor = models.PositiveBigIntegerField(_("price before, minor units"))
    unit_cost_minor = models.PositiveBigIntegerField(_("unit cost, minor units"))
    floor_minor = models.PositiveBigIntegerField(_("lowest price, minor units"))
    units_at_start = models.PositiveIntegerField(_("units at start"))
    units_expected = models.FloatField(_("units expected to sell"))
    money_freed_minor = models.BigIntegerField(_("money freed, minor units"))

    class Meta:
        verbose_name = _("markdown plan")
        verbose_name_plural = _("markdown plans")
        permissions: ClassVar = [("review_markdownplan", _("Can review markdown plans"))]
        ordering: ClassVar = ["-as_of", "-money_freed_minor"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku"],
                condition=Q(state__in=["planned", "running"])
                & ~Q(status__in=["rejected", "superseded"]),
                name="inventory_one_open_markdown_plan",
            )
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.as_of:%Y-%m-%d}"


class MarkdownStep(models.Model):
    """One price of a plan; a job puts it on sale on its day."""

    plan = models.ForeignKey(
        MarkdownPlan,
        verbose_name=_("markdown plan"),
        on_delete=models.CASCADE,
        related_name="steps",
    )
    starts_on = models.DateField(_("from"))
    price_minor = models.PositiveBigIntegerField(_("price, minor units"))
    units_expected = models.FloatField(_("units expected to sell"))
    applied_at = models.DateTimeField(_("applied at"), null=True, blank=True)

    objects = MarkdownStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("markdown step")
        verbose_name_plural = _("markdown steps")
        ordering: ClassVar = ["plan", "starts_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["plan", "starts_on"], name="inventory_one_markdown_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.plan}: {self.starts_on:%Y-%m-%d}"


class PriceFloor(models.Model):
    """Below this price a SKU is never put on sale by advice, whatever it would earn."""

    sku = models.OneToOneField(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="price_floor"
    )
    price_minor = models.PositiveBigIntegerField(_("lowest price, minor units"))
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    updated_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("updated by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("price floor")
        verbose_name_plural = _("price floors")
        ordering: ClassVar = ["sku"]

    def __str__(self) -> str:
        return str(self.sku)


class PricePrediction(Proposal):
    """A price for a product that is new to the shop, from its words, category and attributes.

    explanation holds the comparables: SKUs with price and likeness.
    """

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="price_predictions"
    )
    price_minor = models.PositiveBigIntegerField(_("predicted price, minor units"))
    lower_minor = models.PositiveBigIntegerField(_("tenth percentile, minor units"))
    upper_minor = models.PositiveBigIntegerField(_("ninetieth percentile, minor units"))

    class Meta:
        verbose_name = _("price prediction")
        verbose_name_plural = _("price predictions")
        permissions: ClassVar = [("review_priceprediction", _("Can review price predictions"))]
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku"],
                condition=Q(status="proposed"),
                name="inventory_one_open_price_prediction",
            ),
            models.CheckConstraint(
                condition=Q(lower_minor__lte=F("price_minor"))
                & Q(price_minor__lte=F("upper_minor")),
                name="inventory_predicted_price_in_bounds",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku}: {format_money(self.price_minor, self.sku.currency)}"


class PricedSku(Sku):
    """A SKU on the page that asks for ranges of price, stock and expected sales."""

    class Meta:
        proxy = True
        verbose_name = _("SKU by range")
        verbose_name_plural = _("SKUs by range")
