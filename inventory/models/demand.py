"""What customers asked for, day by day, and what they are expected to ask for."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Sku
from inventory.models.stock import Warehouse
from inventory.querysets import DemandForecastQuerySet
from learning.models import Prediction


class DemandRecord(models.Model):
    """One request for a SKU, filled or not. Rows are only ever added.

    A cancellation of exactly this request is a row of its own with negative units.
    """

    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+")
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    occurred_on = models.DateField(_("day"))
    units_requested = models.IntegerField(_("requested, units"))
    units_filled = models.IntegerField(_("filled, units"))
    units_returned = models.PositiveIntegerField(_("returned, units"), default=0)
    unit_price_minor = models.PositiveBigIntegerField(_("unit price, minor units"))
    is_promoted = models.BooleanField(_("promoted"), default=False)
    is_bulk = models.BooleanField(_("bulk order"), default=False)
    # The same key twice is the same request.
    key = models.CharField(max_length=150, unique=True, editable=False)
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)
    # Empty means "not yet in its demand day".
    rolled_up_at = models.DateTimeField(
        _("rolled up at"), null=True, blank=True, editable=False, db_index=True
    )

    class Meta:
        verbose_name = _("demand record")
        verbose_name_plural = _("demand records")
        ordering: ClassVar = ["-occurred_on", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["occurred_on"], name="inventory_demand_record_day")
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.occurred_on:%Y-%m-%d}"


class DemandDay(models.Model):
    """Demand of a SKU on one day; days without a request have no row unless it was sold out."""

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="demand_days"
    )
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    day = models.DateField(_("day"))
    units_requested = models.PositiveIntegerField(_("requested, units"), default=0)
    units_filled = models.PositiveIntegerField(_("filled, units"), default=0)
    units_bulk = models.PositiveIntegerField(_("of these in bulk orders, units"), default=0)
    units_returned = models.PositiveIntegerField(_("returned, units"), default=0)
    unit_price_minor = models.PositiveBigIntegerField(
        _("mean unit price, minor units"), null=True, blank=True
    )
    is_promoted = models.BooleanField(_("promoted"), default=False)
    was_out_of_stock = models.BooleanField(_("out of stock"), default=False)

    class Meta:
        verbose_name = _("demand day")
        verbose_name_plural = _("demand days")
        ordering: ClassVar = ["-day", "sku"]
        indexes: ClassVar = [models.Index(fields=["day"], name="inventory_demand_day")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku", "warehouse", "day"], name="inventory_one_row_per_demand_day"
            ),
            models.CheckConstraint(
                condition=Q(units_filled__lte=F("units_requested")),
                name="inventory_filled_within_requested",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.day:%Y-%m-%d}"


class DemandForecast(Prediction):
    """Expected demand of a SKU for the days after `as_of`.

    daily_units, lower_units, upper_units: one number per day, the first one for the day after
    `as_of`; lower and upper are the tenth and the ninetieth percentile.
    lead_time_quantiles: {"0.5": units, "0.9": ..., "0.95": ..., "0.99": ...} of demand over lead
    time and review period.
    """

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="demand_forecasts"
    )
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    as_of = models.DateField(_("as of"))
    horizon_days = models.PositiveSmallIntegerField(_("horizon, days"))
    units = models.FloatField(_("expected over the horizon, units"))
    daily_units = models.JSONField(_("expected per day, units"), default=list)
    lower_units = models.JSONField(_("tenth percentile per day, units"), default=list)
    upper_units = models.JSONField(_("ninetieth percentile per day, units"), default=list)
    cover_days = models.PositiveSmallIntegerField(
        _("lead time and review, days"), null=True, blank=True
    )
    lead_time_quantiles = models.JSONField(_("quantiles over the lead time"), default=dict)
    is_current = models.BooleanField(_("in force"), default=True)

    objects = DemandForecastQuerySet.as_manager()

    class Meta:
        verbose_name = _("forecast")
        verbose_name_plural = _("forecasts")
        ordering: ClassVar = ["-as_of", "-units"]
        indexes: ClassVar = [
            models.Index(
                fields=["-units"], condition=Q(is_current=True), name="inventory_forecast_current"
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku", "warehouse", "as_of"], name="inventory_one_forecast_per_day"
            ),
            models.UniqueConstraint(
                fields=["sku", "warehouse"],
                condition=Q(is_current=True),
                name="inventory_one_forecast_in_force",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.as_of:%Y-%m-%d}"


class TotalForecast(Prediction):
    """Expected sales of the whole shop on one day, with its band."""

    as_of = models.DateField(_("as of"))
    day = models.DateField(_("day"))
    units = models.FloatField(_("expected, units"))
    lower_units = models.FloatField(_("tenth percentile, units"))
    upper_units = models.FloatField(_("ninetieth percentile, units"))

    class Meta:
        verbose_name = _("forecast of the shop")
        verbose_name_plural = _("forecasts of the shop")
        ordering: ClassVar = ["-as_of", "day"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["as_of", "day"], name="inventory_one_total_forecast_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d}"


class CategoryForecast(Prediction):
    """Expected sales of a category, its descendants included, for the days after `as_of`."""

    category = models.ForeignKey(
        Category, verbose_name=_("category"), on_delete=models.CASCADE, related_name="+"
    )
    as_of = models.DateField(_("as of"))
    units = models.FloatField(_("expected over the horizon, units"))
    daily_units = models.JSONField(_("expected per day, units"), default=list)
    lower_units = models.JSONField(_("tenth percentile per day, units"), default=list)
    upper_units = models.JSONField(_("ninetieth percentile per day, units"), default=list)

    class Meta:
        verbose_name = _("forecast of a category")
        verbose_name_plural = _("forecasts of categories")
        ordering: ClassVar = ["-as_of", "-units"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["category", "as_of"], name="inventory_one_category_forecast_per_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.as_of:%Y-%m-%d}"


class ForecastAccuracy(models.Model):
    """How the forecasts of `made_on` did over the `days` after it, as measured on `measured_on`.

    wape: sum of distances over sum of units, each SKU's days added up. bias: expected minus sold
    over sold. covered_90, covered_95, covered_99: share of windows that stayed within what was
    promised; empty where there was nothing to hold it against.
    """

    measured_on = models.DateField(_("measured on"))
    made_on = models.DateField(_("made on"))
    days = models.PositiveSmallIntegerField(_("days"))
    skus = models.PositiveIntegerField(_("SKUs"))
    units_expected = models.FloatField(_("expected, units"))
    units_sold = models.FloatField(_("sold, units"))
    wape = models.FloatField(_("error of sums"))
    bias = models.FloatField(_("bias"))
    covered_90 = models.FloatField(_("within the ninetieth percentile"), null=True, blank=True)
    covered_95 = models.FloatField(_("within 95 %"), null=True, blank=True)
    covered_99 = models.FloatField(_("within 99 %"), null=True, blank=True)
    # By how much bounds were widened from then on; 1.0 is as learned.
    widened_by = models.FloatField(_("widened by"), default=1.0)
    baseline_wape = models.FloatField(_("error of a 28-day mean"), null=True, blank=True)

    class Meta:
        verbose_name = _("forecast accuracy")
        verbose_name_plural = _("forecast accuracy")
        ordering: ClassVar = ["-measured_on", "days"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["measured_on", "days"], name="inventory_one_accuracy_per_horizon"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measured_on:%Y-%m-%d}: {self.days}"
