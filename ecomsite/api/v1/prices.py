"""Price advice, predicted prices, markdown plans and ranges for integrations."""

from collections.abc import Mapping
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from catalog.models import Sku
from ecomsite.api import scopes
from ecomsite.api.access import Access
from ecomsite.api.endpoints import Endpoint, ListEndpoint, account_of, idempotent
from ecomsite.api.parsing import (
    StrictSerializer,
    TypedNumberField,
    UnitsField,
    read_body,
    read_query,
)
from inventory.models import (
    MarkdownPlan,
    MarkdownStep,
    PricedSku,
    PricePrediction,
    PriceSuggestion,
)
from inventory.services import markdown_steps, markdowns, price_predictions, prices
from inventory.services.price_range import RangeQuestion, find_in_range

HIGHEST_MINOR = 10**12
READ_SUGGESTIONS = Access(scopes.PRICES_READ, "inventory.view_pricesuggestion")
DECIDE = ("accept", "correct", "reject")


class PriceSuggestionSerializer(serializers.ModelSerializer[PriceSuggestion]):
    sku = serializers.CharField(source="sku.code")
    currency = serializers.CharField(source="sku.currency")
    model_version = serializers.CharField(allow_null=True)
    explanation = serializers.DictField(help_text="Every number that led to the price.")
    score = serializers.DictField(help_text="How it turned out; empty until its horizon is over.")

    class Meta:
        model = PriceSuggestion
        fields = (
            "id",
            "sku",
            "currency",
            "status",
            "as_of",
            "horizon_days",
            "price_now_minor",
            "price_minor",
            "applied_price_minor",
            "applied_at",
            "unit_cost_minor",
            "elasticity",
            "units_now",
            "units",
            "units_lower",
            "units_upper",
            "profit_now_minor",
            "profit_minor",
            "profit_lower_minor",
            "profit_upper_minor",
            "confidence",
            "model_version",
            "explanation",
            "score",
        )


class PricePredictionSerializer(serializers.ModelSerializer[PricePrediction]):
    sku = serializers.CharField(source="sku.code")
    currency = serializers.CharField(source="sku.currency")
    model_version = serializers.CharField(allow_null=True)
    explanation = serializers.DictField(help_text="Words that counted, and comparables.")

    class Meta:
        model = PricePrediction
        fields = (
            "id",
            "sku",
            "currency",
            "status",
            "price_minor",
            "lower_minor",
            "upper_minor",
            "confidence",
            "model_version",
            "explanation",
        )


class MarkdownStepSerializer(serializers.ModelSerializer[MarkdownStep]):
    class Meta:
        model = MarkdownStep
        fields = ("starts_on", "price_minor", "units_expected", "applied_at")


class MarkdownPlanSerializer(serializers.ModelSerializer[MarkdownPlan]):
    sku = serializers.CharField(source="sku.code")
    currency = serializers.CharField(source="sku.currency")
    steps = MarkdownStepSerializer(many=True)
    explanation = serializers.DictField()

    class Meta:
        model = MarkdownPlan
        fields = (
            "id",
            "sku",
            "currency",
            "status",
            "state",
            "as_of",
            "price_before_minor",
            "unit_cost_minor",
            "floor_minor",
            "units_at_start",
            "units_expected",
            "money_freed_minor",
            "steps",
            "explanation",
        )


class PricedSkuSerializer(serializers.ModelSerializer[PricedSku]):
    product = serializers.CharField(source="product.code")
    brand = serializers.CharField(source="product.brand.slug", allow_null=True, default=None)
    units_left = serializers.IntegerField(help_text="On hand and not set aside, all warehouses.")
    units_expected = serializers.FloatField(help_text="By the forecast in force; 0 without one.")

    class Meta:
        model = PricedSku
        fields = (
            "code",
            "product",
            "brand",
            "price_minor",
            "currency",
            "units_left",
            "units_expected",
        )


class PriceDecisionSerializer(StrictSerializer):
    decision = serializers.ChoiceField(choices=DECIDE)
    price_minor = UnitsField(
        min_value=1, max_value=HIGHEST_MINOR, required=False, help_text="Only to correct."
    )
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["decision"] == "correct") != ("price_minor" in attrs):
            self.fields["price_minor"].fail("required")
        return attrs


