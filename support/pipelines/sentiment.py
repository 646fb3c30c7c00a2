"""How the sentiment model learns from this shop's own reviews."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Any, ClassVar, Final

import numpy as np
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from learning.algorithms.drift import population_stability_index
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
from support.algorithms.analyzers import LANGUAGES, compose, detect_language
from support.algorithms.review_checks import bursts, first_of_each, profile
from support.algorithms.sentiment import Sentiment, SentimentModel
from support.algorithms.sentiment_baseline import UnigramBayes
from support.algorithms.sentiment_quality import (
    Answers,
    BoolArray,
    FloatArray,
    expected_calibration_error,
    figures,
    macro_f1,
)
from support.algorithms.sentiment_training import SETTINGS, fit_from_version
from support.models import Review, ReviewClassification
from support.pipelines.shipped import read_shipped
from support.services.review_classification import PIPELINE, reclassify_proposed

IntArray = NDArray[np.int64]

MIN_REVIEWS: Final = 200
MIN_OF_EACH_KIND: Final = 20
MIN_HELD_OUT_OF_EACH_KIND: Final = 5
HOLD_OUT_SHARE: Final = 0.2
MIN_OF_A_LANGUAGE: Final = 20

# Stars are given for delivery, price and mood too: three starred reviews weigh about as much as
# one that a person read for its sentiment.
WEIGHT_OF_STARS: Final = 0.3
WEIGHT_OF_PEOPLE: Final = 1.0

# In a shop's own version an n-gram must stand in five reviews, so that no single one can be read
# back from its file.
MIN_DOCUMENTS: Final = 5

RECENT_DAYS: Final = 28
MIN_RECENT: Final = 30
MIN_BEFORE: Final = 100
MAX_MONITORED: Final = 5000
ALARMING_DISTANCE: Final = 0.2
WATCHED_DISTANCE: Final = 0.1
ALARMING_LOSS: Final = 0.1

Status = ReviewClassification.ReviewStatus
TARGETS: Final = {
    ReviewClassification.Sentiment.NEGATIVE.value: 0.0,
    ReviewClassification.Sentiment.MIXED.value: 0.5,
    ReviewClassification.Sentiment.POSITIVE.value: 1.0,
}


@dataclass(frozen=True)
class LabelledReviews:
    """One row per review with a label, oldest first.

    targets: 1 positive, .5 mixed, 0 negative. weights: how much the label counts.
    truth: what a hold-out is judged by, 1 or 0, or -1 where nothing independent of the model says:
    a person who only agreed with it is no witness, the stars are, and so is a correction.
    by_person: whether the label is a person's. days: day of writing. All of shape (n_reviews,).
    is_complete: whether nothing was held out of it.
    """

    texts: Sequence[str]
    targets: FloatArray
    weights: FloatArray
    truth: IntArray
    by_person: BoolArray
    stars: IntArray
    products: IntArray
    days: NDArray[np.datetime64]
    is_complete: bool = True

    def take(self, rows: NDArray[np.intp]) -> "LabelledReviews":
        return LabelledReviews(
            texts=[self.texts[row] for row in rows],
            targets=self.targets[rows],
            weights=self.weights[rows],
            truth=self.truth[rows],
            by_person=self.by_person[rows],
            stars=self.stars[rows],
            products=self.products[rows],
            days=self.days[rows],
        )


class ReviewSentimentPipeline(Pipeline[LabelledReviews, LabelledReviews, SentimentModel]):
    """The shipped model, pulled towards this shop's reviews.

    Labels are what staff accepted or corrected and, with less weight, the stars. The last fifth of
    the reviews by time is the hold-out. Every training starts from the shipped version and not
    from the last one, so that a review that was erased leaves no trace.
    """

    name: ClassVar[str] = PIPELINE
    criteria: ClassVar[Sequence[Criterion]] = (
        Criterion("macro_f1", reference=GateResult.Reference.BASELINE, slack=0.0),
        Criterion("macro_f1", reference=GateResult.Reference.ACTIVE, slack=0.005),
        # Neither language pays for what the other one gains.
        Criterion("macro_f1_zh", reference=GateResult.Reference.ACTIVE),
        Criterion("macro_f1_en", reference=GateResult.Reference.ACTIVE),
        Criterion("ece", reference=GateResult.Reference.ACTIVE, higher_is_better=False, slack=0.01),
        Criterion("ece", at_most=0.10),
    )

    def collect(self, as_of: date) -> tuple[LabelledReviews, Provenance]:
        decided = _latest_decisions(as_of)
        reviews = (
            Review.objects.filter(written_at__date__lte=as_of)
            .exclude(status=Review.Status.HIDDEN)
            .order_by("written_at", "pk")
            .values_list("pk", "title", "text", "stars", "product_id", "written_at__date")
        )
        rows = [row for row in map(_Row.of, reviews) if row.pk in decided or row.stars != 3]
        if len(rows) < MIN_REVIEWS:
            raise NotEnoughDataError(
                have=len(rows), need=MIN_REVIEWS, what=str(_("labelled reviews"))
            )
        labels = [_label(row, decided.get(row.pk)) for row in rows]
        raw = LabelledReviews(
            texts=[compose(row.title, row.text) for row in rows],
            targets=np.array([label.target for label in labels]),
            weights=np.array([label.weight for label in labels]),
            truth=np.array([label.truth for label in labels], dtype=np.int64),
            by_person=np.array([label.by_person for label in labels], dtype=bool),
            stars=np.array([row.stars for row in rows], dtype=np.int64),
            products=np.array([row.product_id for row in rows], dtype=np.int64),
            days=np.array([row.day for row in rows], dtype="datetime64[D]"),
        )
        texts = hashlib.sha256("\0".join(raw.texts).encode()).digest()
        return raw, Provenance(
            rows=len(rows),
            first_day=rows[0].day,
            last_day=rows[-1].day,
            fingerprint=fingerprint(
                raw.targets, raw.weights, raw.days, np.frombuffer(texts, dtype=np.uint8)
            ),
        )

    def clean(self, raw: LabelledReviews) -> tuple[LabelledReviews, Sequence[AnomalyReport]]:
        readable = np.array([detect_language(text) is not None for text in raw.texts], dtype=bool)
        is_first = first_of_each(raw.texts)
        contradicting = raw.by_person & (
            ((raw.stars >= 4) & (raw.targets == 0.0)) | ((raw.stars <= 2) & (raw.targets == 1.0))
        )
        found = bursts(raw.products, raw.days, raw.stars <= 2)
        reports = [
            AnomalyReport(
                check="review_in_no_known_language",
                handling=Anomaly.Handling.DROPPED,
                rows=int((~readable).sum()),
            ),
            AnomalyReport(
                check="review_text_twice",
                handling=Anomaly.Handling.DROPPED,
                rows=int((~is_first).sum()),
            ),
            AnomalyReport(
                check="stars_against_the_words",
                handling=Anomaly.Handling.KEPT,
                rows=int(contradicting.sum()),
                detail=str(_("Staff read the text otherwise than its stars; staff counts.")),
            ),
            AnomalyReport(
                check="burst_of_complaints",
                handling=Anomaly.Handling.KEPT,
                rows=sum(burst.n_reviews for burst in found),
                examples=[
                    {"product": burst.product, "day": str(burst.day), "reviews": burst.n_reviews}
                    for burst in found
                ],
            ),
        ]
        return raw.take(np.flatnonzero(readable & is_first)), reports

    def build_features(self, raw: LabelledReviews) -> LabelledReviews:
        """N-grams are counted in training, where the vocabulary is known."""
        return raw

    def split(self, features: LabelledReviews) -> tuple[LabelledReviews, LabelledReviews]:
        _require_both_kinds(features.targets > 0.5, MIN_OF_EACH_KIND)
        boundary = features.days[int(len(features.texts) * (1.0 - HOLD_OUT_SHARE))]
        # All reviews of one day fall on one side.
        later = features.days >= boundary
        training = replace(features.take(np.flatnonzero(~later)), is_complete=False)
        holdout = features.take(np.flatnonzero(later & (features.truth >= 0)))
        _require_both_kinds(training.targets > 0.5, MIN_OF_EACH_KIND)
        _require_both_kinds(holdout.truth == 1, MIN_HELD_OUT_OF_EACH_KIND)
        return training, holdout

    def train(self, features: LabelledReviews) -> SentimentModel:
        """Learns from everything in the end, since the newest corrections are the best ones.

        That version has then seen what the next candidate is measured on, and would win by memory:
        so it carries along the one that has not.
        """
        apart = self.train(self.split(features)[0]).to_bytes() if features.is_complete else b""
        languages = np.array([detect_language(text) for text in features.texts], dtype=object)
        learned = []
        for language, scorer in shipped_model().scorers.items():
            part = features.take(np.flatnonzero(languages == language))
            learned.append(
                fit_from_version(
                    scorer.weights,
                    part.texts,
                    part.targets,
                    part.weights,
                    settings=replace(SETTINGS[language], min_documents=MIN_DOCUMENTS),
                )
            )
        return SentimentModel(learned, apart=apart)

    def train_baseline(self, features: LabelledReviews) -> UnigramBayes:
        clear = np.flatnonzero(features.targets != 0.5)
        part = features.take(clear)
        return UnigramBayes(part.texts, part.targets > 0.5)

    def evaluate(self, model: Any, holdout: LabelledReviews) -> Evaluation:
        judged = model.for_measuring() if isinstance(model, SentimentModel) else model
        predictions: list[Sentiment] = judged.predict(holdout.texts)
        answers = Answers.of(predictions)
        positive = holdout.truth == 1
        languages = np.array([prediction.language or "" for prediction in predictions])
        lengths = np.array([len(text) for text in holdout.texts])
        groups = {
            **{f"language:{code}": languages == code for code in ("zh", "en")},
            "length:short": lengths < 40,
            "length:medium": (lengths >= 40) & (lengths < 200),
            "length:long": lengths >= 200,
            "label:staff": holdout.by_person,
            "label:stars": ~holdout.by_person,
        }
        return Evaluation(
            metrics={
                **figures(positive, answers),
                **_by_language(positive, answers, languages),
            },
            groups={
                group: {**_finite(figures(positive[rows], answers.take(rows))), "rows": n}
                for group, rows in groups.items()
                if (n := float(rows.sum()))
            },
        )

    def publish(self, *, version: ModelVersion, model: SentimentModel, as_of: date) -> int:
        return reclassify_proposed(version=version, model=model)

    def parameters(self, model: SentimentModel) -> Mapping[str, Any]:
        return {
            language: {
                "n_terms": len(scorer.weights.terms),
                "reviews": scorer.weights.documents,
                "negative_below": scorer.weights.cuts.negative,
                "positive_above": scorer.weights.cuts.positive,
            }
            for language, scorer in model.scorers.items()
        }

    def monitor(
        self, *, version: ModelVersion, model: SentimentModel, as_of: date
    ) -> DriftMeasurement | None:
        """The last four weeks against all that was written before them.

        A shipped version was learned elsewhere, so what the shop saw before is the yardstick.
        """
        since = as_of - timedelta(days=RECENT_DAYS)
        recent = _monitored(since=since, until=as_of)
        before = _monitored(since=None, until=since)
        if len(recent) < MIN_RECENT or len(before) < MIN_BEFORE:
            return None
        there = model.predict(text for text, _stars in before)
        here = model.predict(text for text, _stars in recent)
        distances = {
            name: population_stability_index(histogram, now)
            for (name, histogram), now in zip(
                profile([text for text, _stars in before], there).items(),
                profile([text for text, _stars in recent], here).values(),
                strict=True,
            )
        }
        stars = np.array([stars for _text, stars in recent])
        clear = stars != 3
        live = _live_figures(stars[clear] > 3, Answers.of(here).take(clear))
        live |= _agreement(version, since=since, until=as_of)
        promised = {
            name: float(version.metrics[name])
            for name in ("macro_f1", "ece")
            if name in version.metrics
        }
        worst = max(distances.values())
        lost = promised.get("macro_f1", 0.0) - live.get("macro_f1", 1.0)
        status = DriftReport.Status.STEADY
        if worst >= ALARMING_DISTANCE or lost >= ALARMING_LOSS:
            status = DriftReport.Status.ALARM
        elif worst >= WATCHED_DISTANCE or lost >= ALARMING_LOSS / 2:
            status = DriftReport.Status.WATCH
        return DriftMeasurement(
            status=status,
            inputs={name: round(value, 4) for name, value in distances.items()},
            promised=promised,
            live=live,
            rows=len(recent),
        )


@dataclass(frozen=True, slots=True)
class _Row:
    pk: int
    title: str
    text: str
    stars: int
    product_id: int
    day: date

    @classmethod
    def of(cls, values: tuple[Any, ...]) -> "_Row":
        return cls(*values)


@dataclass(frozen=True, slots=True)
class _Label:
    target: float
    weight: float
    truth: int
    by_person: bool


@cache
def shipped_model() -> SentimentModel:
    """The version that came with the program. Raises DamagedArtefactError."""
    return SentimentModel.from_bytes(read_shipped(PIPELINE))


def _latest_decisions(as_of: date) -> dict[int, ReviewClassification]:
    decided = (
        ReviewClassification.objects.decided_by_people()
        .filter(reviewed_at__date__lte=as_of)
        .order_by("reviewed_at", "pk")
        .only("review_id", "sentiment", "corrected_sentiment", "status")
    )
    return {row.review_id: row for row in decided}


def _label(row: _Row, decision: ReviewClassification | None) -> _Label:
    by_stars = -1 if row.stars == 3 else int(row.stars > 3)
    if decision is None:
        return _Label(float(by_stars), WEIGHT_OF_STARS, by_stars, by_person=False)
    target = TARGETS[decision.final_sentiment]
    truth = by_stars
    if decision.status == Status.CORRECTED:
        truth = -1 if target == 0.5 else int(target)
    return _Label(target, WEIGHT_OF_PEOPLE, truth, by_person=True)


def _require_both_kinds(positive: BoolArray, needed: int) -> None:
    fewer = int(min(positive.sum(), (~positive).sum()))
    if fewer < needed:
        raise NotEnoughDataError(have=fewer, need=needed, what=str(_("reviews of the rarer kind")))


def _by_language(
    positive: BoolArray, answers: Answers, languages: NDArray[np.str_]
) -> dict[str, float]:
    """Macro F1 of each language with enough reviews to say something."""
    return {
        f"macro_f1_{code}": macro_f1(positive[rows], answers.take(rows).leans)
        for code in LANGUAGES
        if int((rows := languages == code).sum()) >= MIN_OF_A_LANGUAGE
    }


def _finite(values: Mapping[str, float]) -> dict[str, float]:
    """JSON has no nan: a figure that a small group cannot have is left out."""
    return {name: value for name, value in values.items() if np.isfinite(value)}


def _monitored(*, since: date | None, until: date) -> list[tuple[str, int]]:
    reviews = Review.objects.filter(written_at__date__lte=until)
    if since is not None:
        reviews = reviews.filter(written_at__date__gt=since)
    newest = reviews.order_by("-written_at", "-pk").values_list("title", "text", "stars")
    return [(compose(title, text), stars) for title, text, stars in newest[:MAX_MONITORED]]


def _live_figures(positive: BoolArray, answers: Answers) -> dict[str, float]:
    if not len(positive):
        return {}
    return {
        "macro_f1": round(macro_f1(positive, answers.leans), 4),
        "ece": round(expected_calibration_error(positive, answers.probabilities), 4),
    }


def _agreement(version: ModelVersion, *, since: date, until: date) -> dict[str, float]:
    """Of this version's proposals that people decided on, the share they accepted."""
    decided = ReviewClassification.objects.decided_by_people().filter(
        model_version=version, reviewed_at__date__gt=since, reviewed_at__date__lte=until
    )
    n_decided = decided.count()
    if not n_decided:
        return {}
    return {"accepted_share": round(decided.filter(status=Status.ACCEPTED).count() / n_decided, 4)}
