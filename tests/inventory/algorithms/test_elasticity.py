"""How demand answers to price: estimates, what pulls them, and what they are worth."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from inventory.algorithms.elasticity import (
    FLATTEST,
    LEAST_VARIATION,
    STEEPEST,
    ElasticityModel,
    UnitsBand,
)
from inventory.algorithms.elasticity_evaluation import (
    NoReaction,
    PriceFeatures,
    figures,
    fit_unpooled,
)
from inventory.algorithms.elasticity_training import (
    PRIOR,
    between_variance,
    estimate_each,
    fit_elasticity,
)
from inventory.algorithms.price_panel import PricePanel, build_panel, demean_twice

LAST_DAY = date(2026, 3, 1)


def make_panel(
    *,
    elasticities: list[float],
    n_weeks: int = 30,
    noise: float = 0.0,
    seed: int = 5,
    price_spread: float = 0.15,
) -> PricePanel:
    """Each SKU sells every week at prices of its own; the shop has a season."""
    rng = np.random.default_rng(seed)
    n_skus = len(elasticities)
    sku = np.repeat(np.arange(n_skus), n_weeks)
    week = np.tile(np.arange(n_weeks), n_skus)
    log_price = np.log(2_000.0) + price_spread * rng.standard_normal(len(sku))
    season = 0.5 * np.sin(week / 4)
    level = rng.uniform(2, 5, n_skus)[sku]
    log_units = level + season + np.array(elasticities)[sku] * (log_price - np.log(2_000.0))
    log_units = log_units + noise * rng.standard_normal(len(sku))
    return PricePanel(np.arange(n_skus) + 100, sku, week, log_units, log_price, n_weeks)


def fit(panel: PricePanel, category: list[int] | None = None) -> ElasticityModel:
    numbers = np.array(category or [-1] * panel.n_skus)
    return fit_elasticity(panel, category=numbers, learned_until=LAST_DAY)


def test_without_noise_each_sku_shows_its_own_elasticity() -> None:
    truth = [-1.0, -2.0, -3.0, -1.5]
    each = estimate_each(make_panel(elasticities=truth))
    assert each.elasticity == pytest.approx(truth, abs=0.01)
    assert estimate_each(make_panel(elasticities=[-2.0] * 4)).elasticity == pytest.approx(-2.0)


def test_the_season_of_the_shop_is_not_taken_for_an_answer_to_prices() -> None:
    panel = make_panel(elasticities=[-2.0] * 6)
    dearer_in_season = replace(panel, log_price=panel.log_price + 0.3 * np.sin(panel.week / 4))
    found = estimate_each(
        replace(
            dearer_in_season,
            log_units=panel.log_units - 2.0 * 0.3 * np.sin(panel.week / 4),
        )
    )
    assert found.pooled == pytest.approx(-2.0, abs=0.05)


def test_what_is_scaled_or_listed_in_another_order_gives_the_same_elasticity() -> None:
    panel = make_panel(elasticities=[-1.0, -2.5, -3.0, -2.0], noise=0.2)
    plain = fit(panel)
    cents = replace(panel, log_price=panel.log_price + np.log(100.0))
    assert fit(cents).elasticity == pytest.approx(plain.elasticity)
    dozens = replace(panel, log_units=panel.log_units - np.log(12.0))
    assert fit(dozens).elasticity == pytest.approx(plain.elasticity)
    order = np.random.default_rng(1).permutation(len(panel))
    shuffled = PricePanel(
        panel.sku_ids,
        panel.sku[order],
        panel.week[order],
        panel.log_units[order],
        panel.log_price[order],
        panel.n_weeks,
    )
    assert fit(shuffled).elasticity == pytest.approx(plain.elasticity)


def test_a_noisy_sku_is_pulled_to_the_others_and_a_certain_one_is_not() -> None:
    panel = make_panel(elasticities=[-2.0] * 12, noise=0.6)
    model = fit(panel)
    apart = np.abs(model.own - model.pooled)
    assert (np.abs(model.elasticity - model.pooled) <= apart + 1e-9).all()
    assert np.abs(model.elasticity + 2.0).mean() < np.abs(model.own + 2.0).mean()
    certain = fit(make_panel(elasticities=[-1.0, -3.0, -2.0, -1.5, -2.5]))
    assert certain.elasticity == pytest.approx(certain.own, abs=0.02)


def test_a_category_pulls_its_own_skus() -> None:
    truth = [-1.0] * 12 + [-3.5] * 12
    panel = make_panel(elasticities=truth, noise=0.8, price_spread=0.07)
    apart = fit(panel)
    together = fit(panel, category=[0] * 12 + [1] * 12)
    error = np.abs(together.elasticity - truth).mean()
    assert error < np.abs(apart.elasticity - truth).mean()


def test_estimates_stay_within_what_can_be_believed() -> None:
    model = fit(make_panel(elasticities=[-9.0, 2.0, -2.0, -1.0, -3.0]))
    assert model.elasticity.min() >= STEEPEST
    assert model.elasticity.max() <= FLATTEST
    assert model.elasticity[1] == FLATTEST


def test_a_price_that_never_moved_is_not_enough_variation() -> None:
    panel = make_panel(elasticities=[-2.0, -2.0, -2.0, -2.0], noise=0.1)
    still = replace(panel, log_price=np.where(panel.sku == 0, np.log(2_000.0), panel.log_price))
    model = fit(still)
    assert not model.varies_enough(0)
    assert model.varies_enough(1)
    assert not model.varies_enough(-1)
    assert np.isfinite(model.elasticity).all()


def test_where_its_own_weeks_tell_nothing_a_sku_has_not_enough_variation() -> None:
    panel = make_panel(elasticities=[-1.0, -1.5, -2.0, -2.5, -3.0, -2.0] * 2, noise=1.0)
    near = np.log(2_000.0) + 0.4 * (panel.log_price - np.log(2_000.0))
    model = fit(replace(panel, log_price=np.where(panel.sku == 0, near, panel.log_price)))
    assert model.variation[0] > LEAST_VARIATION
    assert model.own_error(0) > 3.0
    assert not model.varies_enough(0)
    assert model.varies_enough(1)


def test_a_shop_whose_prices_never_move_falls_back_to_what_is_known_of_others() -> None:
    model = fit(make_panel(elasticities=[-1.0, -1.0], price_spread=0.0))
    assert model.elasticity == pytest.approx([PRIOR, PRIOR])
    assert not model.varies_enough(0)
    assert between_variance(np.array([-1.0]), np.array([1.0]), 0.5) == (PRIOR, 1.0)


def test_weeks_are_counted_back_from_the_last_day_and_bad_days_are_left_out() -> None:
    nan = float("nan")
    panel = build_panel(
        sku_id=np.array([7, 7, 7, 7, 9, 9, 9]),
        day=np.array([0, 1, 8, 14, 14, 14, 2]),
        units=np.array([5.0, 2.0, 4.0, 1.0, 3.0, 3.0, 1.0]),
        bulk_units=np.array([0.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0]),
        price=np.array([100.0, 100.0, 200.0, 400.0, nan, 100.0, 0.0]),
        n_days=15,
    )
    # Day 0 belongs to no whole week; SKU 9 has no usable day at all.
    assert panel.sku_ids.tolist() == [7]
    assert panel.week.tolist() == [0, 1]
    assert np.exp(panel.log_units) == pytest.approx([2.0, 5.0])
    assert np.exp(panel.log_price) == pytest.approx([100.0, (4 * 200 + 400) / 5])


def test_an_empty_history_has_no_weeks() -> None:
    none = np.zeros(0)
    panel = build_panel(
        sku_id=none.astype(int),
        day=none.astype(int),
        units=none,
        bulk_units=none,
        price=none,
        n_days=0,
    )
    assert (len(panel), panel.n_skus) == (0, 0)


def test_what_is_left_has_no_mean_of_sku_or_week() -> None:
    panel = make_panel(elasticities=[-1.0, -2.0, -3.0], noise=0.3)
    left = demean_twice(panel.log_units, panel)
    for groups in (panel.sku, panel.week):
        assert np.abs(np.bincount(groups, left)).max() < 1e-6


def test_on_weeks_it_has_not_seen_the_model_beats_no_reaction_and_each_sku_alone() -> None:
    rng = np.random.default_rng(2)
    truth = np.clip(rng.normal(-2.0, 0.5, 80), -4.0, -0.5).tolist()
    panel = make_panel(elasticities=truth, n_weeks=24, noise=0.6)
    features = PriceFeatures(panel, np.full(80, -1), origin=20, last_day=LAST_DAY)
    known = features.known()
    model = fit(known.panel)
    ours = figures(model, features)
    none = figures(NoReaction(), features)
    alone = figures(fit_unpooled(known.panel), features)
    assert ours["mae_log_moved"] < 0.9 * none["mae_log_moved"]
    assert ours["mae_log_moved"] < alone["mae_log_moved"]
    assert 0.6 < ours["coverage_80"] <= 1.0
    assert known.last_day == date(2026, 2, 1)


def test_a_stored_model_answers_the_same() -> None:
    model = fit(make_panel(elasticities=[-1.0, -2.0, -3.0], noise=0.3))
    read = ElasticityModel.from_bytes(model.to_bytes())
    assert read.rows([102, 5, 100]).tolist() == [2, -1, 0]
    assert read.elasticities([100, 999]) == pytest.approx([model.elasticity[0], model.pooled])
    assert read.own_share(1) == pytest.approx(model.own_share(1))
    assert read.band.ratios(10.0) == model.band.ratios(10.0)
    assert read.learned_until == LAST_DAY


def test_few_units_have_a_wider_band_than_many() -> None:
    band = UnitsBand(np.array([10.0]), np.array([0.1, 0.6]), np.array([3.0, 1.4]))
    assert band.ratios(5.0) == (0.1, 3.0)
    assert band.ratios(500.0) == (0.6, 1.4)
