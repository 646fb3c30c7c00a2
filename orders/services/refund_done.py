"""What follows once money went back: a credit note, and the return that asked for it is settled."""

from django.db import transaction
from django.utils import timezone

from catalog.money import format_money
from orders.models import Invoice, OrderAction, Refund, ReturnRequest, ReturnStatusChange
from orders.services import invoices
from orders.services.telling import tell_refund


@transaction.atomic
def after_refund(*, refund: Refund) -> Invoice:
    """To be called when a refund is done; called again it changes nothing."""
    order = refund.payment.order
    is_new = not Invoice.objects.filter(refund=refund).exists()
    credit_note = invoices.issue_credit_note(refund=refund, issued_at=timezone.now())
    if is_new:
        OrderAction.objects.create(
            order=order,
            kind=OrderAction.Kind.REFUND_DONE,
            note=format_money(refund.amount_minor, order.currency),
        )
        tell_refund(refund)
    others = Refund.objects.unsent().filter(return_request=refund.return_request_id)
    # A refund over several payments is done with its last part.
    if refund.return_request_id is not None and not others.exists():
        status = ReturnRequest.Status
        moved = ReturnRequest.objects.filter(
            pk=refund.return_request_id, status=status.RECEIVED
        ).update(status=status.REFUNDED)
        if moved:
            ReturnStatusChange.objects.create(
                request_id=refund.return_request_id,
                from_status=status.RECEIVED,
                to_status=status.REFUNDED,
                note=credit_note.number,
            )
    return credit_note
