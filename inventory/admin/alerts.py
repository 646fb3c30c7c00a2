"""Who waits for goods that are sold out."""

from django.contrib import admin
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from inventory.models import StockAlert
from learning.staff_pages import ReadOnlyAdmin, chip

ALERT_TONES = {"waiting": "warn", "sent": "good"}


@admin.register(StockAlert)
class StockAlertAdmin(ReadOnlyAdmin):
    list_display = ("sku", "product_name", "email", "state_label", "created_at", "ended_at")
    list_filter = ("state", "language")
    search_fields = (
        "email",
        "sku__code",
        "sku__product__name_zh_hans",
        "sku__product__name_en",
    )
    list_select_related = ("sku__product",)
    fields = ("sku", "email", "user", "language", "state_label", "created_at", "ended_at")

    @admin.display(description=_("product"), ordering="sku__product")
    def product_name(self, alert: StockAlert) -> str:
        return str(alert.sku.product)

    @admin.display(description=_("state"), ordering="state")
    def state_label(self, alert: StockAlert) -> SafeString:
        return chip(alert.state, alert.get_state_display(), ALERT_TONES)
