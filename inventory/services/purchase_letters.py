"""Letters to suppliers: the order with its files, and that it is called off."""

from typing import Any

from django.conf import settings
from django.utils import translation

from catalog.money import format_money
from inventory.models import PurchaseOrder
from inventory.services.purchase_documents import Papers, language_of
from outbox.models import Email
from outbox.services.emails import Attachment, queue_email

ORDER = "purchase_order"
CANCELLED = "purchase_order_cancelled"


def write_order(order: PurchaseOrder, *, papers: Papers) -> Email:
    """Written once for each order. Raises WrongAddressError."""
    return _write(
        order,
        kind=ORDER,
        attachments=(
            Attachment(f"{papers.stem}.pdf", "application/pdf", papers.pdf),
            Attachment(f"{papers.stem}.csv", "text/csv", papers.csv),
        ),
    )


def write_cancellation(order: PurchaseOrder) -> Email | None:
    """To a supplier who got the order by letter; nobody else knows of it from the shop."""
    if letter_of(order) is None or not order.supplier.email:
        return None
    return _write(order, kind=CANCELLED)


def letter_of(order: PurchaseOrder) -> Email | None:
    """The letter that brought the order, and how far it came."""
    return Email.objects.filter(key=_key(ORDER, order)).first()


def _write(order: PurchaseOrder, *, kind: str, attachments: tuple[Attachment, ...] = ()) -> Email:
    language = language_of(order.supplier)
    with translation.override(language):
        context = _context(order)
    return queue_email(
        kind=kind,
        to=order.supplier.email,
        language=language,
        template=f"inventory/letters/{kind}",
        context=context,
        key=_key(kind, order),
        reference=order.number,
        attachments=attachments,
        headers={"Reply-To": settings.SELLER_EMAIL} if settings.SELLER_EMAIL else None,
    )


def _key(kind: str, order: PurchaseOrder) -> str:
    return f"{kind}:{order.number}"


def _context(order: PurchaseOrder) -> dict[str, Any]:
    totalled: Any = PurchaseOrder.objects.with_totals().get(pk=order.pk)
    return {
        "number": order.number,
        "supplier": order.supplier.name,
        "reference": order.supplier_reference,
        "n_lines": totalled.n_lines,
        "total": format_money(totalled.cost_minor, order.currency),
        "expected_on": order.expected_on,
        "seller": settings.SELLER_NAME,
    }
