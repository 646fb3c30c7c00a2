"""Fitting a probability: logistic regression first, boosted trees if they have earned it.

Everything is chosen inside the training rows, on folds that keep the rows of one person together:
the penalty of the regression, the size of the trees, the share of each and the calibration. What
is measured later never chooses. scikit-learn is imported where it fits: in a training worker.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np

from insights.algorithms.probability import (
    NO_TREES,
    ProbabilityModel,
    Trees,
    logit,
    sigmoid,
)
from insights.algorithms.probability_examples import Examples
from insights.algorithms.probability_metrics import log_losses
from insights.algorithms.score_arrays import FloatArray, IntArray

SEED: Final = 20111209
FOLDS: Final = 5
PENALTIES: Final = (0.01, 0.1, 1.0)
# Trees need more than a regression does before they can say anything of their own.
FEWEST_ROWS_FOR_TREES: Final = 800
FEWEST_OF_EACH_KIND_FOR_TREES: Final = 80
MOST_ROWS_FOR_TREES: Final = 200_000
SHARES: Final = (0.0, 0.5, 1.0)
# An isotonic calibration has as many parameters as steps; with few rows it learns noise.
FEWEST_FOR_STEPS: Final = 1_000


@dataclass(frozen=True)
class TreeSize:
    trees: int
    rate: float
    leaves: int
    in_a_leaf: int
    ridge: float
    columns: float


# Each is a way to spend about the same number of leaves; the folds choose.
TREE_SIZES: Final = (
    TreeSize(trees=100, rate=0.05, leaves=4, in_a_leaf=40, ridge=10.0, columns=0.5),
    TreeSize(trees=100, rate=0.05, leaves=8, in_a_leaf=30, ridge=5.0, columns=0.5),
    TreeSize(trees=150, rate=0.03, leaves=16, in_a_leaf=20, ridge=10.0, columns=0.3),
)


@dataclass(frozen=True)
class Choice:
    """What the folds chose, and what they saw: mean log loss of each way."""

    penalty: float
    tree_size: int
    boosted_share: float
    has_steps: bool
    seen: dict[str, float]


def fit_probability(examples: Examples, *, with_trees: bool = True) -> ProbabilityModel:
    """A calibrated model of what happened; see the module for how it is chosen."""
    model, _choice = fit_and_tell(examples, with_trees=with_trees)
    return model


def fit_and_tell(examples: Examples, *, with_trees: bool = True) -> tuple[ProbabilityModel, Choice]:
    examples = _shuffled(examples)
    plain = _prepare(examples)
    folds = assign_folds(examples.person, examples.happened)
    seen: dict[str, float] = {}

    linear = {
        penalty: _out_of_fold(examples, folds, _linear_fitter(penalty)) for penalty in PENALTIES
    }
    losses = {penalty: _loss(examples, folds, told) for penalty, told in linear.items()}
    penalty = min(PENALTIES, key=lambda one: float(losses[one].mean()))
    seen["logistic"] = float(losses[penalty].mean())

    share, size, told = 0.0, 0, linear[penalty]
    n_happened = int(examples.happened.sum())
    if (
        with_trees
        and len(examples) >= FEWEST_ROWS_FOR_TREES
        and min(n_happened, len(examples) - n_happened) >= FEWEST_OF_EACH_KIND_FOR_TREES
    ):
        boosted = [_out_of_fold(examples, folds, _tree_fitter(one)) for one in TREE_SIZES]
        size = min(
            range(len(TREE_SIZES)),
            key=lambda place: float(_loss(examples, folds, boosted[place]).mean()),
        )
        blends = {one: (1.0 - one) * linear[penalty] + one * boosted[size] for one in SHARES}
        blend_losses = {one: _loss(examples, folds, blends[one]) for one in SHARES}
        seen |= {f"boosted_share_{one:g}": float(blend_losses[one].mean()) for one in SHARES[1:]}
        best = min(SHARES, key=lambda one: float(blend_losses[one].mean()))
        # The challenger is taken only for a gain that is more than chance among the people.
        if best > 0.0 and _is_better(blend_losses[best], blend_losses[0.0], examples.person):
            share, told = best, blends[best]

    slope, shift = fit_platt(told, examples.happened)
    platt = sigmoid(slope * told + shift)
    steps, has_steps = np.zeros((2, 0)), False
    if min(n_happened, len(examples) - n_happened) >= FEWEST_FOR_STEPS:
        crossed = _crossed_steps(platt, examples.happened, folds)
        stepped = log_losses(examples.happened, crossed)
        has_steps = _is_better(stepped, log_losses(examples.happened, platt), examples.person)
        if has_steps:
            steps = fit_steps(platt, examples.happened)

    coefficients, intercept = _fit_linear(plain, examples, penalty)
    model = replace(
        plain,
        coefficients=coefficients,
        intercept=intercept,
        trees=_fit_trees(plain, examples, TREE_SIZES[size]) if share > 0.0 else NO_TREES,
        boosted_share=share,
        slope=slope,
        shift=shift,
        steps=steps,
    )
    return model, Choice(penalty, size, share, has_steps, seen)


def fit_platt(logits: FloatArray, happened: FloatArray) -> tuple[float, float]:
    """Slope and shift of Platt (1999), "Probabilistic outputs for support vector machines".

    Newton's method on the log loss with his smoothed targets; a slope below zero is refused.
    """
    n_happened = float(happened.sum())
    n_not = len(happened) - n_happened
    target = np.where(happened > 0, (n_happened + 1) / (n_happened + 2), 1 / (n_not + 2))
    slope, shift = 1.0, 0.0
    for _ in range(50):
        told = sigmoid(slope * logits + shift)
        error, weight = told - target, np.maximum(told * (1 - told), 1e-9)
        gradient = np.array([(error * logits).sum(), error.sum()])
        crossed = (weight * logits).sum()
        hessian = np.array([[(weight * logits**2).sum(), crossed], [crossed, weight.sum()]])
        step = np.linalg.solve(hessian + 1e-6 * np.eye(2), gradient)
        slope, shift = slope - float(step[0]), shift - float(step[1])
        if float(np.abs(step).max()) < 1e-9:
            break
    if slope <= 0.0 or not np.isfinite(slope + shift):
        mean = float(np.clip(target.mean(), 1e-6, 1 - 1e-6))
        return 1e-6, float(np.log(mean / (1 - mean)))
    return slope, shift


def fit_steps(told: FloatArray, happened: FloatArray) -> FloatArray:
    """Isotonic calibration by pooling adjacent violators: told and happened, shape (2, n_steps).

    Zadrozny and Elkan (2002), "Transforming classifier scores into accurate multiclass probability
    estimates". The middle of each step is joined by lines, so that no two people jump apart.
    """
    order = np.argsort(told, kind="stable")
    blocks: list[list[float]] = []
    for at, was in zip(told[order].tolist(), happened[order].tolist(), strict=True):
        blocks.append([at, was, 1.0])
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][2] >= blocks[-1][1] / blocks[-1][2]:
            last = blocks.pop()
            blocks[-1] = [one + other for one, other in zip(blocks[-1], last, strict=True)]
    table = np.array(blocks)
    n_rows = table[:, 2]
    # A step of few rows may not say 0 or 1: nothing is that sure.
    share = (table[:, 1] + 0.5) / (n_rows + 1.0)
    return np.stack([table[:, 0] / n_rows, np.maximum.accumulate(share)])


def assign_folds(person: IntArray, happened: FloatArray) -> IntArray:
    """A fold for each row: alike in how often it happened, all rows of one person in one fold."""
    people, place = np.unique(person, return_inverse=True)
    rate = np.bincount(place, weights=happened) / np.bincount(place)
    shuffled = np.random.default_rng(SEED).permutation(len(people))
    order = shuffled[np.argsort(rate[shuffled], kind="stable")]
    fold = np.empty(len(people), dtype=np.int64)
    fold[order] = np.arange(len(people)) % FOLDS
    return fold[place]


# What fits one part and tells logits of the other: (training rows, rows asked) -> logits.
Fitter = Callable[[Examples, FloatArray], FloatArray]


def _out_of_fold(examples: Examples, folds: IntArray, fitter: Fitter) -> FloatArray:
    told = np.empty(len(examples))
    for fold in range(FOLDS):
        asked = folds == fold
        told[asked] = fitter(examples.of(~asked), examples.values[asked])
    return told


def _linear_fitter(penalty: float) -> Fitter:
    def fit(known: Examples, asked: FloatArray) -> FloatArray:
        plain = _prepare(known)
        coefficients, intercept = _fit_linear(plain, known, penalty)
        filled = np.where(np.isnan(asked), plain.fill, asked)
        told: FloatArray = plain.standardised(filled) @ coefficients + intercept
        return told

    return fit


def _tree_fitter(size: TreeSize) -> Fitter:
    def fit(known: Examples, asked: FloatArray) -> FloatArray:
        plain = _prepare(known)
        trees = _fit_trees(plain, known, size)
        pushes, start = trees.pushes(np.where(np.isnan(asked), plain.fill, asked))
        return np.asarray(pushes.sum(axis=1) + start)

    return fit


def _loss(examples: Examples, folds: IntArray, told: FloatArray) -> FloatArray:
    """Log loss of each row once calibrated on the other folds."""
    losses = np.empty(len(examples))
    for fold in range(FOLDS):
        asked = folds == fold
        slope, shift = fit_platt(told[~asked], examples.happened[~asked])
        losses[asked] = log_losses(examples.happened[asked], sigmoid(slope * told[asked] + shift))
    return losses


def _crossed_steps(told: FloatArray, happened: FloatArray, folds: IntArray) -> FloatArray:
    crossed = np.empty(len(told))
    for fold in range(FOLDS):
        asked = folds == fold
        steps = fit_steps(told[~asked], happened[~asked])
        crossed[asked] = np.interp(told[asked], steps[0], steps[1])
    return crossed


def _is_better(ours: FloatArray, theirs: FloatArray, person: IntArray) -> bool:
    """Whether the mean gain is above its own standard error, people being the units."""
    _, place = np.unique(person, return_inverse=True)
    gain = np.bincount(place, weights=theirs - ours)
    error = float(gain.std()) / max(1.0, float(np.sqrt(len(gain))))
    return float(gain.mean()) > error


def _shuffled(examples: Examples) -> Examples:
    """In an order that neither the database nor the file decides."""
    if len(examples) > MOST_ROWS_FOR_TREES:
        rng = np.random.default_rng(SEED)
        picked = rng.choice(len(examples), MOST_ROWS_FOR_TREES, replace=False)
        return examples.of(np.sort(picked))
    return examples


def _prepare(examples: Examples) -> ProbabilityModel:
    """The columns' own figures; nothing of the outcome but how often it happened."""
    n_features = len(examples.features)
    fill = np.zeros(n_features)
    for place in range(n_features):
        column = examples.values[:, place]
        known = column[~np.isnan(column)]
        fill[place] = float(np.median(known)) if len(known) else 0.0
    filled = np.where(np.isnan(examples.values), fill, examples.values)
    shown = np.where(examples.is_log, np.log1p(np.maximum(filled, 0.0)), filled)
    scale = shown.std(axis=0)
    return ProbabilityModel(
        features=examples.features,
        is_log=examples.is_log,
        fill=fill,
        mean=shown.mean(axis=0),
        scale=np.where(scale > 1e-9, scale, 1.0),
        coefficients=np.zeros(n_features),
        intercept=0.0,
        trees=NO_TREES,
        boosted_share=0.0,
        slope=1.0,
        shift=0.0,
        base_share=float(examples.happened.mean()),
        n_learned=len(examples),
        learned_until=examples.learned_until,
    )


