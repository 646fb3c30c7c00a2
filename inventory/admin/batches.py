"""Staff pages of batches: what expires when, and what is to be thrown away."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from inventory.errors import InventoryError
from inventory.models import StockBatch
from inventory.services import expiry
from learning.staff_pages import EMPTY, ReadOnlyAdmin, chip, figure, person

SOON_DAYS = 30
MAX_DAYS = 3650


class ExpiryFilter(admin.SimpleListFilter):
    """Any number of days may stand in the address; the usual ones are offered."""

    title: str | Promise = gettext_lazy("expires within")  # type: ignore[assignment]
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        offered = [0, 7, 14, 30, 60, 90, 180]
        typed = self._days(request.GET.get("days", ""))
        days = sorted({*offered, *([] if typed is None else [typed])})
        return [
            (
                str(number),
                ngettext("%(n)d day", "%(n)d days", number) % {"n": number}
                if number
                else _("expired"),
            )
            for number in days
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days, today = self._days(self.value() or ""), timezone.localdate()
        if days is None:
            return queryset
        if not days:
            return queryset.filter(expires_on__lt=today)
        return queryset.filter(expires_on__lte=today + timedelta(days=days))

    @staticmethod
    def _days(text: str) -> int | None:
        """Bounded: a date has no room for more."""
        if text.isascii() and text.isdigit() and len(text) <= len(str(MAX_DAYS)):
            return min(int(text), MAX_DAYS)
        return None


class LyingFilter(admin.SimpleListFilter):
    title: str | Promise = gettext_lazy("on hand")  # type: ignore[assignment]
    parameter_name = "lying"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("all", gettext_lazy("used up ones too"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q() if self.value() == "all" else Q(on_hand__gt=0))


@admin.register(StockBatch)
class StockBatchAdmin(ReadOnlyAdmin):
    list_display = (
        "code",
        "sku",
        "product_name",
        "warehouse",
        "units_on_hand",
        "expires_on",
        "state",
    )
    list_filter = (ExpiryFilter, LyingFilter, "warehouse")
    search_fields = (
        "code",
        "sku__code",
        "sku__product__name_zh_hans",
        "sku__product__name_en",
    )
    list_select_related = ("sku__product", "warehouse")
    ordering = ("expires_on", "pk")
    actions = ("write_off_selected",)
    fields = (
        "code",
        "sku",
        "product_name",
        "warehouse",
        "units_on_hand",
        "expires_on",
        "state",
        "created_at",
    )

    def has_write_off_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("inventory.add_stockmovement"))

    @admin.action(description=gettext_lazy("Write off what has expired"), permissions=["write_off"])
    def write_off_selected(self, request: HttpRequest, queryset: QuerySet[StockBatch]) -> None:
        for batch in queryset.select_related("warehouse").order_by("sku_id", "pk"):
            try:
                moved = expiry.write_off_batch(batch, user=person(request), note=_("expired"))
            except InventoryError as error:
                messages.error(request, str(error))
            else:
                said = _("%(units)s of batch %(batch)s are written off.")
                messages.success(request, said % {"units": figure(-moved.quantity), "batch": batch})

    @admin.display(description=gettext_lazy("product"))
    def product_name(self, batch: StockBatch) -> str:
        return batch.sku.product.name

    @admin.display(description=gettext_lazy("on hand, units"), ordering="on_hand")
    def units_on_hand(self, batch: StockBatch) -> str:
        return figure(batch.on_hand)

    @admin.display(description=gettext_lazy("state"), ordering="expires_on")
    def state(self, batch: StockBatch) -> SafeString | str:
        if batch.expires_on is None:
            return EMPTY
        left = (batch.expires_on - timezone.localdate()).days
        if left < 0:
            return chip("expired", _("expired"), {"expired": "bad"})
        said = ngettext("%(n)d day left", "%(n)d days left", left) % {"n": left}
        return chip("soon" if left <= SOON_DAYS else "later", said, {"soon": "warn"})
