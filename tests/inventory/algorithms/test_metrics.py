import numpy as np
import pytest

from inventory.algorithms.metrics import coverage, pinball, point_scores, rmsse, squared_steps
from tests.inventory.algorithms.factories import make_history


def test_rmsse_is_one_where_the_forecast_misses_like_a_naive_one() -> None:
    history = make_history([[0.0, 5.0, 7.0, 5.0, 7.0]])
    assert squared_steps(history).tolist() == [4.0]
    actual = np.array([[5.0, 5.0]])
    assert rmsse(actual + 2.0, actual, squared_steps(history)).tolist() == [1.0]


def test_scores_worked_out_by_hand() -> None:
    history = make_history([[2.0, 4.0, 2.0, 4.0], [1.0, 2.0, 1.0, 2.0]])
    actual = np.array([[4.0, 4.0], [1.0, 1.0]])
    forecast = np.array([[2.0, 2.0], [1.0, 1.0]])
    scores = point_scores(forecast, actual, history, np.array([300.0, 100.0]))
    assert scores.wrmsse == pytest.approx(0.75 * 1.0)
    assert scores.rmsse == pytest.approx(0.5)
    assert scores.total_rmsse == pytest.approx(2 / 3)
    assert scores.wape_28 == pytest.approx(4 / 10)
    assert scores.bias == pytest.approx(-4 / 10)


def test_a_sku_that_never_changed_has_no_scale_and_spoils_nothing() -> None:
    history = make_history([[3.0, 3.0, 3.0], [1.0, 2.0, 1.0]])
    actual = np.ones((2, 2))
    scores = point_scores(actual, actual, history, np.array([1.0, 1.0]))
    assert scores.wrmsse == 0.0
    assert scores.rmsse == 0.0


def test_pinball_and_coverage() -> None:
    bounds = np.array([[10.0, 20.0]])
    shares = np.array([0.5, 0.9])
    assert pinball(bounds, np.array([14.0]), shares).tolist() == [pytest.approx([2.0, 0.6])]
    assert coverage(np.array([[1.0, 3.0], [1.0, 3.0]]), np.array([1.0, 2.0])).tolist() == [0.5, 1]
