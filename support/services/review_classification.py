"""How a review is read by the model, and what staff say to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F

from learning import review as proposals
from learning import serving
from learning.algorithms.explanation import Direction, Explanation, Factor
from learning.decisions import build_decision
from learning.jobs import send_on_commit
from learning.models import Decision, ModelVersion
from support.algorithms.analyzers import compose
from support.algorithms.sentiment import Sentiment, SentimentExplanation, SentimentModel
from support.errors import UnknownSentimentError
from support.models import Review, ReviewClassification

logger = structlog.get_logger(__name__)

PIPELINE = "support.review_sentiment"

# After so many starts without an end a review is left alone: it may be what kills the worker.
MAX_ATTEMPTS = 5
BATCH = 200
SHOWN_FACTORS = 10
Status = ReviewClassification.ReviewStatus


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a review as it is shown. weight: what it adds to the logit, 0 where unmarked."""

    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class MarkedReview:
    """Title and text cut into marked and unmarked pieces that join to the whole."""

    title: Sequence[Segment]
    text: Sequence[Segment]


def classify_review(*, review: Review) -> ReviewClassification | None:
    """Read one review; what is classified already is left alone. Safe to run twice."""
    _classify_batch([review.pk])
    return review.classifications.order_by("-pk").first()


def sweep_unclassified_reviews() -> int:
    """Read every review that no job has read; returns how many were.

    Reviews that were tried before go one by one to their own jobs, so that one that kills its
    worker does not keep the others waiting.
    """
    waiting = Review.objects.unclassified()
    n_done = 0
    while keys := list(
        waiting.filter(attempts=0).order_by("pk").values_list("pk", flat=True)[:BATCH]
    ):
        n_done += _classify_batch(keys)
    again = waiting.filter(attempts__gt=0, attempts__lt=MAX_ATTEMPTS).order_by("pk")
    for key in again.values_list("pk", flat=True)[:BATCH]:
        send_on_commit("support.classify_review", key)
    return n_done


def accept_classification(
    *, classification: ReviewClassification, user: AbstractBaseUser, reason: str = ""
) -> ReviewClassification:
    """A person agrees. Raises AlreadyReviewedError."""
    return proposals.accept(
        classification, user=user, proposed=_proposed(classification), reason=reason
    )


def correct_classification(
    *,
    classification: ReviewClassification,
    user: AbstractBaseUser,
    sentiment: str,
    reason: str = "",
) -> ReviewClassification:
    """A person says what it is: a label of the next training set.

    Correcting to what was proposed is accepting. Raises UnknownSentimentError,
    AlreadyReviewedError.
    """
    if sentiment not in ReviewClassification.Sentiment.values:
        raise UnknownSentimentError(sentiment)
    if sentiment == classification.sentiment:
        return accept_classification(classification=classification, user=user, reason=reason)
    return proposals.correct(
        classification,
        user=user,
        proposed=_proposed(classification),
        changes={"corrected_sentiment": sentiment},
        reason=reason,
    )


def reject_classification(
    *, classification: ReviewClassification, user: AbstractBaseUser, reason: str = ""
) -> ReviewClassification:
    """A person says it is wrong and nothing more. Raises AlreadyReviewedError."""
    return proposals.reject(
        classification, user=user, proposed=_proposed(classification), reason=reason
    )


def reclassify_proposed(*, version: ModelVersion, model: SentimentModel) -> int:
    """Read anew, with another version, what no person has decided on; returns how many.

    A row whose sentiment stays is brought up to date; one whose sentiment changes is superseded.
    """
    stale = ReviewClassification.objects.awaiting_review().exclude(model_version=version)
    keys = list(stale.order_by("pk").values_list("pk", flat=True))
    n_done = 0
    for start in range(0, len(keys), BATCH):
        rows = list(stale.filter(pk__in=keys[start : start + BATCH]).select_related("review"))
        fresh = [_read(row.review, version=version, model=model) for row in rows]
        with transaction.atomic():
            n_done += _bring_up_to_date(rows, fresh, version=version)
    return n_done


def mark(classification: ReviewClassification) -> MarkedReview:
    """The review with the words that decided, for showing; a text edited since is unmarked."""
    review = classification.review
    facts = classification.explanation.get("facts", {})
    spans = facts.get("spans", []) if facts.get("length") == len(_whole(review)) else []
    shift = len(review.title) + 1 if review.title else 0
    in_title = [span for span in spans if span[1] <= len(review.title)] if shift else []
    in_text = [
        (max(start - shift, 0), end - shift, weight) for start, end, weight in spans if end > shift
    ]
    return MarkedReview(title=_cut(review.title, in_title), text=_cut(review.text, in_text))


