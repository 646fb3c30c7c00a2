"""What staff do about an order beside its steps: pay a part back, write a note, write once more."""

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.money import format_money
from customers.models import User
from orders.errors import EmptyNoteError, RefundTooLargeError
from orders.models import Order, OrderAction, OrderNote, Refund
from orders.services import payments, repayments
from orders.services.progress import record_action, take_order
from outbox.models import Email
from outbox.services.emails import send_again

MAX_NOTE = 1000


@transaction.atomic
def refund_part(
    *, order: Order, amount_minor: int, reason: str, key: str, user: User | None = None
) -> Refund:
    """Pay a part of the money back without goods coming back.

    key: of the form; sent twice it is one refund. Raises RefundTooLargeError above what is left
    of what was paid.
    """
    take_order(order)
    left = repayments.refundable_minor(order=order)
    known = Refund.objects.filter(key=f"staff:{key}").exists()
    if not known and not 0 < amount_minor <= left:
        raise RefundTooLargeError(
            asked=format_money(amount_minor, order.currency),
            possible=format_money(left, order.currency),
        )
    refund = payments.request_refund(
        order=order,
        amount_minor=amount_minor,
        reason=reason or _("reduction"),
        key=f"staff:{key}",
        user=user,
        parts={"goods": 0, "shipping": 0, "lines": {}},
    )
    if not known:
        record_action(
            order=order,
            kind=OrderAction.Kind.REFUND,
            user=user,
            note=" · ".join(filter(None, [format_money(amount_minor, order.currency), reason])),
        )
    return refund


def write_note(*, order: Order, text: str, user: User | None = None) -> OrderNote:
    """Tell colleagues something about an order. Raises EmptyNoteError."""
    words = text.replace("\x00", "").strip()[:MAX_NOTE]
    if not words:
        raise EmptyNoteError
    return OrderNote.objects.create(order=order, text=words, written_by=user)


@transaction.atomic
def send_letter_again(*, order: Order, email_id: int, user: User | None = None) -> Email | None:
    """Send a letter about this order once more; None where it has no such letter.

    Raises outbox's NotSendableError.
    """
    email = Email.objects.filter(reference=order.number, pk=email_id).first()
    if email is None:
        return None
    send_again(email=email)
    record_action(order=order, kind=OrderAction.Kind.LETTER, user=user, note=email.subject[:255])
    return email
