"""Repeated texts, bursts of complaints, the profile of a crowd, and the dumb baseline."""

import numpy as np
import pytest

from support.algorithms.review_checks import Burst, bursts, first_of_each, profile
from support.algorithms.sentiment import NoSentimentModel
from support.algorithms.sentiment_baseline import UnigramBayes


def test_case_and_spaces_do_not_make_another_text() -> None:
    assert first_of_each(["Good cup", "good  CUP ", "good cups", "Good cup"]).tolist() == [
        True,
        False,
        True,
        False,
    ]


def test_five_complaints_on_one_day_in_a_quiet_year_are_a_burst() -> None:
    start = np.datetime64("2026-01-01")
    steady = start + np.arange(0, 300, 60)
    days = np.concatenate([steady, np.repeat(start + 100, 5), steady])
    products = np.concatenate([np.full(10, 7), np.full(5, 8)])
    assert bursts(products, days, np.ones(15, dtype=bool)) == [Burst(7, start + 100, 5)]


def test_praise_in_numbers_is_no_burst() -> None:
    days = np.full(50, np.datetime64("2026-01-01"))
    assert bursts(np.full(50, 7), days, np.zeros(50, dtype=bool)) == []


def test_a_product_that_always_draws_complaints_has_no_burst() -> None:
    days = np.repeat(np.datetime64("2026-01-01") + np.arange(100), 5)
    assert bursts(np.full(500, 7), days, np.ones(500, dtype=bool)) == []


def test_profiles_have_the_same_bins_whatever_the_texts() -> None:
    texts = ["cup", "杯子" * 40, "😀"]
    there = profile(texts, NoSentimentModel().predict(texts))
    nothing = profile([], [])
    assert {name: bins.shape for name, bins in there.items()} == {
        name: bins.shape for name, bins in nothing.items()
    }
    assert there["language"].tolist() == [0, 0, 3]
    assert there["sentiment"].tolist() == [0, 3, 0]
    assert there["length"].sum() == 3


def test_naive_bayes_adds_up_as_by_hand() -> None:
    model = UnigramBayes(["good good cup", "bad cup"], np.array([True, False]))
    # Reviews 1:1. Three words known, so lengths are 3 + 4 and 2 + 4.
    # "good": (2 + 1) / (0 + 1), times 6 / 7 for the lengths: odds of 18 to 7.
    assert model.predict(["good"])[0].probability == pytest.approx(18 / 25)
    # "cup" is said equally often on both sides; only the lengths speak.
    assert model.predict(["cup"])[0].probability == pytest.approx(6 / 13)


def test_naive_bayes_knows_each_language_apart() -> None:
    model = UnigramBayes(["good", "bad", "好", "差"], np.array([True, False, True, False]))
    labels = [prediction.label for prediction in model.predict(["good", "bad", "好", "差"])]
    assert labels == ["positive", "negative", "positive", "negative"]
    assert model.predict(["😀"])[0].probability == 0.5
