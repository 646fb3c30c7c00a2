"""Staff pages of suppliers, what they offer and how SKUs are re-ordered."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import TabularInline

from catalog.money import format_money
from inventory.admin.what_if import what_if_view
from inventory.models import PriceBreak, ReorderPolicy, Supplier, SupplierOffer
from learning.staff_pages import EMPTY, StaffAdmin, chip, figure, percent


class PriceBreakInline(TabularInline):
    model = PriceBreak
    extra = 0


@admin.register(Supplier)
class SupplierAdmin(SimpleHistoryAdmin, StaffAdmin):
    list_display = ("name", "code", "lead_time", "offers_count", "currency", "email", "state")
    list_filter = ("is_active", "is_assumed", "currency")
    search_fields = ("code", "name", "email")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Supplier]:
        suppliers: QuerySet[Supplier] = super().get_queryset(request)
        return suppliers.annotate(n_offers=Count("offers"))

    @admin.display(description=gettext_lazy("lead time"), ordering="lead_time_days")
    def lead_time(self, supplier: Supplier) -> str:
        return _("%(mean)s ± %(spread)s days") % {
            "mean": figure(supplier.lead_time_days),
            "spread": figure(supplier.lead_time_sd_days),
        }

    @admin.display(description=gettext_lazy("SKUs"), ordering="n_offers")
    def offers_count(self, supplier: Any) -> str:
        return figure(supplier.n_offers)

    @admin.display(description=gettext_lazy("state"), ordering="is_active")
    def state(self, supplier: Supplier) -> SafeString:
        if not supplier.is_active:
            return chip("off", _("not active"))
        if supplier.is_assumed:
            return chip("assumed", _("assumed"), {"assumed": "warn"})
        return chip("on", _("active"), {"on": "good"})


@admin.register(SupplierOffer)
class SupplierOfferAdmin(SimpleHistoryAdmin, StaffAdmin):
    list_display = ("sku", "supplier", "supplier_code", "cost", "packs", "lead_time", "preferred")
    list_filter = ("is_preferred", "supplier")
    search_fields = ("sku__code", "supplier__name", "supplier_code")
    list_select_related = ("sku", "supplier")
    autocomplete_fields = ("sku", "supplier")
    inlines = (PriceBreakInline,)

    @admin.display(description=gettext_lazy("unit cost"), ordering="unit_cost_minor")
    def cost(self, offer: SupplierOffer) -> str:
        return format_money(offer.unit_cost_minor, offer.supplier.currency)

    @admin.display(description=gettext_lazy("pack / minimum, units"))
    def packs(self, offer: SupplierOffer) -> str:
        return f"{figure(offer.pack_size)} / {figure(offer.minimum_order_quantity)}"

    @admin.display(description=gettext_lazy("lead time"), ordering="lead_time_days")
    def lead_time(self, offer: SupplierOffer) -> str:
        days = offer.lead_time_days
        if days is None:
            days = offer.supplier.lead_time_days
        return _("%(n)s days") % {"n": figure(days)}

    @admin.display(description=gettext_lazy("preferred"), ordering="is_preferred")
    def preferred(self, offer: SupplierOffer) -> SafeString | str:
        return chip("yes", _("preferred"), {"yes": "good"}) if offer.is_preferred else EMPTY


@admin.register(ReorderPolicy)
class ReorderPolicyAdmin(SimpleHistoryAdmin, StaffAdmin):
    list_display = ("sku", "level", "review", "is_reordered")
    list_filter = ("is_reordered",)
    search_fields = ("sku__code",)
    list_select_related = ("sku",)
    autocomplete_fields = ("sku",)

    def get_urls(self) -> list[URLPattern]:
        what_if = path(
            "what-if/", self.admin_site.admin_view(self.what_if_view), name="inventory_what_if"
        )
        return [what_if, *super().get_urls()]

    def what_if_view(self, request: HttpRequest) -> HttpResponse:
        return what_if_view(self, request, currency=str(settings.CURRENCY))

    @admin.display(description=gettext_lazy("service level"), ordering="service_level")
    def level(self, policy: ReorderPolicy) -> str:
        return percent(policy.service_level) if policy.service_level else _("from costs")

    @admin.display(description=gettext_lazy("review period"), ordering="review_period_days")
    def review(self, policy: ReorderPolicy) -> str:
        return _("%(n)s days") % {"n": figure(policy.review_period_days)}
