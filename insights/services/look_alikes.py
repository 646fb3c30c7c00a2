"""Proposes customers who are like those of a segment; accepted, they become one of their own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import timezone

from customers.models import User
from insights.algorithms.customer_table import CustomerTable, FloatArray
from insights.algorithms.look_alike_model import LookAlikeModel
from insights.errors import InvalidRuleError
from insights.models import LookAlike, LookAlikeAudience, Segment, SegmentMembership
from insights.services.customer_features import read_customers
from insights.services.segment_floor import floor
from insights.services.segment_refreshing import Wanted, write_members
from insights.services.segment_rules.fields import FIELDS, Family
from insights.services.segment_rules.reading import read_rule
from insights.services.segment_rules.tree import conditions_of
from learning import review
from learning.decisions import record_decision
from learning.models import Decision, ModelVersion

CODE = "look_alike:"
MIN_MEMBERS = 50
MOST_LOOK_ALIKES = 2_000
# Whoever was asked about a segment is not asked again for so long.
REST_DAYS = 28
# A model of a segment that ranks members hardly better than chance proposes nobody.
LEAST_AUC = 0.6
PARTS_OF_PROPOSAL = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Seed:
    """members: 1 for customers of the segment, shape (n_customers,)."""

    segment: Segment
    members: FloatArray
    families: Sequence[str]


def read_seeds(table: CustomerTable) -> list[Seed]:
    """Segments that look for similar customers, with enough customers in and outside of them."""
    seeds = []
    for segment in Segment.objects.current().filter(seeks_look_alikes=True).order_by("pk"):
        keys = SegmentMembership.objects.filter(segment=segment).values_list(
            "customer_id", flat=True
        )
        is_member = np.isin(table.customers, np.array(list(keys), dtype=np.int64)).astype(float)
        if min(is_member.sum(), len(table) - is_member.sum()) < MIN_MEMBERS:
            continue
        seeds.append(Seed(segment, is_member, rule_families(segment)))
    return seeds


def rule_families(segment: Segment) -> list[str]:
    """What the rule of a segment speaks of, as families of features."""
    if segment.kind == Segment.Kind.CLUSTER:
        return ["orders", "goods"]
    try:
        rule = read_rule(segment.rule)
    except InvalidRuleError:
        return []
    told: set[str] = set()
    for one in conditions_of(rule):
        family = FIELDS[one.field].family
        if one.field == "segment":
            told |= {"orders", "goods"}
        elif family in (Family.GROUPS, Family.EXPECTED):
            told.add("goods" if one.field == "affinity" else "orders")
        elif one.field == "joined":
            told |= {"person"}
        else:
            told.add(family.value)
    return sorted(told)


def propose_look_alikes(*, version: ModelVersion, model: LookAlikeModel, moment: datetime) -> int:
    """An open proposal for each segment that the model knows well enough; returns how many."""
    table = read_customers(moment=moment)
    if not len(table):
        return 0
    features = model.layout.features(table)
    done = 0
    for key, seed in model.seeds.items():
        if seed.choice.get("validation_auc", 0.0) < LEAST_AUC or _rests(key, moment):
            continue
        segment = Segment.objects.current().filter(pk=key, seeks_look_alikes=True).first()
        if segment is None:
            continue
        inside = SegmentMembership.objects.filter(segment=segment).values_list(
            "customer_id", flat=True
        )
        members = np.array(list(inside), dtype=np.int64)
        outside = np.flatnonzero(~np.isin(table.customers, members))
        scores = seed.scores(features[outside])
        # Half of the rest at most: whoever is in the lower half is not alike.
        most = min(len(members), MOST_LOOK_ALIKES, len(outside) // 2)
        if most < floor():
            continue
        best = np.argsort(-scores, kind="stable")[:most]
        _write_audience(
            version=version,
            segment=segment,
            customers=table.customers[outside[best]].tolist(),
            confidences=seed.probabilities(scores[best]).round(4).tolist(),
            reasons=[
                seed.explain(features[outside[place]], model.layout.names)
                for place in best.tolist()
            ],
            facts=dict(seed.choice),
        )
        done += 1
    return done


def accept_audience(
    *, audience: LookAlikeAudience, user: User, size: int | None = None, reason: str = ""
) -> Segment:
    """Make the customers of a proposal, or the most alike of them, a segment.

    Raises AlreadyReviewedError.
    """
    with transaction.atomic():
        proposed = {"size": audience.size}
        if size is None:
            review.accept(audience, user=user, proposed=proposed, reason=reason)
        else:
            changes = {"corrected_size": size}
            review.correct(audience, user=user, proposed=proposed, changes=changes, reason=reason)
        segment = Segment.objects.create(
            kind=Segment.Kind.LOOK_ALIKE,
            code=f"{CODE}{audience.pk}",
            traits=[{"seed": audience.seed_id}],
            created_by=user,
        )
        LookAlikeAudience.objects.filter(pk=audience.pk).update(segment=segment)
        if size is not None:
            audience.customers.filter(rank__gt=size).delete()
        rows = list(audience.customers.order_by("customer_id"))
        now = timezone.now()
        write_members(
            segment=segment,
            wanted=Wanted(
                customers=np.array([row.customer_id for row in rows], dtype=np.int64),
                confidences=[row.confidence for row in rows],
                explanations=[json.dumps(row.explanation) for row in rows],
                version_id=audience.model_version_id,
            ),
            moment=now,
            day=timezone.localdate(now),
        )
    return segment


def reject_audience(*, audience: LookAlikeAudience, user: User, reason: str = "") -> None:
    """Raises AlreadyReviewedError."""
    review.reject(audience, user=user, proposed={"size": audience.size}, reason=reason)


def smaller_sizes(audience: LookAlikeAudience) -> list[int]:
    """How many of the most alike a person may take instead of all."""
    sizes = {int(audience.size * part) for part in PARTS_OF_PROPOSAL}
    return sorted(size for size in sizes if floor() <= size < audience.size)


def _rests(segment_id: int, moment: datetime) -> bool:
    return LookAlikeAudience.objects.filter(
        seed=segment_id, reviewed_at__gte=moment - timedelta(days=REST_DAYS)
    ).exists()


@transaction.atomic
def _write_audience(
    *,
    version: ModelVersion,
    segment: Segment,
    customers: Sequence[int],
    confidences: Sequence[float],
    reasons: Sequence[Sequence[dict[str, Any]]],
    facts: dict[str, Any],
) -> None:
    LookAlikeAudience.objects.filter(seed=segment).claim(
        status=LookAlikeAudience.ReviewStatus.SUPERSEDED
    )
    audience = LookAlikeAudience.objects.create(
        seed=segment,
        size=len(customers),
        model_version=version,
        confidence=float(np.mean(confidences)),
        explanation={"unit": "share", "factors": _shared_reasons(reasons), "facts": facts},
    )
    LookAlike.objects.bulk_create(
        [
            LookAlike(
                audience=audience,
                customer_id=customer,
                rank=rank,
                confidence=confidence,
                explanation={"unit": "logit", "factors": list(reason), "facts": {}},
            )
            for rank, (customer, confidence, reason) in enumerate(
                zip(customers, confidences, reasons, strict=True), start=1
            )
        ],
        batch_size=500,
    )
    record_decision(
        action=Decision.Action.PROPOSE,
        subject=audience,
        version=version,
        proposed={"size": len(customers)},
    )


def _shared_reasons(reasons: Sequence[Sequence[dict[str, Any]]]) -> list[dict[str, Any]]:
    """What brings the proposed customers near, all taken together, as shares."""
    sums: dict[tuple[str, str], float] = {}
    for one in reasons:
        for factor in one:
            named = (factor["name"], factor["direction"])
            sums[named] = sums.get(named, 0.0) + factor["weight"]
    total = sum(sums.values())
    if total <= 0:
        return []
    strongest = sorted(sums.items(), key=lambda item: -item[1])[:6]
    return [
        {
            "name": name,
            "value": round(weight / total, 4),
            "direction": direction,
            "weight": round(weight / total, 4),
        }
        for (name, direction), weight in strongest
    ]
