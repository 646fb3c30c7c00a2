"""Staff, and rows for their lists."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from catalog.models import PhotoClassification, ProductPhoto
from customers.models import User
from ecomsite.backoffice.models import NightlyRun
from learning.models import Anomaly, Decision, DriftReport, GateResult, ModelVersion, TrainingRun
from support.models import ReviewClassification
from tests.factories import (
    A_DAY,
    A_MOMENT,
    make_category,
    make_model_version,
    make_product,
    make_review,
    make_staff,
)


def make_member(role: str, **fields: Any) -> User:
    """A person of one of the shop's roles."""
    user = make_staff(**fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def make_photo_proposal(**fields: Any) -> PhotoClassification:
    """A photo that was looked at; its files do not exist."""
    number = ProductPhoto.objects.count() + 1
    photo = ProductPhoto.objects.create(
        product=fields.pop("product", None) or make_product(),
        file=f"photos/{number}.webp",
        renditions={"small": {"name": f"photos/{number}-small.webp", "width": 8, "height": 8}},
        # Known, so that Django does not open the file to measure it.
        width=8,
        height=8,
        state=ProductPhoto.State.READY,
        sha256=f"{number:064}",
    )
    return PhotoClassification.objects.create(
        **{
            "photo": photo,
            "label": "shirt",
            "confidence": 0.61,
            "runner_up_label": "dress",
            "runner_up_confidence": 0.2,
            "needs_person": True,
            "explanation": {
                "unit": "share",
                "factors": [
                    {"name": "shirt", "value": 0.61, "direction": "up", "weight": 0.61},
                    {"name": "dress", "value": 0.2, "direction": "down", "weight": 0.2},
                ],
                "facts": {"threshold": 0.8},
            },
            **fields,
        }
    )


def make_review_proposal(**fields: Any) -> ReviewClassification:
    review = fields.pop("review", None) or make_review(text="A lovely cup.")
    return ReviewClassification.objects.create(
        **{
            "review": review,
            "sentiment": "positive",
            "positive_probability": 0.6,
            "confidence": 0.6,
            "needs_person": True,
            "explanation": {
                "unit": "logit",
                "factors": [{"name": "lovely", "value": 1, "direction": "up", "weight": 0.9}],
                "facts": {
                    "language": "en",
                    "length": len(review.text),
                    "spans": [[2, 8, 0.9]],
                },
            },
            **fields,
        }
    )


def make_active_version(**fields: Any) -> ModelVersion:
    return make_model_version(
        **{
            "status": ModelVersion.Status.ACTIVE,
            "published_at": A_MOMENT,
            "refreshed_at": A_MOMENT,
            "metrics": {"accuracy": 0.91},
            "baseline_metrics": {"accuracy": 0.62},
            **fields,
        }
    )


def make_anomaly(**fields: Any) -> Anomaly:
    number = Anomaly.objects.count() + 1
    return Anomaly.objects.create(
        **{
            "source": f"import #{number}",
            "check_name": "duplicate_lines",
            "handling": Anomaly.Handling.KEPT,
            "rows": 12,
            "examples": [[1, "a"], [2, "b"]],
            **fields,
        }
    )


def make_night(**fields: Any) -> NightlyRun:
    return NightlyRun.objects.create(
        **{
            "as_of": A_DAY,
            "status": NightlyRun.Status.DONE,
            "stages": [
                {"stage": "roll_up_demand", "seconds": 1.5, "counts": {"records": 40}},
                {"stage": "retrain inventory.demand", "seconds": 9.0, "error": "OSError: full"},
            ],
            "waiting": {"photos": 3},
            "finished_at": A_MOMENT,
            **fields,
        }
    )


def fill_lists(n_rows: int) -> None:
    """So many rows in every list of this half of the back office."""
    category = make_category()
    for number in range(n_rows):
        version = make_model_version(pipeline="catalog.photo_category")
        run = TrainingRun.objects.create(
            pipeline="catalog.photo_category", as_of=A_DAY, status=TrainingRun.Status.FAILED
        )
        GateResult.objects.create(
            version=version,
            metric="accuracy",
            sense="at_least",
            bound=0.5,
            passed=True,
            reference="fixed",
        )
        make_anomaly(run=run)
        DriftReport.objects.create(
            version=version, measured_on=A_DAY + timedelta(days=number), status="watch"
        )
        product = make_product(category=category)
        proposal = make_photo_proposal(product=product, category=category, model_version=version)
        make_review_proposal(review=make_review(product=product), model_version=version)
        Decision.objects.create(
            action="propose",
            version=version,
            user=make_staff(),
            subject_type=_content_type(proposal),
            subject_id=proposal.pk,
            subject_label=str(proposal),
            decided_at=timezone.now(),
        )
        make_night()


def _content_type(row: Any) -> Any:

    return ContentType.objects.get_for_model(row)
