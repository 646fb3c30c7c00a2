"""The staff page that asks for ranges of price, stock, brand and expected sales."""

from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import MultipleRelatedDropdownFilter, RangeNumericListFilter

from catalog.models.products import default_currency
from catalog.money import decimals, format_money
from inventory.models import PricedSku
from inventory.services.price_range import with_range_figures
from learning.staff_pages import ReadOnlyAdmin, figure

MOST = Decimal(10**12)


class BoundsFilter(RangeNumericListFilter):
    """From and to, both counted in; what is no number asks for nothing."""

    column = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        for end, lookup in (("from", "gte"), ("to", "lte")):
            bound = self.bound(self.used_parameters.get(f"{self.parameter_name}_{end}"))
            if bound is not None:
                queryset = queryset.filter(**{f"{self.column}__{lookup}": bound})
        return queryset

    def bound(self, typed: object) -> Decimal | None:
        try:
            number = Decimal(str(typed))
        except InvalidOperation:
            return None
        return number if number.is_finite() and abs(number) <= MOST else None


class PriceFilter(BoundsFilter):
    title: str | Promise = _("price")
    parameter_name = "price"
    column = "price_minor"

    def bound(self, typed: object) -> Decimal | None:
        """People type money as it stands on the label."""
        number = super().bound(typed)
        return None if number is None else number * 10 ** decimals(default_currency())


class StockFilter(BoundsFilter):
    title: str | Promise = _("free units")
    parameter_name = "stock"
    column = "units_left"


class ExpectedFilter(BoundsFilter):
    title: str | Promise = _("expected in 28 days, units")
    parameter_name = "expected"
    column = "units_expected"


@admin.register(PricedSku)
class PricedSkuAdmin(ReadOnlyAdmin):
    list_display = ("code", "product_name", "brand", "price", "left", "expected")
    list_filter = (
        PriceFilter,
        StockFilter,
        ExpectedFilter,
        ("product__brand", MultipleRelatedDropdownFilter),
    )
    list_filter_submit = True
    search_fields = ("code", "product__name_zh_hans", "product__name_en")
    list_select_related = ("product__brand",)
    ordering = ("pk",)
    fields = ("code", "product_name", "brand", "price", "left", "expected")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PricedSku]:
        skus: QuerySet[PricedSku] = super().get_queryset(request)
        return with_range_figures(skus.filter(is_active=True))

    @admin.display(description=_("product"))
    def product_name(self, sku: PricedSku) -> str:
        return sku.product.name

    @admin.display(description=_("brand"), ordering="product__brand")
    def brand(self, sku: PricedSku) -> str | None:
        return None if sku.product.brand is None else sku.product.brand.name

    @admin.display(description=_("price"), ordering="price_minor")
    def price(self, sku: PricedSku) -> str:
        return format_money(sku.price_minor, sku.currency)

    @admin.display(description=_("free units"), ordering="units_left")
    def left(self, sku: Any) -> str:
        return figure(sku.units_left)

    @admin.display(description=_("expected in 28 days, units"), ordering="units_expected")
    def expected(self, sku: Any) -> str:
        return number_format(round(sku.units_expected, 1), decimal_pos=1, force_grouping=True)
