from dataclasses import replace

import numpy as np
import pytest

from inventory.algorithms.cold_start import (
    expect_of_neighbours,
    hand_over,
    word_weights,
    words_of,
)
from inventory.algorithms.newcomers import Traits, launch_ratios
from tests.inventory.algorithms.factories import make_history


def test_chinese_is_read_in_pairs_and_latin_in_words() -> None:
    assert words_of("Red-Lantern 红灯笼 A4") == ["red", "lantern", "红灯", "灯笼", "a4"]
    assert words_of("灯, !") == ["灯"]
    assert words_of("") == []


def test_a_new_sku_sells_what_things_of_its_name_and_price_sell() -> None:
    texts = ["red lantern"] * 20 + ["steel kettle"] * 20 + ["paper lantern", "copper kettle", ""]
    price = np.array([10.0] * 40 + [10.0, 10.0, np.nan])
    level = np.array([8.0] * 20 + [1.0] * 20)
    expected = expect_of_neighbours(
        word_weights(texts), price, new=np.array([40, 41, 42]), known=np.arange(40), level=level
    )
    assert expected[0] == pytest.approx(8.0)
    assert expected[1] == pytest.approx(1.0)
    assert 0.99 < expected[2] < 8.01


def test_among_equal_names_the_price_decides() -> None:
    texts = ["lantern"] * 41
    price = np.array([10.0] * 20 + [100.0] * 20 + [95.0])
    level = np.array([8.0] * 20 + [1.0] * 20)
    dear = expect_of_neighbours(
        word_weights(texts), price, new=np.array([40]), known=np.arange(40), level=level
    )
    assert dear[0] == pytest.approx(1.0)


def test_without_anything_to_compare_with_nothing_is_expected() -> None:
    nothing = np.zeros(0, dtype=np.int64)
    words = word_weights(["lantern"])
    assert expect_of_neighbours(
        words, np.array([1.0]), new=np.array([0]), known=nothing, level=np.zeros(0)
    ).tolist() == [0.0]


def test_its_own_days_take_over_from_the_neighbours() -> None:
    levels = [
        float(hand_over(np.array([10.0]), np.array([2.0]), np.array([days]))[0])
        for days in (0, 7, 70)
    ]
    assert levels == [10.0, 6.0, pytest.approx(2.0 + 8.0 / 11.0)]


def test_past_launches_tell_how_far_newcomers_go_astray() -> None:
    rng = np.random.default_rng(4)
    units = rng.poisson(2.0, size=(120, 200)).astype(np.float64)
    starts = np.r_[np.zeros(40, dtype=int), rng.integers(90, 180, 80)]
    for row, start in enumerate(starts):
        units[row, :start] = 0
        units[row, start] = 1
    traits = Traits(word_weights(["thing"] * 120), np.ones(120), np.zeros(120, dtype=np.bool_))
    ratios = launch_ratios(make_history(units), traits)
    assert (np.diff(ratios) >= 0).all()
    assert ratios[6] == pytest.approx(1.0, abs=0.1)
    few = replace(traits, words=traits.words[:60], price=traits.price[:60])
    assert len(launch_ratios(make_history(units[:60]), few)) == 0
