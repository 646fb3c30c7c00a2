"""Background jobs of stock, purchasing and prices; each is safe to run twice."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.utils import timezone

from inventory.errors import InventoryError
from inventory.models import PurchaseOrder
from inventory.services import (
    alerts,
    counting,
    crossings,
    expiry,
    markdown_steps,
    price_predictions,
    price_scores,
    purchasing,
    stock,
)

logger = structlog.get_logger(__name__)


@shared_task(name="inventory.sweep_expired_reservations")
def sweep_expired_reservations() -> None:
    while stock.release_expired(now=timezone.now()):
        pass


@shared_task(name="inventory.hold_back_expired")
def hold_back_expired() -> int:
    return expiry.hold_back_expired()


@shared_task(name="inventory.start_daily_counts")
def start_daily_counts() -> int:
    return counting.start_daily_counts(today=timezone.localdate())


@shared_task(name="inventory.send_stock_alerts")
def send_stock_alerts(sku_id: int) -> int:
    return alerts.send_alerts(sku_id=sku_id)


@shared_task(name="inventory.sweep_stock_alerts")
def sweep_stock_alerts() -> int:
    return alerts.sweep_alerts(now=timezone.now())


@shared_task(name="inventory.tell_crossings")
def tell_crossings() -> int:
    return crossings.tell_crossings()


@shared_task(name="inventory.send_purchase_order")
def send_purchase_order(order_id: int) -> bool:
    """Whether its letter was written: not when somebody was quicker, or it may not go any more."""
    order = PurchaseOrder.objects.to_send().filter(pk=order_id).first()
    if order is None:
        return False
    try:
        purchasing.send_by_email(order)
    except InventoryError as error:
        logger.warning("purchase_order_not_sent", order=order.number, error=str(error))
        return False
    return True


@shared_task(name="inventory.sweep_unsent_purchase_orders")
def sweep_unsent_purchase_orders() -> int:
    return purchasing.sweep_unsent()


@shared_task(name="inventory.apply_markdowns")
def apply_markdowns() -> int:
    return markdown_steps.apply_due_steps(today=timezone.localdate())


@shared_task(name="inventory.score_price_suggestions")
def score_price_suggestions() -> int:
    return price_scores.score_suggestions(as_of=timezone.localdate() - timedelta(days=1))


@shared_task(name="inventory.sweep_unpriced_products")
def sweep_unpriced_products() -> int:
    return price_predictions.sweep_unpriced()
