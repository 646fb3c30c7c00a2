"""The question of a buyer: what costs so much, lies there so often, and will sell."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import F, FloatField, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Coalesce

from inventory.models import DemandForecast, PricedSku, StockLevel


@dataclass(frozen=True, slots=True)
class RangeQuestion:
    """Bounds count themselves; None asks for nothing.

    brands: slugs, empty for any. units_expected: over the horizon of the forecast, at least so
    many; a SKU without a forecast is expected to sell nothing.
    """

    price_from_minor: int | None = None
    price_to_minor: int | None = None
    stock_from: int | None = None
    stock_to: int | None = None
    brands: Sequence[str] = ()
    units_expected: float | None = None
    currency: str = ""


def with_range_figures(skus: QuerySet[PricedSku]) -> QuerySet[PricedSku]:
    """Adds `units_left`, of all warehouses, and `units_expected` by the forecasts in force."""
    levels = StockLevel.objects.filter(sku=OuterRef("pk")).order_by().values("sku")
    forecasts = DemandForecast.objects.in_force().filter(sku=OuterRef("pk")).order_by()
    return skus.annotate(
        units_left=Coalesce(
            Subquery(levels.annotate(n=Sum(F("on_hand") - F("reserved"))).values("n")), Value(0)
        ),
        units_expected=Coalesce(
            Subquery(
                forecasts.values("sku").annotate(n=Cast(Sum("units"), FloatField())).values("n")
            ),
            Value(0.0),
        ),
    )


def find_in_range(question: RangeQuestion) -> QuerySet[PricedSku]:
    """SKUs on sale that answer every part of the question, with the figures they answer by."""
    on_sale: QuerySet[PricedSku] = QuerySet(PricedSku).filter(is_active=True)
    skus = with_range_figures(on_sale.select_related("product__brand"))
    bounds = {
        "price_minor__gte": question.price_from_minor,
        "price_minor__lte": question.price_to_minor,
        "units_left__gte": question.stock_from,
        "units_left__lte": question.stock_to,
        "units_expected__gte": question.units_expected,
    }
    skus = skus.filter(**{name: bound for name, bound in bounds.items() if bound is not None})
    if question.brands:
        skus = skus.filter(product__brand__slug__in=list(question.brands))
    if question.currency:
        skus = skus.filter(currency=question.currency)
    return skus
