"""Everything that the page of an order shows to staff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog.money import format_money, plain_amount
from inventory.models import Reservation, StockLevel
from learning.staff_pages import chip
from learning.wording import code_name
from orders.admin.staff import RETURN_TONES, STATUS_TONES
from orders.algorithms.carriers import CARRIERS
from orders.models import (
    Invoice,
    Order,
    OrderLine,
    OrderNote,
    Payment,
    Refund,
    ReturnRequest,
    Shipment,
)
from orders.services import repayments
from orders.services.payments import provider_title
from orders.services.placing import reservation_owner
from outbox.models import Email

PAYMENT_TONES = {
    "started": "info",
    "pending": "warn",
    "authorised": "info",
    "captured": "good",
    "failed": "bad",
    "cancelled": "",
}
REFUND_TONES = {"waiting": "warn", "sending": "info", "done": "good", "failed": "bad"}
LETTER_TONES = {
    "waiting": "warn",
    "sending": "info",
    "sent": "good",
    "failed": "bad",
    "given_up": "bad",
}
RISK_WARN = 0.4
RISK_BAD = 0.7
OTHER_ORDERS = 10


@dataclass(frozen=True, slots=True)
class LineRow:
    line: OrderLine
    unit_price: str
    total: str
    discount: str
    open_units: int
    on_hand: int
    held: int

    @property
    def is_short(self) -> bool:
        """Less is set aside for the order than is still to be sent."""
        return self.held < self.open_units


@dataclass(frozen=True, slots=True)
class HistoryRow:
    at: datetime
    what: str
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    order: Order
    state: SafeString
    payment_state: SafeString
    risk: SafeString | str
    risk_reasons: Sequence[str]
    facts: Sequence[tuple[str, str]]
    address: Sequence[str]
    rows: Sequence[LineRow]
    sums: Sequence[tuple[str, str]]
    payments: Sequence[tuple[Payment, str, str, SafeString]]
    refunds: Sequence[tuple[Refund, str, SafeString]]
    shipments: Sequence[Shipment]
    returns: Sequence[tuple[ReturnRequest, SafeString]]
    invoices: Sequence[tuple[Invoice, str]]
    letters: Sequence[tuple[Email, SafeString]]
    notes: Sequence[OrderNote]
    history: Sequence[HistoryRow]
    others: Sequence[tuple[Order, str, SafeString]]
    refundable: str
    refundable_plain: str
    due_plain: str
    carriers: Sequence[str]
    form_key: str
    can_ship: bool
    can_cancel: bool
    can_hold: bool
    can_release: bool
    can_mark_paid: bool
    can_refund: bool
    can_invoice: bool
    can_note: bool
    can_send_letters: bool


def build_order_page(request: HttpRequest, order: Order) -> OrderPage:
    may = request.user.has_perm
    lines = list(order.lines.order_by("position"))
    refundable = repayments.refundable_minor(order=order)
    invoices = list(order.invoices.order_by("issued_at", "pk"))
    status = Order.Status
    return OrderPage(
        order=order,
        state=chip(order.status, order.get_status_display(), STATUS_TONES),
        payment_state=payment_label(order),
        risk=risk_label(order),
        risk_reasons=[code_name(str(reason)) for reason in (order.risk or {}).get("reasons", [])],
        facts=_facts(order),
        address=order.address_lines,
        rows=_rows(order, lines),
        sums=_sums(order),
        payments=_payments(order),
        refunds=_refunds(order),
        shipments=list(
            order.shipments.prefetch_related("lines__line").order_by("shipped_at", "pk")
        ),
        returns=[
            (one, chip(one.status, one.get_status_display(), RETURN_TONES))
            for one in order.returns.order_by("requested_at", "pk")
        ],
        invoices=[(one, format_money(one.total_minor, one.currency)) for one in invoices],
        letters=[
            (one, chip(one.state, one.get_state_display(), LETTER_TONES))
            for one in Email.objects.filter(reference=order.number).order_by("created_at", "pk")
        ],
        notes=list(order.notes.select_related("written_by")),
        history=_history(order),
        others=_others(order),
        refundable=format_money(refundable, order.currency),
        refundable_plain=plain_amount(refundable, order.currency),
        due_plain=plain_amount(repayments.due_minor(order=order), order.currency),
        carriers=[carrier.name for carrier in CARRIERS],
        form_key=uuid4().hex,
        can_ship=may("orders.ship_order") and order.is_to_ship,
        can_cancel=may("orders.cancel_order")
        and order.status in {status.PLACED, status.HELD, status.PAID, status.PART_SHIPPED},
        can_hold=may("orders.hold_order") and order.status in {status.PLACED, status.PAID},
        can_release=may("orders.hold_order") and order.status == status.HELD,
        can_mark_paid=may("orders.pay_order")
        and order.paid_at is None
        and order.status != status.CANCELLED,
        can_refund=may("orders.refund_order") and refundable > 0,
        can_invoice=may("orders.pay_order")
        and order.status != status.CANCELLED
        and not any(one.kind == Invoice.Kind.INVOICE for one in invoices),
        can_note=may("orders.view_order"),
        can_send_letters=may("outbox.send_email"),
    )


def payment_label(order: Order) -> SafeString:
    """Whether the money is here, from the order's own row."""
    if order.refunded_minor and order.refunded_minor >= order.total_minor:
        return chip("refunded", _("paid back"), {"refunded": "info"})
    if order.refunded_minor:
        return chip("part", _("partly paid back"), {"part": "info"})
    if order.paid_at is not None:
        return chip("paid", _("paid"), {"paid": "good"})
    if order.ships_before_payment:
        return chip("later", _("on delivery"), {"later": "info"})
    return chip("open", _("not paid"), {"open": "warn"})


