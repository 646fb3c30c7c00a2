"""Learns a shop's own photos on top of the head that ships with the program.

The shipped training photos are not in the product, so they take part as what was learned from
them: the shipped weights are the centre of the penalty (a Gaussian prior), and the shop's labelled
photos pull away from it as far as they have something to say. With no photo the result is the
shipped head; with thousands it is the shop's own.
"""

import hashlib
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from sklearn.model_selection import GroupKFold

from catalog.algorithms.photo_classifier import PhotoClassifier
from catalog.algorithms.photo_classifier_training import (
    DoubleArray,
    Head,
    IntArray,
    LabelledEmbeddings,
    calibrate,
    fit_softmax,
    label_centroids,
    standardise,
    unstandardise,
)

STRENGTH = 0.1
# Under this many photos of its own a shop keeps the shipped temperature and threshold: the lower
# bound of a precision of .95 needs 59 right answers in a row before it can be reached at all.
CALIBRATION_PHOTOS = 120
HOLD_OUT_SHARE = 0.25
# A label that only this shop has starts this many logits under the mean of the known ones.
NEW_LABEL_PENALTY = 2.0


def hold_out(groups: npt.NDArray[np.str_]) -> npt.NDArray[np.bool_]:
    """About a quarter of the groups, always the same ones: a group keeps its side for life."""
    shares = {
        group: int(hashlib.sha256(str(group).encode()).hexdigest()[:8], 16) / 2**32
        for group in np.unique(groups)
    }
    return np.array([shares[group] < HOLD_OUT_SHARE for group in groups], dtype=bool)


def retrain_photo_classifier(
    rows: LabelledEmbeddings,
    *,
    shipped: PhotoClassifier,
    strength: float = STRENGTH,
    seed: int = 0,
) -> PhotoClassifier:
    """Labels are the shipped ones and whatever else the shop's rows carry."""
    own = sorted(set(rows.labels.tolist()) - set(shipped.labels))
    labels = (*shipped.labels, *own)
    numbers = {label: number for number, label in enumerate(labels)}
    truth = np.array([numbers[str(label)] for label in rows.labels], dtype=np.intp)
    prior = _widen(standardise(shipped), n_own=len(own))
    features = ((rows.embeddings - shipped.mean) / shipped.scale).astype(np.float64)

    head = fit_softmax(features, truth, n_labels=len(labels), strength=strength, prior=prior)
    weights, intercept = unstandardise(head, shipped.mean, shipped.scale)
    centroids = np.concatenate([shipped.centroids, _own_centroids(rows, truth)])
    model = replace(
        shipped,
        labels=labels,
        weights=weights,
        intercept=intercept,
        centroids=centroids,
        notes={
            "photos": len(rows),
            "groups": len(np.unique(rows.groups)),
            "strength": strength,
            "own_labels": own,
            "calibrated_on": "the shipped photos",
        },
    )
    if len(rows) < CALIBRATION_PHOTOS or len(np.unique(rows.groups)) < 10:
        return model
    held_out = _held_out_logits(features, truth, rows.groups, prior, strength=strength, seed=seed)
    familiarity = model.familiarity(rows.embeddings).astype(np.float64)
    calibration = calibrate(held_out, truth, familiarity)
    return replace(
        model,
        temperature=calibration.temperature,
        threshold=calibration.threshold,
        familiarity_floor=min(shipped.familiarity_floor, calibration.familiarity_floor),
        notes=model.notes
        | {
            "calibrated_on": "the shop's photos",
            "out_of_fold_accuracy": round(calibration.accuracy, 4),
        },
    )


def _widen(prior: Head, *, n_own: int) -> Head:
    if not n_own:
        return prior
    start = float(prior.intercept.mean()) - NEW_LABEL_PENALTY
    return Head(
        np.concatenate([prior.weights, np.zeros((n_own, prior.weights.shape[1]))]),
        np.concatenate([prior.intercept, np.full(n_own, start)]),
    )


def _own_centroids(rows: LabelledEmbeddings, truth: IntArray) -> npt.NDArray[np.float32]:
    present, dense = np.unique(truth, return_inverse=True)
    return label_centroids(rows.embeddings, dense, n_labels=len(present))


def _held_out_logits(
    features: DoubleArray,
    truth: IntArray,
    groups: npt.NDArray[np.str_],
    prior: Head,
    *,
    strength: float,
    seed: int,
) -> DoubleArray:
    held_out = np.empty((len(truth), len(prior.intercept)))
    folds = GroupKFold(5, shuffle=True, random_state=seed)
    for learn, test in folds.split(features, truth, groups):
        head = fit_softmax(
            features[learn],
            truth[learn],
            n_labels=len(prior.intercept),
            strength=strength,
            prior=prior,
        )
        held_out[test] = features[test] @ head.weights.T + head.intercept
    return held_out
