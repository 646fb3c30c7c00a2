"""A gradient-boosted challenger of the base forecast, and whether it has earned its place.

It learns the ratio of what came to what the base expected (four weeks of a SKU, from origins every
two weeks), so that it starts from the base and can only mend it. Plain boosting of units lost to
the base in every test. scikit-learn is imported where it is fitted: in a training worker, and only
in a shop with enough rows.
"""

from dataclasses import dataclass, field

import numpy as np

from inventory.algorithms.arrays import FloatArray, IntArray
from inventory.algorithms.demand_levels import Levels, fit_levels
from inventory.algorithms.demand_model import DemandSettings
from inventory.algorithms.history import DemandHistory, has_enough_history
from inventory.algorithms.metrics import bias, point_scores

HORIZON = 28
FIRST_ORIGIN = 84
ORIGIN_STEP = 14
MOST_ROWS = 250_000
FEWEST_ROWS = 2_000
# Enough to judge by; a large shop waits no longer than a middling one.
MOST_SKUS = 8_000
ROLLING_ORIGINS = 3
# Promoted only when one per cent better than the base, and no more biased.
WORTH_IT = 0.99
LARGEST_RATIO = 6.0
LOWEST, HIGHEST = 1 / 3, 3.0
SPANS = (7, 14, 28, 56, 91, 182)
SEED = 20110930
N_BINS = 31


@dataclass(frozen=True)
class Challenge:
    """correction: factor on each SKU's level, shape (n_skus,); 1 unless promoted."""

    correction: FloatArray
    is_promoted: bool
    evidence: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rows:
    """features (n_rows, n_features), ratio and weight (n_rows,), from one origin."""

    features: FloatArray
    ratio: FloatArray
    weight: FloatArray


def challenge(
    history: DemandHistory,
    settings: DemandSettings,
    revenue: FloatArray,
) -> Challenge:
    """Fit on everything, promote only on the evidence of three rolling origins.

    revenue: shape (n_skus, n_days), weighs errors. Every SKU of `history` gets an answer. Judged
    again on later data, what was promoted once is demoted by itself.
    """
    nothing = np.ones(history.n_skus)
    n_days = history.n_days
    everything = history
    if history.n_skus > MOST_SKUS:
        rng = np.random.default_rng(SEED)
        sample = np.sort(rng.choice(history.n_skus, MOST_SKUS, replace=False))
        history, revenue = history.of(sample), revenue[sample]
    origins = list(range(n_days - HORIZON, FIRST_ORIGIN - 1, -ORIGIN_STEP))
    per_origin = max(1, MOST_ROWS // max(1, len(origins)))
    table = {origin: _rows(history, settings, origin, most=per_origin) for origin in origins}
    judged = [n_days - HORIZON * (back + 1) for back in range(ROLLING_ORIGINS)]
    ours, theirs, biases = [], [], []
    for origin in judged:
        known = [rows for day, rows in table.items() if day + HORIZON <= origin]
        if sum(len(rows.ratio) for rows in known) < FEWEST_ROWS:
            return Challenge(nothing, is_promoted=False)
        base, mended, scored = _compare(history, settings, revenue, origin, known)
        theirs.append(scored[0])
        ours.append(scored[1])
        biases.append((base, mended))
    gain = 1.0 - float(np.mean(ours)) / max(float(np.mean(theirs)), 1e-12)
    before, after = (abs(float(np.mean(side))) for side in zip(*biases, strict=True))
    evidence = {"challenger_gain": gain, "base_abs_bias": before, "challenger_abs_bias": after}
    if gain < 1.0 - WORTH_IT or after > before + 1e-9:
        return Challenge(nothing, is_promoted=False, evidence=evidence)
    correction = _fit_and_mend(list(table.values()), everything, fit_levels(everything, settings))
    return Challenge(correction, is_promoted=True, evidence=evidence)


def _compare(
    history: DemandHistory,
    settings: DemandSettings,
    revenue: FloatArray,
    origin: int,
    known_rows: list[_Rows],
) -> tuple[float, float, tuple[float, float]]:
    """Bias of base and challenger, and their WRMSSE, on the four weeks from `origin`."""
    known = history.until(origin)
    rows = has_enough_history(known)
    known = known.of(rows)
    levels = fit_levels(known, settings)
    ahead = slice(origin, origin + HORIZON)
    base = (levels.level * levels.lift)[:, None] * levels.shape(known, ahead)
    mended = base * _fit_and_mend(known_rows, known, levels)[:, None]
    actual = history.units[rows, ahead].astype(np.float64)
    if history.is_special is not None:
        usual = ~history.is_special[rows, ahead]
        base, mended, actual = base * usual, mended * usual, actual * usual
    earned = revenue[rows, origin - HORIZON : origin].sum(axis=1)
    scores = [point_scores(one, actual, known, earned).wrmsse for one in (base, mended)]
    return bias(base, actual), bias(mended, actual), (scores[0], scores[1])


def _fit_and_mend(
    parts: list[_Rows],
    history: DemandHistory,
    levels: Levels,
) -> FloatArray:
    """Correction of each SKU of `history`, learned from rows of earlier origins.

    It leaves the sum of all forecasts as it was: the shop's total has its own forecast.
    """
    # Seconds and 130 MB that only a worker which trains shall pay.
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415
    from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415  # has no types
        threadpool_limits,
    )

    features = np.concatenate([part.features for part in parts])
    ratio = np.concatenate([part.ratio for part in parts])
    weight = np.concatenate([part.weight for part in parts])
    regressor = HistGradientBoostingRegressor(
        max_iter=60,
        max_leaf_nodes=15,
        max_bins=N_BINS,
        min_samples_leaf=200,
        learning_rate=0.05,
        l2_regularization=50.0,
        early_stopping=False,
        random_state=SEED,
    )
    mean = max(float(np.average(ratio, weights=weight)), 1e-9)
    edges = _bin_edges(features, weight)
    # Threads that wait for each other on a busy machine cost three times what they do.
    with threadpool_limits(limits=1):
        regressor.fit(_coded(features, edges), ratio / mean, sample_weight=weight / weight.mean())
        told = regressor.predict(_coded(describe(history, levels), edges))
    correction = np.clip(told, LOWEST, HIGHEST)
    whole = levels.level * levels.lift
    kept = float(whole.sum()) / max(float((whole * correction).sum()), 1e-12)
    corrected: FloatArray = correction * kept if whole.sum() > 0 else np.ones(len(whole))
    return corrected


