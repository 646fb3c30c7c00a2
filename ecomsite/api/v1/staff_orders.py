"""Orders of all customers for staff and integrations: read, ship, refund."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

import django_filters
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ecomsite.api import scopes
from ecomsite.api.access import Access
from ecomsite.api.endpoints import (
    Endpoint,
    ListEndpoint,
    account_of,
    idempotent,
    service_key,
)
from ecomsite.api.parsing import StrictSerializer, UnitsField, read_body
from ecomsite.api.v1 import order_shapes as shapes
from orders.models import Order
from orders.services import fulfilment, staff_steps

READ = Access(scopes.ORDERS_READ, "orders.view_order")
MAX_UNITS = 100_000
# Days beyond these are no days of orders, and not every database can reckon with them.
_DAYS = [MinValueValidator(date(1990, 1, 1)), MaxValueValidator(date(2200, 1, 1))]


class OrderFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=Order.Status.choices)
    email = django_filters.CharFilter(field_name="email", lookup_expr="iexact", max_length=254)
    to_ship = django_filters.ChoiceFilter(
        choices=[("1", "1")], method="only_to_ship", label="Only what is to be sent."
    )
    placed_from = django_filters.DateFilter(
        method="placed_on_or_after", validators=_DAYS, label="First day, UTC."
    )
    placed_until = django_filters.DateFilter(
        method="placed_on_or_before", validators=_DAYS, label="Last day, UTC."
    )

    class Meta:
        model = Order
        fields: ClassVar[list[str]] = []

    def only_to_ship(self, orders: QuerySet[Order], _name: str, _value: str) -> Any:
        return orders & Order.objects.to_ship()

    def placed_on_or_after(self, orders: QuerySet[Order], _name: str, day: date) -> Any:
        return orders.filter(placed_at__gte=_midnight(day))

    def placed_on_or_before(self, orders: QuerySet[Order], _name: str, day: date) -> Any:
        return orders.filter(placed_at__lt=_midnight(day + timedelta(days=1)))


class ShippedLineSerializer(StrictSerializer):
    line = serializers.IntegerField(min_value=1, max_value=2**53)
    quantity = UnitsField(min_value=1, max_value=MAX_UNITS)


class ShippingSerializer(StrictSerializer):
    carrier = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    tracking_number = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default=""
    )
    lines = ShippedLineSerializer(  # type: ignore[call-arg]  # of the list
        many=True,
        required=False,
        allow_empty=False,
        max_length=500,
        help_text="All that is still to be sent where it is left out.",
    )


class RefundingSerializer(StrictSerializer):
    amount_minor = UnitsField(min_value=1, max_value=10**12)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


@extend_schema_view(
    get=extend_schema(operation_id="staff_orders_list", tags=["orders of all customers"])
)
class StaffOrderList(ListEndpoint):
    """Orders of all customers."""

    access: ClassVar[Mapping[str, Access]] = {"GET": READ}
    serializer_class = shapes.StaffOrderSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = OrderFilter
    queryset = Order.objects.all()


class StaffOrderDetail(Endpoint):
    """One order with its lines, shipments and payments."""

    access: ClassVar[Mapping[str, Access]] = {"GET": READ}

    @extend_schema(
        operation_id="staff_orders_read",
        responses=shapes.StaffOrderDetailSerializer,
        tags=["orders of all customers"],
    )
    def get(self, request: Request, number: str) -> Response:
        orders = shapes.in_full(Order.objects.all()).prefetch_related("payments")
        order = get_object_or_404(orders, number=number)
        return Response(shapes.StaffOrderDetailSerializer(order).data)


class StaffShipmentList(Endpoint):
    """Send a parcel: takes the units out of stock and writes to the customer."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.ORDERS_WRITE, "orders.ship_order")
    }

    @extend_schema(
        operation_id="staff_orders_ship",
        request=ShippingSerializer,
        responses={201: shapes.ShipmentSerializer},
        tags=["orders of all customers"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, ShippingSerializer)
        order = get_object_or_404(Order.objects.all(), number=number)
        shipment = fulfilment.ship_order(
            order=order,
            key=service_key(request),
            quantities=_quantities(order, sent.get("lines")),
            carrier=sent["carrier"],
            tracking_number=sent["tracking_number"],
            user=account_of(request),
        )
        return Response(shapes.ShipmentSerializer(shipment).data, status=201)


class StaffRefundList(Endpoint):
    """Pay a part of the money back without goods coming back; a job sends it."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.ORDERS_WRITE, "orders.refund_order")
    }

    @extend_schema(
        operation_id="staff_orders_refund",
        request=RefundingSerializer,
        responses={201: shapes.PromisedRefundSerializer},
        tags=["orders of all customers"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, RefundingSerializer)
        refund = staff_steps.refund_part(
            order=get_object_or_404(Order.objects.all(), number=number),
            amount_minor=sent["amount_minor"],
            reason=sent["reason"],
            key=service_key(request),
            user=account_of(request),
        )
        told = {**shapes.RefundSerializer(refund).data, "requested_minor": sent["amount_minor"]}
        return Response(told, status=201)


def _quantities(order: Order, lines: Any) -> dict[int, int] | None:
    if lines is None:
        return None
    wanted = {row["line"]: row["quantity"] for row in lines}
    known = set(order.lines.values_list("pk", flat=True))
    if len(wanted) < len(lines) or not known.issuperset(wanted):
        raise ValidationError({"lines": [_("Each is a line of this order, named once.")]})
    return wanted


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
