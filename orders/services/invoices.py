"""Invoices and credit notes: numbered without a gap, and never changed once they are issued.

A number is taken by one conditional UPDATE in the transaction that writes the document: others
wait for it, and when the document does not come about, neither does its number.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation

from learning.jobs import send_on_commit
from orders.algorithms.repaying import value_of_units
from orders.algorithms.shares import divide_half_up, share_out
from orders.models import Invoice, InvoiceSeries, Order, OrderAction, Refund
from orders.services import repayments
from outbox.services.emails import supported_language

_PREFIXES: Mapping[str, str] = {Invoice.Kind.INVOICE: "INV", Invoice.Kind.CREDIT_NOTE: "CN"}
SWEPT_AT_ONCE = 100


@transaction.atomic
def issue_invoice(*, order: Order, issued_at: datetime | None = None) -> Invoice:
    """The invoice of an order, with all that it shows; asked for again it is the same one.

    A job writes the letter that brings it.
    """
    known = Invoice.objects.filter(order=order, kind=Invoice.Kind.INVOICE).first()
    if known is not None:
        return known
    return _issue(
        kind=Invoice.Kind.INVOICE,
        order=order,
        refund=None,
        total_minor=order.total_minor,
        contents=_invoice_contents,
        issued_at=issued_at,
    )


@transaction.atomic
def issue_credit_note(*, refund: Refund, issued_at: datetime | None = None) -> Invoice:
    """The credit note of a refund that is done; asked for again it is the same one."""
    known = Invoice.objects.filter(refund=refund).first()
    if known is not None:
        return known
    order = refund.payment.order
    invoice = issue_invoice(order=order, issued_at=issued_at)
    return _issue(
        kind=Invoice.Kind.CREDIT_NOTE,
        order=order,
        refund=refund,
        total_minor=refund.amount_minor,
        contents=partial(_credit_contents, refund, invoice),
        issued_at=issued_at,
    )


def take_number(*, kind: str, year: int) -> int:
    """The next number of a series; given up again when the caller's transaction is."""
    series = InvoiceSeries.objects.filter(kind=kind, year=year)
    if not series.update(last_number=F("last_number") + 1):
        InvoiceSeries.objects.get_or_create(kind=kind, year=year)
        series.update(last_number=F("last_number") + 1)
    # Nobody else changes it before this transaction ends.
    return series.values_list("last_number", flat=True).get()


def _issue(
    *,
    kind: Invoice.Kind,
    order: Order,
    refund: Refund | None,
    total_minor: int,
    contents: Callable[[Order], dict[str, Any]],
    issued_at: datetime | None,
) -> Invoice:
    # The day on which it is numbered: a document dated back would stand out of its order.
    moment = timezone.now()
    year = timezone.localtime(moment).year
    language = supported_language(order.language)
    with translation.override(language):
        shown = contents(order)
    ordinal = take_number(kind=kind, year=year)
    invoice = Invoice.objects.create(
        kind=kind,
        number=f"{_PREFIXES[kind]}-{year}-{ordinal:06}",
        year=year,
        ordinal=ordinal,
        order=order,
        refund=refund,
        currency=order.currency,
        total_minor=total_minor,
        language=language,
        contents={**shown, "supplied_on": _day(issued_at or moment)},
        issued_at=moment,
    )
    OrderAction.objects.create(order=order, kind=OrderAction.Kind.INVOICE, note=invoice.number)
    send_on_commit("orders.mail_invoice", invoice.pk)
    return invoice


def sweep_unmailed(*, limit: int = SWEPT_AT_ONCE) -> int:
    """Ask again for letters whose job was lost; returns how many."""
    ids = list(
        Invoice.objects.unmailed().order_by("issued_at", "pk").values_list("pk", flat=True)[:limit]
    )
    for invoice_id in ids:
        send_on_commit("orders.mail_invoice", invoice_id, expires_seconds=60)
    return len(ids)


