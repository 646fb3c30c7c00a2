import pytest
from hypothesis import given
from hypothesis import strategies as st

from orders.algorithms.shares import divide_half_up, share_out

WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=12)


def test_an_amount_is_shared_by_weight_and_the_rest_goes_to_the_largest_remainder() -> None:
    assert share_out(100, [1, 1, 1]) == [34, 33, 33]
    assert share_out(100, [1, 1, 2]) == [25, 25, 50]
    assert share_out(10, [5, 3, 3]) == [4, 3, 3]
    assert share_out(0, [0, 0]) == [0, 0]


def test_an_amount_needs_something_that_carries_it() -> None:
    with pytest.raises(ValueError, match="nothing to share"):
        share_out(1, [0, 0])
    with pytest.raises(ValueError, match="below zero"):
        share_out(-1, [1])
    with pytest.raises(ValueError, match="below zero"):
        share_out(1, [2, -1])


@given(WEIGHTS, st.data())
def test_shares_add_up_and_no_share_is_above_its_weight(
    weights: list[int], data: st.DataObject
) -> None:
    amount = data.draw(st.integers(0, sum(weights)))
    shares = share_out(amount, weights)
    assert sum(shares) == amount
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))


@given(WEIGHTS, st.integers(0, 10**9), st.integers(2, 1000))
def test_shares_depend_on_proportions_alone(weights: list[int], amount: int, times: int) -> None:
    if any(weights):
        assert share_out(amount, weights) == share_out(amount, [times * one for one in weights])


@pytest.mark.parametrize(("dividend", "rounded"), [(24, 2), (25, 3), (34, 3), (35, 4), (0, 0)])
def test_a_half_is_rounded_up(dividend: int, rounded: int) -> None:
    assert divide_half_up(dividend, 10) == rounded
