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
    """One model. badge: which number of `Waiting` it shows.

    page: a page of the model's own, by its name; empty: its list.
    """

    model: str
    icon: str
    title: str | Promise = ""
    badge: str = ""
    page: str = ""


@dataclass(frozen=True, slots=True)
class Area:
    title: str | Promise
    entries: tuple[Entry, ...]
    is_folded: bool = False


# Numbers of `Waiting` that tell of something broken.
ALARMS = {"damaged", "drift", "letters", "payment_events", "refunds", "webhooks"}

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
            Entry("catalog.SearchSynonym", "sync_alt"),
        ),
    ),
    Area(
        _("Stock and purchasing"),
        (
            Entry(
                "inventory.PurchaseOrder",
                "wb_sunny",
                title=_("Today's purchasing"),
                page="admin:inventory_purchaseorder_today",
            ),
            Entry("inventory.PurchaseOrder", "shopping_cart", badge="purchase_orders"),
            Entry("inventory.PurchaseLineScore", "savings", title=_("What orders saved")),
            Entry("inventory.StockLevel", "inventory_2"),
            Entry("inventory.StockMovement", "swap_vert"),
            Entry("inventory.StockTransfer", "move_up"),
            Entry("inventory.StockCount", "checklist", badge="stock_counts"),
            Entry("inventory.StockBatch", "event_busy", badge="expired_batches"),
            Entry(
                "inventory.StockLevel",
                "bar_chart",
                title=_("Stock reports"),
                page="admin:inventory_reports",
            ),
            Entry(
                "inventory.StockLevel",
                "qr_code_2",
                title=_("Labels"),
                page="admin:inventory_labels",
            ),
            Entry("inventory.GoodsReceipt", "local_shipping"),
            Entry("inventory.Supplier", "factory"),
            Entry("inventory.SupplierOffer", "request_quote"),
            Entry("inventory.ReorderPolicy", "rule"),
            Entry(
                "inventory.ReorderPolicy",
                "science",
                title=_("What if"),
                page="admin:inventory_what_if",
            ),
            Entry("inventory.ReplenishmentSettings", "settings"),
            Entry("inventory.PriceSuggestion", "price_change"),
            Entry("inventory.PricePrediction", "new_label"),
            Entry("inventory.MarkdownPlan", "trending_down"),
            Entry("inventory.PricedSku", "filter_alt"),
            Entry("inventory.PriceFloor", "vertical_align_bottom"),
            Entry("inventory.Reservation", "bookmark"),
            Entry("inventory.StockAlert", "notifications"),
            Entry("inventory.Warehouse", "warehouse"),
        ),
    ),
    Area(
        _("Forecasts"),
        (
            Entry("inventory.DemandForecast", "trending_up", title=_("SKUs ahead")),
            Entry("inventory.TotalForecast", "stacked_line_chart", title=_("Shop and categories")),
            Entry(
                "inventory.DemandForecast",
                "difference",
                title=_("What changed"),
                page="admin:inventory_forecast_changes",
            ),
            Entry("inventory.ForecastAccuracy", "target"),
            Entry(
                "inventory.CalendarEvent",
                "calendar_month",
                page="admin:inventory_calendarevent_month",
            ),
            Entry("inventory.StockClass", "grid_view"),
            Entry("inventory.DemandDay", "calendar_view_day"),
        ),
    ),
    Area(
        _("Sales"),
        (
            Entry("orders.Order", "receipt_long", badge="orders_to_ship"),
            Entry(
                "insights.RiskAssessment",
                "policy",
                title=_("Risky orders"),
                badge="orders_held",
            ),
            Entry("insights.RiskRule", "rule_folder"),
            Entry("insights.RiskSettings", "tune", title=_("When orders are held")),
            Entry("orders.ReturnRequest", "assignment_return", badge="returns"),
            Entry("orders.Shipment", "package_2"),
            Entry("orders.Payment", "payments"),
            Entry("orders.Refund", "currency_exchange", badge="refunds"),
            Entry("orders.PaymentEvent", "webhook", badge="payment_events"),
            Entry("orders.Discount", "percent"),
            Entry("orders.DiscountUse", "redeem"),
            Entry("orders.ShippingMethod", "local_shipping"),
            Entry("orders.ShippingZone", "map"),
            Entry("orders.TaxZone", "account_balance"),
            Entry("catalog.TaxClass", "category"),
            Entry("orders.OrderImport", "upload_file"),
        ),
    ),
    Area(
        _("Reviews"),
        (
            Entry("support.Review", "reviews", badge="moderation"),
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
            Entry("customers.DataRequest", "folder_shared", title=_("Requests about data")),
            Entry("storefront.ContactMessage", "contact_mail", badge="messages"),
            Entry("outbox.Email", "mail", badge="letters"),
        ),
    ),
    Area(_("Shop pages"), (Entry("storefront.StaticPage", "article"),)),
    Area(
        _("Behaviour and recommendations"),
        (
            Entry("recommendations.Placement", "view_carousel"),
            Entry("recommendations.PlacementRule", "keep"),
            Entry("recommendations.Recommendation", "recommend"),
            Entry("recommendations.TrendingProduct", "trending_up"),
            Entry("recommendations.SimilarProduct", "join_inner"),
            Entry("recommendations.SimilarProductRule", "push_pin"),
            Entry("recommendations.Experiment", "experiment"),
            Entry("recommendations.Campaign", "campaign", badge="campaigns"),
            Entry("recommendations.CampaignRecipient", "forward_to_inbox"),
            Entry("recommendations.SuppressedAddress", "unsubscribe"),
            Entry("recommendations.CampaignSettings", "tune"),
            Entry(
                "insights.Visit",
                "conversion_path",
                title=_("Behaviour"),
                page="admin:insights_behaviour",
            ),
            Entry("insights.Visit", "sensors", title=_("Live"), page="admin:insights_live"),
            Entry("insights.Visit", "footprint"),
            Entry("insights.Interaction", "ads_click"),
            Entry("insights.Segment", "groups"),
            Entry("insights.LookAlikeAudience", "person_search", title=_("Look-alikes")),
            Entry("insights.ChurnScore", "favorite", title=_("Whom to win back")),
            Entry("insights.CustomerValue", "diamond", title=_("What customers are worth")),
            Entry("insights.PurchasePropensity", "event_available", title=_("Who will order")),
            Entry("insights.VisitPropensity", "bolt", title=_("Visits likely to buy")),
            Entry("insights.WritingTime", "schedule_send", title=_("When to write")),
            Entry("insights.CategoryAffinity", "category", title=_("Tastes")),
            Entry("insights.FairnessReport", "balance", title=_("Fairness")),
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
            Entry("api.ApiToken", "key"),
            Entry("outbox.WebhookEndpoint", "webhook", badge="webhooks"),
            Entry("outbox.WebhookDelivery", "send"),
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
        "link": reverse(entry.page or f"admin:{options.app_label}_{options.model_name}_changelist"),
    }
    if entry.badge and (n_waiting := getattr(waiting_for(request), entry.badge)):
        item["badge"] = str(n_waiting)
        item["badge_variant"] = "danger" if entry.badge in ALARMS else "warning"
    return item