def _invoice_contents(order: Order) -> dict[str, Any]:
    lines = list(order.lines.order_by("position"))
    breakdown = order.breakdown or {}
    return {
        "seller": _seller(),
        "buyer": _buyer(order),
        "order": order.number,
        "ordered_on": _day(order.placed_at),
        "payment": order.payment_provider,
        "is_paid": order.paid_at is not None,
        "lines": [
            {
                "code": line.sku_code,
                "name": line.name,
                "units": line.quantity,
                "unit_price_minor": line.unit_price_minor,
                "discount_minor": line.discount_minor,
                "tax_basis_points": line.tax_basis_points,
                "amount_minor": line.unit_price_minor * line.quantity - line.discount_minor,
            }
            for line in lines
        ],
        "goods_minor": order.goods_minor,
        "discount_minor": order.discount_minor,
        "shipping_minor": order.shipping_minor,
        "shipping": breakdown.get("shipping", {}).get("name", ""),
        "discounts": [
            {"name": one["name"], "code": one.get("code") or ""}
            for one in breakdown.get("discounts", [])
        ],
        "tax_minor": order.tax_minor,
        "tax_included_minor": order.tax_included_minor,
        "taxes": [dict(tax) for tax in breakdown.get("taxes", [])],
    }


def _credit_contents(refund: Refund, invoice: Invoice, order: Order) -> dict[str, Any]:
    parts: Mapping[str, Any] = refund.parts or {}
    units = {int(line_id): int(count) for line_id, count in parts.get("lines", {}).items()}
    lines = _credited_lines(order, units, at_most=refund.amount_minor)
    goods = sum(line["amount_minor"] for line in lines)
    shipping = min(int(parts.get("shipping", 0)), refund.amount_minor - goods)
    return {
        "seller": _seller(),
        "buyer": _buyer(order),
        "order": order.number,
        "ordered_on": _day(order.placed_at),
        "invoice": invoice.number,
        "invoiced_on": _day(invoice.issued_at),
        "reason": refund.reason,
        "payment": refund.payment.provider,
        "lines": lines,
        "shipping_minor": max(0, shipping),
        # What is paid back beside goods and delivery, such as a reduction for a small fault.
        "other_minor": refund.amount_minor - goods - max(0, shipping),
        "taxes": _credited_taxes(invoice, refund.amount_minor),
    }


def _credited_lines(
    order: Order, units: Mapping[int, int], *, at_most: int
) -> list[dict[str, Any]]:
    """The units that a refund pays back, at what they cost in the end."""
    lines = list(order.lines.order_by("position"))
    worth = repayments.value_lines(order=order, lines=lines)
    credited, left = [], at_most
    for line, value in zip(lines, worth, strict=True):
        count = min(units.get(line.pk, 0), line.quantity)
        if not count:
            continue
        amount = min(left, value_of_units(value, units=count, before=0, of=line.quantity))
        left -= amount
        credited.append(
            {
                "code": line.sku_code,
                "name": line.name,
                "units": count,
                "unit_price_minor": line.unit_price_minor,
                "tax_basis_points": line.tax_basis_points,
                "amount_minor": amount,
            }
        )
    return credited


def _credited_taxes(invoice: Invoice, amount_minor: int) -> list[dict[str, Any]]:
    """The taxes in an amount that is paid back, in the proportions of the invoice."""
    taxes = invoice.contents.get("taxes", [])
    gross = [tax["base_minor"] + tax["amount_minor"] for tax in taxes]
    if not sum(gross):
        return []
    shares = share_out(min(amount_minor, sum(gross)), gross)
    return [
        {
            "name": tax["name"],
            "basis_points": tax["basis_points"],
            "base_minor": share - _tax_in(share, tax["basis_points"]),
            "amount_minor": _tax_in(share, tax["basis_points"]),
            "is_included": True,
        }
        for tax, share in zip(taxes, shares, strict=True)
        if share
    ]


def _tax_in(gross_minor: int, basis_points: int) -> int:
    return divide_half_up(gross_minor * basis_points, 10_000 + basis_points)


def _seller() -> dict[str, Any]:
    return {
        "name": settings.SELLER_NAME,
        "address": [part.strip() for part in settings.SELLER_ADDRESS.split("|") if part.strip()],
        "tax_number": settings.SELLER_TAX_NUMBER,
        "email": settings.SELLER_EMAIL,
        "phone": settings.SELLER_PHONE,
    }


def _buyer(order: Order) -> dict[str, Any]:
    return {"address": order.address_lines, "email": order.email}


def _day(moment: datetime) -> str:
    return timezone.localdate(moment).isoformat()
