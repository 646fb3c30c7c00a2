"""What the shop proposes to order: one open draft per supplier and warehouse, reasons included.

A draft follows the forecast until a person decides on a line; from then on that line is theirs.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from django.db import transaction
from django.db.models import Sum

from inventory.models import PurchaseOrder, PurchaseOrderLine, Supplier, Warehouse
from inventory.services.line_reasons import Need
from inventory.services.needs import find_needs
from learning.bulk import insert_columns
from learning.decisions import record_decision, record_decisions
from learning.models import Decision, Proposal


@dataclass(frozen=True, slots=True)
class DraftingReport:
    """What a run left behind: open drafts of the machine, and how much of them it changed."""

    orders: int
    lines: int
    units: int
    lines_added: int
    lines_changed: int
    lines_withdrawn: int


class _Line(NamedTuple):
    id: int
    order_id: int
    sku_id: int
    quantity_proposed: int | None
    quantity: int
    unit_cost_minor: int
    forecast_id: int | None
    model_version_id: int | None
    status: str

    @property
    def is_ours(self) -> bool:
        return self.quantity_proposed is not None and self.status == Proposal.ReviewStatus.PROPOSED

    def says(self, need: Need) -> bool:
        """But for the reason."""
        return (
            self.quantity_proposed == need.quantity
            and self.unit_cost_minor == need.unit_cost_minor
            and self.forecast_id == need.forecast.id
        )


def draft_purchase_orders(*, as_of: date) -> DraftingReport:
    """Bring the open drafts in line with the forecasts in force; running twice changes nothing.

    Lines that a person decided on are left alone. Each draft is one short transaction.
    """
    by_draft: dict[tuple[int, int], list[Need]] = defaultdict(list)
    for need in find_needs(as_of=as_of):
        by_draft[need.offer.supplier_id, need.warehouse_id].append(need)
    open_drafts = PurchaseOrder.objects.drafts()
    places = set(by_draft) | set(open_drafts.values_list("supplier_id", "warehouse_id"))
    suppliers = Supplier.objects.in_bulk({supplier_id for supplier_id, _warehouse in places})
    warehouses = Warehouse.objects.in_bulk({warehouse_id for _supplier, warehouse_id in places})
    added = changed = withdrawn = 0
    for place in sorted(places):
        counts = _draft(
            suppliers[place[0]], warehouses[place[1]], by_draft.get(place, []), as_of=as_of
        )
        added, changed, withdrawn = (
            added + counts[0],
            changed + counts[1],
            withdrawn + counts[2],
        )
    lines = PurchaseOrderLine.objects.wanted().filter(
        order__in=open_drafts, quantity_proposed__isnull=False
    )
    return DraftingReport(
        orders=open_drafts.count(),
        lines=lines.count(),
        units=lines.aggregate(units=Sum("quantity"))["units"] or 0,
        lines_added=added,
        lines_changed=changed,
        lines_withdrawn=withdrawn,
    )


@transaction.atomic
def _draft(
    supplier: Supplier, warehouse: Warehouse, needs: Sequence[Need], *, as_of: date
) -> tuple[int, int, int]:
    """Lines added, changed and withdrawn in the supplier's open draft."""
    order = _open_draft(supplier, warehouse, is_needed=bool(needs), as_of=as_of)
    if order is None:
        return 0, 0, 0
    # Locked: whoever decides on a line meanwhile waits, and then decides on what it has become.
    lines = {
        line.sku_id: line
        for line in map(
            _Line._make,
            order.lines.select_for_update().order_by("pk").values_list(*_Line._fields),
        )
    }
    wanted = {need.sku_id: need for need in needs}
    added = [need for need in needs if need.sku_id not in lines]
    changed = _changed(lines, needs)
    unneeded = [line for line in lines.values() if line.is_ours and line.sku_id not in wanted]
    _write(order, added)
    _write(order, changed, is_there=True)
    _log_proposed(order, [*added, *changed])
    _withdraw(order, unneeded)
    if added or changed or unneeded:
        order.drafted_as_of = as_of
        order.save(update_fields=["drafted_as_of", "updated_at"])
    if not order.lines.exists() and order.created_by_id is None:
        order.status = PurchaseOrder.Status.CANCELLED
        order.save(update_fields=["status", "updated_at"])
        record_decision(
            action=Decision.Action.CANCEL,
            subject=order,
            done={"status": order.status},
            reason="not needed any more",
        )
    return len(added), len(changed), len(unneeded)


