"""How the sentiment model learns from this shop's reviews."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from learning.errors import NotEnoughDataError
from learning.models import Anomaly, DriftReport, ModelVersion, TrainingRun
from learning.services import monitoring, publishing, training
from support.algorithms.sentiment import SentimentModel
from support.models import Review, ReviewClassification
from support.pipelines.sentiment import MIN_REVIEWS, ReviewSentimentPipeline, shipped_model
from support.services.review_classification import (
    PIPELINE,
    accept_classification,
    correct_classification,
    sweep_unclassified_reviews,
)
from tests.factories import make_review, make_staff
from tests.support.factories import make_classification, make_reviews

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 5, 9, tzinfo=UTC)
TODAY = date(2026, 3, 2)


def test_too_few_reviews_are_said_to_be_too_few() -> None:
    make_reviews(23)
    run = training.retrain(PIPELINE, as_of=TODAY)
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert run.message == f"Not enough data: 23 of {MIN_REVIEWS} labelled reviews."
    assert not ModelVersion.objects.exists()


def test_praise_alone_teaches_nothing() -> None:
    make_reviews(300)
    Review.objects.update(stars=5)
    run = training.retrain(PIPELINE, as_of=TODAY)
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert "0 of 20" in run.message


def test_three_stars_and_hidden_reviews_and_the_future_are_no_labels() -> None:
    make_reviews(MIN_REVIEWS)
    make_review(stars=3, written_at=START)
    make_review(stars=5, written_at=START, status=Review.Status.HIDDEN)
    make_review(stars=5, written_at=START + timedelta(days=300))
    raw, provenance = ReviewSentimentPipeline().collect(TODAY)
    assert provenance.rows == len(raw.texts) == MIN_REVIEWS
    assert provenance.first_day == START.date()
    assert set(raw.targets) == {0.0, 1.0}
    assert set(raw.weights) == {0.3}


def test_what_staff_decided_becomes_the_label() -> None:
    reviews = make_reviews(MIN_REVIEWS)
    user = make_staff()
    praised = next(review for review in reviews if review.stars >= 4)
    mixed = next(review for review in reviews if review.stars <= 2)
    correct_classification(
        classification=make_classification(review=praised, sentiment="positive"),
        user=user,
        sentiment="negative",
    )
    correct_classification(
        classification=make_classification(review=mixed, sentiment="negative"),
        user=user,
        sentiment="mixed",
    )
    accepted = make_review(stars=3, text="The lid does not close.", written_at=START)
    accept_classification(
        classification=make_classification(review=accepted, sentiment="negative"), user=user
    )
    ReviewClassification.objects.update(reviewed_at=START + timedelta(days=1))
    raw, _provenance = ReviewSentimentPipeline().collect(TODAY)
    by_text = {
        text: (raw.targets[row], raw.weights[row], raw.truth[row])
        for row, text in enumerate(raw.texts)
    }
    assert by_text[praised.text] == (0.0, 1.0, 0)
    # Mixed is neither: it pulls to the middle and is no witness of the hold-out.
    assert by_text[mixed.text] == (0.5, 1.0, -1)
    # Agreeing with the model teaches, but says nothing about how good the model is.
    assert by_text[accepted.text] == (0.0, 1.0, -1)


def test_decisions_after_the_day_are_not_known_on_it() -> None:
    reviews = make_reviews(MIN_REVIEWS)
    make_classification(
        review=reviews[0],
        status="corrected",
        corrected_sentiment="mixed",
        reviewed_at=START + timedelta(days=100),
    )
    raw, _provenance = ReviewSentimentPipeline().collect(TODAY)
    assert not raw.by_person.any()


def test_the_hold_out_is_later_than_what_is_learned_from() -> None:
    make_reviews(400)
    pipeline = ReviewSentimentPipeline()
    raw, _provenance = pipeline.collect(TODAY)
    learned, held_out = pipeline.split(pipeline.build_features(raw))
    assert learned.days.max() < held_out.days.min()
    assert 0.15 < len(held_out.texts) / 400 < 0.3
    assert not learned.is_complete


def test_oddities_are_reported_with_what_was_done() -> None:
    make_reviews(MIN_REVIEWS)
    twice = make_review(text="Twice the same.", written_at=START)
    make_review(text="twice  the same.", written_at=START)
    make_review(text="😀", written_at=START)
    for number in range(6):
        make_review(
            text=f"Broken on arrival, number {number}",
            stars=1,
            product=twice.product,
            written_at=START + timedelta(days=4, minutes=number),
        )
    pipeline = ReviewSentimentPipeline()
    raw, _provenance = pipeline.collect(TODAY)
    cleaned, reports = pipeline.clean(raw)
    found = {report.check: (report.handling, report.rows) for report in reports}
    assert found["review_text_twice"] == (Anomaly.Handling.DROPPED, 1)
    assert found["review_in_no_known_language"] == (Anomaly.Handling.DROPPED, 1)
    assert found["burst_of_complaints"][0] == Anomaly.Handling.KEPT
    bursts = next(report for report in reports if report.check == "burst_of_complaints").examples
    assert [burst["product"] for burst in bursts if burst["reviews"] == 6] == [twice.product_id]
    assert len(cleaned.texts) == len(raw.texts) - 2


def test_a_shop_learns_publishes_and_reads_anew() -> None:
    make_reviews(600)
    publishing.install_shipped_versions(as_of=TODAY)
    sweep_unclassified_reviews()
    run = training.retrain(PIPELINE, as_of=TODAY)
    assert run.status == TrainingRun.Status.PUBLISHED
    version = run.version
    assert version.metrics["macro_f1"] >= 0.95
    assert version.metrics["macro_f1"] >= version.previous_metrics["macro_f1"] - 0.005
    assert {"language:zh", "language:en", "length:short"} <= set(version.group_metrics)
    opened = ReviewClassification.objects.awaiting_review()
    assert set(opened.values_list("model_version", flat=True)) == {version.pk}
    # The next night measures the active version by the one that has not seen the hold-out.
    again = training.retrain(PIPELINE, as_of=TODAY + timedelta(days=1))
    assert again.status == TrainingRun.Status.PUBLISHED
    assert again.version.previous_metrics == version.metrics


def test_learning_twice_from_the_same_reviews_gives_the_same_file() -> None:
    make_reviews(300)
    pipeline = ReviewSentimentPipeline()

    def learn() -> bytes:
        raw, _provenance = pipeline.collect(TODAY)
        return pipeline.train(pipeline.build_features(raw)).to_bytes()

    assert learn() == learn()


def test_the_version_for_measuring_has_not_seen_the_hold_out() -> None:
    make_reviews(400)
    pipeline = ReviewSentimentPipeline()
    raw, _provenance = pipeline.collect(TODAY)
    learned, _held_out = pipeline.split(raw)
    served = pipeline.train(raw)
    assert served.for_measuring().to_bytes() == pipeline.train(learned).to_bytes()
    again = SentimentModel.from_bytes(served.to_bytes())
    assert again.for_measuring().to_bytes() == served.for_measuring().to_bytes()


def test_training_does_not_touch_the_shipped_version() -> None:
    before = shipped_model().to_bytes()
    make_reviews(300)
    pipeline = ReviewSentimentPipeline()
    pipeline.train(pipeline.collect(TODAY)[0])
    assert shipped_model().to_bytes() == before


def test_a_hold_out_of_one_kind_is_not_enough() -> None:
    make_reviews(400)
    Review.objects.filter(written_at__gte=START + timedelta(hours=300)).update(stars=5)
    pipeline = ReviewSentimentPipeline()
    raw, _provenance = pipeline.collect(TODAY)
    with pytest.raises(NotEnoughDataError):
        pipeline.split(raw)


def test_reviews_like_those_before_are_steady() -> None:
    publishing.install_shipped_versions(as_of=TODAY)
    make_reviews(1300)
    report = monitoring.monitor(PIPELINE, as_of=TODAY)
    assert report is not None
    assert report.status != DriftReport.Status.ALARM, report.inputs
    assert set(report.inputs) == {"language", "sentiment", "known_words", "length"}
    assert report.live["macro_f1"] > 0.9


def test_another_language_raises_the_alarm() -> None:
    publishing.install_shipped_versions(as_of=TODAY)
    make_reviews(1300)
    Review.objects.filter(written_at__date__gt=TODAY - timedelta(days=20)).update(
        text="Очень хорошая чашка"
    )
    report = monitoring.monitor(PIPELINE, as_of=TODAY)
    assert report is not None
    assert report.status == DriftReport.Status.ALARM
    assert report.inputs["language"] > 0.2


def test_a_quiet_shop_has_no_drift_report() -> None:
    publishing.install_shipped_versions(as_of=TODAY)
    make_reviews(20)
    assert monitoring.monitor(PIPELINE, as_of=TODAY) is None


def test_groups_of_a_hold_out_have_no_missing_numbers() -> None:
    make_reviews(300)
    pipeline = ReviewSentimentPipeline()
    _learned, held_out = pipeline.split(pipeline.collect(TODAY)[0])
    groups = pipeline.evaluate(shipped_model(), held_out).groups
    assert all(np.isfinite(list(figures.values())).all() for figures in groups.values())
