"""Where the shop delivers and taxes, and for how much."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import TabularInline
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from catalog.admin.translated import TranslatedLabels
from catalog.forms import MoneyField, MoneyInputs, PercentField
from catalog.models.products import default_currency
from catalog.money import format_money
from customers.countries import country_choices, country_name
from learning.staff_pages import EMPTY, StaffAdmin, chip
from orders.models import (
    ShippingMethod,
    ShippingRate,
    ShippingZone,
    TaxRate,
    TaxZone,
)

COUNTRIES_SHOWN = 6


def named_in_one_language(cleaned: dict[str, Any]) -> None:
    """Raises ValidationError for a row without a name."""
    if not (cleaned.get("name_en") or cleaned.get("name_zh_hans")):
        raise ValidationError(_("Give it a name in one language at least."))


def currency_code(text: str) -> str:
    """Upper case. Raises ValidationError for what is no code of three letters."""
    code = text.strip().upper()
    if not (len(code) == 3 and code.isascii() and code.isalpha()):
        raise ValidationError(_("Enter the three letters of a currency, such as CNY."))
    return code


def countries_in_short(codes: Iterable[str]) -> str:
    names = [country_name(code) for code in codes]
    if not names:
        return _("all others")
    rest = len(names) - COUNTRIES_SHOWN
    shown = ", ".join(names[:COUNTRIES_SHOWN])
    return f"{shown} … +{rest}" if rest > 0 else shown


class ZoneForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    countries = forms.MultipleChoiceField(
        label=gettext_lazy("countries"),
        choices=country_choices,
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text=gettext_lazy(
            "The zone without countries takes all others. A country that several zones name "
            "belongs to the first of them."
        ),
    )


class NamedZoneForm(ZoneForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named_in_one_language(cleaned)
        return cleaned


class TaxRateForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    basis_points = PercentField(
        label=gettext_lazy("rate, per cent"), help_text=gettext_lazy("13 is 13 %; 5.5 is 5.5 %.")
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named_in_one_language(cleaned)
        return cleaned


class TaxRateInline(TranslatedLabels, TabularInline):
    model = TaxRate
    form = TaxRateForm
    fields = ("tax_class", "name_zh_hans", "name_en", "basis_points")
    extra = 0
    hide_title = True


@admin.register(TaxZone)
class TaxZoneAdmin(StaffAdmin):
    form = ZoneForm
    list_display = ("name", "countries_shown", "kind_label", "rates_shown", "position")
    search_fields = ("name",)
    fields = ("name", "countries", "prices_include_tax", "position")
    inlines = (TaxRateInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TaxZone]:
        zones: QuerySet[TaxZone] = super().get_queryset(request)
        return zones.prefetch_related("rates__tax_class")

    @admin.display(description=gettext_lazy("countries"))
    def countries_shown(self, zone: TaxZone) -> str:
        return countries_in_short(zone.countries)

    @admin.display(description=gettext_lazy("prices"), ordering="prices_include_tax")
    def kind_label(self, zone: TaxZone) -> SafeString:
        if zone.prices_include_tax:
            return chip("in", _("include tax"), {"in": "info"})
        return chip("on", _("without tax"))

    @admin.display(description=gettext_lazy("tax rates"))
    def rates_shown(self, zone: TaxZone) -> str:
        rates = [f"{rate} ({rate.tax_class})" for rate in zone.rates.all()]
        return ", ".join(rates) or EMPTY


class ShippingRateInline(MoneyInputs, TabularInline):
    model = ShippingRate
    money_labels = {
        "from_amount_minor": gettext_lazy("from amount"),
        "price_minor": gettext_lazy("price"),
    }
    fields = ("from_weight_grams", "from_amount_minor", "price_minor")
    extra = 0
    min_num = 1
    hide_title = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Steps are priced in the currency of their method, also while it is being chosen."""
        formset = super().get_formset(request, obj, **kwargs)
        currency = request.POST.get("currency") or (obj.currency if obj else default_currency())
        for field in formset.form.base_fields.values():
            if isinstance(field, MoneyField):
                field.currency = currency.strip().upper()
        return formset


class ShippingMethodForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named_in_one_language(cleaned)
        return cleaned


@admin.register(ShippingMethod)
class ShippingMethodAdmin(MoneyInputs, TranslatedLabels, StaffAdmin):
    form = ShippingMethodForm
    money_labels = {"free_from_minor": gettext_lazy("free from")}
    money_help = {"free_from_minor": gettext_lazy("Goods before discounts; empty: never free.")}
    list_display = (
        "name",
        "zone",
        "carrier",
        "days_shown",
        "prices_shown",
        "free_from_shown",
        "use_label",
        "position",
    )
    list_filter = ("zone", "is_active")
    search_fields = ("name_zh_hans", "name_en", "carrier")
    list_select_related = ("zone",)
    fieldsets = (
        (None, {"fields": ("zone", ("name_zh_hans", "name_en"), "carrier", "is_active")}),
        (gettext_lazy("Delivery"), {"fields": (("days_min", "days_max"), "position")}),
        (
            gettext_lazy("Price"),
            {
                "description": gettext_lazy(
                    "Of the steps below, the heaviest one that a parcel reaches counts; of several "
                    "for this weight, the one with the largest amount."
                ),
                "fields": (("currency", "free_from_minor"), "tax_class"),
            },
        ),
    )
    inlines = (ShippingRateInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingMethod]:
        methods: QuerySet[ShippingMethod] = super().get_queryset(request)
        return methods.prefetch_related("rates")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        return {"currency": default_currency(), **super().get_changeform_initial_data(request)}

    @admin.display(description=gettext_lazy("working days"), ordering="days_min")
    def days_shown(self, method: ShippingMethod) -> str:
        return f"{method.days_min} - {method.days_max}"

    @admin.display(description=gettext_lazy("price"))
    def prices_shown(self, method: ShippingMethod) -> str:
        prices = sorted({rate.price_minor for rate in method.rates.all()})
        if not prices:
            return EMPTY
        ends = dict.fromkeys((prices[0], prices[-1]))
        return " - ".join(format_money(price, method.currency) for price in ends)

    @admin.display(description=gettext_lazy("free from"), ordering="free_from_minor")
    def free_from_shown(self, method: ShippingMethod) -> str:
        if method.free_from_minor is None:
            return EMPTY
        return format_money(method.free_from_minor, method.currency)

    @admin.display(description=gettext_lazy("offered"), ordering="is_active")
    def use_label(self, method: ShippingMethod) -> SafeString:
        if not method.is_active:
            return chip("no", _("not offered"))
        if not method.rates.all():
            return chip("bare", _("without a price"), {"bare": "bad"})
        return chip("yes", capfirst(_("offered")), {"yes": "good"})


@admin.register(ShippingZone)
class ShippingZoneAdmin(TranslatedLabels, StaffAdmin):
    form = NamedZoneForm
    list_display = ("name", "countries_shown", "methods_shown", "position")
    search_fields = ("name_zh_hans", "name_en")
    fields = (("name_zh_hans", "name_en"), "countries", "position")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ShippingZone]:
        zones: QuerySet[ShippingZone] = super().get_queryset(request)
        return zones.prefetch_related("methods")

    @admin.display(description=gettext_lazy("countries"))
    def countries_shown(self, zone: ShippingZone) -> str:
        return countries_in_short(zone.countries)

    @admin.display(description=gettext_lazy("shipping methods"))
    def methods_shown(self, zone: ShippingZone) -> str:
        offered = [str(method) for method in zone.methods.all() if method.is_active]
        return ", ".join(offered) or _("none: we do not deliver there")