def _open_draft(
    supplier: Supplier, warehouse: Warehouse, *, is_needed: bool, as_of: date
) -> PurchaseOrder | None:
    """The supplier's draft, locked where the database can; made when there is none and a need."""
    drafts = PurchaseOrder.objects.drafts().filter(supplier=supplier, warehouse=warehouse)
    if is_needed:
        # Of two runs that find none, one makes it and the other takes it.
        drafts.get_or_create(
            supplier=supplier,
            warehouse=warehouse,
            status=PurchaseOrder.Status.DRAFT,
            defaults={
                "number": _free_number(supplier, as_of),
                "currency": supplier.currency,
                "drafted_as_of": as_of,
            },
        )
    return drafts.select_for_update().first()


def _free_number(supplier: Supplier, as_of: date) -> str:
    stem = f"PO-{as_of:%Y%m%d}-{supplier.pk}"
    taken = set(
        PurchaseOrder.objects.filter(number__startswith=stem).values_list("number", flat=True)
    )
    number, attempt = stem, 1
    while number in taken:
        attempt += 1
        number = f"{stem}-{attempt}"
    return number


def _changed(lines: Mapping[int, _Line], needs: Sequence[Need]) -> list[Need]:
    """Needs whose line is the machine's and says something else."""
    ours = [
        (line, need)
        for need in needs
        if (line := lines.get(need.sku_id)) is not None and line.is_ours
    ]
    alike = [line.id for line, need in ours if line.says(need)]
    # After a new forecast every line is another: then no reason has to be read.
    reasons = (
        dict(
            PurchaseOrderLine.objects.filter(order_id=ours[0][0].order_id).values_list(
                "pk", "explanation"
            )
        )
        if alike
        else {}
    )
    return [
        need
        for line, need in ours
        if not line.says(need) or reasons.get(line.id) != need.explanation
    ]


def _write(order: PurchaseOrder, needs: Sequence[Need], *, is_there: bool = False) -> None:
    if not needs:
        return
    insert_columns(
        PurchaseOrderLine,
        {
            "order_id": [order.pk] * len(needs),
            "sku_id": [need.sku_id for need in needs],
            "offer_id": [need.offer.id for need in needs],
            "forecast_id": [need.forecast.id for need in needs],
            "quantity_proposed": [need.quantity for need in needs],
            "quantity": [need.quantity for need in needs],
            "unit_cost_minor": [need.unit_cost_minor for need in needs],
            "model_version_id": [need.forecast.model_version_id for need in needs],
            "confidence": [need.forecast.confidence for need in needs],
            "explanation": [json.dumps(need.explanation) for need in needs],
        },
        unique_on=["order_id", "sku_id"] if is_there else (),
        # A new line is undecided: one that was decided on meanwhile is left alone.
        if_still=["status"] if is_there else (),
    )


def _log_proposed(order: PurchaseOrder, needs: Sequence[Need]) -> None:
    if not needs:
        return
    keys = dict(order.lines.values_list("sku_id", "pk"))
    record_decisions(
        action=Decision.Action.PROPOSE,
        model=PurchaseOrderLine,
        subject_ids=[keys[need.sku_id] for need in needs],
        labels=[
            PurchaseOrderLine.label(order, need.quantity, need.offer.sku_code) for need in needs
        ],
        version_ids=[need.forecast.model_version_id for need in needs],
        proposed=[
            {"quantity": need.quantity, "unit_cost_minor": need.unit_cost_minor} for need in needs
        ],
        reason="forecast",
    )


def _withdraw(order: PurchaseOrder, lines: Sequence[_Line]) -> None:
    if not lines:
        return
    codes = dict(order.lines.values_list("sku_id", "sku__code"))
    record_decisions(
        action=Decision.Action.SUPERSEDE,
        model=PurchaseOrderLine,
        subject_ids=[line.id for line in lines],
        labels=[
            PurchaseOrderLine.label(order, line.quantity, codes[line.sku_id]) for line in lines
        ],
        version_ids=[line.model_version_id for line in lines],
        proposed=[
            {"quantity": line.quantity, "unit_cost_minor": line.unit_cost_minor} for line in lines
        ],
        reason="not needed any more",
    )
    PurchaseOrderLine.objects.filter(
        pk__in=[line.id for line in lines], status=Proposal.ReviewStatus.PROPOSED
    ).delete()
