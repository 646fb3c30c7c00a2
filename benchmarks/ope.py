"""Off-policy estimates beside what the log itself says, on logs in the layout of Open Bandit.

`manage.py benchmark ope --data DIR`, where DIR holds `<policy>/<campaign>/<campaign>.csv(.gz)` with
the columns item_id, position, click, propensity_score; policies `bts` and `random` as published.

Where two policies were logged on the same campaign, each is estimated from the log of the other
and held against its own clicks ("crossed"). With one log only, nothing else was ever shown, so the
truth is made from it: the log is taken for the whole population, whose true rates are then known
exactly, and logs are drawn from it with replacement.

  logged_from_even   A visitor is kept with a chance that evens out how often each item was shown;
                     from those kept, the click rate of the logged policy is estimated.
  even_from_logged   The reverse: from whole draws, the click rate of the evened policy.

The figures are those of the doubly robust estimate; the others are in the baselines, the click
model alone (direct, whose interval leaves out that the model itself is uncertain) and rejection
sampling (replay; Li et al. 2011) among them.
"""

import csv
import gzip
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult, cpu_seconds
from recommendations.algorithms.off_policy import (
    Estimate,
    Log,
    crossed_click_model,
    effective_rows,
    estimates,
)
from recommendations.algorithms.shopping_log import FloatArray, IntArray

SEED: Final = 7
FOLDS: Final = 5
BOOTSTRAPS: Final = 300
# Of an item that is shown far too often, so many in a hundred are kept at least.
LEAST_KEPT: Final = 0.05
OURS: Final = "dr"
OTHERS: Final = ("ips", "snips", "direct", "replay")


@dataclass(frozen=True, slots=True)
class Logged:
    """One row an impression. items and places from 0; chances as logged."""

    items: IntArray
    places: IntArray
    clicked: FloatArray
    chances: FloatArray

    @property
    def n_items(self) -> int:
        return int(self.items.max()) + 1

    @property
    def n_places(self) -> int:
        return int(self.places.max()) + 1

    def take(self, rows: IntArray) -> "Logged":
        return Logged(self.items[rows], self.places[rows], self.clicked[rows], self.chances[rows])


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder with bts/ or random/")
    parser.add_argument("--repetitions", type=int, default=200, help="logs drawn per direction")


def measure(options: dict[str, Any]) -> BenchmarkResult:
    logs = _read_all(options["data"])
    figures: dict[str, Any] = {}
    others: dict[str, dict[str, Any]] = {name: {} for name in OTHERS}
    setup: dict[str, Any] = {
        "seed": SEED,
        "repetitions": options["repetitions"],
        "bootstraps": BOOTSTRAPS,
        "least_kept": LEAST_KEPT,
    }
    with cpu_seconds() as timer:
        for campaign, policies in sorted(logs.items()):
            for policy, log in sorted(policies.items()):
                setup[f"{campaign}.{policy}"] = {
                    "rows": len(log.items),
                    "clicks": int(log.clicked.sum()),
                    "items": log.n_items,
                    "least_chance": float(log.chances.min()),
                    "effective_rows_for_even": round(effective_rows(1 / log.chances), 1),
                }
            for behaviour, target in _pairs(policies):
                found = _crossed(policies[behaviour], policies[target], target)
                _put(figures, others, f"{campaign}.{target}_from_{behaviour}", found)
            for policy, log in sorted(policies.items()):
                if policy == "random":
                    continue
                for direction, draw in (
                    ("logged_from_even", _logged_from_even),
                    ("even_from_logged", _even_from_logged),
                ):
                    found = _repeated(log, draw, options["repetitions"])
                    _put(figures, others, f"{campaign}.{direction}", found)
    figures["cpu_seconds"] = round(timer.seconds, 2)
    return BenchmarkResult("ope", figures, others, setup)


Found = Mapping[str, Mapping[str, Any]]


def _put(
    figures: dict[str, Any], others: dict[str, dict[str, Any]], name: str, found: Found
) -> None:
    figures[name] = found[OURS]
    for method in OTHERS:
        others[method][name] = found[method]


def _pairs(policies: Mapping[str, Logged]) -> list[tuple[str, str]]:
    return [(one, two) for one in sorted(policies) for two in sorted(policies) if one != two]


def _crossed(log: Logged, other: Logged, target: str) -> Found:
    """What `other`'s policy earns, from `log`; the truth is the click rate of `other`."""
    n_items, n_places = max(log.n_items, other.n_items), max(log.n_places, other.n_places)
    if target == "random":
        shares = np.full((n_items, n_places), 1 / n_items)
    else:
        # A policy that changed over the week is taken for its mean over the week.
        shares = _shares(other, n_items, n_places)
    generator = np.random.default_rng(SEED)
    answer = _estimate(log, shares[log.items, log.places] / log.chances, shares, generator)
    truth = float(other.clicked.mean())
    error = float(np.sqrt(truth * (1 - truth) / len(other.clicked)))
    return {
        name: {
            "truth": round(truth, 6),
            "truth_standard_error": round(error, 6),
            "estimate": round(found.value, 6),
            "interval": [round(found.lower, 6), round(found.upper, 6)],
            "relative_error": round(found.value / truth - 1, 4),
            "covers": bool(found.lower <= truth <= found.upper),
            "effective_rows": round(found.effective, 1),
            "clipped": round(found.clipped, 5),
        }
        for name, found in answer.items()
    }


Draw = Callable[[Logged, FloatArray, np.random.Generator], tuple[dict[str, Estimate], float, float]]