class MarkdownDecisionSerializer(StrictSerializer):
    decision = serializers.ChoiceField(choices=(*DECIDE, "stop"))
    most_cut_percent = UnitsField(
        min_value=1, max_value=90, required=False, help_text="Only to correct."
    )
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if (attrs["decision"] == "correct") != ("most_cut_percent" in attrs):
            self.fields["most_cut_percent"].fail("required")
        return attrs


class AdviceSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    price_now_minor = serializers.IntegerField()
    price_minor = serializers.IntegerField(allow_null=True, help_text="Null: nothing is advised.")
    reason = serializers.CharField(allow_blank=True, help_text="Why nothing is advised.")
    units = serializers.FloatField(allow_null=True)
    profit_minor = serializers.IntegerField(allow_null=True)
    probability = serializers.FloatField(allow_null=True, help_text="That it earns more than now.")


class RangeSerializer(StrictSerializer):
    price_from = TypedNumberField(min_value=0, required=False, help_text="Minor units.")
    price_to = TypedNumberField(min_value=0, required=False, help_text="Minor units.")
    stock_from = TypedNumberField(min_value=0, required=False)
    stock_to = TypedNumberField(min_value=0, required=False)
    brand = serializers.CharField(max_length=600, required=False, help_text="Slugs, by commas.")
    expected_from = TypedNumberField(min_value=0, required=False, help_text="Units in 28 days.")
    currency = serializers.CharField(max_length=3, required=False)
    cursor = serializers.CharField(max_length=30, required=False)
    size = serializers.CharField(max_length=4, required=False)


class SuggestionFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=PriceSuggestion.ReviewStatus.choices)
    sku = django_filters.CharFilter(field_name="sku__code", max_length=64)

    class Meta:
        model = PriceSuggestion
        fields: ClassVar[list[str]] = []


class PlanFilter(SuggestionFilter):
    state = django_filters.MultipleChoiceFilter(choices=MarkdownPlan.State.choices)

    class Meta:
        model = MarkdownPlan
        fields: ClassVar[list[str]] = []


class PredictionFilter(SuggestionFilter):
    class Meta:
        model = PricePrediction
        fields: ClassVar[list[str]] = []


@extend_schema_view(get=extend_schema(operation_id="price_suggestions_list", tags=["prices"]))
class PriceSuggestionList(ListEndpoint):
    """Prices that are advised, and how those that were followed turned out."""

    access: ClassVar[Mapping[str, Access]] = {"GET": READ_SUGGESTIONS}
    serializer_class = PriceSuggestionSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = SuggestionFilter
    queryset = PriceSuggestion.objects.select_related("sku", "model_version")


class PriceSuggestionDecision(Endpoint):
    """Put the suggested price on sale, or another one, or leave it."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.PRICES_WRITE, "inventory.review_pricesuggestion")
    }

    @extend_schema(
        operation_id="price_suggestions_decide",
        request=PriceDecisionSerializer,
        responses=PriceSuggestionSerializer,
        tags=["prices"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, key: int) -> Response:
        sent = read_body(request, PriceDecisionSerializer)
        suggestion = get_object_or_404(PriceSuggestion.objects.select_related("sku"), pk=key)
        told = {"suggestion": suggestion, "user": account_of(request), "reason": sent["reason"]}
        if sent["decision"] == "accept":
            prices.accept_suggestion(**told)
        elif sent["decision"] == "reject":
            prices.reject_suggestion(**told)
        else:
            prices.correct_suggestion(**told, price_minor=sent["price_minor"])
        suggestion.refresh_from_db()
        return Response(PriceSuggestionSerializer(suggestion).data)


class PriceAdvice(Endpoint):
    """What is advised for one SKU now, or why nothing is."""

    access: ClassVar[Mapping[str, Access]] = {"GET": READ_SUGGESTIONS}

    @extend_schema(operation_id="price_advice_read", responses=AdviceSerializer, tags=["prices"])
    def get(self, request: Request, code: str) -> Response:
        sku: Sku = get_object_or_404(Sku.objects.all(), code=code)
        told = prices.tell_advice(sku=sku, as_of=timezone.localdate())
        return Response(
            AdviceSerializer(
                {
                    "sku": sku.code,
                    "price_now_minor": sku.price_minor,
                    "price_minor": None if told.advised is None else told.advised.price,
                    "reason": told.reason,
                    "units": None if told.advised is None else told.advised.units,
                    "profit_minor": None if told.advised is None else told.advised.profit,
                    "probability": None if told.advised is None else told.advised.probability,
                }
            ).data
        )


@extend_schema_view(get=extend_schema(operation_id="price_predictions_list", tags=["prices"]))
class PricePredictionList(ListEndpoint):
    """Prices of drafts, predicted from their words."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.PRICES_READ, "inventory.view_priceprediction")
    }
    serializer_class = PricePredictionSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = PredictionFilter
    queryset = PricePrediction.objects.select_related("sku", "model_version")


