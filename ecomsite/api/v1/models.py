"""Learned models, their training runs and what was decided, for integrations."""

from collections.abc import Mapping
from typing import ClassVar

import django_filters
from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ecomsite.api import scopes
from ecomsite.api.access import Access
from ecomsite.api.endpoints import Endpoint, ListEndpoint, account_of, idempotent
from ecomsite.api.parsing import read_body
from ecomsite.api.v1.purchasing import ReasonSerializer
from learning.models import Decision, ModelVersion, TrainingRun
from learning.services import publishing


class ModelVersionSerializer(serializers.ModelSerializer[ModelVersion]):
    metrics = serializers.DictField()
    baseline_metrics = serializers.DictField()
    previous_metrics = serializers.DictField()
    group_metrics = serializers.DictField()

    class Meta:
        model = ModelVersion
        fields = (
            "id",
            "pipeline",
            "number",
            "status",
            "origin",
            "as_of",
            "sha256",
            "size_bytes",
            "metrics",
            "baseline_metrics",
            "previous_metrics",
            "group_metrics",
            "created_at",
            "published_at",
            "retired_at",
            "damaged_at",
        )


class TrainingRunSerializer(serializers.ModelSerializer[TrainingRun]):
    class Meta:
        model = TrainingRun
        fields = (
            "id",
            "pipeline",
            "as_of",
            "status",
            "stage",
            "trigger",
            "rows",
            "first_day",
            "last_day",
            "message",
            "cpu_seconds",
            "peak_memory_mb",
            "started_at",
            "finished_at",
        )


class DecisionSerializer(serializers.ModelSerializer[Decision]):
    user = serializers.CharField(
        source="user.username", default=None, allow_null=True, help_text="Null: the machine."
    )
    version = serializers.CharField(allow_null=True)
    subject = serializers.CharField(source="subject_label")
    subject_kind = serializers.SerializerMethodField(help_text="Such as `purchaseorder`.")
    proposed = serializers.DictField()
    done = serializers.DictField()

    class Meta:
        model = Decision
        fields = (
            "id",
            "action",
            "user",
            "version",
            "subject",
            "subject_kind",
            "subject_id",
            "proposed",
            "done",
            "reason",
            "decided_at",
        )

    def get_subject_kind(self, decision: Decision) -> str:
        return decision.subject_type.model


class ModelVersionFilter(django_filters.FilterSet):
    pipeline = django_filters.CharFilter(max_length=100)
    status = django_filters.MultipleChoiceFilter(choices=ModelVersion.Status.choices)

    class Meta:
        model = ModelVersion
        fields: ClassVar[list[str]] = []


class TrainingRunFilter(django_filters.FilterSet):
    pipeline = django_filters.CharFilter(max_length=100)
    status = django_filters.MultipleChoiceFilter(choices=TrainingRun.Status.choices)

    class Meta:
        model = TrainingRun
        fields: ClassVar[list[str]] = []


class DecisionFilter(django_filters.FilterSet):
    action = django_filters.MultipleChoiceFilter(choices=Decision.Action.choices)
    subject_kind = django_filters.CharFilter(field_name="subject_type__model", max_length=100)

    class Meta:
        model = Decision
        fields: ClassVar[list[str]] = []


READ = Access(scopes.MODELS_READ, "learning.view_modelversion")


@extend_schema_view(get=extend_schema(operation_id="model_versions_list", tags=["models"]))
class ModelVersionList(ListEndpoint):
    """Versions of every model with their figures on the hold-out."""

    access: ClassVar[Mapping[str, Access]] = {"GET": READ}
    serializer_class = ModelVersionSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = ModelVersionFilter
    queryset = ModelVersion.objects.all()


class ModelPublication(Endpoint):
    """Make a version the active one; the rows that pages read follow by a job."""

    access: ClassVar[Mapping[str, Access]] = {
        "POST": Access(scopes.MODELS_WRITE, "learning.publish_modelversion")
    }

    @extend_schema(
        operation_id="model_versions_publish",
        request=ReasonSerializer,
        responses=ModelVersionSerializer,
        tags=["models"],
    )
    @idempotent(is_required=False)
    def post(self, request: Request, key: int) -> Response:
        sent = read_body(request, ReasonSerializer)
        version = publishing.switch_version(
            version=get_object_or_404(ModelVersion.objects.all(), pk=key),
            user=account_of(request),
            reason=sent["reason"],
        )
        return Response(ModelVersionSerializer(version).data)


@extend_schema_view(get=extend_schema(operation_id="training_runs_list", tags=["models"]))
class TrainingRunList(ListEndpoint):
    """Attempts to learn a model, and what became of them."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.MODELS_READ, "learning.view_trainingrun")
    }
    serializer_class = TrainingRunSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = TrainingRunFilter
    queryset = TrainingRun.objects.all()


@extend_schema_view(get=extend_schema(operation_id="decisions_list", tags=["models"]))
class DecisionList(ListEndpoint):
    """What people and the machine decided, what was proposed and what was done."""

    access: ClassVar[Mapping[str, Access]] = {
        "GET": Access(scopes.DECISIONS_READ, "learning.view_decision")
    }
    serializer_class = DecisionSerializer
    filter_backends = (DjangoFilterBackend,)
    filterset_class = DecisionFilter
    queryset = Decision.objects.select_related("user", "version", "subject_type")
