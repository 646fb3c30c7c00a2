"""How much waits for a person, in one query."""

from dataclasses import dataclass
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.models import PhotoClassification
from inventory.models import PurchaseOrder, StockBatch, StockCount
from learning.models import Anomaly, DriftReport, ModelVersion
from orders.models import Order, PaymentEvent, Refund, ReturnRequest
from outbox.models import Email, WebhookEndpoint
from recommendations.models import Campaign
from storefront.models import ContactMessage
from support.models import Review, ReviewClassification


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers of rows that ask for a decision.

    photos, reviews: proposals that the model itself is not sure of.
    drift: active versions whose newest report is an alarm.
    damaged: active versions whose file was refused.
    moderation: reviews that are shown once staff have looked at them.
    messages: of visitors, not answered yet.
    orders_to_ship, orders_held: paid, or shipped before payment; kept back for review.
    returns: to be decided on or paid back. refunds: that a provider refused.
    letters: failures to deliver that nobody has looked at.
    payment_events: messages of payment providers that were refused and nobody has looked at.
    webhooks: switched off, since nothing arrived for days.
    stock_counts: closed, to be approved. expired_batches: to be written off.
    campaigns: one person has approved them, and a second one is to.
    """

    purchase_orders: int = 0
    photos: int = 0
    reviews: int = 0
    anomalies: int = 0
    drift: int = 0
    damaged: int = 0
    letters: int = 0
    moderation: int = 0
    messages: int = 0
    orders_to_ship: int = 0
    orders_held: int = 0
    returns: int = 0
    refunds: int = 0
    payment_events: int = 0
    webhooks: int = 0
    stock_counts: int = 0
    expired_batches: int = 0
    campaigns: int = 0

    @property
    def total(self) -> int:
        return (
            self.purchase_orders
            + self.photos
            + self.reviews
            + self.anomalies
            + self.drift
            + self.damaged
            + self.letters
            + self.moderation
            + self.messages
            + self.orders_to_ship
            + self.orders_held
            + self.returns
            + self.refunds
            + self.payment_events
            + self.webhooks
            + self.stock_counts
            + self.expired_batches
            + self.campaigns
        )


def count_waiting() -> Waiting:
    """Every count as a subquery of one statement: the sidebar of each page asks for it."""
    counts = {
        "purchase_orders": PurchaseOrder.objects.drafts(),
        "photos": PhotoClassification.objects.awaiting_review().filter(needs_person=True),
        "reviews": ReviewClassification.objects.awaiting_review().filter(needs_person=True),
        "anomalies": Anomaly.objects.open(),
        "drift": alarms(),
        "damaged": damaged_versions(),
        "letters": Email.objects.unseen_failures(),
        "webhooks": WebhookEndpoint.objects.switched_off(),
        "moderation": Review.objects.pending(),
        "messages": ContactMessage.objects.open(),
        "orders_to_ship": Order.objects.to_ship(),
        "orders_held": Order.objects.filter(status=Order.Status.HELD),
        "returns": ReturnRequest.objects.waiting(),
        "payment_events": PaymentEvent.objects.unseen_refusals(),
        "refunds": Refund.objects.filter(state=Refund.State.FAILED),
        "stock_counts": StockCount.objects.filter(status=StockCount.Status.COUNTED),
        "expired_batches": StockBatch.objects.expired(today=timezone.localdate()),
        "campaigns": Campaign.objects.half_approved(),
    }
    # Any table that is never empty will do to hang the subqueries on.
    one = ContentType.objects.order_by("pk")
    found = one.annotate(**{f"n_{name}": _count(rows) for name, rows in counts.items()}).first()
    if found is None:
        return Waiting()
    return Waiting(**{name: getattr(found, f"n_{name}") for name in counts})


def alarms() -> QuerySet[DriftReport]:
    """The newest report of each active version, where it is an alarm."""
    newest = (
        DriftReport.objects.filter(version=OuterRef("version"))
        .order_by("-measured_on", "-pk")
        .values("pk")[:1]
    )
    return DriftReport.objects.filter(
        status=DriftReport.Status.ALARM,
        version__status=ModelVersion.Status.ACTIVE,
        pk=Subquery(newest),
    )


def damaged_versions() -> QuerySet[ModelVersion]:
    return ModelVersion.objects.active().filter(damaged_at__isnull=False)


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().annotate(one=Value(1)).values("one").annotate(n=Count("pk"))
    return Coalesce(Subquery(counted.values("n"), output_field=IntegerField()), 0)