def _bin_edges(features: FloatArray, weight: FloatArray) -> list[FloatArray]:
    """Weighted quantiles of each column.

    scikit-learn sorts a column anew for each of its quantiles, which took longer than all trees;
    of columns that hold no more values than bins it leaves everything as it is.
    """
    edges = []
    shares = np.linspace(0.0, 1.0, N_BINS + 1)[1:-1]
    for column in features.T:
        order = np.argsort(column)
        reached = np.cumsum(weight[order])
        places = np.searchsorted(reached, shares * reached[-1])
        edges.append(np.unique(column[order][places]))
    return edges


def _coded(features: FloatArray, edges: list[FloatArray]) -> FloatArray:
    """The number of its bin for each value, same shape."""
    codes = np.empty(features.shape, dtype=np.float32)
    for place, edge in enumerate(edges):
        codes[:, place] = np.searchsorted(edge, features[:, place])
    return codes


def _rows(
    history: DemandHistory,
    settings: DemandSettings,
    origin: int,
    *,
    most: int,
) -> _Rows:
    known = history.until(origin)
    picked: IntArray = np.flatnonzero(has_enough_history(known))
    if len(picked) > most:
        rng = np.random.default_rng(SEED + origin)
        picked = np.sort(rng.choice(picked, most, replace=False))
    known, later = known.of(picked), history.of(picked)
    if len(picked) == 0:
        return _Rows(np.zeros((0, 2 * len(SPANS) + 4)), np.zeros(0), np.zeros(0))
    levels = fit_levels(known, settings)
    ahead = slice(origin, min(history.n_days, origin + HORIZON))
    shape = np.broadcast_to(levels.shape(known, ahead), (len(picked), HORIZON))
    usual = later.usual()
    expected = levels.level * (shape * usual.observed[:, ahead]).sum(axis=1)
    sold = usual.units[:, ahead].sum(axis=1, dtype=np.float64)
    use = expected > 1e-6
    return _Rows(
        describe(known, levels)[use],
        np.minimum(LARGEST_RATIO, sold[use] / expected[use]),
        # Slow sellers count less than fast ones, but not by as much as they sell less.
        np.sqrt(expected[use]),
    )


def describe(history: DemandHistory, levels: Levels) -> FloatArray:
    """What is known of each SKU at an origin, relative to its level, (n_skus, n_features)."""
    usual = history.usual()
    level = np.maximum(levels.level, 1e-6)
    last_sale = usual.n_days - 1 - (usual.units > 0)[:, ::-1].argmax(axis=1)
    columns = [np.log(level), levels.sale_share, usual.n_days - last_sale]
    columns.append(np.minimum(usual.n_days - usual.first_day, 365))
    for span in SPANS:
        lately = slice(max(0, usual.n_days - span), usual.n_days)
        seen = np.maximum(1, np.count_nonzero(usual.observed[:, lately], axis=1))
        columns.append(usual.units[:, lately].sum(axis=1, dtype=np.float64) / seen / level)
        columns.append(np.count_nonzero(usual.units[:, lately], axis=1) / seen)
    return np.column_stack(columns)
