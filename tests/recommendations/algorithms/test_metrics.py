import numpy as np
import pytest

from recommendations.algorithms.metrics import (
    bootstrap_interval,
    coverage,
    group_means,
    list_quality,
    mean_popularity,
)


def test_quality_of_lists_worked_out_by_hand() -> None:
    hits = np.array([[True, False, True], [False, False, False], [True, True, True]])
    quality = list_quality(hits, np.array([2, 1, 30]))
    best_two = 1 + 1 / np.log2(3)
    assert quality.recall == pytest.approx([1.0, 0.0, 0.1])
    assert quality.ndcg == pytest.approx([(1 + 1 / 2) / best_two, 0.0, 1.0])
    assert quality.hit_rate.tolist() == [1.0, 0.0, 1.0]


def test_coverage_counts_products_once_and_padding_never() -> None:
    lists = np.array([[0, 1, -1], [1, 0, 4]])
    assert coverage(lists, n_products=6) == 0.5
    assert coverage(np.full((2, 3), -1), n_products=6) == 0.0
    assert coverage(lists[:0], n_products=0) == 0.0


def test_mean_popularity_of_what_is_shown() -> None:
    assert mean_popularity(np.array([[0, 1], [0, -1]]), np.array([6, 3])) == 5.0


def test_group_means_come_in_rising_order_of_group() -> None:
    assert group_means(np.array([1.0, 0.0, 4.0]), np.array([9, 9, 2])).tolist() == [4.0, 0.5]


def test_interval_holds_the_mean_narrows_with_customers_and_is_repeatable() -> None:
    few = np.random.default_rng(1).random(50)
    many = np.tile(few, 20)
    narrow, wide = bootstrap_interval(many), bootstrap_interval(few)
    assert wide.low < wide.mean < wide.high
    assert narrow.high - narrow.low < 0.5 * (wide.high - wide.low)
    assert bootstrap_interval(few) == wide


@pytest.mark.parametrize("values", [np.array([]), np.zeros(4)])
def test_interval_of_nothing_is_zero(values: np.ndarray) -> None:
    interval = bootstrap_interval(values)
    assert (interval.mean, interval.low, interval.high) == (0.0, 0.0, 0.0)
