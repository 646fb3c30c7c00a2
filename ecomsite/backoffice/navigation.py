"""The sidebar: by area, only what a person may see, with what waits beside it."""

from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ecomsite.backoffice.waiting import Waiting, count_waiting


@dataclass(frozen=True, slots=True)
class Entry:
    """One model. badge: which number of `Waiting` it shows."""

    model: str
    icon: str
    title: str | Promise = ""
    badge: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    title: str | Promise
    entries: tuple[Entry, ...]
    is_folded: bool = False


AREAS = (
    Area(
        _("Catalogue"),
        (
            Entry("catalog.Product", "sell"),
            Entry("catalog.Sku", "barcode"),
            Entry("catalog.ProductPhoto", "photo_library"),
            Entry(
                "catalog.PhotoClassification",
                "image_search",
                title=_("Photos to check"),
                badge="photos",
            ),
            Entry("catalog.Category", "account_tree"),
            Entry("catalog.Brand", "verified"),
            Entry("catalog.Attribute", "tune"),
        ),
    ),
    Area(
        _("Stock and purchasing"),
        (
            Entry("inventory.PurchaseOrder", "shopping_cart", badge="purchase_orders"),
            Entry("inventory.DemandForecast", "trending_up"),
            Entry("inventory.StockLevel", "inventory_2"),
            Entry("inventory.StockMovement", "swap_vert"),
            Entry("inventory.GoodsReceipt", "local_shipping"),
            Entry("inventory.Supplier", "factory"),
            Entry("inventory.SupplierOffer", "request_quote"),
            Entry("inventory.ReorderPolicy", "rule"),
            Entry("inventory.Reservation", "bookmark"),
            Entry("inventory.DemandDay", "calendar_view_day"),
            Entry("inventory.Warehouse", "warehouse"),
        ),
    ),
    Area(
        _("Sales"),
        (
            Entry("orders.Order", "receipt_long"),
            Entry("orders.ReturnRequest", "assignment_return"),
            Entry("orders.Shipment", "package_2"),
            Entry("orders.OrderImport", "upload_file"),
        ),
    ),
    Area(
        _("Reviews"),
        (
            Entry("support.Review", "reviews"),
            Entry(
                "support.ReviewClassification",
                "sentiment_satisfied",
                title=_("Reviews to check"),
                badge="reviews",
            ),
        ),
    ),
    Area(
        _("Customers"),
        (
            Entry("customers.User", "group"),
            Entry("customers.Address", "home_pin"),
            Entry("customers.Consent", "handshake"),
        ),
    ),
    Area(
        _("Behaviour and recommendations"),
        (
            Entry("recommendations.SimilarProduct", "join_inner"),
            Entry("recommendations.SimilarProductRule", "push_pin"),
            Entry("insights.Interaction", "ads_click"),
        ),
    ),
    Area(
        _("Models"),
        (
            Entry("learning.ModelVersion", "model_training", badge="damaged"),
            Entry("learning.TrainingRun", "exercise"),
            Entry("learning.DriftReport", "monitoring", badge="drift"),
            Entry("learning.Anomaly", "report", badge="anomalies"),
            Entry("learning.Decision", "gavel"),
            Entry("backoffice.NightlyRun", "bedtime"),
        ),
    ),
    Area(
        _("System"),
        (
            Entry("django_celery_beat.PeriodicTask", "schedule"),
            Entry("django_celery_beat.IntervalSchedule", "timer"),
            Entry("django_celery_beat.CrontabSchedule", "event_repeat"),
            Entry("auth.Group", "badge", title=_("Roles")),
        ),
        is_folded=True,
    ),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The navigation in the form that unfold takes."""
    groups: list[dict[str, Any]] = [
        {
            "items": [
                {
                    "title": _("Today"),
                    "icon": "dashboard",
                    "link": reverse("admin:index"),
                    # Unfold lights every link that the address begins with.
                    "active": lambda request: request.path == reverse("admin:index"),
                }
            ]
        }
    ]
    for area in AREAS:
        items = [item for entry in area.entries if (item := _item(request, entry))]
        if items:
            groups.append(
                {
                    "title": area.title,
                    "separator": True,
                    "collapsible": area.is_folded,
                    "items": items,
                }
            )
    return groups


def waiting_for(request: HttpRequest) -> Waiting:
    """Counted once a request."""
    waiting: Waiting | None = getattr(request, "waiting", None)
    if waiting is None:
        waiting = count_waiting()
        request.waiting = waiting  # type: ignore[attr-defined]  # kept for this request
    return waiting


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any] | None:
    model = apps.get_model(entry.model)
    page = admin.site._registry.get(model)
    if page is None or not page.has_view_permission(request):
        return None
    options = model._meta
    item: dict[str, Any] = {
        "title": entry.title or capfirst(str(options.verbose_name_plural)),
        "icon": entry.icon,
        "link": reverse(f"admin:{options.app_label}_{options.model_name}_changelist"),
    }
    if entry.badge and (n_waiting := getattr(waiting_for(request), entry.badge)):
        item["badge"] = str(n_waiting)
        item["badge_variant"] = "danger" if entry.badge in {"damaged", "drift"} else "warning"
    return item
