"""Papers for the warehouse: what to fetch for several orders, and what goes into each parcel."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from orders.models import Order

MOST_ORDERS = 100


@dataclass(slots=True)
class Pick:
    """Units of one SKU, and for which orders they are."""

    code: str
    name: str
    units: int = 0
    orders: list[tuple[str, int]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Slip:
    order: Order
    address: Sequence[str]
    phone: str
    lines: Sequence[tuple[str, str, int]]


def urls(page: Any) -> list[URLPattern]:
    """Addresses of the papers, behind the login of the back office."""

    def guarded(view: Any) -> Any:
        def checked(request: HttpRequest) -> HttpResponse:
            if not (page.has_view_permission(request) and page.has_ship_permission(request)):
                raise PermissionDenied
            answer: HttpResponse = view(request)
            return answer

        return page.admin_site.admin_view(checked)

    return [
        path("pick-list/", guarded(pick_list), name="orders_order_pick_list"),
        path("packing-slips/", guarded(packing_slips), name="orders_order_packing_slips"),
    ]


def pick_list(request: HttpRequest) -> HttpResponse:
    """By SKU, which is how the shelves are sorted."""
    orders = _chosen(request)
    picks: dict[str, Pick] = {}
    for order in orders:
        for line in order.lines.all():
            units = line.open_units
            if units:
                pick = picks.setdefault(line.sku_code, Pick(line.sku_code, line.name))
                pick.units += units
                pick.orders.append((order.number, units))
    return TemplateResponse(
        request,
        "orders/staff/pick_list.html",
        {
            "title": _("Pick list"),
            "picks": [picks[code] for code in sorted(picks)],
            "orders": orders,
            "printed_at": timezone.now(),
        },
    )


def packing_slips(request: HttpRequest) -> HttpResponse:
    """One page an order: where it goes and what is in it."""
    slips = []
    for order in _chosen(request):
        open_lines = [
            (
                line.sku_code,
                line.name,
                line.quantity - line.quantity_shipped - line.quantity_cancelled,
            )
            for line in order.lines.all()
        ]
        slips.append(
            Slip(
                order=order,
                address=order.address_lines,
                phone=str((order.shipping_address or {}).get("phone", "")),
                lines=[line for line in open_lines if line[2]],
            )
        )
    return TemplateResponse(
        request,
        "orders/staff/packing_slips.html",
        {"title": _("Packing slips"), "slips": [slip for slip in slips if slip.lines]},
    )


def _chosen(request: HttpRequest) -> list[Order]:
    """Orders named in the address, else all that wait; the oldest first, a hundred at most."""
    waiting = Order.objects.to_ship()
    if named := request.GET.get("orders", ""):
        ids = [
            int(part)
            for part in named[:2000].split("-")
            if part.isascii() and part.isdecimal() and len(part) <= 12
        ]
        waiting = waiting.filter(pk__in=ids)
    return list(waiting.prefetch_related("lines").order_by("placed_at", "pk")[:MOST_ORDERS])
