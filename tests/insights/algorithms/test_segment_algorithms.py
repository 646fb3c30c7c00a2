"""RFM, lasting numbers of groups, areas under curves, groups of customers: worked out by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.algorithms.cluster_training import Tried, choose, explained_share, lasting_numbers
from insights.algorithms.customer_table import held_out
from insights.algorithms.groups import customer_groups, grouped
from insights.algorithms.look_alike_model import auc
from insights.algorithms.rfm import cells, quintile_scores


def test_ten_different_values_are_two_in_each_fifth() -> None:
    assert quintile_scores(np.arange(10.0)).tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_equal_values_have_equal_scores() -> None:
    # Six of ten ordered once: the middle of their ranks lies in the second fifth.
    scores = quintile_scores(np.array([1.0] * 6 + [2.0, 3.0, 4.0, 5.0]))
    assert scores.tolist() == [2] * 6 + [4, 4, 5, 5]
    assert quintile_scores(np.full(7, 3.0)).tolist() == [3] * 7
    assert quintile_scores(np.zeros(0)).tolist() == []


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_scores_rise_with_values(values: list[int]) -> None:
    scores = quintile_scores(np.array(values, dtype=np.float64))
    assert scores.min() >= 1
    assert scores.max() <= 5
    order = np.argsort(values, kind="stable")
    assert np.all(np.diff(scores[order]) >= 0)


@pytest.mark.parametrize(
    ("r", "f", "m", "cell"),
    [
        (5, 5, 5, "champions"),
        (5, 1, 1, "new"),
        (4, 1, 1, "promising"),
        (5, 1, 2, "potential_loyalists"),
        (3, 3, 3, "need_attention"),
        (1, 5, 5, "cannot_lose"),
        (1, 1, 1, "lost"),
        (2, 4, 3, "at_risk"),
    ],
)
def test_cells_have_their_names(r: int, f: int, m: int, cell: str) -> None:
    assert cells(np.array([r]), np.array([f]), np.array([m])) == [cell]


def test_groups_keep_the_number_they_share_most_with() -> None:
    customers = np.arange(10)
    known = {key: (7 if key < 6 else 3) for key in range(10)}
    labels = np.array([1, 1, 1, 1, 1, 0, 0, 0, 0, 2])
    # Group 1 shares 5 of 6 with number 7, group 0 shares 3 of 5 with 3, group 2 is new.
    assert lasting_numbers(customers, labels, known).tolist() == [3, 7, 8]
    assert lasting_numbers(customers, labels, {}).tolist() == [1, 2, 3]


def test_a_group_that_shares_little_takes_a_number_of_its_own() -> None:
    customers = np.arange(10)
    known = dict.fromkeys(range(10), 1)
    labels = np.repeat(np.arange(5), 2)
    assert lasting_numbers(customers, labels, known).tolist() == [2, 3, 4, 5, 6]


def test_the_most_groups_that_are_found_again_are_chosen() -> None:
    tried = [Tried(3, 0.9, 0.2), Tried(4, 0.85, 0.1), Tried(5, 0.84, 0.001), Tried(6, 0.5, 0.1)]
    assert choose(tried, n_customers=10_000).groups == 4
    assert choose([Tried(3, 0.4, 0.2), Tried(4, 0.6, 0.2)], n_customers=1000).groups == 4


def test_the_explained_share_is_all_or_nothing_where_it_is() -> None:
    points = np.array([[0.0], [0.0], [4.0], [4.0]])
    assert explained_share(points, np.array([0, 0, 1, 1])) == 1.0
    assert explained_share(points, np.array([0, 1, 0, 1])) == 0.0
    assert explained_share(np.zeros((3, 1)), np.array([0, 1, 1])) == 0.0


def test_the_area_under_the_curve_counts_pairs_and_half_of_ties() -> None:
    is_member = np.array([1.0, 1.0, 0.0, 0.0])
    assert auc(np.array([4.0, 2.0, 3.0, 1.0]), is_member) == 0.75
    assert auc(np.array([1.0, 1.0, 1.0, 1.0]), is_member) == 0.5
    assert np.isnan(auc(np.array([1.0, 2.0]), np.array([1.0, 1.0])))


def test_the_same_customers_are_held_out_whoever_else_is_there() -> None:
    keys = np.arange(1, 5001)
    out = held_out(keys, share=0.25)
    assert 0.22 < out.mean() < 0.28
    assert np.array_equal(held_out(keys[::3], share=0.25), out[::3])


def test_small_groups_are_put_together_or_left_out() -> None:
    groups = customer_groups(
        language=np.array(["en"] * 2 + ["zh-hans"] * 10),
        country=np.array(["SG", "DE"] + ["CN"] * 8 + ["DE"] * 2),
        tenure_days=np.array([10] * 6 + [400] * 6),
        floor=4,
    )
    assert {name: int(rows.sum()) for name, rows in groups.items()} == {
        "language:zh-hans": 10,
        "region:CN": 8,
        "region:other": 4,
        "customers:new": 6,
        "customers:old": 6,
    }
    figures = grouped(groups, lambda rows: {"mean": float(rows.mean()), "none": float("nan")})
    assert figures["region:CN"] == {"mean": 8 / 12, "rows": 8.0}