def _classify_batch(keys: Sequence[int]) -> int:
    # Counted before the work, so that work that kills its process is counted too.
    Review.objects.filter(pk__in=keys).update(attempts=F("attempts") + 1)
    reviews = list(Review.objects.unclassified().filter(pk__in=keys).order_by("pk"))
    if not reviews:
        return 0
    served = serving.load(PIPELINE)
    rows = [_read(review, version=served.version, model=served.model) for review in reviews]
    try:
        _propose(rows)
    except IntegrityError:
        if len(rows) > 1:
            return sum(_classify_batch([review.pk]) for review in reviews)
        # Another worker read it at the same moment; there is one open proposal per review.
        logger.info("review_classified_elsewhere", review=reviews[0].pk)
        return 0
    return len(rows)


@transaction.atomic
def _propose(rows: Sequence[ReviewClassification]) -> None:
    ReviewClassification.objects.bulk_create(rows)
    Decision.objects.bulk_create(
        build_decision(
            action=Decision.Action.PROPOSE,
            subject=row,
            version=row.model_version,
            proposed=_proposed(row),
        )
        for row in rows
    )


def _bring_up_to_date(
    rows: Sequence[ReviewClassification],
    fresh: Sequence[ReviewClassification],
    *,
    version: ModelVersion,
) -> int:
    still_open = ReviewClassification.objects.awaiting_review()
    n_same = 0
    new, superseded = [], []
    # The condition is in each UPDATE: what a person decided meanwhile stays decided. One by one is
    # about twice as fast as one statement with two hundred cases.
    for row, now in zip(rows, fresh, strict=True):
        if row.sentiment == now.sentiment:
            n_same += still_open.filter(pk=row.pk).update(
                model_version=version,
                confidence=now.confidence,
                positive_probability=now.positive_probability,
                needs_person=now.needs_person,
                explanation=now.explanation,
            )
        elif still_open.filter(pk=row.pk).claim(status=Status.SUPERSEDED):
            superseded.append(row)
            new.append(now)
    Decision.objects.bulk_create(
        build_decision(
            action=Decision.Action.SUPERSEDE,
            subject=row,
            version=version,
            proposed=_proposed(row),
            reason="version",
        )
        for row in superseded
    )
    _propose(new)
    return n_same + len(new)


def _read(
    review: Review, *, version: ModelVersion | None, model: SentimentModel
) -> ReviewClassification:
    """An unsaved row: what the model says of a review and why."""
    whole = _whole(review)
    said = model.predict_one(whole)
    stars_disagree = _stars_disagree(review.stars, said)
    explanation = _explanation(model.explain(whole), said, length=len(whole))
    explanation["facts"]["stars_disagree"] = stars_disagree
    return ReviewClassification(
        review=review,
        model_version=version,
        sentiment=said.label,
        positive_probability=said.probability,
        confidence=said.confidence,
        # Four stars over a complaint: a slip of the finger, or a model that is wrong.
        needs_person=said.label == "mixed" or stars_disagree,
        explanation=explanation,
    )


def _whole(review: Review) -> str:
    return compose(review.title, review.text)


def _stars_disagree(stars: int, said: Sentiment) -> bool:
    return (stars >= 4 and said.label == "negative") or (stars <= 2 and said.label == "positive")


def _explanation(why: SentimentExplanation, said: Sentiment, *, length: int) -> dict[str, Any]:
    factors = [
        Factor(
            name=part.term,
            value=part.count,
            direction=Direction.UP if part.weight > 0 else Direction.DOWN,
            weight=round(part.weight, 6),
        )
        for part in _without_repetition(why)
    ]
    return Explanation(
        factors=factors,
        unit="logit",
        facts={
            "language": said.language,
            "bias": round(why.bias, 6),
            "logit": round(why.logit, 6),
            "known_share": round(said.known_share, 4),
            "spans": [[span.start, span.end, round(span.weight, 6)] for span in why.spans],
            "rest": round(why.rest, 6),
            "length": length,
        },
    ).as_json()


def _without_repetition(why: SentimentExplanation) -> list[Any]:
    """The strongest n-grams; one that is part of a stronger one already shown is left out."""
    shown: list[Any] = []
    for part in why.contributions:
        if not part.term.strip() or math.isclose(part.weight, 0.0, abs_tol=1e-6):
            continue
        if any(part.term in other.term or other.term in part.term for other in shown):
            continue
        shown.append(part)
        if len(shown) == SHOWN_FACTORS:
            break
    return shown


def _proposed(row: ReviewClassification) -> dict[str, Any]:
    return {
        "sentiment": row.sentiment,
        "confidence": row.confidence,
        "needs_person": row.needs_person,
    }


def _cut(text: str, spans: Sequence[Sequence[float]]) -> list[Segment]:
    segments = []
    reached = 0
    for start, end, weight in spans:
        first, last = max(int(start), reached), int(end)
        if first > reached:
            segments.append(Segment(text[reached:first], 0.0))
        segments.append(Segment(text[first:last], float(weight)))
        reached = last
    if reached < len(text):
        segments.append(Segment(text[reached:], 0.0))
    return segments