class PricePredictionDecision(Endpoint):
    """Give the SKU the predicted price, or another one, or leave it."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.PRICES_WRITE, "inventory.review_priceprediction")
    }

    @extend_schema(
        operation_id="price_predictions_decide",
        request=PriceDecisionSerializer,
        responses=PricePredictionSerializer,
        tags=["prices"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, key: int) -> Response:
        sent = read_body(request, PriceDecisionSerializer)
        prediction = get_object_or_404(PricePrediction.objects.select_related("sku"), pk=key)
        told = {"prediction": prediction, "user": account_of(request), "reason": sent["reason"]}
        if sent["decision"] == "accept":
            price_predictions.accept_prediction(**told)
        elif sent["decision"] == "reject":
            price_predictions.reject_prediction(**told)
        else:
            price_predictions.correct_prediction(**told, price_minor=sent["price_minor"])
        prediction.refresh_from_db()
        return Response(PricePredictionSerializer(prediction).data)


@extend_schema_view(get=extend_schema(operation_id="markdown_plans_list", tags=["prices"]))
class MarkdownPlanList(ListEndpoint):
    """Plans by which dead stock is sold off."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.PRICES_READ, "inventory.view_markdownplan")
    }
    serializer_class = MarkdownPlanSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = PlanFilter
    queryset = MarkdownPlan.objects.select_related("sku").prefetch_related("steps")


class MarkdownPlanDecision(Endpoint):
    """Let a plan run, with a smaller cut if wished; leave it; or stop a running one."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.PRICES_WRITE, "inventory.review_markdownplan")
    }

    @extend_schema(
        operation_id="markdown_plans_decide",
        request=MarkdownDecisionSerializer,
        responses=MarkdownPlanSerializer,
        tags=["prices"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, key: int) -> Response:
        sent = read_body(request, MarkdownDecisionSerializer)
        plans = MarkdownPlan.objects.select_related("sku")
        plan = get_object_or_404(plans, pk=key)
        told = {"plan": plan, "user": account_of(request), "reason": sent["reason"]}
        today = timezone.localdate()
        if sent["decision"] == "accept":
            markdowns.accept_plan(**told, today=today)
        elif sent["decision"] == "reject":
            markdowns.reject_plan(**told)
        elif sent["decision"] == "stop":
            markdown_steps.stop_plan(**told)
        else:
            markdowns.correct_plan(**told, today=today, most_cut_percent=sent["most_cut_percent"])
        return Response(MarkdownPlanSerializer(plans.get(pk=key)).data)


class PricedSkuList(ListEndpoint):
    """SKUs whose price, stock, brand and expected sales lie in a range."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.PRICES_READ, "inventory.view_pricedsku")
    }
    serializer_class = PricedSkuSerializer
    queryset = PricedSku.objects.none()

    @extend_schema(operation_id="priced_skus_list", parameters=[RangeSerializer], tags=["prices"])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[PricedSku]:
        asked = read_query(self.request, RangeSerializer)
        brands = [slug for slug in asked.get("brand", "").split(",") if slug]
        return find_in_range(
            RangeQuestion(
                price_from_minor=asked.get("price_from"),
                price_to_minor=asked.get("price_to"),
                stock_from=asked.get("stock_from"),
                stock_to=asked.get("stock_to"),
                brands=brands,
                units_expected=asked.get("expected_from"),
                currency=asked.get("currency", ""),
            )
        )
