"""What is on a photo: proposed by the model, decided by people, learned from again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import numpy as np
import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction

from catalog.algorithms.backbone import FloatArray, PhotoFeatures, load_backbone
from catalog.algorithms.heat_overlay import draw_heat_map
from catalog.algorithms.photo_classifier import NoPhotoClassifier, PhotoClassifier, PhotoGuess
from catalog.errors import UnknownPhotoLabelError
from catalog.models import Category, PhotoClassification, PhotoEmbedding, Product, ProductPhoto
from catalog.services.photo_labels import categories_by_label
from catalog.services.photos import count_attempt, read_pixels
from learning import review, serving
from learning.decisions import record_decision
from learning.models import Decision, ModelVersion

logger = structlog.get_logger(__name__)

PIPELINE = "catalog.photo_category"
BATCH = 200
Status = PhotoClassification.ReviewStatus


@dataclass(frozen=True, slots=True)
class Verdict:
    """A guess read in the words of this shop.

    category: what the likeliest label means here, if anything.
    category_confidence: the labels that mean the same category count together.
    """

    category: Category | None
    category_confidence: float
    needs_person: bool


def classify_photo(*, photo: ProductPhoto) -> PhotoClassification | None:
    """Look at a prepared photo and propose what it shows. Safe to run twice.

    What a person has decided stays. None for a photo that is not prepared or cannot be read.
    """
    if photo.state != ProductPhoto.State.READY:
        return None
    served = serving.load(PIPELINE)
    known: PhotoClassification | None = photo.classifications.exclude(
        status=Status.SUPERSEDED
    ).first()
    if known is not None and (
        known.status != Status.PROPOSED or known.model_version == served.version
    ):
        return known
    count_attempt(photo)
    try:
        pixels = read_pixels(photo)
    except OSError as error:
        logger.warning("photo_unreadable", photo=photo.pk, error=str(error))
        return None
    backbone = load_backbone()
    features = backbone.features(pixels)
    PhotoEmbedding.objects.update_or_create(
        photo=photo,
        defaults={"backbone_sha256": backbone.sha256, "vector": pack(features.embedding)},
    )
    model = _matching(served.model, backbone.sha256)
    guess = model.predict(features)
    overlay = draw_heat_map(pixels, guess.heat_map) if guess.label else None
    return _propose(
        photo=photo,
        version=served.version if model is served.model else None,
        guess=guess,
        explanation=model.explain(guess).as_json(),
        overlay=overlay,
    )


def accept_classification(
    *, classification: PhotoClassification, user: AbstractBaseUser, reason: str = ""
) -> PhotoClassification:
    """A person agrees with what the model saw. Raises AlreadyReviewedError."""
    with transaction.atomic():
        accepted = review.accept(
            classification, user=user, proposed=_proposed(classification), reason=reason
        )
        if accepted.category is not None:
            _fill_category(accepted.photo.product_id, accepted.category)
    return accepted


def correct_classification(
    *,
    classification: PhotoClassification,
    user: AbstractBaseUser,
    category: Category | None = None,
    label: str = "",
    reason: str = "",
) -> PhotoClassification:
    """A person says what it is: a label, or a category and the label follows from it.

    A category that no label means yet gets one of its own, which the next retrain learns.

    Raises UnknownPhotoLabelError, AlreadyReviewedError.
    """
    by_label = categories_by_label()
    if not label and category is not None:
        label = _label_of(category, classification)
    if not label:
        raise UnknownPhotoLabelError(label)
    category = category or by_label.get(label)
    with transaction.atomic():
        if category is not None and label not in category.photo_labels:
            category.photo_labels = [*category.photo_labels, label]
            category.save(update_fields=["photo_labels"])
        applied = _was_applied(classification)
        corrected = review.correct(
            classification,
            user=user,
            proposed=_proposed(classification),
            changes={"corrected_label": label, "category": category},
            reason=reason,
        )
        if applied is not None:
            _take_category_back(corrected.photo.product_id, applied)
        if category is not None:
            _fill_category(corrected.photo.product_id, category)
    return corrected


def reject_classification(
    *, classification: PhotoClassification, user: AbstractBaseUser, reason: str = ""
) -> PhotoClassification:
    """A person says it is wrong and nothing more. Raises AlreadyReviewedError."""
    with transaction.atomic():
        applied = _was_applied(classification)
        rejected = review.reject(
            classification, user=user, proposed=_proposed(classification), reason=reason
        )
        if applied is not None:
            _take_category_back(rejected.photo.product_id, applied)
    return rejected


def reclassify_proposed(*, version: ModelVersion, model: PhotoClassifier) -> int:
    """Look with a new version at every photo that no person has decided on; returns how many.

    Vectors are stored, so only photos that are now seen as something else are opened again.
    """
    stale = PhotoClassification.objects.awaiting_review().exclude(model_version=version)
    keys = list(stale.order_by("pk").values_list("pk", flat=True))
    by_label = categories_by_label()
    n_done = 0
    for start in range(0, len(keys), BATCH):
        rows = stale.filter(pk__in=keys[start : start + BATCH])
        for row in rows.select_related("photo__embedding"):
            n_done += _reclassify(row, version=version, model=model, by_label=by_label)
    return n_done


def _reclassify(
    row: PhotoClassification,
    *,
    version: ModelVersion,
    model: PhotoClassifier,
    by_label: Mapping[str, Category],
) -> int:
    embedding = getattr(row.photo, "embedding", None)
    if embedding is None or embedding.backbone_sha256 != model.backbone_sha256:
        return _look_again(row)
    guess = model.predict(_as_features(unpack(bytes(embedding.vector))))
    if guess.label != row.label:
        return _look_again(row)
    verdict = judge(guess, threshold=model.threshold, by_label=by_label)
    explanation = model.explain(guess).as_json()
    explanation["facts"] |= {
        "category_confidence": round(verdict.category_confidence, 4),
        "applied_category": _was_applied(row),
    }
    return (
        PhotoClassification.objects.awaiting_review()
        .filter(pk=row.pk)
        .update(
            model_version=version,
            confidence=guess.confidence,
            category=verdict.category,
            runner_up_label=guess.labels[1],
            runner_up_confidence=guess.probabilities[1],
            needs_person=verdict.needs_person,
            explanation=explanation,
        )
    )


def judge(guess: PhotoGuess, *, threshold: float, by_label: Mapping[str, Category]) -> Verdict:
    """Which category the guess means and whether a person has to look.

    A shop with one category for shirts and t-shirts need not tell them apart: their
    probabilities count together.
    """
    category = by_label.get(guess.label)
    if category is None:
        return Verdict(category=None, category_confidence=guess.confidence, needs_person=True)
    together = sum(
        probability
        for label, probability in zip(guess.labels, guess.probabilities, strict=True)
        if by_label.get(label) == category
    )
    is_sure = guess.is_familiar and together >= threshold
    return Verdict(category=category, category_confidence=together, needs_person=not is_sure)


def pack(embedding: FloatArray) -> bytes:
    return embedding.astype("<f4").tobytes()


def unpack(vector: bytes) -> FloatArray:
    return np.frombuffer(vector, dtype="<f4").astype(np.float32)


def _as_features(embedding: FloatArray) -> PhotoFeatures:
    return PhotoFeatures(embedding=embedding, feature_map=embedding[:, None, None])


def _matching(model: Any, backbone_sha256: str) -> Any:
    """A head is worth nothing on the vectors of another backbone."""
    if model.backbone_sha256 in {backbone_sha256, ""}:
        return model
    logger.error("head_of_another_backbone", head=model.backbone_sha256[:12])
    return NoPhotoClassifier()


def _look_again(row: PhotoClassification) -> int:
    """Supersedes the row through the ordinary way in."""
    return 0 if classify_photo(photo=row.photo) is None else 1


def _propose(
    *,
    photo: ProductPhoto,
    version: ModelVersion | None,
    guess: PhotoGuess,
    explanation: dict[str, Any],
    overlay: bytes | None,
) -> PhotoClassification:
    threshold = float(explanation["facts"].get("threshold", 1.01))
    verdict = judge(guess, threshold=threshold, by_label=categories_by_label())
    explanation["facts"]["category_confidence"] = round(verdict.category_confidence, 4)
    row = PhotoClassification(
        photo=photo,
        model_version=version,
        confidence=guess.confidence,
        label=guess.label,
        category=verdict.category,
        runner_up_label=guess.labels[1] if len(guess.labels) > 1 else "",
        runner_up_confidence=guess.probabilities[1] if len(guess.labels) > 1 else None,
        needs_person=verdict.needs_person,
    )
    if overlay is not None:
        row.heat_map.save(f"{uuid4().hex}.webp", ContentFile(overlay), save=False)
    try:
        with transaction.atomic():
            _supersede(photo, version)
            if verdict.category is not None and not verdict.needs_person:
                applied = _fill_category(photo.product_id, verdict.category)
                explanation["facts"]["applied_category"] = verdict.category.pk if applied else None
            row.explanation = explanation
            row.save(force_insert=True)
            ProductPhoto.objects.filter(pk=photo.pk).update(attempts=0)
            record_decision(
                action=Decision.Action.PROPOSE,
                subject=row,
                version=version,
                proposed=_proposed(row),
            )
    except IntegrityError:
        # Another worker looked at the same moment; there is one open proposal per photo.
        row.heat_map.delete(save=False)
        return PhotoClassification.objects.awaiting_review().get(photo=photo)
    return row


def _supersede(photo: ProductPhoto, version: ModelVersion | None) -> None:
    # Not what this version proposed itself a moment ago in another worker.
    for old in photo.classifications.awaiting_review().exclude(model_version=version):
        if photo.classifications.filter(pk=old.pk).claim(status=Status.SUPERSEDED):
            applied = _was_applied(old)
            if applied is not None:
                _take_category_back(photo.product_id, applied)
            record_decision(
                action=Decision.Action.SUPERSEDE,
                subject=old,
                version=version,
                proposed=_proposed(old),
                reason="version",
            )


def _proposed(row: PhotoClassification) -> dict[str, Any]:
    return {
        "label": row.label,
        "category": None if row.category is None else row.category.slug,
        "confidence": row.confidence,
        "needs_person": row.needs_person,
    }


def _label_of(category: Category, classification: PhotoClassification) -> str:
    """Of the labels that mean a category, the one the model thinks likeliest."""
    if not category.photo_labels:
        return category.slug[:60]
    embedding = PhotoEmbedding.objects.filter(photo_id=classification.photo_id).first()
    model = serving.load(PIPELINE).model
    candidates = [label for label in category.photo_labels if label in model.labels]
    if embedding is None or not candidates:
        return str(category.photo_labels[0])
    shares = model.predict_proba(unpack(bytes(embedding.vector))[None])[0]
    return str(max(candidates, key=lambda label: shares[model.labels.index(label)]))


def _was_applied(row: PhotoClassification) -> int | None:
    """The category that the product took from this proposal without a person."""
    applied: int | None = row.explanation.get("facts", {}).get("applied_category")
    return applied


def _fill_category(product_id: int, category: Category) -> bool:
    """Only where the product has none: what staff chose stays."""
    product = Product.objects.select_for_update().get(pk=product_id)
    if product.category_id is not None:
        return False
    product.category = category
    product.save(update_fields=["category", "updated_at"])
    return True


def _take_category_back(product_id: int, category_id: int) -> None:
    product = Product.objects.select_for_update().get(pk=product_id)
    if product.category_id == category_id:
        product.category = None
        product.save(update_fields=["category", "updated_at"])
