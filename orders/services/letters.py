"""Letters about an order, in the language of its customer; each is written once.

They are rows of the outbox, written in the transaction of what they tell. An order whose customer
left no address that can be written to goes without.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation

from catalog.money import format_money
from orders.models import Invoice, Order, ReturnRequest, Shipment
from orders.services.documents import render_pdf
from orders.services.payments.registry import provider_title
from outbox.errors import WrongAddressError
from outbox.services.emails import Attachment, queue_email, supported_language

logger = structlog.get_logger(__name__)


def write_confirmation(*, order: Order) -> None:
    """The shop has the order, and what comes next."""
    _write(
        order,
        kind="order_confirmation",
        key=f"order_confirmation:{order.number}",
        context=_contents(order),
    )


def write_released(*, order: Order) -> None:
    """The shop has looked at an order that was held from its beginning, as its confirmation said.

    Who was never told that it waits need not hear that it goes on.
    """
    steps = list(order.status_changes.order_by("pk").values_list("to_status", flat=True))
    if steps[:1] != [Order.Status.HELD]:
        return
    _write(
        order,
        kind="order_released",
        key=f"order_released:{order.number}:{len(steps)}",
        context={
            "is_to_pay": order.paid_at is None
            and not order.ships_before_payment
            and not order.payments.open().filter(captures_later=True, state="authorised").exists()
        },
    )


def write_shipped(*, shipment: Shipment) -> None:
    """A parcel is on its way."""
    parts = list(shipment.lines.select_related("line").order_by("line__position"))
    _write(
        shipment.order,
        kind="order_shipped",
        key=f"order_shipped:{shipment.pk}",
        context={
            "shipment": shipment,
            "parts": [(part.quantity, part.line.name) for part in parts],
            "is_rest_to_come": shipment.order.status == Order.Status.PART_SHIPPED,
        },
    )


def write_cancelled(*, order: Order, refund_minor: int, due_minor: int, is_whole: bool) -> None:
    """The order, or what was not sent of it, is given up.

    due_minor: what is still to be paid for what was sent.
    """
    _write(
        order,
        kind="order_cancelled",
        key=f"order_cancelled:{order.number}",
        context={
            "refund": _Money(refund_minor, order.currency),
            "due": _Money(due_minor, order.currency),
            "is_whole": is_whole,
        },
    )


def write_return_answer(*, request: ReturnRequest) -> None:
    """What the shop says to a return: approved, refused, or received."""
    parts = list(request.lines.select_related("line").order_by("line__position"))
    _write(
        request.order,
        kind=f"return_{request.status}",
        key=f"return_{request.status}:{request.pk}",
        context={
            "answer": request.answer,
            "parts": [(part.quantity, part.line.name) for part in parts],
        },
    )


def mail_invoice(*, invoice: Invoice) -> bool:
    """Write the letter that brings an invoice or a credit note; whether it was written now.

    The document is drawn before the transaction: it takes longer than a row should be locked.
    """
    if invoice.mailed_at is not None:
        return False
    order = invoice.order
    attachment = Attachment(
        name=f"{invoice.number}.pdf", content_type="application/pdf", content=render_pdf(invoice)
    )
    is_credit = invoice.kind == Invoice.Kind.CREDIT_NOTE
    kind = "order_refunded" if is_credit else "order_paid"
    with transaction.atomic():
        claimed = Invoice.objects.unmailed().filter(pk=invoice.pk)
        if not claimed.update(mailed_at=timezone.now()):
            return False
        _write(
            order,
            kind=kind,
            key=f"{kind}:{invoice.number}",
            context={
                "invoice": invoice,
                "amount": _Money(invoice.total_minor, invoice.currency),
                "is_paid": order.paid_at is not None,
            },
            attachments=[attachment],
        )
    return True


class _Money:
    """An amount that is written as the language of the moment has it."""

    def __init__(self, amount_minor: int, currency: str) -> None:
        self.amount_minor = amount_minor
        self.currency = currency

    def __str__(self) -> str:
        return format_money(self.amount_minor, self.currency)

    def __bool__(self) -> bool:
        return bool(self.amount_minor)


def _contents(order: Order) -> dict[str, Any]:
    """Lines, sums and address of an order for the letter that confirms it."""
    currency = order.currency
    return {
        "lines": [
            (line.quantity, line.name, _Money(line.unit_price_minor * line.quantity, currency))
            for line in order.lines.order_by("position")
        ],
        "goods": _Money(order.goods_minor, currency),
        "discount": _Money(order.discount_minor, currency),
        "shipping": _Money(order.shipping_minor, currency),
        "tax": _Money(order.tax_minor, currency),
        "tax_included": _Money(order.tax_included_minor, currency),
        "total": _Money(order.total_minor, currency),
        "address": order.address_lines,
        "is_held": order.status == Order.Status.HELD,
        "is_to_pay": order.paid_at is None and not order.ships_before_payment,
    }


def _write(
    order: Order,
    *,
    kind: str,
    key: str,
    context: Mapping[str, Any],
    attachments: Sequence[Attachment] = (),
) -> None:
    address = order.email or (order.customer.email if order.customer else "")
    if not address:
        return
    with translation.override(supported_language(order.language)):
        path = order.get_absolute_url()
        payment = provider_title(order.payment_provider) if order.payment_provider else ""
    try:
        queue_email(
            kind=kind,
            to=address,
            language=order.language,
            template=f"orders/letters/{kind}",
            context={
                "order": order,
                "order_url": f"{settings.SHOP_URL}{path}",
                "payment": payment,
                **context,
            },
            key=key,
            reference=order.number,
            user=order.customer,
            attachments=attachments,
        )
    except WrongAddressError:
        logger.warning("order_letter_without_address", order=order.number, kind=kind)
