"""Whatever a history holds, answers are finite, never negative, and rise with the promise."""

from itertools import pairwise

import numpy as np
import pytest

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_evaluation import (
    DemandFeatures,
    evaluate_demand,
    train_demand_model,
)
from inventory.algorithms.demand_model import DemandModel
from inventory.algorithms.price_effect import pooled_elasticity, price_effect
from tests.inventory.algorithms.factories import make_features, make_shop_demand

WEEKDAYS = np.arange(28) % 7
OPEN = np.zeros(28, dtype=np.bool_)


def assert_sound(model: DemandModel) -> None:
    effects = model.effects(model.learned_until, 28)
    daily = model.predict(WEEKDAYS, OPEN, effects)
    means = model.window_mean(np.full((len(model.sku_ids), 3), 8), WEEKDAYS, OPEN, effects)
    bounds = [model.window_quantile(means, share) for share in (0.5, 0.9, 0.95, 0.99)]
    for values in (daily, means, *bounds, model.level, model.lift, model.correction):
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    for low, high in pairwise(bounds):
        assert (low <= high + 1e-9).all()


def with_rows(*rows: FloatArray) -> DemandFeatures:
    """A shop of ordinary SKUs beside those the test is about."""
    return make_features(np.concatenate([make_shop_demand(n_skus=40), np.stack(rows)]), origin=210)


DAYS = 210
SPIKE = np.where(np.arange(DAYS) == 150, 75_000.0, 1.0)
ONE_SALE = np.where(np.arange(DAYS) == 150, 5.0, 0.0)
TWO_DAYS = np.where(np.arange(DAYS) >= 208, 3.0, 0.0)
BROKEN = np.where(np.arange(DAYS) % 3 == 0, np.nan, 2.0)
NEGATIVE = np.where(np.arange(DAYS) % 3 == 0, -4.0, 2.0)


def test_odd_skus_beside_ordinary_ones_do_no_harm() -> None:
    rows = (np.zeros(DAYS), ONE_SALE, TWO_DAYS, BROKEN, NEGATIVE, SPIKE)
    model = train_demand_model(with_rows(*rows))
    assert_sound(model)
    plain = train_demand_model(make_features(make_shop_demand(n_skus=40), origin=DAYS))
    assert model.level[:40] == pytest.approx(plain.level[:40], rel=0.3)
    spike = int(model.rows([460])[0])
    assert model.level[spike] < 3.0


@pytest.mark.parametrize("days", [0.0, -3.0])
def test_lead_times_that_cannot_be_are_taken_as_a_day(days: float) -> None:
    features = make_features(make_shop_demand(n_skus=40), origin=DAYS)
    features.lead_mean[:] = days
    features.lead_sd[:] = days
    assert_sound(train_demand_model(features))


def test_prices_that_nobody_told_say_nothing_about_demand() -> None:
    units = make_shop_demand(n_skus=20)
    assert pooled_elasticity(units, np.zeros_like(units)) == 0.0
    assert pooled_elasticity(units[:, :3], units[:, :3]) == 0.0
    told = price_effect(np.array([0.0, 5.0, 5.0]), np.array([5.0, 0.0, 5.0]), -2.0)
    assert told.tolist() == [1.0, 1.0, 1.0]


def test_a_lower_price_sells_more_within_what_is_known() -> None:
    rng = np.random.default_rng(8)
    price = np.repeat(rng.choice([8.0, 10.0, 12.0], (60, 30)), 7, axis=1)
    units = rng.poisson(6.0 * (price / 10.0) ** -2.0).astype(np.float64)
    slope = pooled_elasticity(units, units * price)
    assert -2.1 < slope < -1.2
    effect = price_effect(np.array([8.0, 10.0, 1.0, 100.0]), np.full(4, 10.0), slope)
    assert effect[0] > 1.2
    assert effect[1:].tolist() == [1.0, 2.0, 0.5]


def test_learning_twice_is_the_same_to_the_last_bit() -> None:
    features = make_features()
    assert train_demand_model(features).to_bytes() == train_demand_model(features).to_bytes()


def test_what_comes_after_the_origin_changes_nothing_before_it() -> None:
    units = make_shop_demand()
    spoilt = units.copy()
    spoilt[:, -28:] = 75_000.0
    honest, warned = make_features(units), make_features(spoilt)
    assert train_demand_model(honest).to_bytes() == train_demand_model(warned).to_bytes()


def test_a_shop_that_sold_nothing_in_the_hold_out_is_still_measured() -> None:
    units = make_shop_demand()
    units[:, -28:] = 0.0
    features = make_features(units)
    measured = evaluate_demand(train_demand_model(features), features)
    assert np.isfinite(list(measured.metrics.values())).all()
