"""Money of orders: begun, settled, paid back, and what providers tell.

The functions that other parts of the shop call; `docs/payments.md` tells the whole story.
"""

from orders.services.payments.events import (
    apply_event,
    mark_refusals_seen,
    receive_event,
    sweep_events,
)
from orders.services.payments.protocol import ProviderChoice
from orders.services.payments.receiving import book_money, receive_money
from orders.services.payments.refunding import (
    ask_about_refund,
    mark_refund_sent,
    request_refund,
    retry_refund,
    send_refund,
    sweep_refunds,
)
from orders.services.payments.registry import (
    available_providers,
    get_provider,
    is_by_hand,
    payment_due_at,
    provider_title,
)
from orders.services.payments.settling import (
    ask_for_less,
    cancel_open_payments,
    cancel_payment,
    capture_payment,
    capture_released,
)
from orders.services.payments.starting import start_payment
from orders.services.payments.watching import ask_for_customer, ask_provider, sweep_payments

__all__ = [
    "ProviderChoice",
    "apply_event",
    "ask_about_refund",
    "ask_for_customer",
    "ask_for_less",
    "ask_provider",
    "available_providers",
    "book_money",
    "cancel_open_payments",
    "cancel_payment",
    "capture_payment",
    "capture_released",
    "get_provider",
    "is_by_hand",
    "mark_refund_sent",
    "mark_refusals_seen",
    "payment_due_at",
    "provider_title",
    "receive_event",
    "receive_money",
    "request_refund",
    "retry_refund",
    "send_refund",
    "start_payment",
    "sweep_events",
    "sweep_payments",
    "sweep_refunds",
]
