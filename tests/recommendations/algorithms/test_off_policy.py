"""Estimates of a way to choose that nobody saw, where what it would earn is known."""

import numpy as np
import pytest

from recommendations.algorithms.off_policy import (
    Log,
    click_model,
    crossed_click_model,
    effective_rows,
    estimates,
)

N_ITEMS = 20
RATES = np.linspace(0.02, 0.16, N_ITEMS)


def _make_log(seed: int, *, n: int = 6000, rates: np.ndarray = RATES) -> tuple[Log, float]:
    """Items shown by a lopsided old way; the new one likes good items and earns so much."""
    generator = np.random.default_rng(seed)
    old = np.linspace(3.0, 1.0, N_ITEMS)
    old /= old.sum()
    wanted = rates**2 / (rates**2).sum()
    items = generator.choice(N_ITEMS, size=n, p=old)
    clicked = (generator.random(n) < rates[items]).astype(float)
    places = np.zeros(n, dtype=np.int64)
    folds = np.arange(n) % 3
    model = crossed_click_model(items, places, clicked, folds, n_items=N_ITEMS, n_places=1)[:, :, 0]
    log = Log(
        weights=wanted[items] / old[items],
        clicked=clicked,
        visitors=np.arange(n) // 2,
        expected_shown=model[folds, items],
        expected_new=(model @ wanted)[folds],
        agrees=(wanted[items] == wanted.max()).astype(float),
        today=np.ones(n),
    )
    return log, float(wanted @ rates)


def test_every_weighted_estimate_finds_what_the_new_way_earns() -> None:
    errors: dict[str, list[float]] = {name: [] for name in ("ips", "snips", "dr")}
    covered = dict.fromkeys(errors, 0)
    for seed in range(60):
        log, truth = _make_log(seed)
        for name, estimate in estimates(log, bootstraps=300).items():
            if name in errors:
                errors[name].append(estimate.value - truth)
                covered[name] += estimate.lower <= truth <= estimate.upper
    for name, found in errors.items():
        assert abs(np.mean(found)) < 0.002, name
        # At a true 95 %, 52 of 60 or fewer come up once in a hundred times.
        assert covered[name] >= 52, name


def test_a_click_model_takes_off_noise_where_clicks_are_frequent() -> None:
    errors: dict[str, list[float]] = {"ips": [], "dr": []}
    for seed in range(60):
        log, truth = _make_log(seed, n=2000, rates=RATES * 5)
        found = estimates(log, bootstraps=20)
        for name, of_name in errors.items():
            of_name.append(found[name].value - truth)
    assert np.std(errors["dr"]) < 0.8 * np.std(errors["ips"])


def test_the_same_way_earns_what_was_earned() -> None:
    n = 2000
    generator = np.random.default_rng(1)
    clicked = (generator.random(n) < 0.1).astype(float)
    flat = np.full(n, clicked.mean())
    log = Log(np.ones(n), clicked, np.arange(n), flat, flat, np.ones(n), np.ones(n))
    found = estimates(log)
    gain = found.pop("gain")
    for estimate in found.values():
        assert estimate.value == pytest.approx(clicked.mean())
    assert estimates(log)["ips"].effective == pytest.approx(n)
    assert gain.value == pytest.approx(0.0)
    assert gain.lower == pytest.approx(0.0)
    assert gain.upper == pytest.approx(0.0)


def test_weights_are_cut_and_it_is_said() -> None:
    weights = np.ones(100)
    weights[0] = 1000.0
    zeros = np.zeros(100)
    log = Log(weights, zeros, np.arange(100), zeros, zeros, zeros, zeros)
    found = estimates(log)["ips"]
    assert found.clipped == 0.01
    assert found.effective == pytest.approx(effective_rows(np.minimum(weights, 10.0)))
    assert estimates(log)["replay"].value == 0.0


def test_rows_of_one_visitor_say_less_than_as_many_visitors() -> None:
    generator = np.random.default_rng(3)
    per_visitor = (generator.random(200) < 0.3).astype(float)
    clicked = np.repeat(per_visitor, 20)
    flat, ones = np.full(4000, 0.3), np.ones(4000)
    together = Log(ones, clicked, np.repeat(np.arange(200), 20), flat, flat, ones, ones)
    apart = Log(ones, clicked, np.arange(4000), flat, flat, ones, ones)
    width = {
        name: estimates(log)["ips"].upper - estimates(log)["ips"].lower
        for name, log in (("together", together), ("apart", apart))
    }
    assert width["together"] > 3 * width["apart"]


def test_an_item_with_few_views_is_believed_little() -> None:
    items = np.repeat(np.arange(3), [3000, 3000, 2])
    clicked = np.zeros(6002)
    clicked[:300] = 1.0
    clicked[3000:3030] = 1.0
    clicked[6000] = 1.0
    model = click_model(items, np.zeros(6002, dtype=np.int64), clicked, n_items=3, n_places=1)
    assert model[0, 0] == pytest.approx(0.1, abs=0.005)
    assert model[1, 0] == pytest.approx(0.01, abs=0.003)
    assert model[2, 0] < 0.2


def test_an_empty_log_gives_zeros() -> None:
    empty = np.zeros(0)
    log = Log(empty, empty, np.zeros(0, dtype=np.int64), empty, empty, empty, empty)
    assert estimates(log)["dr"].value == 0.0
    assert estimates(log)["dr"].effective == 0.0
