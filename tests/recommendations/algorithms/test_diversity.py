"""Choosing a varied row, on cases worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommendations.algorithms.diversity import (
    Described,
    choose_diverse,
    intra_list_diversity,
    likeness,
)


def described(
    scores: list[float],
    categories: list[int] | None = None,
    brands: list[int] | None = None,
    prices: list[int] | None = None,
) -> Described:
    none = [-1] * len(scores)
    return Described(
        scores=np.array(scores, dtype=np.float64),
        categories=np.array(categories or none, dtype=np.int64),
        brands=np.array(brands or none, dtype=np.int64),
        prices=np.array(prices or [0] * len(scores), dtype=np.int64),
    )


def test_without_variety_the_best_come_in_their_order() -> None:
    assert choose_diverse(described([1.0, 0.9, 0.9, 0.2]), limit=3) == [0, 1, 2]


def test_a_worse_one_of_another_kind_comes_before_a_better_one_of_the_same() -> None:
    candidates = described([1.0, 0.9, 0.7], categories=[1, 1, 2], brands=[1, 1, 2])
    # 0.5 * 0.9 - 0.5 * 0.8 = 0.05 against 0.5 * 0.7 = 0.35.
    assert choose_diverse(candidates, limit=3, diversity=0.5) == [0, 2, 1]
    # 0.9 * 0.9 - 0.1 * 0.8 = 0.73 against 0.9 * 0.7 = 0.63.
    assert choose_diverse(candidates, limit=3, diversity=0.1) == [0, 1, 2]


def test_caps_hold_and_what_has_no_brand_is_never_capped() -> None:
    candidates = described([5, 4, 3, 2, 1], brands=[7, 7, 7, -1, -1])
    assert choose_diverse(candidates, limit=5, brand_cap=1) == [0, 3, 4]
    candidates = described([5, 4, 3, 2], categories=[7, 7, 8, 8])
    assert choose_diverse(candidates, limit=4, category_cap=1) == [0, 2]


def test_what_stands_in_the_row_already_counts_for_caps_and_likeness() -> None:
    candidates = described([0.0, 0.9, 0.5], categories=[1, 1, 2], brands=[3, 3, 4])
    assert choose_diverse(candidates, limit=2, brand_cap=1, taken=1) == [2]
    assert choose_diverse(candidates, limit=2, diversity=0.5, taken=1) == [2, 1]


def test_likeness_of_prices_falls_to_nothing_at_three_times_the_price() -> None:
    alike = likeness(described([1, 1, 1, 1], prices=[100, 100, 300, 0]), 0)
    assert alike == pytest.approx([0.2, 0.2, 0.0, 0.0])


def test_a_list_of_twins_has_no_diversity_and_one_of_strangers_all_of_it() -> None:
    twins = described([1, 1], categories=[1, 1], brands=[1, 1], prices=[9, 9])
    assert intra_list_diversity(twins) == pytest.approx(0.0)
    strangers = described([1, 1], categories=[1, 2], brands=[1, 2])
    assert intra_list_diversity(strangers) == pytest.approx(1.0)
    assert intra_list_diversity(described([1])) == 1.0


@given(
    st.lists(
        st.tuples(st.floats(0, 10), st.integers(-1, 3), st.integers(-1, 3), st.integers(0, 999)),
        max_size=40,
    ),
    st.integers(0, 12),
    st.floats(0, 1),
    st.integers(0, 3),
)
def test_whatever_comes_in_a_row_is_bounded_without_doubles_and_within_its_caps(
    rows: list[tuple[float, int, int, int]], limit: int, diversity: float, cap: int
) -> None:
    candidates = (
        described(*(list(column) for column in zip(*rows, strict=True)))
        if rows
        else (described([]))
    )
    chosen = choose_diverse(
        candidates, limit=limit, diversity=diversity, brand_cap=cap, category_cap=cap
    )
    assert len(chosen) == len(set(chosen)) <= min(limit, len(rows))
    for column in (candidates.brands, candidates.categories):
        held = [int(column[at]) for at in chosen if column[at] >= 0]
        assert not cap or all(held.count(key) <= cap for key in held)
    if not cap:
        assert len(chosen) == min(limit, len(rows))
