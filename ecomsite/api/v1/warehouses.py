"""Batches, transfers and counts, for scanners and programs of the warehouse."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ecomsite.api import scopes
from ecomsite.api.access import Access
from ecomsite.api.endpoints import Endpoint, ListEndpoint, account_of, idempotent
from ecomsite.api.parsing import StrictSerializer, UnitsField, read_body
from inventory.models import (
    StockBatch,
    StockCount,
    StockCountLine,
    StockTransfer,
    StockTransferLine,
    Warehouse,
)
from inventory.services import counting, scanning, transfers

MAX_UNITS = 1_000_000


class StockBatchSerializer(serializers.ModelSerializer[StockBatch]):
    sku = serializers.CharField(source="sku.code")
    warehouse = serializers.CharField(source="warehouse.code")

    class Meta:
        model = StockBatch
        fields = ("code", "sku", "warehouse", "expires_on", "on_hand", "created_at")


class StockBatchFilter(django_filters.FilterSet):
    sku = django_filters.CharFilter(field_name="sku__code", max_length=64)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=40)
    expires_until = django_filters.DateFilter(field_name="expires_on", lookup_expr="lte")
    lying = django_filters.ChoiceFilter(
        choices=[("1", "1")], method="only_lying", label="Only what has units on hand."
    )

    class Meta:
        model = StockBatch
        fields: ClassVar[list[str]] = []

    def only_lying(self, batches: QuerySet[StockBatch], _name: str, _value: str) -> Any:
        return batches.filter(on_hand__gt=0)


class StockTransferLineSerializer(serializers.ModelSerializer[StockTransferLine]):
    sku = serializers.CharField(source="sku.code")
    batch = serializers.CharField(source="batch.code", allow_null=True, default=None)

    class Meta:
        model = StockTransferLine
        fields = ("id", "sku", "batch", "quantity", "quantity_received")


class StockTransferSerializer(serializers.ModelSerializer[StockTransfer]):
    source = serializers.CharField(source="source.code")  # type: ignore[assignment]  # a field's own name
    target = serializers.CharField(source="target.code")
    lines = StockTransferLineSerializer(many=True)

    class Meta:
        model = StockTransfer
        fields = (
            "number",
            "source",
            "target",
            "status",
            "note",
            "created_at",
            "sent_at",
            "received_at",
            "lines",
        )


class StockTransferFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=StockTransfer.Status.choices)
    source = django_filters.CharFilter(field_name="source__code", max_length=40)
    target = django_filters.CharFilter(field_name="target__code", max_length=40)

    class Meta:
        model = StockTransfer
        fields: ClassVar[list[str]] = []


class StockCountLineSerializer(serializers.ModelSerializer[StockCountLine]):
    sku = serializers.CharField(source="sku.code")
    batch = serializers.CharField(source="batch.code", allow_null=True, default=None)

    class Meta:
        model = StockCountLine
        fields = ("id", "sku", "batch", "quantity_first", "quantity_counted", "counted_at")


class StockCountSerializer(serializers.ModelSerializer[StockCount]):
    warehouse = serializers.CharField(source="warehouse.code")

    class Meta:
        model = StockCount
        fields: ClassVar[tuple[str, ...]] = (
            "number",
            "kind",
            "warehouse",
            "status",
            "created_at",
            "counted_at",
            "approved_at",
        )


class StockCountDetailSerializer(StockCountSerializer):
    lines = StockCountLineSerializer(many=True)

    class Meta(StockCountSerializer.Meta):
        fields = (*StockCountSerializer.Meta.fields, "lines")


class StockCountFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=StockCount.Status.choices)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=40)

    class Meta:
        model = StockCount
        fields: ClassVar[list[str]] = []


class GoodsSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=64, help_text="The shop's code, or what was scanned.")
    quantity = UnitsField(min_value=1, max_value=MAX_UNITS)
    batch = serializers.CharField(
        max_length=60,
        required=False,
        allow_blank=True,
        default="",
        help_text="Left out: what expires first.",
    )


class TransferSerializer(StrictSerializer):
    source = serializers.CharField(max_length=40)  # type: ignore[assignment]  # a field's own name
    target = serializers.CharField(max_length=40)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    lines = GoodsSerializer(many=True, allow_empty=False, max_length=500)  # type: ignore[call-arg]


class ArrivedSerializer(StrictSerializer):
    line = serializers.IntegerField(min_value=1, max_value=2**53)
    quantity = UnitsField(min_value=0, max_value=MAX_UNITS)


class TransferReceiptSerializer(StrictSerializer):
    reason = serializers.CharField(
        max_length=255,
        required=False,
        allow_blank=True,
        default="",
        help_text="Why units are missing; needed when any are.",
    )
    lines = ArrivedSerializer(  # type: ignore[call-arg]  # stubs lack max_length
        many=True,
        required=False,
        default=list,
        max_length=500,
        help_text="A line left out came whole.",
    )


class CountedSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=64, help_text="The shop's code, or what was scanned.")
    batch = serializers.CharField(
        max_length=60, required=False, allow_blank=True, default="", help_text="Where it has one."
    )
    quantity = UnitsField(min_value=0, max_value=MAX_UNITS)


@extend_schema_view(get=extend_schema(operation_id="stock_batches_list", tags=["stock"]))
class StockBatchList(ListEndpoint):
    """Goods of one delivery, and until when they may be sold."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.STOCK_READ, "inventory.view_stockbatch")
    }
    serializer_class = StockBatchSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = StockBatchFilter
    queryset = StockBatch.objects.select_related("sku", "warehouse")


