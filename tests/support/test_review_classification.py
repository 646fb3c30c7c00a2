"""How reviews are read, and what staff say to it."""

from collections.abc import Iterator
from datetime import date
from threading import Event
from typing import Any

import pytest
from celery.signals import task_postrun

from learning.errors import AlreadyReviewedError
from learning.models import Decision, ModelVersion
from learning.services.publishing import install_shipped_versions
from support.algorithms.analyzers import compose
from support.algorithms.sentiment import SentimentModel
from support.errors import UnknownSentimentError
from support.models import Review, ReviewClassification
from support.pipelines.sentiment import shipped_model
from support.services.review_classification import (
    MAX_ATTEMPTS,
    accept_classification,
    classify_review,
    correct_classification,
    mark,
    reclassify_proposed,
    reject_classification,
    sweep_unclassified_reviews,
)
from support.services.reviews import add_review
from support.tasks import classify_review as classify_review_job
from tests.factories import make_model_version, make_product, make_review, make_staff
from tests.support.factories import make_classification, make_reviews

pytestmark = pytest.mark.django_db
Status = ReviewClassification.ReviewStatus


@pytest.fixture
def shipped() -> ModelVersion:
    install_shipped_versions(as_of=date(2026, 3, 2))
    return ModelVersion.objects.of("support.review_sentiment").active().get()


# Written for this test; the model has seen none of them.
TELLING = [
    ("非常满意，质量很好，物流也快，下次还会再来", "positive"),
    ("孩子特别喜欢，做工精细，值得推荐", "positive"),
    ("味道不错，包装也很用心，推荐购买", "positive"),
    ("太差了，用了两天就坏了，客服还不理人", "negative"),
    ("质量很差，跟图片完全不一样，后悔买了，要求退货", "negative"),
    ("垃圾，千万别买，浪费钱", "negative"),
    ("I love this dress, it is so comfortable and the colour is gorgeous", "positive"),
    ("Perfect fit, great quality, I get compliments every time I wear it", "positive"),
    ("Beautiful sweater, soft and flattering. Highly recommend!", "positive"),
    ("Very disappointed, the fabric is cheap and it fell apart. Returned it", "negative"),
    ("Awful fit and poor quality, I am returning this. Not worth the price", "negative"),
    ("Unflattering and scratchy, looked terrible on me, sent it back", "negative"),
]


@pytest.mark.parametrize(("text", "sentiment"), TELLING)
def test_the_shipped_version_reads_plain_reviews(text: str, sentiment: str) -> None:
    assert shipped_model().predict_one(text).label == sentiment


def test_the_shipped_version_holds_no_long_or_rare_n_grams() -> None:
    terms = shipped_model().scorers["zh"].weights.terms
    assert max(len(term) for term in terms) == 3
    english = shipped_model().scorers["en"].weights.terms
    assert max(len(term.removeprefix("title: ").split()) for term in english) == 2


def test_a_new_review_is_read_and_says_why(shipped: ModelVersion) -> None:
    review = make_review(title="失望", text="质量太差了，用了两天就坏", stars=1, language="zh")
    row = classify_review(review=review)
    assert row is not None
    assert (row.sentiment, row.status, row.model_version) == (
        "negative",
        Status.PROPOSED,
        shipped,
    )
    assert row.confidence == pytest.approx(1 - row.positive_probability)
    assert not row.needs_person
    facts = row.explanation["facts"]
    total = facts["bias"] + facts["rest"] + sum(weight for _start, _end, weight in facts["spans"])
    assert total == pytest.approx(facts["logit"], abs=1e-4)
    assert row.explanation["factors"][0]["direction"] == "down"
    decision = Decision.objects.get(action=Decision.Action.PROPOSE)
    assert (decision.subject, decision.version, decision.user) == (row, shipped, None)


