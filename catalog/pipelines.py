"""How the photo model learns from what staff said about the shop's photos."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.algorithms.backbone import ARTEFACT, FloatArray, load_backbone
from catalog.algorithms.photo_classifier import PhotoClassifier
from catalog.algorithms.photo_classifier_training import LabelledEmbeddings
from catalog.algorithms.photo_figures import figures
from catalog.algorithms.photo_retraining import hold_out, retrain_photo_classifier
from catalog.models import PhotoClassification, PhotoEmbedding
from catalog.services.photo_classification import PIPELINE, reclassify_proposed, unpack
from learning.algorithms.fingerprint import fingerprint
from learning.errors import NotEnoughDataError
from learning.models import Anomaly, DriftReport, GateResult, ModelVersion
from learning.pipeline import (
    AnomalyReport,
    Criterion,
    DriftMeasurement,
    Evaluation,
    Pipeline,
    Provenance,
)

MIN_PHOTOS = 40
MIN_PRODUCTS = 8
MONITORED_DAYS = 30
MIN_MONITORED = 30
# Another mix of the same goods moves the distance by up to .14; other goods by .9.
ALARMING_DISTANCE = 0.30
WATCHED_DISTANCE = 0.20
# So few decisions say nothing about a share.
MIN_DECIDED = 30
ALARMING_LOSS = 0.10
Status = PhotoClassification.ReviewStatus


@dataclass(frozen=True)
class LabelledPhotos:
    """One row per photo that a person decided on: vector, label, product, backbone, day."""

    embeddings: FloatArray
    labels: npt.NDArray[np.str_]
    products: npt.NDArray[np.str_]
    has_backbone: npt.NDArray[np.bool_]


class MajorityLabel:
    """The dumb method: every photo shows what most photos show, and it is never sure."""

    def __init__(self, labels: npt.NDArray[np.str_]) -> None:
        names, counts = np.unique(labels, return_counts=True)
        self.labels = tuple(str(name) for name in names)
        self.shares = counts / counts.sum()
        self.threshold = 1.01
        self.familiarity_floor = 0.0

    def predict_proba(self, embeddings: FloatArray) -> npt.NDArray[np.float64]:
        return np.tile(self.shares, (len(embeddings), 1))

    def familiarity(self, embeddings: FloatArray) -> FloatArray:
        return np.zeros(len(embeddings), dtype=np.float32)


class PhotoCategoryPipeline(Pipeline[LabelledPhotos, LabelledEmbeddings, PhotoClassifier]):
    """The shipped head moved towards what staff accepted and corrected.

    The hold-out is a quarter of the products and not the latest days: photos of one product look
    alike, and a product's photos arrive together, so days would hold out kinds of goods.
    """

    name: ClassVar[str] = PIPELINE
    retrain_every_days: ClassVar[int] = 7
    # The hold-out is the same products each time: a version that had learned them would be
    # measured by memory the next time, and no candidate would come near it.
    refit_on_everything: ClassVar[bool] = False
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("accuracy", reference=GateResult.Reference.BASELINE, slack=-0.01),
        Criterion("accuracy", reference=GateResult.Reference.ACTIVE, slack=0.01),
        Criterion("wrong_and_sure", at_most=0.05),
    )

    def collect(self, as_of: date) -> tuple[LabelledPhotos, Provenance]:
        decided = (
            PhotoClassification.objects.decided_by_people()
            .filter(reviewed_at__date__lte=as_of, photo__embedding__isnull=False)
            .order_by("photo_id", "-reviewed_at", "-pk")
        )
        latest: dict[int, PhotoClassification] = {}
        for row in decided.select_related("photo__embedding"):
            latest.setdefault(row.photo_id, row)
        rows = [row for row in latest.values() if row.final_label]
        if len(rows) < MIN_PHOTOS:
            raise NotEnoughDataError(
                have=len(rows), need=MIN_PHOTOS, what=_("photos named by people")
            )
        products = {row.photo.product_id for row in rows}
        if len(products) < MIN_PRODUCTS:
            raise NotEnoughDataError(
                have=len(products), need=MIN_PRODUCTS, what=_("products with such photos")
            )
        backbone = load_backbone().sha256
        raw = LabelledPhotos(
            embeddings=np.stack([unpack(bytes(row.photo.embedding.vector)) for row in rows]),
            labels=np.array([row.final_label for row in rows]),
            products=np.array([f"product-{row.photo.product_id}" for row in rows]),
            has_backbone=np.array(
                [row.photo.embedding.backbone_sha256 == backbone for row in rows]
            ),
        )
        days = [timezone.localdate(row.reviewed_at) for row in rows if row.reviewed_at is not None]
        return raw, Provenance(
            rows=len(rows),
            first_day=min(days),
            last_day=max(days),
            fingerprint=fingerprint(raw.embeddings, raw.labels, raw.products),
        )

    def clean(self, raw: LabelledPhotos) -> tuple[LabelledPhotos, Sequence[AnomalyReport]]:
        finite = np.isfinite(raw.embeddings).all(axis=1)
        _unique, first = np.unique(
            np.concatenate([raw.embeddings, _as_numbers(raw.labels)], axis=1),
            axis=0,
            return_index=True,
        )
        is_first = np.zeros(len(raw.labels), dtype=bool)
        is_first[first] = True
        keep = raw.has_backbone & finite & is_first
        reports = [
            AnomalyReport(
                check="photo_of_another_backbone",
                handling=Anomaly.Handling.DROPPED,
                rows=int((~raw.has_backbone).sum()),
            ),
            AnomalyReport(
                check="photo_vector_not_finite",
                handling=Anomaly.Handling.DROPPED,
                rows=int((~finite).sum()),
            ),
            AnomalyReport(
                check="photo_twice_with_one_label",
                handling=Anomaly.Handling.DROPPED,
                rows=int((~is_first).sum()),
            ),
        ]
        cleaned = LabelledPhotos(
            raw.embeddings[keep], raw.labels[keep], raw.products[keep], raw.has_backbone[keep]
        )
        return cleaned, reports

    def build_features(self, raw: LabelledPhotos) -> LabelledEmbeddings:
        return LabelledEmbeddings(raw.embeddings, raw.labels, raw.products)

    def split(self, features: LabelledEmbeddings) -> tuple[LabelledEmbeddings, LabelledEmbeddings]:
        held = hold_out(features.groups)
        if held.all() or not held.any():
            raise NotEnoughDataError(have=0, need=1, what=_("products to hold out"))
        return features.take(np.flatnonzero(~held)), features.take(np.flatnonzero(held))

    def train(self, features: LabelledEmbeddings) -> PhotoClassifier:
        return retrain_photo_classifier(features, shipped=shipped_head())

    def train_baseline(self, features: LabelledEmbeddings) -> MajorityLabel:
        return MajorityLabel(features.labels)

    def evaluate(self, model: Any, holdout: LabelledEmbeddings) -> Evaluation:
        numbers = {label: number for number, label in enumerate(model.labels)}
        truth = np.array([numbers.get(str(label), -1) for label in holdout.labels])
        probabilities = model.predict_proba(holdout.embeddings)
        is_sure = (probabilities.max(axis=1) >= model.threshold) & (
            model.familiarity(holdout.embeddings) >= model.familiarity_floor
        )
        is_shipped = np.isin(holdout.labels, shipped_head().labels)
        kinds = {"label:shipped": is_shipped, "label:own": ~is_shipped}
        return Evaluation(
            metrics=_measure(probabilities, truth, is_sure),
            groups={
                kind: _measure(probabilities[rows], truth[rows], is_sure[rows])
                for kind, rows in kinds.items()
                if rows.any()
            },
        )

    def publish(self, *, version: ModelVersion, model: PhotoClassifier, as_of: date) -> int:
        return reclassify_proposed(version=version, model=model)

    def parameters(self, model: PhotoClassifier) -> Mapping[str, Any]:
        return {
            "labels": len(model.labels),
            "temperature": round(model.temperature, 4),
            "threshold": round(model.threshold, 4),
            "familiarity_floor": round(model.familiarity_floor, 4),
            "backbone_sha256": model.backbone_sha256,
            **model.notes,
        }

    def monitor(
        self, *, version: ModelVersion, model: PhotoClassifier, as_of: date
    ) -> DriftMeasurement | None:
        """Distance of recent photos to the nearest known kind, and how often people agreed."""
        since = as_of - timedelta(days=MONITORED_DAYS)
        vectors = list(
            PhotoEmbedding.objects.filter(
                created_at__date__gt=since,
                created_at__date__lte=as_of,
                backbone_sha256=model.backbone_sha256,
            ).values_list("vector", flat=True)[:5000]
        )
        decided = PhotoClassification.objects.filter(
            model_version=version, reviewed_at__date__gt=since, reviewed_at__date__lte=as_of
        )
        n_decided = decided.count()
        if len(vectors) < MIN_MONITORED:
            return None
        embeddings = np.stack([unpack(bytes(vector)) for vector in vectors])
        moved = _ks_distance(1.0 - model.familiarity(embeddings), model.distance_quantiles)
        live = (
            {"accuracy": decided.filter(status=Status.ACCEPTED).count() / n_decided}
            if n_decided
            else {}
        )
        promised = {"accuracy": float(version.metrics.get("accuracy", 0.0))}
        lost = promised["accuracy"] - live["accuracy"] if n_decided >= MIN_DECIDED else 0.0
        status = DriftReport.Status.STEADY
        if moved >= ALARMING_DISTANCE or lost >= ALARMING_LOSS:
            status = DriftReport.Status.ALARM
        elif moved >= WATCHED_DISTANCE or lost >= ALARMING_LOSS / 2:
            status = DriftReport.Status.WATCH
        return DriftMeasurement(
            status=status,
            inputs={"distance_to_known_photos": round(moved, 4)},
            promised=promised,
            live=live,
            rows=len(vectors),
        )


def shipped_head() -> PhotoClassifier:
    """The head that a new shop starts with, whatever it serves today."""
    folder = ARTEFACT.parent / "photo_category"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return PhotoClassifier.from_bytes((folder / manifest["file"]).read_bytes())


def _measure(
    probabilities: npt.NDArray[np.float64],
    truth: npt.NDArray[np.intp],
    is_sure: npt.NDArray[np.bool_],
) -> dict[str, float]:
    found = figures(probabilities, truth, is_sure)
    is_wrong = probabilities.argmax(axis=1) != truth
    return found | {"wrong_and_sure": float((is_wrong & is_sure).mean())}


def _as_numbers(labels: npt.NDArray[np.str_]) -> FloatArray:
    _names, numbers = np.unique(labels, return_inverse=True)
    return numbers.astype(np.float32)[:, None]


def _ks_distance(distances: FloatArray, quantiles: FloatArray) -> float:
    """Largest gap between two cumulative shares; quantiles (101,) describe the expected one."""
    points = np.sort(distances)
    observed_after = np.arange(1, len(points) + 1) / len(points)
    expected = np.interp(points, quantiles, np.linspace(0.0, 1.0, len(quantiles)))
    gaps = np.maximum(
        np.abs(observed_after - expected), np.abs(observed_after - 1 / len(points) - expected)
    )
    return float(gaps.max())
