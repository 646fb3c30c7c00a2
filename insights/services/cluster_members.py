"""Puts customers into the groups that the shop found, with how sure it is and why."""

import json
from datetime import date, datetime
from typing import Any

import numpy as np
from django.db import transaction

from insights.algorithms.cluster_model import ClusterModel
from insights.models import Segment, SegmentMembership
from insights.services.customer_features import read_customers
from insights.services.segment_refreshing import Wanted, write_members
from learning import serving
from learning.models import ModelVersion

PIPELINE = "insights.clusters"
CODE = "cluster:"


def read_known_groups() -> dict[int, int]:
    """The number of the group that each customer is in."""
    rows = SegmentMembership.objects.filter(segment__kind=Segment.Kind.CLUSTER).values_list(
        "customer_id", "segment__code"
    )
    return {customer: int((code or "0").removeprefix(CODE)) for customer, code in rows}


def assign_clusters(*, moment: datetime, day: date) -> int:
    """Find everybody's group by the published version; returns how many customers have one.

    Without a version there are no groups.
    """
    served = serving.load(PIPELINE)
    if served.version is None:
        return 0
    return write_clusters(version=served.version, model=served.model, moment=moment, day=day)


def write_clusters(
    *, version: ModelVersion, model: ClusterModel, moment: datetime, day: date
) -> int:
    table = read_customers(moment=moment)
    if not len(table):
        return 0
    assignment = model.assign(table)
    segments = _keep_segments(model)
    for slot, segment in segments.items():
        rows = np.flatnonzero(assignment.slots == slot)
        write_members(
            segment=segment,
            wanted=Wanted(
                customers=table.customers[rows],
                confidences=assignment.confidence[rows].round(4).tolist(),
                explanations=[_stored(model, assignment, int(row)) for row in rows],
                version_id=version.pk,
            ),
            moment=moment,
            day=day,
        )
    return len(table)


@transaction.atomic
def _keep_segments(model: ClusterModel) -> dict[int, Segment]:
    """A segment for each group; those whose group is gone are kept, but no longer current."""
    kept = {}
    for slot, traits in model.traits().items():
        kept[slot], _is_new = Segment.objects.update_or_create(
            code=f"{CODE}{slot}",
            defaults={"kind": Segment.Kind.CLUSTER, "traits": traits, "is_active": True},
        )
    gone = Segment.objects.filter(kind=Segment.Kind.CLUSTER).exclude(
        pk__in=[segment.pk for segment in kept.values()]
    )
    SegmentMembership.objects.filter(segment__in=gone).delete()
    gone.update(is_active=False, size=0)
    return kept


def _stored(model: ClusterModel, assignment: Any, row: int) -> str:
    return json.dumps({"unit": "share", "factors": model.explain(assignment, row), "facts": {}})
