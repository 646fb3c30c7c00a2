from dataclasses import replace

import numpy as np
import pytest

from inventory.algorithms.fill_target import choose_leeway, kept_rate, window_probability
from inventory.algorithms.simulation import Levels, Replay, replay
from tests.inventory.algorithms.test_simulation import make_scene


def made(fill: list[float], asked: list[int]) -> Replay:
    base = replay(make_scene([[0]]), lambda day: Levels(np.zeros(1, int), np.zeros(1, int)))
    requested = np.array(asked)
    return replace(
        base,
        requested=np.array([requested.sum()]),
        filled=np.array([round(float((requested * np.array(fill)).sum()))]),
        daily_requested=requested,
        daily_fill=np.array(fill),
    )


def test_what_is_typed_is_the_share_of_windows_at_a_usual_cover_and_full_leeway() -> None:
    cover = np.array([8.0, 4.0, 15.0])
    probability = window_probability(np.full(3, 0.95), cover, leeway=1.0)
    assert probability[0] == pytest.approx(0.95)
    # A short window comes round more often, so it has to hold more often.
    assert probability[1] > probability[0] > probability[2]


def test_less_leeway_is_stricter_and_nothing_is_promised_for_certain() -> None:
    asked = np.array([0.95, 0.999, 0.1])
    strict = window_probability(asked, np.full(3, 8.0), leeway=0.2)
    assert strict == pytest.approx([0.99, 0.999, 0.82])
    assert window_probability(asked, np.full(3, 8.0), leeway=1.0)[2] == 0.5


def test_a_rate_that_every_week_kept_has_no_error() -> None:
    assert kept_rate(made([0.9] * 14, [10] * 14)) == pytest.approx(0.9)


def test_weeks_that_differ_take_something_off() -> None:
    # Weeks of 70 units filled to 1.0 and 0.8: the residuals are 7 units each.
    rate = kept_rate(made([1.0] * 7 + [0.8] * 7, [10] * 14))
    assert rate == pytest.approx(0.9 - (2 * 7**2) ** 0.5 / 140)


def test_the_largest_leeway_that_keeps_the_rate_is_chosen() -> None:
    def replayed(leeway: float) -> Replay:
        return made([1.0 - 0.1 * leeway] * 7, [1000] * 7)

    assert choose_leeway(replayed, fill_rate=0.90) == 1.0
    chosen = choose_leeway(replayed, fill_rate=0.96)
    assert chosen <= 0.4
    assert chosen == pytest.approx(0.4, rel=0.05)


def test_a_rate_that_no_leeway_keeps_gets_the_smallest() -> None:
    assert choose_leeway(lambda leeway: made([0.5] * 7, [10] * 7), fill_rate=0.95) == 0.05


def test_without_demand_every_leeway_is_kept() -> None:
    assert choose_leeway(lambda leeway: made([1.0] * 7, [0] * 7), fill_rate=0.95) == 1.0
