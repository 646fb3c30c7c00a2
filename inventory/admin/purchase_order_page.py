"""Everything that the page of a purchase order shows to staff."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.paginator import Page, Paginator
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from catalog.money import format_money
from inventory.admin.steps import Scan, read_scan
from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.services.purchase_letters import letter_of
from inventory.services.purchasing import needs_second_person
from inventory.wording import line_reason
from learning.models import Decision, Proposal
from learning.proposal_admin import REVIEW_TONES, decisions_on
from learning.staff_pages import chip

LINES_PER_PAGE = 50
STATUS_TONES = {
    "draft": "warn",
    "approved": "info",
    "sent": "info",
    "acknowledged": "info",
    "part_received": "info",
    "received": "good",
    "cancelled": "bad",
}
LETTER_TONES = {
    "waiting": "warn",
    "sending": "info",
    "sent": "good",
    "failed": "bad",
    "given_up": "bad",
}
Status = PurchaseOrder.Status
WITH_SUPPLIER = frozenset({Status.SENT, Status.ACKNOWLEDGED, Status.PART_RECEIVED})
PAPERS_FROM = WITH_SUPPLIER | {Status.APPROVED, Status.RECEIVED}


@dataclass(frozen=True, slots=True)
class LineRow:
    """open_units: still awaited. is_short: the rest of it was closed."""

    line: PurchaseOrderLine
    name: str
    unit_cost: str
    cost: str
    reason: str
    state: SafeString
    open_units: int
    is_short: bool


@dataclass(frozen=True, slots=True)
class Steps:
    """What this person may do with the order as it stands."""

    decide: bool
    approve: str
    send: bool
    mark_sent: bool
    acknowledge: bool
    cancel: bool
    receive: bool
    close: bool
    papers: bool


@dataclass(frozen=True, slots=True)
class OrderPage:
    """What the page of a purchase order shows."""

    order: PurchaseOrder
    state: SafeString
    total: str
    cost_minor: int
    units: int
    n_lines: int
    rows: list[LineRow]
    lines: Page[PurchaseOrderLine]
    decisions: list[Decision]
    notices: Sequence[SafeString]
    facts: Sequence[tuple[str, str]]
    letter_url: str
    can: Steps
    delivery_key: str
    scan: Scan

    @property
    def number(self) -> str:
        return self.order.number


def read_order_page(
    request: HttpRequest, order: Any, *, may_approve: bool, may_receive: bool
) -> OrderPage:
    """order: with totals."""
    lines = order.lines.select_related("sku__product", "model_version").order_by("sku__code")
    asked = request.GET.get("q", "").strip()[:64]
    if asked:
        lines = lines.filter(sku__code__icontains=asked)
    scan = read_scan(request)
    if scan.sku is not None:
        # Only what was scanned is on the page, so only that is booked with it.
        lines = lines.filter(sku=scan.sku)
    page = Paginator(lines, LINES_PER_PAGE).get_page(request.GET.get("p", "1")[:9])
    letter = letter_of(order)
    notices = []
    if letter is not None:
        shown = _("letter: %(state)s") % {"state": letter.get_state_display()}
        notices.append(chip(letter.state, shown, LETTER_TONES))
    if order.status == Status.DRAFT and order.first_approved_by is not None:
        said = _("%(person)s approved; a second person is needed.")
        notices.append(chip("warn", said % {"person": order.first_approved_by}, {"warn": "warn"}))
    if order.is_approved_automatically:
        notices.append(chip("info", _("approved by the shop"), {"info": "info"}))
    if (
        order.status in WITH_SUPPLIER
        and order.expected_on is not None
        and order.expected_on < timezone.localdate()
    ):
        notices.append(chip("late", _("late"), {"late": "bad"}))
    return OrderPage(
        order=order,
        state=chip(order.status, order.get_status_display(), STATUS_TONES),
        total=format_money(order.cost_minor, order.currency),
        cost_minor=order.cost_minor,
        units=order.n_units,
        n_lines=order.n_lines,
        rows=[_row(order, line) for line in page],
        lines=page,
        decisions=decisions_on(order),
        notices=notices,
        facts=_facts(order),
        letter_url=(
            reverse("admin:outbox_email_change", args=[letter.pk])
            if letter is not None and request.user.has_perm("outbox.view_email")
            else ""
        ),
        can=_steps(request, order, may_approve=may_approve, may_receive=may_receive),
        # The same form sent twice is the same delivery.
        delivery_key=uuid4().hex,
        scan=scan,
    )


def _steps(request: HttpRequest, order: Any, *, may_approve: bool, may_receive: bool) -> Steps:
    status = order.status
    is_draft = status == Status.DRAFT
    approve = ""
    if may_approve and is_draft:
        approve = _("Approve the order")
        if needs_second_person(cost_minor=order.cost_minor, currency=order.currency):
            first = order.first_approved_by_id
            approve = _("Approve as the first of two") if first is None else ""
            if first is not None and first != request.user.pk:
                approve = _("Approve as the second person")
    has_address = bool(order.supplier.email)
    return Steps(
        decide=may_approve and is_draft,
        approve=approve,
        send=may_approve and status == Status.APPROVED and has_address,
        mark_sent=may_approve and status == Status.APPROVED,
        acknowledge=may_approve and status in WITH_SUPPLIER,
        cancel=may_approve
        and status in {Status.DRAFT, Status.APPROVED, Status.SENT, Status.ACKNOWLEDGED},
        receive=may_receive and status in WITH_SUPPLIER,
        close=may_receive and status == Status.PART_RECEIVED,
        papers=status in PAPERS_FROM,
    )


def _facts(order: PurchaseOrder) -> list[tuple[str, str]]:
    """Of what is said only once it is known."""
    facts = []
    if order.supplier_reference:
        facts.append((_("supplier's reference"), order.supplier_reference))
    if not order.supplier.email:
        facts.append((_("email address"), _("none: send it by hand")))
    return facts


def _row(order: PurchaseOrder, line: PurchaseOrderLine) -> LineRow:
    is_awaited = line.status != Proposal.ReviewStatus.REJECTED and line.closed_at is None
    return LineRow(
        line=line,
        name=line.sku.product.name,
        unit_cost=format_money(line.unit_cost_minor, order.currency),
        cost=format_money(line.unit_cost_minor * line.quantity, order.currency),
        reason=line_reason(line.explanation.get("facts", {})),
        state=chip(line.status, line.get_status_display(), REVIEW_TONES),
        open_units=max(0, line.quantity - line.quantity_received) if is_awaited else 0,
        is_short=line.closed_at is not None,
    )
