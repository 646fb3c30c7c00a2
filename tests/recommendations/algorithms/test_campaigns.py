"""Which creative is shown how often, what a campaign brought, and when something may go out."""

from datetime import UTC, datetime, time, timedelta

import numpy as np
import pytest

from recommendations.algorithms.lift import (
    difference_of_means,
    difference_of_shares,
    smallest_visible_share,
)
from recommendations.algorithms.pacing import (
    elapsed_share,
    may_spend,
    stable_share,
    waking_moment,
)
from recommendations.algorithms.thompson import creative_shares

NINE, TWENTY_ONE = time(9), time(21)


def counts(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def test_creatives_of_which_nothing_is_known_are_shown_alike() -> None:
    shares = creative_shares(counts(0, 0, 0), counts(0, 0, 0), floor=0.1)
    assert shares.sum() == pytest.approx(1.0)
    assert shares == pytest.approx([1 / 3] * 3, abs=0.03)


def test_the_better_creative_is_shown_more_and_the_worse_keeps_the_floor() -> None:
    shares = creative_shares(counts(5_000, 5_000), counts(50, 200), floor=0.1)
    assert shares[1] == pytest.approx(0.95)
    assert shares[0] == pytest.approx(0.05)


def test_the_same_counts_give_the_same_shares_whatever_the_order_of_creatives() -> None:
    one = creative_shares(counts(900, 1_000, 50), counts(9, 14, 1), floor=0.2)
    again = creative_shares(counts(900, 1_000, 50), counts(9, 14, 1), floor=0.2)
    turned = creative_shares(counts(50, 1_000, 900), counts(1, 14, 9), floor=0.2)
    assert list(one) == list(again)
    assert turned[::-1] == pytest.approx(one, abs=0.03)


def test_nothing_to_show_and_impossible_counts_are_borne() -> None:
    assert len(creative_shares(counts(), counts(), floor=0.1)) == 0
    assert list(creative_shares(counts(0), counts(7), floor=0.1)) == [1.0]
    assert creative_shares(counts(3, -5), counts(9, 2), floor=0.0).sum() == pytest.approx(1.0)


def test_in_the_long_run_most_showings_go_to_the_best_creative() -> None:
    """Rates of 1, 2 and 3 %: rounds of 500 showings, each reckoned from the ones before."""
    rates = np.array([0.01, 0.02, 0.03])
    random = np.random.default_rng(5)
    shown, clicked = counts(0, 0, 0), counts(0, 0, 0)
    for number in range(60):
        shares = creative_shares(shown, clicked, floor=0.1, seed=number)
        now = random.multinomial(500, shares)
        shown, clicked = shown + now, clicked + random.binomial(now, rates)
    assert shown[2] / shown.sum() > 0.6
    assert clicked.sum() / shown.sum() > rates.mean() * 1.2
    assert shown.min() >= 0.02 * shown.sum()


def test_shares_of_buyers_are_compared_as_newcombe_printed_it() -> None:
    """Table II of the paper, example (a): 56/70 against 48/80."""
    found = difference_of_shares(56, 70, 48, 80)
    assert (found.value, found.lower, found.upper) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert found.is_above_zero


def test_groups_without_a_buyer_have_an_interval_around_nothing() -> None:
    found = difference_of_shares(0, 100, 0, 100)
    assert found.value == 0.0
    assert found.lower < 0.0 < found.upper
    assert not found.is_above_zero
    assert not found.is_below_zero


def test_means_are_compared_as_student_did() -> None:
    """By hand: one variance of 6.25, five each; t of 8 degrees of freedom is 2.306."""
    found = difference_of_means(
        np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.array([2.0, 4.0, 6.0, 8.0, 10.0])
    )
    assert found.value == -3.0
    assert found.upper - found.value == pytest.approx(2.306 * np.sqrt(6.25 * 0.4), rel=0.002)
    assert found.is_below_zero is False
    same = difference_of_means(np.array([2.0, 2.0]), np.array([2.0, 2.0]))
    assert (same.lower, same.upper) == (0.0, 0.0)
    assert difference_of_means(np.array([2.0]), np.array([1.0])).upper == np.inf


def test_intervals_hold_what_they_promise_for_orders_of_a_shop() -> None:
    """One in ten buys, amounts are lognormal: 900 treated against 100 held out."""
    random = np.random.default_rng(11)
    rounds, means, shares = 600, 0, 0
    for _number in range(rounds):
        groups = []
        for n in (900, 100):
            buys = random.random(n) < 0.1
            groups.append(np.where(buys, random.lognormal(4.0, 0.8, n), 0.0))
        treated, held = groups
        mean = difference_of_means(treated, held)
        share = difference_of_shares(
            int((treated > 0).sum()), len(treated), int((held > 0).sum()), len(held)
        )
        means += mean.lower <= 0.0 <= mean.upper
        shares += share.lower <= 0.0 <= share.upper
    assert means / rounds > 0.93
    assert shares / rounds > 0.93


def test_larger_groups_show_smaller_differences() -> None:
    few = smallest_visible_share(share=0.1, n=900, held_n=100)
    many = smallest_visible_share(share=0.1, n=90_000, held_n=10_000)
    assert few == pytest.approx(0.0886, abs=5e-4)
    assert many == pytest.approx(few / 10)


def test_chance_is_the_same_for_the_same_customer_and_even_over_many() -> None:
    assert stable_share("hold-out", "c1", 17) == stable_share("hold-out", "c1", 17)
    assert stable_share("ab", "c") != stable_share("a", "bc")
    drawn = np.array([stable_share("hold-out", "c1", number) for number in range(20_000)])
    assert np.histogram(drawn, bins=10, range=(0, 1))[0] == pytest.approx([2_000] * 10, abs=150)


def test_a_budget_is_spread_over_the_term_and_never_exceeded() -> None:
    assert may_spend(spent=10**9, budget=None, elapsed=0.0)
    assert may_spend(spent=0, budget=10, elapsed=0.0)
    assert not may_spend(spent=60, budget=100, elapsed=0.5)
    assert may_spend(spent=50, budget=100, elapsed=0.5)
    assert not may_spend(spent=100, budget=100, elapsed=1.0)
    assert not may_spend(spent=0, budget=0, elapsed=1.0)


def test_a_term_without_an_end_spreads_nothing() -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    assert elapsed_share(now=start, starts_at=start, ends_at=None) == 1.0
    end = start + timedelta(days=10)
    days = [
        elapsed_share(now=start + timedelta(days=n), starts_at=start, ends_at=end)
        for n in (-1, 0, 5, 12)
    ]
    assert days == [0.0, 0.0, 0.5, 1.0]


@pytest.mark.parametrize(
    ("now", "best_hour", "expected"),
    [
        ("2026-03-02 12:30", None, "2026-03-02 12:30"),
        ("2026-03-02 21:00", None, "2026-03-03 09:00"),
        ("2026-03-02 23:59", None, "2026-03-03 09:00"),
        ("2026-03-02 03:00", None, "2026-03-02 09:00"),
        ("2026-03-02 08:59", None, "2026-03-02 09:00"),
        ("2026-03-02 09:00", None, "2026-03-02 09:00"),
        ("2026-03-02 12:30", 19, "2026-03-02 19:00"),
        ("2026-03-02 19:30", 19, "2026-03-02 19:30"),
        ("2026-03-02 20:30", 19, "2026-03-03 19:00"),
        # Nobody is woken because they once read letters at three in the morning.
        ("2026-03-02 23:30", 3, "2026-03-03 09:00"),
    ],
)
def test_letters_wait_for_the_end_of_the_hours_of_rest(
    now: str, best_hour: int | None, expected: str
) -> None:
    found = waking_moment(
        datetime.fromisoformat(now), quiet_from=TWENTY_ONE, quiet_until=NINE, best_hour=best_hour
    )
    assert found == datetime.fromisoformat(expected)


def test_hours_of_rest_may_lie_within_a_day_or_not_be_at_all() -> None:
    now = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert waking_moment(now, quiet_from=time(12), quiet_until=time(14)).hour == 14
    assert waking_moment(now, quiet_from=time(0), quiet_until=time(0)) == now