def test_marks_join_to_the_review_and_fall_on_the_words(shipped: ModelVersion) -> None:
    review = make_review(title="Disappointed", text="Cheap fabric, but a lovely colour.", stars=2)
    row = classify_review(review=review)
    assert row is not None
    marked = mark(row)
    assert "".join(segment.text for segment in marked.title) == "Disappointed"
    assert "".join(segment.text for segment in marked.text) == review.text
    weights = {segment.text: segment.weight for segment in (*marked.title, *marked.text)}
    assert weights["Disappointed"] < 0
    whole = compose(review.title, review.text)
    by_hand = {
        whole[span.start : span.end]: span.weight for span in shipped_model().explain(whole).spans
    }
    assert {text: weight for text, weight in weights.items() if weight} == pytest.approx(
        by_hand, abs=1e-6
    )


def test_a_text_edited_since_is_shown_without_marks(shipped: ModelVersion) -> None:
    review = make_review(text="An awful cup", stars=1)
    row = classify_review(review=review)
    assert row is not None
    review.text = "A cup that was awful"
    row.review = review
    assert [segment.weight for segment in mark(row).text] == [0.0]


def test_reading_twice_changes_nothing(shipped: ModelVersion) -> None:
    review = make_review()
    first = classify_review(review=review)
    assert classify_review(review=review) == first
    classify_review_job(review.pk)
    assert ReviewClassification.objects.count() == 1
    assert Decision.objects.filter(action=Decision.Action.PROPOSE).count() == 1


def test_a_job_for_a_review_that_is_gone_does_nothing() -> None:
    classify_review_job(4711)
    assert ReviewClassification.objects.count() == 0


def test_before_anything_is_published_reviews_are_left_to_staff() -> None:
    row = classify_review(review=make_review())
    assert row is not None
    assert (row.sentiment, row.confidence, row.model_version) == ("mixed", 0.0, None)
    assert row.needs_person


@pytest.mark.parametrize("text", ["😀👍", "!!!", "Очень хорошая чашка", "<br>", "\u200b"])
def test_what_cannot_be_read_asks_staff(shipped: ModelVersion, text: str) -> None:
    row = classify_review(review=make_review(text=text))
    assert row is not None
    assert row.needs_person
    assert row.sentiment == "mixed"


def test_stars_against_the_words_ask_staff(shipped: ModelVersion) -> None:
    row = classify_review(review=make_review(text="垃圾，千万别买，浪费钱", stars=5))
    assert row is not None
    assert (row.sentiment, row.needs_person) == ("negative", True)
    assert row.explanation["facts"]["stars_disagree"]


def test_the_sweep_reads_everything_that_was_missed(shipped: ModelVersion) -> None:
    make_reviews(450)
    assert sweep_unclassified_reviews() == 450
    assert ReviewClassification.objects.count() == 450
    assert sweep_unclassified_reviews() == 0


def test_the_sweep_costs_a_few_statements_a_batch(
    shipped: ModelVersion, django_assert_max_num_queries: object
) -> None:
    make_reviews(150)
    sweep_unclassified_reviews()
    make_reviews(150, seed=1)
    with django_assert_max_num_queries(25):  # type: ignore[operator]
        sweep_unclassified_reviews()


def test_a_review_that_was_tried_too_often_is_left_alone(
    shipped: ModelVersion, django_capture_on_commit_callbacks: object
) -> None:
    tried = make_review(attempts=1)
    make_review(attempts=MAX_ATTEMPTS)
    with django_capture_on_commit_callbacks() as jobs:  # type: ignore[operator]
        assert sweep_unclassified_reviews() == 0
    assert len(jobs) == 1
    assert jobs[0].args == ("support.classify_review", (tried.pk,))


@pytest.fixture
def read() -> Iterator[Event]:
    """Set once the worker has read a review."""
    event = Event()

    def note(sender: Any, **_details: Any) -> None:
        if sender.name == "support.classify_review":
            event.set()

    task_postrun.connect(note)
    yield event
    task_postrun.disconnect(note)


