"""Named reads of training runs, versions, anomalies and proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.db.models import Exists, Model, OuterRef, QuerySet

if TYPE_CHECKING:
    from learning.models import Anomaly, DriftReport, ModelVersion, TrainingRun

ProposalT = TypeVar("ProposalT", bound=Model)


class TrainingRunQuerySet(QuerySet["TrainingRun"]):
    def of(self, pipeline: str) -> Self:
        return self.filter(pipeline=pipeline)

    def running(self) -> Self:
        return self.filter(status=self.model.Status.RUNNING)


class ModelVersionQuerySet(QuerySet["ModelVersion"]):
    def of(self, pipeline: str) -> Self:
        return self.filter(pipeline=pipeline)

    def active(self) -> Self:
        return self.filter(status=self.model.Status.ACTIVE)

    def servable(self) -> Self:
        """The active version, then those numbered before it that were published, newest first.

        Without the ones known to be damaged. Later versions were rolled back: whoever is looking
        for a version that works does not want them.
        """
        active = self.model.objects.filter(
            pipeline=OuterRef("pipeline"), status=self.model.Status.ACTIVE
        )
        return (
            self.filter(
                status__in=[self.model.Status.ACTIVE, self.model.Status.RETIRED],
                published_at__isnull=False,
                damaged_at__isnull=True,
            )
            .exclude(Exists(active.filter(number__lt=OuterRef("number"))))
            .order_by("-number")
        )


class AnomalyQuerySet(QuerySet["Anomaly"]):
    def open(self) -> Self:
        return self.filter(seen_at__isnull=True)


class DriftReportQuerySet(QuerySet["DriftReport"]):
    def alarming(self) -> Self:
        return self.exclude(status=self.model.Status.STEADY)


class ProposalQuerySet(QuerySet[ProposalT]):
    """Reads shared by everything that a person may accept, correct or reject."""

    def awaiting_review(self) -> Self:
        return self.filter(status="proposed")

    def decided_by_people(self) -> Self:
        """What people accepted or corrected: the labels of the next training set."""
        return self.filter(status__in=["accepted", "corrected"])

    def current(self) -> Self:
        return self.exclude(status__in=["superseded", "rejected"])

    def claim(self, **changes: Any) -> int:
        """Move what is still proposed in one statement; returns how many rows moved."""
        return self.awaiting_review().update(**changes)
