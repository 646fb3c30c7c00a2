from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_evaluation import (
    RegressionBaseline,
    evaluate_demand,
    train_demand_model,
)
from inventory.algorithms.demand_model import DemandModel, DemandSettings, NoDemandModel
from inventory.algorithms.demand_training import choose_settings, fit_demand_model
from inventory.algorithms.history import clean_history
from tests.inventory.algorithms.factories import (
    make_calendar,
    make_features,
    make_history,
    make_shop_demand,
)

WEEKDAYS = np.arange(28) % 7
OPEN = np.zeros(28, dtype=np.bool_)


def make_model(units: list[list[float]] | FloatArray | None = None) -> DemandModel:
    history = make_history(make_shop_demand() if units is None else units)
    n_skus = history.n_skus
    return fit_demand_model(
        history,
        np.arange(1, n_skus + 1) * 10,
        lead_mean=np.full(n_skus, 7.0),
        lead_sd=np.full(n_skus, 3.0),
        review_days=np.ones(n_skus, dtype=np.int64),
    )


def test_a_file_gives_back_the_same_model() -> None:
    model = make_model()
    again = DemandModel.from_bytes(model.to_bytes())
    closed = OPEN.copy()
    closed[3] = True
    assert (again.predict(WEEKDAYS, closed) == model.predict(WEEKDAYS, closed)).all()
    means = model.level * 8
    assert (again.window_quantile(means, 0.95) == model.window_quantile(means, 0.95)).all()
    assert again.learned_until == model.learned_until
    assert again.settings == model.settings
    assert again.shop_total == model.shop_total


def test_the_factors_multiply_to_the_forecast_shown() -> None:
    model = make_model()
    closed = OPEN.copy()
    closed[[3, 11]] = True
    daily = model.predict(WEEKDAYS, closed)
    for row in (0, 7, 199):
        whole = model.explain(row, WEEKDAYS, closed)
        assert np.prod([factor.value for factor in whole]) == pytest.approx(
            daily[row].sum(), rel=1e-9
        )
        one_day = model.explain(row, WEEKDAYS[3:4], closed[3:4])
        assert np.prod([factor.value for factor in one_day]) == pytest.approx(daily[row, 3])
        assert [factor.name for factor in one_day] == ["level", "shop_total", "weekday", "holiday"]


def test_quantiles_rise_and_cover_new_weeks_of_the_same_shop() -> None:
    measured = evaluate_demand(train_demand_model(make_features()), make_features()).metrics
    assert measured["coverage_90"] == pytest.approx(0.9, abs=0.05)
    assert measured["coverage_95"] == pytest.approx(0.95, abs=0.04)
    assert measured["coverage_99"] == pytest.approx(0.99, abs=0.02)


def test_the_model_beats_regression_and_seasonal_naive_on_intermittent_sales() -> None:
    features = make_features()
    ours = evaluate_demand(train_demand_model(features), features).metrics
    regression = evaluate_demand(RegressionBaseline(), features).metrics
    assert ours["wrmsse"] < 0.98 * regression["wrmsse"]
    assert ours["gain_on_seasonal_naive"] > 0.2
    assert ours["abs_bias"] < 0.1
    assert ours["skus"] == regression["skus"]


def test_a_version_that_saw_the_holdout_is_measured_by_its_recipe() -> None:
    features = make_features()
    honest = train_demand_model(features)
    peeked = train_demand_model(replace(features, origin=features.history.n_days))
    same_recipe = replace(peeked, settings=honest.settings)
    assert evaluate_demand(same_recipe, features) == evaluate_demand(honest, features)


def test_a_version_of_other_skus_predicts_nothing_for_the_new_ones() -> None:
    features = make_features()
    stranger = train_demand_model(replace(features, sku_ids=features.sku_ids + 1))
    measured = evaluate_demand(stranger, features).metrics
    assert measured["bias"] == pytest.approx(-1.0)


