import numpy as np
import pytest

from inventory.algorithms.events import (
    Event,
    EventFactors,
    effects_of,
    fit_event_factors,
    mark_special,
)
from inventory.algorithms.profile import FLAT_PROFILE
from tests.inventory.algorithms.factories import make_history


def test_plans_become_factors_of_the_days_they_fall_on() -> None:
    factors = EventFactors({"promotion": 2.0}, {("promotion", "spring"): 3.0})
    events = [
        Event("promotion", "spring", 10, 11, rows=np.array([1])),
        Event("promotion", "any", 11, 12),
        Event("closure", "stocktaking", 13, 20),
        Event("shopping_day", "unknown", 10, 10),
    ]
    effects = effects_of(events, factors, n_skus=2, n_days=4, start=10)
    assert effects["promotion"].tolist() == [[1.0, 2.0, 2.0, 1.0], [3.0, 3.0, 2.0, 1.0]]
    assert effects["closure"].tolist() == [1.0, 1.0, 1.0, 0.0]
    assert set(effects) == {"promotion", "closure"}


def test_the_uplift_is_what_promoted_days_sold_over_usual_ones_drawn_to_one() -> None:
    units = np.full((1, 60), 10.0)
    units[0, 30:32] = 40.0
    special = np.zeros_like(units, dtype=np.bool_)
    special[0, 30:32] = True
    history = make_history(units, is_special=special)
    learned = fit_event_factors(history, [Event("promotion", "", 30, 31)], FLAT_PROFILE)
    assert learned.by_kind == {"promotion": pytest.approx((80 + 20) / (20 + 20))}
    flagged = fit_event_factors(history, [], FLAT_PROFILE, special)
    assert flagged.by_kind == learned.by_kind


def test_a_sold_out_day_of_a_promotion_says_nothing_against_it() -> None:
    units = np.full((1, 60), 10.0)
    units[0, 30:32] = [40.0, 0.0]
    special = np.zeros_like(units, dtype=np.bool_)
    special[0, 30:32] = True
    out = np.zeros_like(special)
    out[0, 31] = True
    history = make_history(units, is_special=special, was_out_of_stock=out)
    learned = fit_event_factors(history, [Event("promotion", "", 30, 31)], FLAT_PROFILE)
    assert learned.by_kind == {"promotion": pytest.approx((40 + 20) / (10 + 20))}


def test_a_sku_that_is_always_promoted_keeps_its_days() -> None:
    units = np.full((2, 80), 5.0)
    special = np.zeros_like(units, dtype=np.bool_)
    special[0] = True
    special[1, 40:45] = True
    usual = make_history(units, is_special=special).usual()
    assert usual.observed[0].all()
    assert usual.observed[1].sum() == 75


def test_days_are_marked_for_the_skus_they_concern() -> None:
    marks = mark_special(3, 5, [Event("promotion", "", 3, 9, rows=np.array([2]))])
    assert marks is not None
    assert np.argwhere(marks).tolist() == [[2, 3], [2, 4]]
    assert mark_special(3, 5, [Event("closure", "", 7, 9)]) is None
