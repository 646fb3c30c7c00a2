"""Purchase orders and forecasts for integrations."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
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
from inventory.models import DemandForecast, GoodsReceipt, PurchaseOrder, PurchaseOrderLine
from inventory.services import purchasing
from inventory.services.purchasing import Arrival

MAX_UNITS = 1_000_000
READ = Access(scopes.PURCHASING_READ, "inventory.view_purchaseorder")
APPROVE = Access(scopes.PURCHASING_WRITE, "inventory.approve_purchaseorder")
RECEIVE = Access(scopes.PURCHASING_WRITE, "inventory.receive_purchaseorder")


class PurchaseOrderSerializer(serializers.ModelSerializer[PurchaseOrder]):
    supplier = serializers.CharField(source="supplier.code")
    warehouse = serializers.CharField(source="warehouse.code")
    n_lines = serializers.IntegerField(help_text="Lines that nobody rejected.")
    n_units = serializers.IntegerField()
    cost_minor = serializers.IntegerField()

    class Meta:
        model = PurchaseOrder
        fields: ClassVar[tuple[str, ...]] = (
            "number",
            "supplier",
            "warehouse",
            "status",
            "currency",
            "n_lines",
            "n_units",
            "cost_minor",
            "drafted_as_of",
            "approved_at",
            "is_approved_automatically",
            "sent_at",
            "acknowledged_at",
            "supplier_reference",
            "expected_on",
            "closed_at",
            "created_at",
        )


class PurchaseOrderLineSerializer(serializers.ModelSerializer[PurchaseOrderLine]):
    sku = serializers.CharField(source="sku.code")
    explanation = serializers.DictField(help_text="Every number that led to the quantity.")

    class Meta:
        model = PurchaseOrderLine
        fields = (
            "id",
            "sku",
            "status",
            "quantity_proposed",
            "quantity",
            "quantity_received",
            "closed_at",
            "unit_cost_minor",
            "explanation",
        )


class PurchaseOrderDetailSerializer(PurchaseOrderSerializer):
    lines = PurchaseOrderLineSerializer(many=True)
    awaits_second_person = serializers.SerializerMethodField(
        help_text="Approved by one person; another one is needed."
    )

    class Meta(PurchaseOrderSerializer.Meta):
        fields = (*PurchaseOrderSerializer.Meta.fields, "awaits_second_person", "note", "lines")

    def get_awaits_second_person(self, order: PurchaseOrder) -> bool:
        is_draft = order.status == PurchaseOrder.Status.DRAFT
        return is_draft and order.first_approved_by_id is not None


class PurchaseOrderFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=PurchaseOrder.Status.choices)
    supplier = django_filters.CharFilter(field_name="supplier__code", max_length=40)

    class Meta:
        model = PurchaseOrder
        fields: ClassVar[list[str]] = []


class ReasonSerializer(StrictSerializer):
    reason = serializers.CharField(
        max_length=500, required=False, allow_blank=True, default="", help_text="For the log."
    )


class ApprovalSerializer(ReasonSerializer):
    seen_cost_minor = UnitsField(
        min_value=0,
        max_value=10**15,
        required=False,
        allow_null=True,
        default=None,
        help_text="Nothing is approved that has another cost by now.",
    )


class SendingSerializer(StrictSerializer):
    by = serializers.ChoiceField(
        choices=["email", "hand"],
        required=False,
        default="email",
        help_text="hand: it was brought to the supplier already, and is marked as sent.",
    )


class AcknowledgementSerializer(StrictSerializer):
    reference = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="The supplier's own."
    )
    promised_on = serializers.DateField(required=False, allow_null=True, default=None)


class ClosingSerializer(ReasonSerializer):
    line = serializers.IntegerField(
        min_value=1,
        max_value=2**53,
        required=False,
        allow_null=True,
        default=None,
        help_text="Left out: all that is still awaited.",
    )


class ArrivalSerializer(StrictSerializer):
    line = serializers.IntegerField(min_value=1, max_value=2**53)
    accepted = UnitsField(min_value=0, max_value=MAX_UNITS)
    damaged = UnitsField(min_value=0, max_value=MAX_UNITS, required=False, default=0)
    unit_cost_minor = UnitsField(min_value=0, max_value=10**12, required=False, allow_null=True)
    batch = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    expires_on = serializers.DateField(required=False, allow_null=True, default=None)


class ReceiptSerializer(StrictSerializer):
    reference = serializers.CharField(
        max_length=80, required=False, allow_blank=True, default="", help_text="Delivery note."
    )
    takes_surplus = serializers.BooleanField(
        required=False,
        default=False,
        help_text="Keep what came beyond the order, up to half as much again or one pack.",
    )
    lines = ArrivalSerializer(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]


class GoodsReceiptSerializer(serializers.ModelSerializer[GoodsReceipt]):
    order = serializers.CharField(source="order.number")
    status = serializers.ChoiceField(
        source="order.status",
        choices=PurchaseOrder.Status.choices,
        help_text="Of the purchase order.",
    )

    class Meta:
        model = GoodsReceipt
        fields = ("id", "order", "reference", "received_at", "status")


class DemandForecastSerializer(serializers.ModelSerializer[DemandForecast]):
    sku = serializers.CharField(source="sku.code")
    warehouse = serializers.CharField(source="warehouse.code")
    model_version = serializers.CharField(
        allow_null=True, help_text="Null where nothing was published yet: the baseline."
    )
    daily_units = serializers.ListField(child=serializers.FloatField())
    lower_units = serializers.ListField(
        child=serializers.FloatField(), help_text="Tenth percentile per day."
    )
    upper_units = serializers.ListField(
        child=serializers.FloatField(), help_text="Ninetieth percentile per day."
    )
    lead_time_quantiles = serializers.DictField(
        child=serializers.FloatField(), help_text="Demand over lead time and review, by quantile."
    )

    class Meta:
        model = DemandForecast
        fields = (
            "sku",
            "warehouse",
            "as_of",
            "horizon_days",
            "units",
            "daily_units",
            "lower_units",
            "upper_units",
            "cover_days",
            "lead_time_quantiles",
            "model_version",
        )


class DemandForecastFilter(django_filters.FilterSet):
    sku = django_filters.CharFilter(field_name="sku__code", max_length=64)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=40)

    class Meta:
        model = DemandForecast
        fields: ClassVar[list[str]] = []


@extend_schema_view(get=extend_schema(operation_id="purchase_orders_list", tags=["purchasing"]))
class PurchaseOrderList(ListEndpoint):
    """Orders to suppliers, drafts of the machine among them."""

    access: ClassVar[Mapping[str, Access]] = {"GET": READ}
    serializer_class = PurchaseOrderSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = PurchaseOrderFilter
    queryset = PurchaseOrder.objects.with_totals().select_related("supplier", "warehouse")


class PurchaseOrderDetail(Endpoint):
    """One order to a supplier with its lines and their reasons."""

    access: ClassVar[Mapping[str, Access]] = {"GET": READ}

    @extend_schema(
        operation_id="purchase_orders_read",
        responses=PurchaseOrderDetailSerializer,
        tags=["purchasing"],
    )
    def get(self, request: Request, number: str) -> Response:
        return Response(PurchaseOrderDetailSerializer(_find(number)).data)


class PurchaseOrderApproval(Endpoint):
    """Agree to order every line that nobody rejected."""

    access: ClassVar[Mapping[str, Access]] = {"POST": APPROVE}

    @extend_schema(
        operation_id="purchase_orders_approve",
        request=ApprovalSerializer,
        responses=PurchaseOrderDetailSerializer,
        tags=["purchasing"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, ApprovalSerializer)
        purchasing.approve_purchase_order(
            _find(number),
            user=account_of(request),
            reason=sent["reason"],
            seen_cost_minor=sent["seen_cost_minor"],
        )
        return Response(PurchaseOrderDetailSerializer(_find(number)).data)


class PurchaseOrderSending(Endpoint):
    """Send an approved order to its supplier: by letter, or as one that was brought there."""

    access: ClassVar[Mapping[str, Access]] = {"POST": APPROVE}

    @extend_schema(
        operation_id="purchase_orders_send",
        request=SendingSerializer,
        responses=PurchaseOrderDetailSerializer,
        tags=["purchasing"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, SendingSerializer)
        send = purchasing.send_by_email if sent["by"] == "email" else purchasing.send_purchase_order
        send(_find(number), user=account_of(request))
        return Response(PurchaseOrderDetailSerializer(_find(number)).data)


class PurchaseOrderAcknowledgement(Endpoint):
    """Note what the supplier confirmed; may be done again when he promises another day."""

    access: ClassVar[Mapping[str, Access]] = {"POST": APPROVE}

    @extend_schema(
        operation_id="purchase_orders_acknowledge",
        request=AcknowledgementSerializer,
        responses=PurchaseOrderDetailSerializer,
        tags=["purchasing"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, AcknowledgementSerializer)
        purchasing.acknowledge_purchase_order(
            _find(number),
            user=account_of(request),
            reference=sent["reference"],
            promised_on=sent["promised_on"],
        )
        return Response(PurchaseOrderDetailSerializer(_find(number)).data)


class PurchaseOrderCancellation(Endpoint):
    """Call a whole order off before anything came; a supplier who has it by letter is told."""

    access: ClassVar[Mapping[str, Access]] = {"POST": APPROVE}

    @extend_schema(
        operation_id="purchase_orders_cancel",
        request=ReasonSerializer,
        responses=PurchaseOrderDetailSerializer,
        tags=["purchasing"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, ReasonSerializer)
        purchasing.cancel_purchase_order(
            _find(number), user=account_of(request), reason=sent["reason"]
        )
        return Response(PurchaseOrderDetailSerializer(_find(number)).data)


class PurchaseOrderClosing(Endpoint):
    """Say that what is missing will never come: of one line, or of the whole order."""

    access: ClassVar[Mapping[str, Access]] = {"POST": RECEIVE}

    @extend_schema(
        operation_id="purchase_orders_close",
        request=ClosingSerializer,
        responses=PurchaseOrderDetailSerializer,
        tags=["purchasing"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, ClosingSerializer)
        order, user = _find(number), account_of(request)
        if sent["line"] is None:
            purchasing.close_rest(order, user=user, reason=sent["reason"])
        else:
            line = get_object_or_404(order.lines.select_related("order"), pk=sent["line"])
            purchasing.close_line(line, user=user, reason=sent["reason"])
        return Response(PurchaseOrderDetailSerializer(_find(number)).data)


class GoodsReceiptList(Endpoint):
    """Book a delivery into stock. Damaged units count as delivered and do not enter it."""

    access: ClassVar[Mapping[str, Access]] = {"POST": RECEIVE}

    @extend_schema(
        operation_id="purchase_orders_receive",
        request=ReceiptSerializer,
        responses={201: GoodsReceiptSerializer},
        tags=["purchasing"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, ReceiptSerializer)
        order = _find(number)
        keys = {line.pk for line in order.lines.all()}
        named = [row["line"] for row in sent["lines"]]
        if len(set(named)) < len(named) or not keys.issuperset(named):
            raise ValidationError({"lines": [_("Each is a line of this order, named once.")]})
        receipt = purchasing.receive_goods(
            order,
            arrivals=[
                Arrival(
                    line_id=row["line"],
                    accepted=row["accepted"],
                    damaged=row["damaged"],
                    unit_cost_minor=row.get("unit_cost_minor"),
                    batch=row["batch"],
                    expires_on=row["expires_on"],
                )
                for row in sent["lines"]
            ],
            key=service_key(request),
            reference=sent["reference"],
            takes_surplus=sent["takes_surplus"],
            user=account_of(request),
        )
        return Response(GoodsReceiptSerializer(receipt).data, status=201)


@extend_schema_view(get=extend_schema(operation_id="forecasts_list", tags=["forecasts"]))
class DemandForecastList(ListEndpoint):
    """Expected demand, one forecast in force for each SKU."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.FORECASTS_READ, "inventory.view_demandforecast")
    }
    serializer_class = DemandForecastSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = DemandForecastFilter
    queryset = DemandForecast.objects.in_force().select_related("sku", "warehouse", "model_version")


def _find(number: str) -> Any:
    orders = PurchaseOrder.objects.with_totals().select_related("supplier", "warehouse")
    return get_object_or_404(orders.prefetch_related("lines__sku"), number=number)
