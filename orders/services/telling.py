"""What programs elsewhere hear of orders, in the transaction in which it happens.

Numbers, states and sums; no names and no addresses: who may read those asks the API.
"""

from typing import Any

from orders.models import Order, Refund, ReturnRequest, Shipment
from outbox.models import WebhookEvent
from outbox.services import webhooks


def tell_order(order: Order, event: WebhookEvent) -> None:
    """Once per order and event."""
    webhooks.emit(event=event, payload=_order(order), key=order.number)


def tell_shipment(shipment: Shipment) -> None:
    parcel = {
        "carrier": shipment.carrier,
        "tracking_number": shipment.tracking_number,
        "lines": [
            {"sku": code, "quantity": units}
            for code, units in shipment.lines.values_list("line__sku_code", "quantity")
        ],
    }
    webhooks.emit(
        event=WebhookEvent.ORDER_SHIPPED,
        payload={**_order(shipment.order), "shipment": parcel},
        key=f"shipment:{shipment.pk}",
    )


def tell_refund(refund: Refund) -> None:
    order = Order.objects.get(pk=refund.payment.order_id)
    webhooks.emit(
        event=WebhookEvent.ORDER_REFUNDED,
        payload={**_order(order), "refund": {"id": refund.pk, "amount_minor": refund.amount_minor}},
        key=f"refund:{refund.pk}",
    )


def tell_return(request: ReturnRequest) -> None:
    webhooks.emit(
        event=WebhookEvent.RETURN_REQUESTED,
        payload={
            **_order(request.order),
            "return": {
                "id": request.pk,
                "lines": [
                    {"sku": code, "quantity": units, "reason": reason}
                    for code, units, reason in request.lines.values_list(
                        "line__sku_code", "quantity", "reason"
                    )
                ],
            },
        },
        key=f"return:{request.pk}",
    )


def _order(order: Order) -> dict[str, Any]:
    return {
        "order": order.number,
        "status": str(order.status),
        "currency": order.currency,
        "total_minor": order.total_minor,
        "refunded_minor": order.refunded_minor,
        "placed_at": order.placed_at.isoformat(),
    }
