"""Codes and automatic offers, and who used them."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.widgets import UnfoldAdminIntegerFieldWidget

from catalog.admin.translated import TranslatedLabels
from catalog.forms import MoneyField
from catalog.models.products import default_currency
from catalog.money import format_money
from learning.staff_pages import EMPTY, ReadOnlyAdmin, StaffAdmin, chip, figure
from orders.admin.zones import currency_code, named_in_one_language
from orders.models import Discount, DiscountUse
from orders.services.discounts import normalise_code

_CONDITION, _BENEFIT = Discount.Condition, Discount.Benefit


class DiscountForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """One field for each meaning of a value: an amount of money, units, or per cent."""

    condition_amount = MoneyField(label=gettext_lazy("from amount"), required=False)
    condition_units = forms.IntegerField(
        label=gettext_lazy("from units"),
        required=False,
        min_value=1,
        max_value=100_000,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    benefit_percent = forms.IntegerField(
        label=gettext_lazy("per cent off"),
        required=False,
        min_value=1,
        max_value=100,
        widget=UnfoldAdminIntegerFieldWidget,
    )
    benefit_amount = MoneyField(label=gettext_lazy("amount off"), required=False)
    # Which field says the value of a choice.
    conditions = {_CONDITION.AMOUNT: "condition_amount", _CONDITION.UNITS: "condition_units"}
    benefits = {_BENEFIT.PERCENT: "benefit_percent", _BENEFIT.AMOUNT: "benefit_amount"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "code" in self.fields:
            self.fields["code"].label = capfirst(_("discount code"))
        for choices, choice, value in (
            (self.conditions, self.instance.condition, self.instance.condition_value),
            (self.benefits, self.instance.benefit, self.instance.benefit_value),
        ):
            if self.instance.pk and choice in choices:
                self.initial[choices[choice]] = value

    def clean_code(self) -> str | None:
        text = self.cleaned_data["code"]
        if not text:
            return None
        code = normalise_code(text)
        if not code:
            raise ValidationError(_("A code has letters, digits and signs, at most 40."))
        if Discount.objects.filter(code=code).exclude(pk=self.instance.pk).exists():
            raise ValidationError(_("There is a discount with this code already."))
        return code

    def clean_currency(self) -> str:
        return currency_code(self.cleaned_data["currency"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named_in_one_language(cleaned)
        self.instance.condition_value = self._value(cleaned, "condition", self.conditions)
        self.instance.benefit_value = self._value(cleaned, "benefit", self.benefits)
        starts_at, ends_at = cleaned.get("starts_at"), cleaned.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("It ends before it begins."))
        limit = cleaned.get("use_limit")
        if limit is not None and limit < self.instance.times_used:
            self.add_error(
                "use_limit",
                _("It was used %(n)d times already.") % {"n": self.instance.times_used},
            )
        return cleaned

    def _value(self, cleaned: dict[str, Any], choice: str, fields: dict[Any, str]) -> int:
        field = fields.get(cleaned.get(choice))
        if field is None:
            return 0
        if not cleaned.get(field) and field not in self.errors:
            self.add_error(field, _("This is needed for what is chosen above."))
        return int(cleaned.get(field) or 0)


@admin.register(Discount)
class DiscountAdmin(TranslatedLabels, StaffAdmin):
    form = DiscountForm
    list_display = (
        "name",
        "code_shown",
        "benefit_shown",
        "condition_shown",
        "state_label",
        "uses_shown",
        "ends_at",
    )
    list_filter = ("is_active", "benefit", ("ends_at", RangeDateTimeFilter))
    search_fields = ("name_zh_hans", "name_en", "code")
    autocomplete_fields = ("categories", "brands", "products")
    readonly_fields = ("times_used", "given_shown")
    fieldsets = (
        (None, {"fields": (("name_zh_hans", "name_en"), "code", ("is_active", "currency"))}),
        (
            gettext_lazy("What customers get"),
            {"fields": ("benefit", ("benefit_percent", "benefit_amount"))},
        ),
        (
            gettext_lazy("Under which conditions"),
            {
                "fields": (
                    "condition",
                    ("condition_amount", "condition_units"),
                    "starts_at",
                    "ends_at",
                )
            },
        ),
        (
            gettext_lazy("On which products"),
            {
                "description": gettext_lazy(
                    "What lies in one of the categories or below it, is of one of the brands, or "
                    "is named. Nothing chosen: everything the shop sells."
                ),
                "fields": ("categories", "brands", "products", "includes_reduced"),
            },
        ),
        (
            gettext_lazy("Together with others"),
            {
                "description": gettext_lazy(
                    "Discounts that can be combined apply together, in the order of their "
                    "priority, each on what is left. Of all possibilities the cheapest one for "
                    "the customer is taken."
                ),
                "fields": (("is_combinable", "priority"),),
            },
        ),
        (
            gettext_lazy("Limits"),
            {
                "fields": (
                    ("use_limit", "use_limit_per_customer"),
                    ("times_used", "given_shown"),
                )
            },
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        return {"currency": default_currency(), **super().get_changeform_initial_data(request)}

    @admin.display(description=gettext_lazy("discount code"), ordering="code")
    def code_shown(self, discount: Discount) -> str:
        return discount.code or _("applies by itself")

    @admin.display(description=gettext_lazy("benefit"), ordering="benefit")
    def benefit_shown(self, discount: Discount) -> str:
        if discount.benefit == _BENEFIT.PERCENT:
            return f"-{discount.benefit_value} %"
        if discount.benefit == _BENEFIT.AMOUNT:
            return format_money(-discount.benefit_value, discount.currency)
        return discount.get_benefit_display()

    @admin.display(description=gettext_lazy("condition"), ordering="condition")
    def condition_shown(self, discount: Discount) -> str:
        if discount.condition == _CONDITION.AMOUNT:
            amount = format_money(discount.condition_value, discount.currency)
            return _("from %(amount)s") % {"amount": amount}
        if discount.condition == _CONDITION.UNITS:
            return _("from %(n)d units") % {"n": discount.condition_value}
        return discount.get_condition_display()

    @admin.display(description=gettext_lazy("state"))
    def state_label(self, discount: Discount) -> SafeString:
        now = timezone.now()
        if not discount.is_active:
            return chip("off", _("not active"))
        if discount.ends_at is not None and discount.ends_at <= now:
            return chip("past", _("ended"))
        if discount.use_limit is not None and discount.times_used >= discount.use_limit:
            return chip("gone", _("used up"), {"gone": "warn"})
        if discount.starts_at is not None and discount.starts_at > now:
            return chip("soon", _("not yet"), {"soon": "info"})
        return chip("on", _("active"), {"on": "good"})

    @admin.display(description=gettext_lazy("uses"), ordering="times_used")
    def uses_shown(self, discount: Discount) -> str:
        used = figure(discount.times_used)
        return used if discount.use_limit is None else f"{used} / {figure(discount.use_limit)}"

    @admin.display(description=gettext_lazy("given so far"))
    def given_shown(self, discount: Discount) -> str:
        given = discount.uses.aggregate(sum=Sum("amount_minor"))["sum"]
        return format_money(given, discount.currency) if given else EMPTY


@admin.register(DiscountUse)
class DiscountUseAdmin(ReadOnlyAdmin):
    list_display = ("created_at", "discount", "order", "customer", "amount_shown")
    list_filter = (("created_at", RangeDateTimeFilter),)
    search_fields = (
        "discount__code",
        "discount__name_zh_hans",
        "discount__name_en",
        "order__number",
    )
    list_select_related = ("discount", "order", "customer")
    fields = ("discount", "order", "customer", "amount_shown", "created_at")

    @admin.display(description=gettext_lazy("amount"), ordering="amount_minor")
    def amount_shown(self, use: DiscountUse) -> str:
        return format_money(use.amount_minor, use.discount.currency)
