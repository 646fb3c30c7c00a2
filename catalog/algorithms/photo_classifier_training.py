"""Fits the head of the photo classifier and decides how far its confidence may be trusted."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize, minimize_scalar
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components
from scipy.special import logsumexp
from scipy.stats import beta
from sklearn.model_selection import StratifiedGroupKFold

from catalog.algorithms.backbone import FloatArray
from catalog.algorithms.photo_classifier import PhotoClassifier, softmax

DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

# Cosine at which two photos of one label count as the same scene. Folds that tear look-alikes
# apart promise .96 on groceries; with these groups they promise what unseen photos give.
LOOK_ALIKE_COSINE = 0.85
N_FOLDS = 5
PROMISED_PRECISION = 0.95
UNREACHABLE = 1.01
# Share of the training photos themselves that may count as unfamiliar.
UNFAMILIAR_SHARE = 0.02


@dataclass(frozen=True)
class LabelledEmbeddings:
    """embeddings (n, 1280); labels (n,) codes; groups (n,) what a split may not tear apart."""

    embeddings: FloatArray
    labels: npt.NDArray[np.str_]
    groups: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: npt.NDArray[np.intp]) -> "LabelledEmbeddings":
        return LabelledEmbeddings(self.embeddings[rows], self.labels[rows], self.groups[rows])


@dataclass(frozen=True)
class Head:
    """weights (n_labels, n_features) and intercept (n_labels,) in standardised units."""

    weights: DoubleArray
    intercept: DoubleArray


def fit_softmax(
    features: npt.NDArray[np.floating],
    truth: IntArray,
    *,
    n_labels: int,
    strength: float,
    prior: Head | None = None,
    max_iterations: int = 300,
) -> Head:
    """Multinomial logistic regression whose penalty pulls towards `prior` instead of zero.

    features: standardised, shape (n, n_features). truth: label numbers, shape (n,).
    strength: weight of the data against the penalty (scikit-learn's C). Without a prior the
        intercepts are free and the optimum is scikit-learn's LogisticRegression; with one they
        are held like the weights, since few rows say little about how common a label is.
    """
    start = prior or Head(np.zeros((n_labels, features.shape[1])), np.zeros(n_labels))
    rows = np.asarray(features, dtype=np.float64)
    known = rows @ start.weights.T + start.intercept
    basis = None
    if 0 < len(rows) < rows.shape[1]:
        # The step away from the prior lies in the span of the rows: as many unknowns as photos.
        basis = np.linalg.qr(rows.T)[0]
        rows = rows @ basis
    hits = np.zeros((len(truth), n_labels))
    hits[np.arange(len(truth)), truth] = 1.0
    shape = (n_labels, rows.shape[1])
    n_weights = shape[0] * shape[1]
    hold_intercept = 0.0 if prior is None else 1.0

    def loss(step: DoubleArray) -> tuple[float, DoubleArray]:
        weights, intercept = step[:n_weights].reshape(shape), step[n_weights:]
        logits = known + rows @ weights.T + intercept
        totals = logsumexp(logits, axis=1)
        value = strength * float((totals - (logits * hits).sum(axis=1)).sum())
        value += 0.5 * float((weights**2).sum() + hold_intercept * (intercept**2).sum())
        residual = np.exp(logits - totals[:, None]) - hits
        slope = strength * (residual.T @ rows) + weights
        slope_intercept = strength * residual.sum(axis=0) + hold_intercept * intercept
        return value, np.concatenate([slope.ravel(), slope_intercept])

    step = minimize(
        loss,
        np.zeros(n_weights + n_labels),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": max_iterations, "ftol": 1e-7, "gtol": 1e-3},
    ).x
    away = step[:n_weights].reshape(shape)
    return Head(
        start.weights + (away if basis is None else away @ basis.T),
        start.intercept + step[n_weights:],
    )


def look_alike_groups(
    embeddings: FloatArray, labels: npt.NDArray[np.str_], *, cosine: float = LOOK_ALIKE_COSINE
) -> npt.NDArray[np.str_]:
    """Photos of one label that are chained by a cosine of at least `cosine` share a group."""
    unit = embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)
    groups = np.empty(len(labels), dtype="<U120")
    for label in np.unique(labels):
        rows = np.flatnonzero(labels == label)
        alike = csr_matrix(unit[rows] @ unit[rows].T >= cosine)
        _n, numbers = connected_components(alike, directed=False)
        groups[rows] = [f"{label}-{number}" for number in numbers]
    return groups


def fit_temperature(logits: DoubleArray, truth: IntArray) -> float:
    """The divisor of the logits that makes held-out confidence honest.

    Guo et al. (2017), "On Calibration of Modern Neural Networks". Between 0.25 and 4.
    """
    rows = np.arange(len(truth))

    def loss(log_temperature: float) -> float:
        scaled = logits / np.exp(log_temperature)
        return float((logsumexp(scaled, axis=1) - scaled[rows, truth]).mean())

    best = minimize_scalar(loss, bounds=(np.log(0.25), np.log(4.0)), method="bounded")
    return float(np.exp(best.x))


def accept_threshold(
    confidence: DoubleArray,
    is_right: npt.NDArray[np.bool_],
    *,
    precision: float = PROMISED_PRECISION,
) -> float:
    """Least confidence above which the precision is at least `precision`, 95 times in 100.

    The lower bound of Clopper and Pearson (1934) on the photos above it must reach the promise,
    for this threshold and every higher one that keeps at least 100 photos. A plain cut at the
    promised precision falls short on new photos about every second time.

    Returns 1.01, which nothing reaches, when no threshold can promise that.
    """
    order = np.argsort(-confidence, kind="stable")
    n_kept = np.arange(1, len(order) + 1)
    n_right = np.cumsum(is_right[order])
    n_wrong = n_kept - n_right
    lower = np.where(n_right > 0, beta.ppf(0.05, np.maximum(n_right, 1), n_wrong + 1), 0.0)
    good = np.flatnonzero(lower >= precision)
    if not len(good):
        return UNREACHABLE
    broken = np.flatnonzero((lower < precision) & (n_kept >= 100) & (n_kept > good[0]))
    last = good[good < broken[0]][-1] if len(broken) else good[-1]
    return float(confidence[order[last]])


@dataclass(frozen=True)
class Calibration:
    temperature: float
    threshold: float
    familiarity_floor: float
    accuracy: float


def train_photo_classifier(
    rows: LabelledEmbeddings,
    *,
    strength: float,
    backbone_sha256: str,
    n_folds: int = N_FOLDS,
    seed: int = 0,
) -> PhotoClassifier:
    """A first head from labelled photos alone.

    Temperature, threshold and familiarity come from out-of-fold predictions; folds keep groups
    whole, so they are about senders and scenes that the fitted head has not seen.
    """
    labels = np.unique(rows.labels)
    truth = np.searchsorted(labels, rows.labels)
    mean, scale = _standardisation(rows.embeddings)
    features = (rows.embeddings - mean) / scale
    held_out = np.empty((len(rows), len(labels)))
    familiarity = np.empty(len(rows))
    folds = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
    for learn, test in folds.split(features, truth, rows.groups):
        head = fit_softmax(features[learn], truth[learn], n_labels=len(labels), strength=strength)
        held_out[test] = features[test] @ head.weights.T + head.intercept
        centroids = label_centroids(rows.embeddings[learn], truth[learn], n_labels=len(labels))
        familiarity[test] = _nearest_cosine(rows.embeddings[test], centroids)
    calibration = calibrate(held_out, truth, familiarity)
    head = fit_softmax(features, truth, n_labels=len(labels), strength=strength)
    weights, intercept = unstandardise(head, mean, scale)
    return PhotoClassifier(
        labels=tuple(str(label) for label in labels),
        weights=weights,
        intercept=intercept,
        mean=mean,
        scale=scale,
        centroids=label_centroids(rows.embeddings, truth, n_labels=len(labels)),
        temperature=calibration.temperature,
        threshold=calibration.threshold,
        familiarity_floor=calibration.familiarity_floor,
        distance_quantiles=np.quantile(1.0 - familiarity, np.linspace(0, 1, 101)).astype(
            np.float32
        ),
        backbone_sha256=backbone_sha256,
        notes={
            "photos": len(rows),
            "groups": len(np.unique(rows.groups)),
            "strength": strength,
            "out_of_fold_accuracy": round(calibration.accuracy, 4),
        },
    )


def calibrate(held_out: DoubleArray, truth: IntArray, familiarity: DoubleArray) -> Calibration:
    """held_out: logits (n, n_labels) of photos whose group trained nothing."""
    temperature = fit_temperature(held_out, truth)
    probabilities = softmax(held_out / temperature)
    is_right = probabilities.argmax(axis=1) == truth
    return Calibration(
        temperature=temperature,
        threshold=accept_threshold(probabilities.max(axis=1), is_right),
        familiarity_floor=float(np.quantile(familiarity, UNFAMILIAR_SHARE)),
        accuracy=float(is_right.mean()),
    )


def label_centroids(embeddings: FloatArray, truth: IntArray, *, n_labels: int) -> FloatArray:
    """Mean direction of each label's photos, shape (n_labels, n_features), unit length."""
    unit = embeddings / np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    sums = np.zeros((n_labels, embeddings.shape[1]))
    np.add.at(sums, truth, unit)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    centroids: FloatArray = (sums / np.maximum(lengths, 1e-12)).astype(np.float32)
    return centroids


def unstandardise(head: Head, mean: FloatArray, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The same head in the embedding's own units."""
    weights = head.weights / scale
    intercept: FloatArray = (head.intercept - weights @ mean).astype(np.float32)
    return weights.astype(np.float32), intercept


def standardise(model: PhotoClassifier) -> Head:
    """A served head in standardised units, as a prior for the next one."""
    return Head(
        weights=(model.weights * model.scale).astype(np.float64),
        intercept=(model.intercept + model.weights @ model.mean).astype(np.float64),
    )


def _standardisation(embeddings: FloatArray) -> tuple[FloatArray, FloatArray]:
    scale = embeddings.std(axis=0)
    return (
        embeddings.mean(axis=0).astype(np.float32),
        np.where(scale < 1e-6, 1.0, scale).astype(np.float32),
    )


def _nearest_cosine(embeddings: FloatArray, centroids: FloatArray) -> DoubleArray:
    lengths = np.maximum(np.linalg.norm(embeddings, axis=1, keepdims=True), 1e-12)
    nearest: DoubleArray = ((embeddings / lengths) @ centroids.T).max(axis=1).astype(np.float64)
    return nearest