@pytest.mark.django_db(transaction=True)
def test_a_review_is_read_by_a_job_once_it_is_stored(celery_worker: None, read: Event) -> None:
    install_shipped_versions(as_of=date(2026, 3, 2))
    review = add_review(
        product=make_product(), author=None, stars=1, text="质量很差，后悔买了，要求退货"
    )
    assert read.wait(30)
    assert ReviewClassification.objects.get(review=review).sentiment == "negative"


def test_accepting_keeps_what_was_proposed() -> None:
    row, user = make_classification(), make_staff()
    accept_classification(classification=row, user=user)
    row.refresh_from_db()
    assert (row.status, row.reviewed_by, row.final_sentiment) == (
        Status.ACCEPTED,
        user,
        "positive",
    )


def test_a_correction_is_what_counts_from_then_on() -> None:
    row, user = make_classification(sentiment="positive"), make_staff()
    correct_classification(classification=row, user=user, sentiment="negative", reason="irony")
    row.refresh_from_db()
    assert (row.status, row.sentiment, row.final_sentiment) == (
        Status.CORRECTED,
        "positive",
        "negative",
    )
    decision = Decision.objects.get()
    assert decision.proposed["sentiment"] == "positive"
    assert decision.done == {"corrected_sentiment": "negative"}
    assert decision.reason == "irony"


def test_correcting_to_what_was_proposed_is_accepting() -> None:
    row = make_classification(sentiment="positive")
    correct_classification(classification=row, user=make_staff(), sentiment="positive")
    row.refresh_from_db()
    assert (row.status, row.corrected_sentiment) == (Status.ACCEPTED, "")


def test_a_made_up_sentiment_is_refused() -> None:
    row = make_classification()
    with pytest.raises(UnknownSentimentError):
        correct_classification(classification=row, user=make_staff(), sentiment="furious")
    row.refresh_from_db()
    assert row.status == Status.PROPOSED


def test_a_second_decision_is_refused() -> None:
    row = make_classification()
    reject_classification(classification=row, user=make_staff())
    with pytest.raises(AlreadyReviewedError):
        accept_classification(classification=row, user=make_staff())
    row.refresh_from_db()
    assert row.status == Status.REJECTED


def make_contrary_model() -> SentimentModel:
    """The shipped model with all its signs turned."""
    shipped = SentimentModel.from_bytes(shipped_model().to_bytes())
    for scorer in shipped.scorers.values():
        scorer.weights.coefficients[:] *= -1
    return shipped


def test_a_new_version_reads_anew_what_nobody_decided_on(shipped: ModelVersion) -> None:
    decided = classify_review(review=make_review(text=TELLING[0][0], stars=5))
    opened = classify_review(review=make_review(text=TELLING[1][0], stars=5))
    assert decided is not None
    assert opened is not None
    accept_classification(classification=decided, user=make_staff())
    version = make_model_version(pipeline="support.review_sentiment")
    assert reclassify_proposed(version=version, model=make_contrary_model()) == 1
    decided.refresh_from_db()
    opened.refresh_from_db()
    assert (decided.status, decided.model_version) == (Status.ACCEPTED, shipped)
    assert opened.status == Status.SUPERSEDED
    row = ReviewClassification.objects.awaiting_review().get()
    assert (row.review, row.sentiment, row.model_version) == (opened.review, "negative", version)
    assert reclassify_proposed(version=version, model=make_contrary_model()) == 0


def test_a_new_version_that_agrees_keeps_the_row(shipped: ModelVersion) -> None:
    row = classify_review(review=make_review(text=TELLING[0][0], stars=5))
    assert row is not None
    version = make_model_version(pipeline="support.review_sentiment")
    assert reclassify_proposed(version=version, model=shipped_model()) == 1
    row.refresh_from_db()
    assert (row.status, row.model_version) == (Status.PROPOSED, version)
    assert ReviewClassification.objects.count() == 1


def test_a_hidden_review_is_still_read(shipped: ModelVersion) -> None:
    make_review(status=Review.Status.HIDDEN)
    assert sweep_unclassified_reviews() == 1
