import subprocess
import sys

import numpy as np

from inventory.algorithms.arrays import FloatArray
from inventory.algorithms.demand_challenger import challenge
from inventory.algorithms.demand_model import DemandSettings
from tests.inventory.algorithms.factories import make_history, make_shop_demand


def bursts(n_skus: int = 400, n_days: int = 330) -> FloatArray:
    """SKUs that sell for ten weeks and then hardly: the level is slow to believe the end."""
    rng = np.random.default_rng(9)
    start = rng.integers(0, n_days, n_skus)
    day = np.arange(n_days)
    is_on = ((day[None, :] - start[:, None]) % 130) < 70
    rate = np.where(is_on, 6.0, 0.4) * rng.lognormal(0.0, 0.3, (n_skus, 1))
    return np.asarray(rng.poisson(rate), dtype=np.float64)


def test_a_challenger_is_promoted_where_it_sees_what_the_base_cannot() -> None:
    units = bursts()
    judged = challenge(make_history(units), DemandSettings(), units)
    assert judged.is_promoted
    assert judged.evidence["challenger_gain"] >= 0.01
    assert judged.evidence["challenger_abs_bias"] <= judged.evidence["base_abs_bias"]
    assert judged.correction.min() < 0.9 < 1.1 < judged.correction.max()
    again = challenge(make_history(units), DemandSettings(), units)
    assert (again.correction == judged.correction).all()


def test_it_is_turned_down_where_there_is_only_noise() -> None:
    units = make_shop_demand(n_skus=300, n_days=280)
    judged = challenge(make_history(units), DemandSettings(), units)
    assert not judged.is_promoted
    assert (judged.correction == 1.0).all()
    assert judged.evidence["challenger_gain"] < 0.01


def test_a_shop_with_few_rows_is_not_even_asked() -> None:
    units = make_shop_demand(n_skus=30, n_days=200)
    judged = challenge(make_history(units), DemandSettings(), units)
    assert judged.evidence == {}
    assert (judged.correction == 1.0).all()


def test_the_served_model_and_its_module_load_without_training_libraries() -> None:
    done = subprocess.run(  # this interpreter, a fixed program
        [
            sys.executable,
            "-c",
            "import sys, inventory.algorithms.demand_evaluation; print('sklearn' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "False"