def _fit_linear(
    plain: ProbabilityModel, examples: Examples, penalty: float
) -> tuple[FloatArray, float]:
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415  # paid by workers only

    base = float(logit(np.array([plain.base_share]))[0])
    if len(np.unique(examples.happened)) < 2:
        return np.zeros(len(examples.features)), base
    known = np.where(np.isnan(examples.values), plain.fill, examples.values)
    regression = LogisticRegression(C=penalty, max_iter=500)
    regression.fit(plain.standardised(known), examples.happened)
    return np.asarray(regression.coef_[0]), float(regression.intercept_[0])


def _fit_trees(plain: ProbabilityModel, examples: Examples, size: TreeSize) -> Trees:
    from sklearn.ensemble import (  # noqa: PLC0415  # paid by workers only
        HistGradientBoostingClassifier,
    )
    from threadpoolctl import (  # type: ignore[import-untyped]  # noqa: PLC0415  # has no types
        threadpool_limits,
    )

    boosting = HistGradientBoostingClassifier(
        max_iter=size.trees,
        learning_rate=size.rate,
        max_leaf_nodes=size.leaves,
        min_samples_leaf=size.in_a_leaf,
        l2_regularization=size.ridge,
        max_features=size.columns,
        early_stopping=False,
        random_state=SEED,
    )
    known = np.where(np.isnan(examples.values), plain.fill, examples.values)
    # Threads that wait for each other on a busy machine cost three times what they do.
    with threadpool_limits(limits=1):
        boosting.fit(known, examples.happened)
    return as_trees(boosting)


