"""Orders and returns as the API shows them, to their customer and to staff."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework import serializers

from orders.models import Order, OrderLine, Payment, Refund, ReturnLine, ReturnRequest, Shipment


class OrderLineSerializer(serializers.ModelSerializer[OrderLine]):
    sku = serializers.CharField(source="sku_code")

    class Meta:
        model = OrderLine
        fields = (
            "id",
            "sku",
            "name",
            "quantity",
            "quantity_shipped",
            "quantity_cancelled",
            "quantity_returned",
            "unit_price_minor",
            "discount_minor",
            "tax_minor",
            "tax_basis_points",
        )


class ShipmentSerializer(serializers.ModelSerializer[Shipment]):
    carrier_name = serializers.CharField(allow_blank=True)
    tracking_url = serializers.CharField(allow_blank=True)

    class Meta:
        model = Shipment
        fields = ("id", "carrier", "carrier_name", "tracking_number", "tracking_url", "shipped_at")


class OrderSerializer(serializers.ModelSerializer[Order]):
    class Meta:
        model = Order
        fields: ClassVar[tuple[str, ...]] = (
            "number",
            "status",
            "currency",
            "goods_minor",
            "shipping_minor",
            "discount_minor",
            "tax_minor",
            "tax_included_minor",
            "total_minor",
            "refunded_minor",
            "placed_at",
            "paid_at",
            "shipped_at",
            "cancelled_at",
        )


class OrderDetailSerializer(OrderSerializer):
    shipping_address = serializers.DictField()
    lines = OrderLineSerializer(many=True)
    shipments = ShipmentSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields = (
            *OrderSerializer.Meta.fields,
            "email",
            "language",
            "country",
            "note",
            "payment_provider",
            "payment_due_at",
            "shipping_address",
            "lines",
            "shipments",
        )


class StaffOrderSerializer(OrderSerializer):
    customer = serializers.IntegerField(
        source="customer_id", allow_null=True, help_text="Null for a guest."
    )

    class Meta(OrderSerializer.Meta):
        fields = (*OrderSerializer.Meta.fields, "email", "country", "customer")


class PaymentSerializer(serializers.ModelSerializer[Payment]):
    class Meta:
        model = Payment
        fields = (
            "id",
            "provider",
            "state",
            "amount_minor",
            "captured_minor",
            "refunded_minor",
            "created_at",
        )


class RefundSerializer(serializers.ModelSerializer[Refund]):
    class Meta:
        model = Refund
        fields = ("id", "state", "amount_minor", "reason", "created_at", "done_at")


class PromisedRefundSerializer(RefundSerializer):
    """The part of the newest payment; where that held too little, the others held the rest."""

    requested_minor = serializers.IntegerField(help_text="Of all parts together.")

    class Meta:
        model = Refund
        fields = (*RefundSerializer.Meta.fields, "requested_minor")


class StaffOrderDetailSerializer(OrderDetailSerializer):
    customer = serializers.IntegerField(source="customer_id", allow_null=True)
    payments = PaymentSerializer(many=True)

    class Meta(OrderDetailSerializer.Meta):
        fields = (*OrderDetailSerializer.Meta.fields, "customer", "payments")


class ReturnLineSerializer(serializers.ModelSerializer[ReturnLine]):
    line = serializers.IntegerField(source="line_id")

    class Meta:
        model = ReturnLine
        fields = ("line", "quantity", "reason")


class ReturnRequestSerializer(serializers.ModelSerializer[ReturnRequest]):
    order = serializers.CharField(source="order.number")
    note = serializers.CharField(source="reason", allow_blank=True)
    lines = ReturnLineSerializer(many=True)

    class Meta:
        model = ReturnRequest
        fields = (
            "id",
            "order",
            "status",
            "note",
            "answer",
            "requested_at",
            "received_at",
            "lines",
        )


def in_full(orders: QuerySet[Order]) -> Any:
    """With what the page of one order shows, in three statements."""
    return orders.prefetch_related("lines", "shipments")