def test_the_order_of_skus_does_not_matter() -> None:
    units = make_shop_demand(n_skus=60)
    forward, backward = make_model(units), make_model(units[::-1])
    assert forward.level == pytest.approx(backward.level[::-1], rel=1e-5)
    assert forward.profile.weekday == pytest.approx(backward.profile.weekday, rel=1e-5)


def test_skus_are_found_by_id_and_strangers_are_not() -> None:
    model = make_model()
    assert model.rows([10, 11, 2000, 2010]).tolist() == [0, -1, 199, -1]
    assert NoDemandModel().rows([10, 11]).tolist() == [-1, -1]


@pytest.mark.parametrize(
    "units",
    [
        [[0.0] * 120] * 3,
        [[0.0] * 60 + [5.0] + [0.0] * 59] * 3,
        [[0.0] * 118 + [1.0, 2.0]] * 3,
        [[1.0] * 119 + [1e6]] * 3,
        [[3.0, 0.0]] * 3,
    ],
    ids=["nothing", "one sale", "two days", "a spike", "two days of history"],
)
def test_hard_histories_give_finite_rising_quantiles(units: list[list[float]]) -> None:
    model = make_model(units)
    forecast = model.predict(WEEKDAYS, OPEN)
    bounds = [model.day_quantiles(WEEKDAYS, OPEN, share) for share in (0.1, 0.5, 0.9, 0.99)]
    windows = np.full((3, 5), 8)
    means = model.window_mean(windows, WEEKDAYS, OPEN)
    ends = [model.window_quantile(means, share) for share in (0.5, 0.9, 0.95, 0.99)]
    for values in [forecast, *bounds, *ends]:
        assert np.isfinite(values).all()
        assert (values >= 0).all()
    for low, high in [*pairwise(bounds), *pairwise(ends)]:
        assert (low <= high).all()


def test_stock_outs_do_not_halve_the_forecast() -> None:
    units = make_shop_demand(seed=11)
    was_out = np.zeros(units.shape, dtype=np.bool_)
    was_out[::3, -28:-14] = True
    hit = np.where(was_out, 0.0, units)
    calendar = make_calendar(units.shape[1])
    levels = {}
    for name, demand, mask in (
        ("whole", units, None),
        ("masked", hit, was_out),
        ("zero", hit, None),
    ):
        history = clean_history(demand, calendar, mask)
        n_skus = history.n_skus
        model = fit_demand_model(
            history,
            np.arange(n_skus),
            lead_mean=np.full(n_skus, 7.0),
            lead_sd=np.full(n_skus, 3.0),
            review_days=np.ones(n_skus, dtype=np.int64),
        )
        levels[name] = model.level[::3].sum()
    assert levels["masked"] == pytest.approx(levels["whole"], rel=0.08)
    assert levels["zero"] < 0.85 * levels["whole"]


def test_settings_are_chosen_inside_the_history_given() -> None:
    features = make_features().known()
    chosen = choose_settings(features.history, features.revenue)
    spoilt = make_features(make_shop_demand()).history.units.copy()
    spoilt[:, -28:] = 1e6
    again = make_features(spoilt.astype(np.float64)).known()
    assert choose_settings(again.history, again.revenue) == chosen


def test_too_short_a_history_keeps_the_default_settings() -> None:
    history = make_history([[1.0] * 60] * 4)
    assert choose_settings(history, history.units) == DemandSettings()


def test_bounds_widen_after_weeks_that_sold_more_than_promised() -> None:
    units = make_shop_demand(n_skus=400)
    risen = units.copy()
    risen[:, -28:] *= 1.6
    steady, surprised = make_model(units), make_model(risen)
    zeros = np.zeros(1)
    assert (
        surprised.window_table.ratio(zeros, zeros, 0.9)[0]
        > 1.15 * steady.window_table.ratio(zeros, zeros, 0.9)[0]
    )
    assert (np.diff(surprised.window_table.ratios, axis=1) >= 0).all()
