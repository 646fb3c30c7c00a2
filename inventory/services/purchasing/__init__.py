"""What people do with purchase orders, from the draft to the last delivery.

    draft -> approved -> sent -> acknowledged -> part received -> received
    draft, approved, sent, acknowledged -> cancelled

Every step carries the state it needs in its UPDATE, so a second click or a second person is told
instead of doing it twice, and leaves a `Decision`.
"""

from inventory.services.purchasing.approving import (
    approve_purchase_order,
    needs_second_person,
)
from inventory.services.purchasing.closing import (
    cancel_purchase_order,
    close_line,
    close_rest,
)
from inventory.services.purchasing.lines import accept_line, correct_line, reject_line
from inventory.services.purchasing.receiving import Arrival, receive_goods
from inventory.services.purchasing.sending import (
    acknowledge_purchase_order,
    send_by_email,
    send_purchase_order,
    sweep_unsent,
)

__all__ = [
    "Arrival",
    "accept_line",
    "acknowledge_purchase_order",
    "approve_purchase_order",
    "cancel_purchase_order",
    "close_line",
    "close_rest",
    "correct_line",
    "needs_second_person",
    "receive_goods",
    "reject_line",
    "send_by_email",
    "send_purchase_order",
    "sweep_unsent",
]
