"""Puts the lists of a version in front of customers, product by product."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from catalog.services.versions import renew_catalogue_version
from learning.algorithms.explanation import Explanation
from learning.models import ModelVersion
from recommendations.models import Reason, SimilarProduct

# Short transactions: on SQLite every other writer waits for this one.
PRODUCTS_PER_TRANSACTION = 100
ROWS_PER_INSERT = 500


@dataclass(frozen=True, slots=True)
class Neighbour:
    """One product beside another, and why."""

    similar_id: int
    score: float
    reason: Reason
    confidence: float
    explanation: Explanation


def replace_similar_products(
    *, version: ModelVersion, lists: Mapping[int, Sequence[Neighbour]]
) -> int:
    """Make `lists` (by the key of the product) what pages show; returns how many rows stand.

    A product's list is exchanged whole, so that no page mixes two versions. Lists that are the
    same already are left alone, and so a second run writes nothing.
    """
    product_ids = sorted(lists)
    for start in range(0, len(product_ids), PRODUCTS_PER_TRANSACTION):
        some = product_ids[start : start + PRODUCTS_PER_TRANSACTION]
        _exchange(version, {product_id: lists[product_id] for product_id in some})
    _forget(kept=set(product_ids))
    renew_catalogue_version()
    return sum(len(neighbours) for neighbours in lists.values())


@transaction.atomic
def _exchange(version: ModelVersion, lists: Mapping[int, Sequence[Neighbour]]) -> None:
    standing: dict[int, list[tuple[Any, ...]]] = {product_id: [] for product_id in lists}
    rows = SimilarProduct.objects.filter(product_id__in=list(lists)).order_by("product", "rank")
    for product_id, *row in rows.values_list(
        "product_id", "similar_id", "rank", "score", "reason", "model_version_id", "explanation"
    ):
        standing[product_id].append(tuple(row))
    fresh = {
        product_id: [
            SimilarProduct(
                product_id=product_id,
                similar_id=neighbour.similar_id,
                rank=rank,
                score=neighbour.score,
                reason=neighbour.reason,
                confidence=neighbour.confidence,
                explanation=neighbour.explanation.as_json(),
                model_version=version,
            )
            for rank, neighbour in enumerate(neighbours, start=1)
        ]
        for product_id, neighbours in lists.items()
    }
    changed = [
        product_id
        for product_id, rows_of_product in fresh.items()
        if [_content(row) for row in rows_of_product] != standing[product_id]
    ]
    SimilarProduct.objects.filter(product_id__in=changed).delete()
    SimilarProduct.objects.bulk_create(
        [row for product_id in changed for row in fresh[product_id]], batch_size=ROWS_PER_INSERT
    )


def _content(row: SimilarProduct) -> tuple[Any, ...]:
    return (
        row.similar_id,
        row.rank,
        row.score,
        row.reason,
        row.model_version_id,
        row.explanation,
    )


def _forget(*, kept: set[int]) -> None:
    """Drop the lists of products that are in no list any more, such as withdrawn ones."""
    listed = SimilarProduct.objects.order_by().values_list("product_id", flat=True).distinct()
    gone = sorted(set(listed) - kept)
    for start in range(0, len(gone), ROWS_PER_INSERT):
        SimilarProduct.objects.filter(product_id__in=gone[start : start + ROWS_PER_INSERT]).delete()
