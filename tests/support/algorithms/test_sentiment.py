"""What the model says of a review, and why."""

import math

import numpy as np
import pytest

from support.algorithms.analyzers import Language, Token, compose
from support.algorithms.sentiment import (
    Cuts,
    NoSentimentModel,
    SentimentModel,
    Span,
    TermWeights,
    merge_spans,
    probability_of,
)


def make_weights(
    terms: dict[str, tuple[float, float]], *, language: Language = "en", bias: float = 0.0
) -> TermWeights:
    """terms: idf and coefficient by n-gram."""
    return TermWeights(
        language=language,
        terms=tuple(terms),
        idf=np.array([idf for idf, _coefficient in terms.values()]),
        coefficients=np.array([coefficient for _idf, coefficient in terms.values()]),
        bias=bias,
        cuts=Cuts(negative=0.4, positive=0.6),
        documents=10,
    )


def make_model() -> SentimentModel:
    return SentimentModel(
        [
            make_weights({"good": (3.0, 2.0), "bad": (4.0, -2.0), "good cup": (1.0, 0.5)}),
            make_weights({"好": (2.0, 1.5), "不好": (3.0, -4.0), "差": (2.0, -3.0)}, language="zh"),
        ]
    )


def test_a_logit_is_the_sum_worked_out_by_hand() -> None:
    # Weights 3 and 4 have length 5: 3/5 * 2 - 4/5 * 2 = -.4
    prediction = make_model().predict_one("good, bad")
    assert prediction.probability == pytest.approx(1 / (1 + math.exp(0.4)))
    assert prediction.label == "mixed"
    assert prediction.confidence == pytest.approx(1 - prediction.probability)
    assert prediction.known_share == pytest.approx(2 / 3)


def test_a_repeated_word_counts_with_the_logarithm() -> None:
    values = np.array([3.0 * (1 + math.log(2)), 4.0])
    expected = values / np.linalg.norm(values) @ np.array([2.0, -2.0])
    probability = make_model().predict_one("good, good? bad").probability
    assert probability == pytest.approx(1 / (1 + math.exp(-expected)))


def test_each_language_has_its_own_words() -> None:
    positive, negative = make_model().predict(["good", "差"])
    assert (positive.label, positive.language) == ("positive", "en")
    assert (negative.label, negative.language) == ("negative", "zh")


@pytest.mark.parametrize(
    "text", ["", "\x00\x00", "😀😀👍", "Очень хорошо", "<br><br/>", "unheard words"]
)
def test_what_cannot_be_read_is_left_to_staff(text: str) -> None:
    prediction = make_model().predict_one(text)
    assert (prediction.label, prediction.confidence) == ("mixed", 0.0)
    assert prediction.probability == 0.5
    assert list(make_model().explain(text).spans) == []


def test_before_anything_is_published_everything_is_left_to_staff() -> None:
    prediction = NoSentimentModel().predict_one("a good cup")
    assert (prediction.label, prediction.confidence) == ("mixed", 0.0)
    assert NoSentimentModel().explain("a good cup").contributions == ()


@pytest.mark.parametrize(
    "text",
    [
        "good cup, good saucer, not bad",
        "bad",
        compose("Good cup", "the handle is bad, really bad"),
        "不好 不好，差！不过 好",
        "good " * 300,
        "<b>good</b> & bad",
    ],
)
def test_contributions_and_spans_add_up_to_the_logit(text: str) -> None:
    model = make_model()
    explanation = model.explain(text)
    by_terms = explanation.bias + sum(part.weight for part in explanation.contributions)
    by_spans = explanation.bias + sum(s.weight for s in explanation.spans) + explanation.rest
    assert by_terms == pytest.approx(explanation.logit, abs=1e-9)
    assert by_spans == pytest.approx(explanation.logit, abs=1e-9)
    assert probability_of(explanation.logit) == pytest.approx(
        model.predict_one(text).probability, abs=1e-12
    )


def test_overlapping_n_grams_are_one_span() -> None:
    text = "这个杯子不好"
    explanation = make_model().explain(text)
    assert [text[span.start : span.end] for span in explanation.spans] == ["不好"]
    assert explanation.spans[0].weight == pytest.approx(explanation.logit, abs=1e-9)


def test_a_mark_does_not_run_from_the_title_into_the_text() -> None:
    text = compose("Good", "good cup")
    spans = make_model().explain(text).spans
    assert [text[span.start : span.end] for span in spans] == ["Good", "good"]


def test_marks_part_where_the_direction_turns() -> None:
    parts = [Token("a", 0, 1), Token("b", 2, 3), Token("c", 4, 5), Token("d", 6, 7)]
    assert merge_spans(parts, np.array([1.0, 0.5, -0.6, 0.01]), 1.0) == [
        Span(0, 3, 1.5),
        Span(4, 5, -0.6),
    ]
    assert merge_spans(parts, np.zeros(4), 0.0) == []
    assert merge_spans([], np.zeros(0), 1.0) == []


def test_the_file_gives_back_the_same_model() -> None:
    model = make_model()
    data = model.to_bytes()
    again = SentimentModel.from_bytes(data)
    assert again.to_bytes() == data
    texts = ["good cup", "bad", "不好", "", "差 好"]
    assert again.predict(texts) == model.predict(texts)


@pytest.mark.parametrize("data", [b"", b"PK", b"not a model", make_model().to_bytes()[:-40]])
def test_a_broken_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a model"):
        SentimentModel.from_bytes(data)


def test_weights_that_do_not_fit_together_are_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        make_weights({"good": (1.0, math.nan)})


def test_huge_logits_do_not_overflow() -> None:
    assert probability_of(-1e4) == 0.0
    assert probability_of(1e4) == 1.0
