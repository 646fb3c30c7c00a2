"""What the steps of a night and what they count are called."""

from django.utils.translation import gettext_lazy as _

from learning.wording import name_codes

# The numbers of `Waiting`.
WAITING_TITLES = {
    "purchase_orders": _("purchase orders to approve"),
    "photos": _("photos to check"),
    "reviews": _("reviews to check"),
    "anomalies": _("anomalies not seen yet"),
    "drift": _("models that drift"),
    "damaged": _("models whose file is damaged"),
}

name_codes(
    {
        "install_shipped_models": _("install shipped models"),
        "finish_publications": _("finish publications"),
        "release_reservations": _("release reservations"),
        "roll_up_demand": _("roll up demand"),
        "refresh_product_cards": _("refresh product cards"),
        "retrain": _("retrain"),
        "forecast": _("forecast"),
        "draft_purchase_orders": _("draft purchase orders"),
        "classify_photos": _("classify photos"),
        "classify_reviews": _("classify reviews"),
        "watch_for_drift": _("watch for drift"),
        # what they count
        "installed": _("installed"),
        "refreshed": _("refreshed"),
        "released": _("released"),
        "records": _("records"),
        "sold_out": _("sold out"),
        "products": _("products"),
        "outcome": _("outcome"),
        "message": _("message"),
        "skus": _("SKUs"),
        "orders": _("orders"),
        "lines": _("lines"),
        "added": _("added"),
        "changed": _("changed"),
        "withdrawn": _("withdrawn from drafts"),
        "prepared": _("prepared"),
        "classified": _("classified"),
        "measured": _("measured"),
        "alarms": _("alarms"),
        "not due": _("not due"),
        "published": _("published"),
        "rejected": _("rejected at the gate"),
        "not_enough_data": _("not enough data"),
        "failed": _("failed"),
    }
)
