import numpy as np
import pytest

from inventory.algorithms.classes import steadiness_classes, weekly_variation, worth_classes


def test_four_fifths_of_the_revenue_are_a_and_the_next_fifteen_percent_b() -> None:
    assert worth_classes(np.array([5.0, 50.0, 30.0, 10.0, 5.0])).tolist() == [1, 0, 0, 1, 2]


def test_the_dearest_sku_is_an_a_and_what_earned_nothing_a_c() -> None:
    assert worth_classes(np.array([0.0, 100.0, -5.0, np.nan])).tolist() == [2, 0, 2, 2]
    assert worth_classes(np.zeros(3)).tolist() == [2, 2, 2]
    assert worth_classes(np.zeros(0)).tolist() == []


def test_the_class_does_not_depend_on_the_currency_or_the_order() -> None:
    revenue = np.random.default_rng(1).lognormal(0, 2, 200)
    shuffled = np.random.default_rng(2).permutation(200)
    assert (worth_classes(revenue * 100)[shuffled] == worth_classes(revenue[shuffled])).all()


def test_steadiness_is_the_variation_of_the_weeks_since_the_first() -> None:
    weeks = np.array([[4.0, 4, 4, 4, 4, 4], [0, 0, 2, 6, 2, 6], [0, 0, 0, 0, 0, 12]])
    variation = weekly_variation(weeks, np.array([0, 2, 0]))
    assert variation == pytest.approx([0.0, 0.5, 5**0.5])
    assert steadiness_classes(variation).tolist() == [0, 0, 2]


def test_what_is_too_young_or_never_asked_for_is_not_steady() -> None:
    weeks = np.array([[0.0, 0, 0, 5, 5, 5], [0, 0, 0, 0, 0, 0]])
    variation = weekly_variation(weeks, np.array([3, 0]))
    assert np.isnan(variation).all()
    assert steadiness_classes(variation).tolist() == [2, 2]