def as_trees(boosting: Any) -> Trees:
    """The trees of scikit-learn's histogram boosting as arrays."""
    columns: dict[str, list[Any]] = {
        name: [] for name in ("feature", "threshold", "left", "right", "value")
    }
    roots, n_nodes = [], 0
    for (predictor,) in boosting._predictors:  # there is no public way to its nodes
        nodes = predictor.nodes
        is_leaf = nodes["is_leaf"].astype(bool)
        roots.append(n_nodes)
        columns["feature"].append(np.where(is_leaf, -1, nodes["feature_idx"].astype(np.int64)))
        columns["threshold"].append(nodes["num_threshold"])
        columns["left"].append(nodes["left"].astype(np.int64) + n_nodes)
        columns["right"].append(nodes["right"].astype(np.int64) + n_nodes)
        columns["value"].append(_mean_values(nodes))
        n_nodes += len(nodes)
    joined = {name: np.concatenate(parts) for name, parts in columns.items()}
    start = float(np.ravel(boosting._baseline_prediction)[0])
    return Trees(**joined, root=np.array(roots, dtype=np.int64), start=start)


def _mean_values(nodes: Any) -> FloatArray:
    """What is said under each node on the mean of its rows; a leaf's own value.

    The values that scikit-learn leaves on inner nodes are not shrunk by the learning rate, as
    those of leaves are. Children stand behind their parents.
    """
    value: FloatArray = nodes["value"].astype(np.float64)
    count = nodes["count"].astype(np.float64)
    for place in range(len(nodes) - 1, -1, -1):
        if nodes["is_leaf"][place]:
            continue
        under = [int(nodes["left"][place]), int(nodes["right"][place])]
        value[place] = float(np.average(value[under], weights=count[under]))
    return value