def _repeated(population: Logged, draw: Draw, repetitions: int) -> Found:
    """Errors and coverage over logs drawn from a population whose truth is known."""
    kept = _even_chances(population)
    values: dict[str, list[Estimate]] = {}
    truth = logged = 0.0
    for repetition in range(repetitions):
        generator = np.random.default_rng([SEED, repetition])
        answer, truth, logged = draw(population, kept, generator)
        for name, estimate in answer.items():
            values.setdefault(name, []).append(estimate)
    return {
        name: {
            "truth": round(truth, 6),
            "logged": round(logged, 6),
            **_errors(found, truth),
            "effective_rows": round(float(np.mean([one.effective for one in found])), 1),
        }
        for name, found in values.items()
    }


def _errors(found: list[Estimate], truth: float) -> dict[str, float]:
    values = np.array([one.value for one in found])
    covered = [one.lower <= truth <= one.upper for one in found]
    widths = [one.upper - one.lower for one in found]
    return {
        "relative_bias": round(float(values.mean() / truth - 1), 4),
        "relative_rmse": round(float(np.sqrt(((values - truth) ** 2).mean()) / truth), 4),
        "coverage_95": round(float(np.mean(covered)), 3),
        "relative_width": round(float(np.mean(widths)) / truth, 3),
    }


def _logged_from_even(
    population: Logged, kept: FloatArray, generator: np.random.Generator
) -> tuple[dict[str, Estimate], float, float]:
    rows = generator.integers(0, len(kept), len(kept))
    rows = rows[generator.random(len(rows)) < kept[rows]]
    log = population.take(rows)
    shares = _shares(population, population.n_items, population.n_places)
    # Kept with chance a, of all a share z: the logged policy is z / a as likely as this log's.
    weights = kept.mean() / kept[rows]
    truth = float(population.clicked.mean())
    answer = _estimate(log, weights, shares, generator)
    return answer, truth, float((population.clicked * kept).sum() / kept.sum())


def _even_from_logged(
    population: Logged, kept: FloatArray, generator: np.random.Generator
) -> tuple[dict[str, Estimate], float, float]:
    rows = generator.integers(0, len(kept), len(kept))
    log = population.take(rows)
    weights = kept / kept.mean()
    shares = _shares(population, population.n_items, population.n_places, weights)
    truth = float((population.clicked * kept).sum() / kept.sum())
    return (
        _estimate(log, weights[rows], shares, generator),
        truth,
        float(population.clicked.mean()),
    )


def _even_chances(population: Logged) -> FloatArray:
    """How likely each row is kept, so that items are shown about equally often in each place."""
    shares = _shares(population, population.n_items, population.n_places)
    wanted = 1 / population.n_items
    chances: FloatArray = np.clip(
        wanted / shares[population.items, population.places], LEAST_KEPT, 1.0
    )
    return chances


def _shares(
    log: Logged, n_items: int, n_places: int, weights: FloatArray | None = None
) -> FloatArray:
    """How often each item was shown in each place, shape (n_items, n_places); columns sum to 1."""
    cells = np.bincount(
        log.items * n_places + log.places, weights=weights, minlength=n_items * n_places
    )
    table = cells.reshape(n_items, n_places).astype(np.float64)
    shares: FloatArray = table / np.maximum(table.sum(axis=0), 1e-12)
    return shares


def _estimate(
    log: Logged, weights: FloatArray, shares: FloatArray, generator: np.random.Generator
) -> dict[str, Estimate]:
    """shares: of the policy that is estimated."""
    n_items, n_places = shares.shape
    folds = generator.integers(0, FOLDS, len(log.items))
    model = crossed_click_model(
        log.items, log.places, log.clicked, folds, n_items=n_items, n_places=n_places
    )
    expected = (model * shares).sum(axis=1)
    agrees = generator.random(len(weights)) < weights / weights.max(initial=1e-12)
    return estimates(
        Log(
            weights=weights,
            clicked=log.clicked,
            visitors=np.arange(len(log.items)),
            expected_shown=model[folds, log.items, log.places],
            expected_new=expected[folds, log.places],
            agrees=agrees.astype(np.float64),
            today=np.ones(len(weights)),
        ),
        seed=SEED,
        bootstraps=BOOTSTRAPS,
    )


def _read_all(folder: Path) -> dict[str, dict[str, Logged]]:
    """By campaign and policy."""
    found: dict[str, dict[str, Logged]] = {}
    for path in sorted(folder.glob("*/*/*.csv*")):
        policy, campaign = path.parent.parent.name, path.parent.name
        if path.name in {f"{campaign}.csv", f"{campaign}.csv.gz"}:
            found.setdefault(campaign, {})[policy] = _read(path)
    if not found:
        raise CommandError(f"{folder} holds no <policy>/<campaign>/<campaign>.csv(.gz).")
    return found


def _read(path: Path) -> Logged:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", newline="") as file:
        rows = [
            (row["item_id"], row["position"], row["click"], row["propensity_score"])
            for row in csv.DictReader(file)
        ]
    if not rows:
        raise CommandError(f"{path} holds no rows.")
    items, positions, clicked, chances = (
        np.array(column, dtype=np.float64) for column in zip(*rows, strict=True)
    )
    places = np.unique(positions, return_inverse=True)[1]
    return Logged(
        items=items.astype(np.int64),
        places=places.astype(np.int64),
        clicked=clicked,
        chances=chances,
    )
