"""Stock for integrations: levels, movements, adjustments."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Sku
from ecomsite.api import scopes
from ecomsite.api.access import Access
from ecomsite.api.endpoints import ListEndpoint, account_of, idempotent, service_key
from ecomsite.api.parsing import StrictSerializer, UnitsField, read_body
from inventory.models import StockLevel, StockMovement, Warehouse
from inventory.services import stock

MAX_UNITS = 1_000_000


class StockLevelSerializer(serializers.ModelSerializer[StockLevel]):
    sku = serializers.CharField(source="sku.code")
    warehouse = serializers.CharField(source="warehouse.code")
    available = serializers.IntegerField(help_text="What may still be promised.")

    class Meta:
        model = StockLevel
        fields = ("sku", "warehouse", "on_hand", "reserved", "available", "updated_at")


class StockMovementSerializer(serializers.ModelSerializer[StockMovement]):
    sku = serializers.CharField(source="sku.code")
    warehouse = serializers.CharField(source="warehouse.code")
    batch = serializers.CharField(source="batch.code", allow_null=True, default=None)

    class Meta:
        model = StockMovement
        fields = (
            "id",
            "sku",
            "warehouse",
            "kind",
            "quantity",
            "batch",
            "unit_cost_minor",
            "reference",
            "note",
            "occurred_at",
            "recorded_at",
        )


class StockLevelFilter(django_filters.FilterSet):
    sku = django_filters.CharFilter(field_name="sku__code", max_length=64)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=40)
    sold_out = django_filters.ChoiceFilter(
        choices=[("1", "1")], method="only_sold_out", label="Only what nothing is left of."
    )

    class Meta:
        model = StockLevel
        fields: ClassVar[list[str]] = []

    def only_sold_out(self, levels: QuerySet[StockLevel], _name: str, _value: str) -> Any:
        return levels & StockLevel.objects.sold_out()


class StockMovementFilter(django_filters.FilterSet):
    sku = django_filters.CharFilter(field_name="sku__code", max_length=64)
    warehouse = django_filters.CharFilter(field_name="warehouse__code", max_length=40)
    kind = django_filters.ChoiceFilter(choices=StockMovement.Kind.choices)
    reference = django_filters.CharFilter(max_length=120)

    class Meta:
        model = StockMovement
        fields: ClassVar[list[str]] = []


class AdjustmentSerializer(StrictSerializer):
    sku = serializers.CharField(max_length=64)
    warehouse = serializers.CharField(
        max_length=40, required=False, help_text="The default one where it is left out."
    )
    quantity = UnitsField(
        min_value=-MAX_UNITS, max_value=MAX_UNITS, help_text="Negative for what is gone; never 0."
    )
    note = serializers.CharField(max_length=255, help_text="Why; people read it.")

    def validate_quantity(self, quantity: int) -> int:
        if not quantity:
            self.fields["quantity"].fail("invalid")
        return quantity


@extend_schema_view(get=extend_schema(operation_id="stock_levels_list", tags=["stock"]))
class StockLevelList(ListEndpoint):
    """Units of each SKU in each warehouse."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.STOCK_READ, "inventory.view_stocklevel")
    }
    serializer_class = StockLevelSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = StockLevelFilter
    queryset = StockLevel.objects.with_available().select_related("sku", "warehouse")


class StockMovementList(ListEndpoint):
    """Units that came and went; a POST adjusts a level by a movement of its own."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.STOCK_READ, "inventory.view_stockmovement"),
        "POST": Access(scopes.STOCK_WRITE, "inventory.add_stockmovement"),
    }
    serializer_class = StockMovementSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = StockMovementFilter
    queryset = StockMovement.objects.select_related("sku", "warehouse", "batch")

    @extend_schema(operation_id="stock_movements_list", tags=["stock"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        operation_id="stock_movements_add",
        request=AdjustmentSerializer,
        responses={201: StockMovementSerializer},
        tags=["stock"],
    )
    @idempotent(is_required=True)
    def post(self, request: Request) -> Response:
        sent = read_body(request, AdjustmentSerializer)
        sku: Sku = get_object_or_404(Sku.objects.all(), code=sent["sku"])
        warehouse = None
        if code := sent.get("warehouse"):
            warehouse = get_object_or_404(Warehouse.objects.all(), code=code)
        movement = stock.adjust_stock(
            sku_id=sku.pk,
            quantity=sent["quantity"],
            key=service_key(request),
            note=sent["note"],
            warehouse=warehouse,
            user=account_of(request),
        )
        return Response(StockMovementSerializer(movement).data, status=201)
