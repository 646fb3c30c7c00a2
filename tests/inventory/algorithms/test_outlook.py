from datetime import timedelta

import numpy as np
import pytest

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.demand_training import fit_demand_model
from inventory.algorithms.events import Event
from inventory.algorithms.outlook import Effect
from inventory.algorithms.running_out import cumulative_demand
from tests.inventory.algorithms.factories import make_history, make_shop_demand

WEEKDAYS = np.arange(28) % 7
OPEN = np.zeros(28, dtype=np.bool_)


def make_model(units: FloatArray | None = None, **more: object) -> DemandModel:
    history = make_history(make_shop_demand(n_skus=40) if units is None else units)
    n_skus = history.n_skus
    return fit_demand_model(
        history,
        np.arange(1, n_skus + 1) * 10,
        lead_mean=np.full(n_skus, 7.0),
        lead_sd=np.full(n_skus, 3.0),
        review_days=np.ones(n_skus, dtype=np.int64),
        **more,  # type: ignore[arg-type]  # whatever the test is about
    )


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_planned_the_factors_multiply_to_every_day_and_to_their_sum(seed: int) -> None:
    model = make_model()
    rng = np.random.default_rng(seed)
    closed = rng.random(28) < 0.1
    planned = {
        "promotion": np.where(rng.random((40, 28)) < 0.2, rng.uniform(0.2, 5.0, (40, 28)), 1.0),
        "closure": np.where(rng.random(28) < 0.2, 0.0, 1.0),
        "price": rng.uniform(0.5, 2.0, (40, 1)),
    }
    effects = model.effects(model.learned_until + timedelta(days=1), 28, planned)
    daily = model.predict(WEEKDAYS, closed, effects)
    columns = model.factors(WEEKDAYS, closed, effects)
    assert np.prod(list(columns.values()), axis=0) == pytest.approx(daily.sum(axis=1), abs=1e-6)
    for row in (0, 17, 39):
        for day in range(28):
            on_day = [effect.on(day) for effect in effects]
            told = model.explain(row, WEEKDAYS[day : day + 1], closed[day : day + 1], on_day)
            assert np.prod([one.value for one in told]) == pytest.approx(daily[row, day], abs=1e-6)


def test_a_factor_that_does_not_apply_is_one() -> None:
    model = make_model()
    told = dict(model.explain(3, WEEKDAYS, OPEN, [Effect("promotion", np.ones(28))]))
    assert told["promotion"] == told["holiday"] == 1.0


def test_a_closed_shop_sells_nothing_and_needs_nothing() -> None:
    model = make_model()
    shut = [Effect("closure", np.zeros(28))]
    assert not model.predict(WEEKDAYS, OPEN, shut).any()
    assert not model.day_quantiles(WEEKDAYS, OPEN, 0.9, shut).any()
    means = model.window_mean(np.full((40, 3), 8), WEEKDAYS, OPEN, shut)
    assert not model.window_quantile(means, 0.99).any()
    assert dict(model.explain(0, WEEKDAYS, OPEN, shut))["closure"] == 0.0


def test_a_planned_promotion_raises_forecast_and_bounds_by_what_past_ones_sold() -> None:
    units = make_shop_demand(n_skus=40)
    plain = make_model(units)
    past = (Event("promotion", "sale", 100, 102), Event("promotion", "sale", 150, 152))
    promoted = units.copy()
    for event in past:
        promoted[:, event.first : event.last + 1] *= 3.0
    special = np.zeros(units.shape, dtype=np.bool_)
    special[:, [100, 101, 102, 150, 151, 152]] = True
    history = make_history(promoted, is_special=special)
    model = fit_demand_model(
        history,
        plain.sku_ids,
        lead_mean=np.full(40, 7.0),
        lead_sd=np.full(40, 3.0),
        review_days=np.ones(40, dtype=np.int64),
        events=past,
    )
    learned = model.event_factors.of(Event("promotion", "sale", 0, 0))
    assert learned == pytest.approx(3.0, rel=0.15)
    # The promotions have not leaked into the level.
    assert model.level.sum() == pytest.approx(plain.level.sum(), rel=0.03)
    unseen = model.event_factors.of(Event("promotion", "another", 0, 0))
    assert unseen == pytest.approx(learned, rel=0.05)
    assert model.event_factors.of(Event("promotion", "typed", 0, 0, factor=1.5)) == 1.5
    assert model.event_factors.of(Event("shopping_day", "never seen", 0, 0)) == 1.0
    again = DemandModel.from_bytes(model.to_bytes())
    assert again.event_factors == model.event_factors


def test_stock_runs_out_sooner_in_the_bad_case_and_never_comes_back() -> None:
    middle, high = cumulative_demand(
        np.full(28, 2.0), n_days=120, cover_days=8, median=14.0, ninetieth=28.0
    )
    assert middle[7] == pytest.approx(14.0)
    assert high[7] == pytest.approx(28.0)
    assert (np.diff(middle) >= 0).all()
    assert (high >= middle).all()
    assert middle[119] == pytest.approx(240.0, rel=0.05)
    nothing = cumulative_demand(np.zeros(28), n_days=5, cover_days=3, median=0.0, ninetieth=0.0)
    assert not np.any(nothing)