def risk_label(order: Order) -> SafeString | str:
    """The risk in words; nothing where nobody judged it."""
    score = (order.risk or {}).get("score")
    if not isinstance(score, (int, float)):
        return ""
    if score >= RISK_BAD:
        return chip("high", _("high risk"), {"high": "bad"})
    if score >= RISK_WARN:
        return chip("some", _("some risk"), {"some": "warn"})
    return chip("low", _("low risk"), {"low": "good"})


def customer_name(order: Order) -> str:
    recipient = str((order.shipping_address or {}).get("recipient", ""))
    if order.customer is not None:
        return order.customer.get_full_name() or recipient or str(order.customer)
    return recipient or order.email or _("guest")


def _facts(order: Order) -> list[tuple[str, str]]:
    facts = [
        (_("customer"), customer_name(order)),
        (_("email address"), order.email),
        (_("phone"), str((order.shipping_address or {}).get("phone", ""))),
        (_("payment"), provider_title(order.payment_provider) if order.payment_provider else ""),
        (_("shipping method"), (order.breakdown or {}).get("shipping", {}).get("name", "")),
        (_("language"), str(dict(settings.LANGUAGES).get(order.language, order.language))),
        (_("note of the customer"), order.note),
    ]
    return [(name, value) for name, value in facts if value]


def _rows(order: Order, lines: Sequence[OrderLine]) -> list[LineRow]:
    skus = {line.sku_id for line in lines}
    there = dict(
        StockLevel.objects.filter(sku_id__in=skus)
        .order_by()
        .values_list("sku_id")
        .annotate(Sum("on_hand"))
    )
    held = dict(
        Reservation.objects.held()
        .filter(owner=reservation_owner(order))
        .order_by()
        .values_list("sku_id")
        .annotate(Sum("quantity"))
    )
    rows = []
    for line in lines:
        goods = line.unit_price_minor * line.quantity
        rows.append(
            LineRow(
                line=line,
                unit_price=format_money(line.unit_price_minor, order.currency),
                total=format_money(goods - line.discount_minor, order.currency),
                discount=(
                    format_money(-line.discount_minor, order.currency)
                    if line.discount_minor
                    else ""
                ),
                open_units=line.open_units,
                on_hand=there.get(line.sku_id, 0),
                held=held.get(line.sku_id, 0),
            )
        )
    return rows


def _sums(order: Order) -> list[tuple[str, str]]:
    breakdown: Mapping[str, Any] = order.breakdown or {}
    sums = [(_("goods"), order.goods_minor)]
    discounts = [
        (
            " · ".join(filter(None, [one.get("name", ""), one.get("code") or ""])),
            -int(one.get("amount_minor", 0)),
        )
        for one in breakdown.get("discounts", [])
    ]
    if order.discount_minor:
        sums.append((_("discount"), -order.discount_minor))
    sums.append((_("shipping"), order.shipping_minor))
    if order.tax_minor:
        sums.append((_("tax"), order.tax_minor))
    sums.append((_("total"), order.total_minor))
    if order.tax_included_minor:
        sums.append((_("tax included"), order.tax_included_minor))
    if order.refunded_minor:
        sums.append((_("paid back"), -order.refunded_minor))
    shown = [(name, format_money(amount, order.currency)) for name, amount in sums]
    return [
        *shown,
        *((f"({name})", format_money(amount, order.currency)) for name, amount in discounts),
    ]


def _payments(order: Order) -> list[tuple[Payment, str, str, SafeString]]:
    return [
        (
            one,
            provider_title(one.provider),
            format_money(one.amount_minor, one.currency),
            chip(one.state, one.get_state_display(), PAYMENT_TONES),
        )
        for one in order.payments.order_by("created_at", "pk")
    ]


def _refunds(order: Order) -> list[tuple[Refund, str, SafeString]]:
    refunds = Refund.objects.filter(payment__order=order).order_by("created_at", "pk")
    return [
        (
            one,
            format_money(one.amount_minor, order.currency),
            chip(one.state, one.get_state_display(), REFUND_TONES),
        )
        for one in refunds
    ]


def _history(order: Order) -> list[HistoryRow]:
    """Steps and what was done beside them, in the order in which it happened."""
    steps = [
        HistoryRow(
            change.changed_at,
            str(change.get_to_status_display()),
            str(change.changed_by or ""),
            change.note,
        )
        for change in order.status_changes.select_related("changed_by")
    ]
    actions = [
        HistoryRow(
            action.done_at, str(action.get_kind_display()), str(action.done_by or ""), action.note
        )
        for action in order.actions.select_related("done_by")
    ]
    return sorted([*steps, *actions], key=lambda row: row.at)


def _others(order: Order) -> list[tuple[Order, str, SafeString]]:
    """Further orders of the same customer, or under the same address."""
    same = Q()
    if order.customer_id:
        same |= Q(customer=order.customer_id)
    if order.email:
        same |= Q(email=order.email)
    if not same:
        return []
    others = Order.objects.filter(same).exclude(pk=order.pk).order_by("-placed_at", "-pk")
    return [
        (
            one,
            format_money(one.total_minor, one.currency),
            chip(one.status, one.get_status_display(), STATUS_TONES),
        )
        for one in others[:OTHER_ORDERS]
    ]


def change_address(order: Order) -> str:
    return reverse("admin:orders_order_change", args=[order.pk])