def _transfers() -> QuerySet[StockTransfer]:
    lines = StockTransferLine.objects.select_related("sku", "batch")
    return StockTransfer.objects.select_related("source", "target").prefetch_related(
        Prefetch("lines", queryset=lines.order_by("pk"))
    )


class StockTransferList(ListEndpoint):
    """Goods between warehouses; a POST drafts a transfer with its lines."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.STOCK_READ, "inventory.view_stocktransfer"),
        "POST": Access(scopes.STOCK_WRITE, "inventory.add_stocktransfer"),
    }
    serializer_class = StockTransferSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = StockTransferFilter
    queryset = _transfers()

    @extend_schema(operation_id="stock_transfers_list", tags=["stock"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="stock_transfers_draft",
        request=TransferSerializer,
        responses={201: StockTransferSerializer},
        tags=["stock"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request) -> Response:
        sent = read_body(request, TransferSerializer)
        source, target = (
            get_object_or_404(Warehouse.objects.all(), code=sent[name])
            for name in ("source", "target")
        )
        with transaction.atomic():
            transfer = transfers.draft_transfer(
                source=source, target=target, user=account_of(request), note=sent["note"]
            )
            for line in sent["lines"]:
                sku, batch = scanning.find_sku(line["sku"]), None
                if code := line["batch"]:
                    lying = StockBatch.objects.filter(sku=sku, warehouse=source)
                    batch = get_object_or_404(lying, code=code)
                transfers.set_line(transfer, sku=sku, quantity=line["quantity"], batch=batch)
        return _told(transfer, status=201)


class StockTransferDetail(Endpoint):
    """One transfer with its lines."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.STOCK_READ, "inventory.view_stocktransfer")
    }

    @extend_schema(
        operation_id="stock_transfers_read", responses=StockTransferSerializer, tags=["stock"]
    )
    def get(self, request: Request, number: str) -> Response:
        return _told(_transfer(number))


class StockTransferSending(Endpoint):
    """The goods leave their source."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.STOCK_WRITE, "inventory.move_stocktransfer")
    }

    @extend_schema(
        operation_id="stock_transfers_send",
        request=None,
        responses=StockTransferSerializer,
        tags=["stock"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        return _told(transfers.send_transfer(_transfer(number), user=account_of(request)))


class StockTransferReceipt(Endpoint):
    """The goods are here."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.STOCK_WRITE, "inventory.move_stocktransfer")
    }

    @extend_schema(
        operation_id="stock_transfers_receive",
        request=TransferReceiptSerializer,
        responses=StockTransferSerializer,
        tags=["stock"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, number: str) -> Response:
        sent = read_body(request, TransferReceiptSerializer)
        transfer = transfers.receive_transfer(
            _transfer(number),
            arrived={line["line"]: line["quantity"] for line in sent["lines"]},
            user=account_of(request),
            reason=sent["reason"],
        )
        return _told(transfer)


@extend_schema_view(get=extend_schema(operation_id="stock_counts_list", tags=["stock"]))
class StockCountList(ListEndpoint):
    """Sheets of what is, was or is to be counted."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.STOCK_READ, "inventory.view_stockcount")
    }
    serializer_class = StockCountSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = StockCountFilter
    queryset = StockCount.objects.select_related("warehouse")


class StockCountDetail(Endpoint):
    """One sheet with its lines, without what the books say: whoever counts would find it."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.STOCK_READ, "inventory.view_stockcount")
    }

    @extend_schema(
        operation_id="stock_counts_read", responses=StockCountDetailSerializer, tags=["stock"]
    )
    def get(self, request: Request, number: str) -> Response:
        lines = StockCountLine.objects.select_related("sku", "batch").order_by("pk")
        counts = StockCount.objects.select_related("warehouse").prefetch_related(
            Prefetch("lines", queryset=lines)
        )
        count = get_object_or_404(counts, number=number)
        return Response(StockCountDetailSerializer(count).data)


class StockCountLineList(Endpoint):
    """What somebody found of a SKU, on the sheet or beside it."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.STOCK_WRITE, "inventory.change_stockcount")
    }

    @extend_schema(
        operation_id="stock_counts_record",
        request=CountedSerializer,
        responses={201: StockCountLineSerializer},
        tags=["stock"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request, number: str) -> Response:
        """A `quantity_counted` of null says: far from the books, count again."""
        sent = read_body(request, CountedSerializer)
        count: StockCount = get_object_or_404(StockCount.objects.all(), number=number)
        sku, batch = scanning.find_sku(sent["sku"]), None
        if code := sent["batch"]:
            lying = StockBatch.objects.filter(sku=sku, warehouse=count.warehouse_id)
            batch = get_object_or_404(lying, code=code)
        line = counting.add_line(count, sku=sku, batch=batch)
        counted = counting.record_line(line, units=sent["quantity"], user=account_of(request))
        return Response(StockCountLineSerializer(counted).data, status=201)


def _transfer(number: str) -> StockTransfer:
    found: StockTransfer = get_object_or_404(StockTransfer.objects.all(), number=number)
    return found


def _told(transfer: StockTransfer, *, status: int = 200) -> Response:
    fresh = _transfers().get(pk=transfer.pk)
    return Response(StockTransferSerializer(fresh).data, status=status)
