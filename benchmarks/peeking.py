"""How often reading an experiment every evening errs, on made-up visitors.

`manage.py benchmark peeking --runs 2000`. Two arms, so many visitors an evening, read on each of 60
evenings; the true difference is none, or as told. Ours is the sequence of `algorithms.sequential`,
the baseline the usual 95 % interval looked at on the same evenings.
"""

from argparse import ArgumentParser
from typing import Any, Final

import numpy as np

from benchmarks.result import BenchmarkResult, cpu_seconds
from recommendations.algorithms.sequential import Sample, compare, is_enough
from recommendations.algorithms.shopping_log import FloatArray

SEED: Final = 11
EVENINGS: Final = 60
ALPHA: Final = 0.05
# Share of visitors who do something, visitors of an arm and evening, true relative difference.
SCENES: Final = {
    "clicks_10_percent": (0.10, 100, 0.0, False),
    "clicks_1_percent": (0.01, 200, 0.0, False),
    "orders_half_a_percent": (0.005, 200, 0.0, False),
    "revenue_4_percent_buy": (0.04, 150, 0.0, True),
    "clicks_10_percent_lift_15": (0.10, 100, 0.15, False),
    "revenue_4_percent_buy_lift_30": (0.04, 150, 0.30, True),
}


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--runs", type=int, default=2000, help="experiments per scene")


def measure(options: dict[str, Any]) -> BenchmarkResult:
    runs = options["runs"]
    ours: dict[str, Any] = {}
    usual: dict[str, Any] = {}
    with cpu_seconds() as timer:
        for place, (name, (rate, per_evening, lift, is_money)) in enumerate(SCENES.items()):
            generator = np.random.default_rng([SEED, place])
            found = np.array(
                [_run(generator, rate, per_evening, lift, is_money) for _run_ in range(runs)]
            )
            told, usually_told, missed, evening = found.T
            key = "found" if lift else "false_alarms"
            ours[f"{name}_{key}"] = round(float(told.mean()), 4)
            usual[f"{name}_{key}"] = round(float(usually_told.mean()), 4)
            ours[f"{name}_truth_left_out"] = round(float(missed.mean()), 4)
            if lift:
                days = evening[told > 0]
                ours[f"{name}_median_evening"] = float(np.median(days)) if len(days) else None
    ours["cpu_seconds"] = round(timer.seconds, 2)
    return BenchmarkResult(
        "peeking",
        ours,
        {"usual_interval_every_evening": usual},
        {"runs": runs, "evenings": EVENINGS, "alpha": ALPHA, "seed": SEED},
    )


def _run(
    generator: np.random.Generator, rate: float, per_evening: int, lift: float, is_money: bool
) -> tuple[bool, bool, bool, int]:
    """Whether ours told a difference, the usual one did, ours left out the truth; first evening."""
    n = per_evening * EVENINGS
    one = _values(generator, rate, n, is_money)
    two = _values(generator, rate * (1 + lift), n, is_money)
    # Mean of a lognormal order of `_values`.
    truth = rate * lift * (float(np.exp(8.0 + 0.5)) if is_money else 1.0)
    told = usual = missed = False
    first = 0
    for evening in range(1, EVENINGS + 1):
        until = evening * per_evening
        samples = Sample.of(one[:until]), Sample.of(two[:until])
        if not is_enough(*samples):
            continue
        interval = compare(*samples, planned=2 * n, alpha=ALPHA)
        error = float(np.sqrt(samples[0].variance / until + samples[1].variance / until))
        if interval.excludes_zero and not told:
            told, first = True, evening
        usual = usual or abs(interval.difference) > 1.96 * error
        missed = missed or not interval.lower <= truth <= interval.upper
    return told, usual, missed, first


def _values(generator: np.random.Generator, rate: float, n: int, is_money: bool) -> FloatArray:
    did: FloatArray = (generator.random(n) < rate).astype(np.float64)
    return did * generator.lognormal(8.0, 1.0, n) if is_money else did
