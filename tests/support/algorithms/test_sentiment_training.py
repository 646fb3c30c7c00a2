"""Learning from labelled reviews, and from what a version already knows."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer

from support.algorithms.analyzers import Language, analyse
from support.algorithms.sentiment import SentimentModel
from support.algorithms.sentiment_training import (
    SETTINGS,
    TrainingSettings,
    choose_cuts,
    count_terms,
    fit_from_nothing,
    fit_from_version,
    inverse_document_frequencies,
    weigh,
)

PARTS = {
    "en": (
        ["cup", "bag", "lamp", "shirt", "kettle"],
        ["lovely", "sturdy", "a joy to use", "well made", "perfect"],
        ["cracked", "flimsy", "a waste of money", "badly made", "useless"],
    ),
    "zh": (
        ["杯子", "包", "台灯", "衬衫", "水壶"],
        ["很喜欢", "结实耐用", "做工精细", "物超所值", "非常满意"],
        ["裂了", "一用就坏", "做工粗糙", "浪费钱", "非常失望"],
    ),
}


def make_reviews(language: Language, n: int, seed: int = 0) -> tuple[list[str], NDArray[np.int64]]:
    """Short reviews put together from parts, half of them complaints."""
    goods, praise, complaints = PARTS[language]
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(n) % 2)
    texts = []
    for label in labels:
        words = generator.choice(praise if label else complaints, 2, replace=False)
        thing = generator.choice(goods)
        texts.append(
            f"This {thing} is {words[0]}, {words[1]}."
            if language == "en"
            else f"这个{thing}{words[0]}，{words[1]}。"
        )
    return texts, labels


def settings_for(language: Language) -> TrainingSettings:
    return replace(SETTINGS[language], min_documents=2)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_clear_words_are_learned(language: Language) -> None:
    texts, labels = make_reviews(language, 200)
    weights = fit_from_nothing(texts, labels, language=language, settings=settings_for(language))
    unseen, truth = make_reviews(language, 100, seed=1)
    predictions = SentimentModel([weights]).predict(unseen)
    right = [(p.label == "positive") == bool(t) for p, t in zip(predictions, truth, strict=True)]
    assert np.mean(right) >= 0.97


def test_the_order_of_the_reviews_does_not_change_the_vocabulary() -> None:
    texts, labels = make_reviews("en", 60)
    there = fit_from_nothing(texts, labels, language="en", settings=settings_for("en"))
    back = fit_from_nothing(texts[::-1], labels[::-1], language="en", settings=settings_for("en"))
    assert there.terms == back.terms
    np.testing.assert_array_equal(there.idf, back.idf)


def test_learning_twice_gives_the_same_file() -> None:
    texts, labels = make_reviews("zh", 80)
    first, second = (
        SentimentModel(
            [fit_from_nothing(texts, labels, language="zh", settings=settings_for("zh"))]
        ).to_bytes()
        for _ in range(2)
    )
    assert first == second


def test_rare_n_grams_stay_out_of_the_vocabulary() -> None:
    counts = count_terms(["red cup", "red bag", "my secret"], language="en", min_documents=2)
    assert counts.terms == ("red",)
    assert counts.documents.tolist() == [2]
    assert counts.matrix.toarray().tolist() == [[1.0], [1.0], [0.0]]


def test_kept_n_grams_come_first_however_rare() -> None:
    counts = count_terms(
        ["red cup", "red cup"], language="en", min_documents=2, keep=("zebra", "cup")
    )
    assert counts.terms == ("zebra", "cup", "red", "red cup")
    assert counts.documents.tolist() == [0, 2, 2, 2]


def test_weights_of_a_review_have_length_one() -> None:
    counts = count_terms(["red red cup", "", "cup"], language="en", min_documents=1)
    idf = inverse_document_frequencies(counts.documents, 3)
    rows = weigh(counts.matrix, idf).toarray()
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1.0, 0.0, 1.0])
    red = (1 + np.log(2)) * idf[counts.terms.index("red")]
    cup = idf[counts.terms.index("cup")]
    assert rows[0, counts.terms.index("red")] / rows[0, counts.terms.index("cup")] == (
        pytest.approx(red / cup)
    )


def test_weights_are_those_of_scikit_learn() -> None:
    texts, _labels = make_reviews("zh", 50)
    counts = count_terms(texts, language="zh", min_documents=2)
    ours = weigh(counts.matrix, inverse_document_frequencies(counts.documents, len(texts)))
    vectorizer = TfidfVectorizer(
        analyzer=lambda text: analyse(text, "zh"), min_df=2, sublinear_tf=True
    )
    theirs = vectorizer.fit_transform(texts)
    assert counts.terms == tuple(vectorizer.get_feature_names_out())
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=1e-6)


def test_one_class_alone_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="each class"):
        fit_from_nothing(["good"] * 9, np.ones(9, dtype=np.int64), language="en")


def test_without_reviews_a_version_stays_as_it_is() -> None:
    texts, labels = make_reviews("en", 80)
    prior = fit_from_nothing(texts, labels, language="en", settings=settings_for("en"))
    assert fit_from_version(prior, [], np.zeros(0), np.zeros(0)) is prior


def test_corrections_move_a_version_as_far_as_they_are_many() -> None:
    texts, labels = make_reviews("en", 200)
    prior = fit_from_nothing(texts, labels, language="en", settings=settings_for("en"))
    # In this shop "sick" is praise, which the version has never heard.
    new = ["This lamp is sick, truly sick."]

    def probability_after(n: int) -> float:
        moved = fit_from_version(
            prior, new * n, np.ones(n), np.ones(n), settings=settings_for("en")
        )
        return SentimentModel([moved]).predict_one("sick").probability

    two, ten, forty = (probability_after(n) for n in (2, 10, 40))
    assert 0.5 < two < ten < forty


def test_what_the_shop_says_nothing_about_stays_known() -> None:
    texts, labels = make_reviews("en", 200)
    prior = fit_from_nothing(texts, labels, language="en", settings=settings_for("en"))
    moved = fit_from_version(
        prior, ["sick lamp"] * 20, np.ones(20), np.ones(20), settings=settings_for("en")
    )
    assert SentimentModel([moved]).predict_one("flimsy, useless").label == "negative"


def test_a_label_of_less_weight_moves_less() -> None:
    texts, labels = make_reviews("en", 100)
    prior = fit_from_nothing(texts, labels, language="en", settings=settings_for("en"))

    def probability_with(weight: float) -> float:
        moved = fit_from_version(
            prior, ["sick"] * 10, np.ones(10), np.full(10, weight), settings=settings_for("en")
        )
        return SentimentModel([moved]).predict_one("sick").probability

    assert probability_with(0.1) < probability_with(1.0)


def test_reviews_called_mixed_pull_towards_the_middle() -> None:
    texts, labels = make_reviews("en", 200)
    prior = fit_from_nothing(texts, labels, language="en", settings=settings_for("en"))
    text = "This cup is lovely, perfect."
    moved = fit_from_version(
        prior, [text] * 30, np.full(30, 0.5), np.ones(30), settings=settings_for("en")
    )
    before = SentimentModel([prior]).predict_one(text).probability
    after = SentimentModel([moved]).predict_one(text).probability
    assert 0.5 < after < before


def test_the_mixed_band_grows_until_the_rest_is_right_often_enough() -> None:
    # Wrong only between .40 and .60: a band of +-.1 around .5 leaves no error.
    probabilities = np.concatenate([np.full(40, 0.9), np.full(40, 0.1), np.full(20, 0.405)])
    positive = np.concatenate([np.ones(40), np.zeros(40), np.ones(20)]).astype(bool)
    cuts = choose_cuts(probabilities, positive, wanted_accuracy=0.95)
    assert (cuts.negative, cuts.positive) == (0.4, 0.6)
    assert cuts.forced < 0.405


def test_a_model_that_is_sure_and_right_has_no_mixed_band() -> None:
    probabilities = np.array([0.1, 0.2, 0.8, 0.9])
    cuts = choose_cuts(probabilities, np.array([False, False, True, True]), 0.95)
    assert (cuts.negative, cuts.positive) == (0.5, 0.5)
