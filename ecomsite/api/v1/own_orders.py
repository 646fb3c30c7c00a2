"""Orders of whoever is asking: placed, read, cancelled, sent back."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from customers.services.addresses import AddressDetails
from ecomsite.api import scopes
from ecomsite.api.access import Access
from ecomsite.api.endpoints import (
    Endpoint,
    ListEndpoint,
    account_of,
    cart_token_of,
    idempotent,
    person_of,
    service_key,
)
from ecomsite.api.parsing import StrictSerializer, UnitsField, read_body
from ecomsite.api.services import ordering
from ecomsite.api.v1 import order_shapes as shapes
from ecomsite.api.v1.cart import CART_TOKEN, SHOPPER
from orders.errors import NotAllowedNowError
from orders.models import Order, Payment, ReturnLine
from orders.services import fulfilment, returns
from orders.services.returns import ReturnItem

CUSTOMER = Access(scopes.SHOP)
MAX_UNITS = 100_000


class AddressSerializer(StrictSerializer):
    recipient = serializers.CharField(max_length=120)
    line = serializers.CharField(max_length=255, help_text="Street and number.")
    city = serializers.CharField(max_length=120)
    country = serializers.RegexField(r"^[A-Z]{2}$", help_text="Two letters.")
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    region = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    postal_code = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")


class OrderingSerializer(StrictSerializer):
    email = serializers.EmailField(max_length=254)
    address = AddressSerializer()
    shipping_method = UnitsField(min_value=1, max_value=10**9, help_text="`id` of the quote.")
    payment_method = serializers.CharField(max_length=30, help_text="`code` of the quote.")
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    seen_total_minor = UnitsField(
        min_value=0,
        max_value=10**15,
        help_text="`total_minor` of the quote; another total is refused with `price_changed`.",
    )


class BegunPaymentSerializer(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Payment.State.choices)
    forward_url = serializers.CharField(
        allow_blank=True, help_text="Where the customer pays; empty where nothing is to be done."
    )


class PlacedOrderSerializer(shapes.OrderDetailSerializer):
    payment = BegunPaymentSerializer(
        allow_null=True, help_text="Null where the payment could not begin: the order stands."
    )

    class Meta(shapes.OrderDetailSerializer.Meta):
        fields = (*shapes.OrderDetailSerializer.Meta.fields, "payment")


class ReturnItemSerializer(StrictSerializer):
    line = serializers.IntegerField(min_value=1, max_value=2**53)
    quantity = UnitsField(min_value=1, max_value=MAX_UNITS)
    reason = serializers.ChoiceField(choices=ReturnLine.Reason.choices)


class ReturningSerializer(StrictSerializer):
    items = ReturnItemSerializer(many=True, allow_empty=False, max_length=200)  # type: ignore[call-arg]  # of the list
    note = serializers.CharField(max_length=250, required=False, allow_blank=True, default="")


@extend_schema_view(get=extend_schema(operation_id="orders_list", tags=["orders"]))
class OwnOrderList(ListEndpoint):
    """Orders of the customer; a POST orders what is in the cart."""

    access: ClassVar[Mapping[str, Access]] = {"GET": CUSTOMER, "POST": SHOPPER}
    serializer_class = shapes.OrderSerializer
    queryset = Order.objects.none()
    write_throttle_scope = "api-orders"

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return Order.objects.for_customer(account_of(self.request))

    @extend_schema(
        operation_id="orders_place",
        parameters=[CART_TOKEN],
        request=OrderingSerializer,
        responses={201: PlacedOrderSerializer},
        tags=["orders"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request) -> Response:
        sent = read_body(request, OrderingSerializer)
        order = ordering.order_cart(
            customer=person_of(request),
            token=cart_token_of(request),
            key=service_key(request),
            email=sent["email"],
            language=get_language() or "",
            address=AddressDetails(**sent["address"]),
            shipping_method_id=sent["shipping_method"],
            provider=sent["payment_method"],
            note=sent["note"],
            seen_total_minor=sent["seen_total_minor"],
        )
        payment = ordering.begin_payment(order=order, provider=sent["payment_method"])
        told = shapes.OrderDetailSerializer(_own_order(request, order.number)).data
        begun = payment and {
            "state": payment.state,
            "forward_url": str(payment.next_step.get("url", "")),
        }
        return Response({**told, "payment": begun}, status=201)


class OwnOrderDetail(Endpoint):
    """One order of the customer, or what became of a guest's cart. Another's is not there."""

    access: ClassVar[Mapping[str, Access]] = {"GET": SHOPPER}

    @extend_schema(
        operation_id="orders_read",
        parameters=[CART_TOKEN],
        responses=shapes.OrderDetailSerializer,
        tags=["orders"],
    )
    def get(self, request: Request, number: str) -> Response:
        return Response(shapes.OrderDetailSerializer(_own_order(request, number)).data)


class OwnOrderCancellation(Endpoint):
    """Cancel before anything was sent; what was paid comes back."""

    access: ClassVar[Mapping[str, Access]] = {"POST": SHOPPER}

    @extend_schema(
        operation_id="orders_cancel",
        parameters=[CART_TOKEN],
        request=None,
        responses=shapes.OrderDetailSerializer,
        tags=["orders"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        order = _own_order(request, number)
        if Order.Status.CANCELLED not in fulfilment.TRANSITIONS[order.status]:
            # Staff may cancel what is left of an order that was sent in part; customers ask them.
            raise NotAllowedNowError(
                order.number,
                status=order.get_status_display(),
                step=str(Order.Status.CANCELLED.label),
            )
        fulfilment.cancel_order(
            order=order, user=person_of(request), reason=_("cancelled by the customer")
        )
        return Response(shapes.OrderDetailSerializer(_own_order(request, number)).data)


class OwnReturnList(Endpoint):
    """Returns of one order; a POST asks to bring units back."""

    access: ClassVar[Mapping[str, Access]] = {"GET": SHOPPER, "POST": SHOPPER}

    @extend_schema(
        operation_id="returns_list",
        parameters=[CART_TOKEN],
        responses=shapes.ReturnRequestSerializer(many=True),
        tags=["orders"],
    )
    def get(self, request: Request, number: str) -> Response:
        order = _own_order(request, number)
        rows = order.returns.select_related("order").prefetch_related("lines").order_by("-pk")
        return Response(shapes.ReturnRequestSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="returns_ask",
        parameters=[CART_TOKEN],
        request=ReturningSerializer,
        responses={201: shapes.ReturnRequestSerializer},
        tags=["orders"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, ReturningSerializer)
        asked = returns.request_return(
            order=_own_order(request, number),
            items=[
                ReturnItem(row["line"], row["quantity"], row["reason"]) for row in sent["items"]
            ],
            key=service_key(request),
            note=sent["note"],
            user=person_of(request),
        )
        return Response(shapes.ReturnRequestSerializer(asked).data, status=201)


def _own_order(request: Request, number: str) -> Order:
    own = ordering.orders_of(customer=person_of(request), token=cart_token_of(request))
    order: Order = get_object_or_404(shapes.in_full(own), number=number)
    return order
