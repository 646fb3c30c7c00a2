"""What the benchmark promises: a rule is never told of a day that is still to come."""

import numpy as np
import pytest

from benchmarks.replenishment import SCENE_DAYS, Shop, make_scene
from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.simulation import Levels, replay
from tests.inventory.algorithms.factories import make_features, make_shop_demand

N_DAYS = 260
START = N_DAYS - SCENE_DAYS


@pytest.fixture(scope="module")
def demand() -> FloatArray:
    return make_shop_demand(n_skus=60, n_days=N_DAYS)


def test_a_spike_tomorrow_changes_no_level_of_today(demand: FloatArray) -> None:
    spiked = demand.copy()
    spiked[:, START + 21 :] *= 50
    rows = np.arange(len(demand))
    calm, wild = (Shop(make_features(units), START) for units in (demand, spiked))
    for origin in (START, START + 21):
        assert calm.leeway(origin) == wild.leeway(origin)
        for ours, theirs in zip(
            calm.levels(origin, rows, leeway=0.5),
            wild.levels(origin, rows, leeway=0.5),
            strict=True,
        ):
            assert (ours == theirs).all()
    later = START + 28
    assert (
        calm.levels(later, rows, leeway=0.5).reorder_point
        != wild.levels(later, rows, leeway=0.5).reorder_point
    ).any()


def test_two_runs_are_the_same_to_the_last_unit(demand: FloatArray) -> None:
    rows = np.arange(len(demand))
    runs = []
    for _run in range(2):
        shop = Shop(make_features(demand), START)
        scene = make_scene(shop.features, shop.unit_cost, rows, START, N_DAYS)

        def rule(day: int, shop: Shop = shop) -> Levels:
            return shop.levels(START + day, rows, leeway=0.5)

        done = replay(scene, rule)
        runs.append((done.fill_rate, done.cost, done.order_lines, done.stock_money.tolist()))
    assert runs[0] == runs[1]
    assert 0.8 < runs[0][0] <= 1.0
