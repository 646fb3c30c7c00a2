"""How good a photo classifier is, on photos it has not seen."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from catalog.algorithms.photo_classifier import rank_of_truth

DoubleArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]


def figures(
    probabilities: DoubleArray, truth: IntArray, is_sure: npt.NDArray[np.bool_]
) -> dict[str, float]:
    """probabilities (n, n_labels); truth (n,) label numbers, -1 for a label the model lacks.

    auto_accept_*: share of photos it is sure of, and how many of those are right; the precision
    is left out where it is sure of none.
    """
    known = truth >= 0
    ranks = np.full(len(truth), probabilities.shape[1])
    ranks[known] = rank_of_truth(probabilities[known], truth[known])
    guessed = probabilities.argmax(axis=1)
    found = {
        "accuracy": float((ranks == 0).mean()),
        "macro_f1": macro_f1(truth, guessed),
        "top3": float((ranks < 3).mean()),
        "auto_accept_coverage": float(is_sure.mean()),
        "calibration_error": calibration_error(probabilities.max(axis=1), ranks == 0),
    }
    if is_sure.any():
        found["auto_accept_precision"] = float((ranks[is_sure] == 0).mean())
    return found


def macro_f1(truth: IntArray, guessed: IntArray) -> float:
    """Mean F1 over the labels that occur in `truth`."""
    scores = []
    for label in np.unique(truth):
        n_hits = int(((truth == label) & (guessed == label)).sum())
        n_either = int((truth == label).sum() + (guessed == label).sum())
        scores.append(2.0 * n_hits / n_either)
    return float(np.mean(scores)) if scores else 0.0


def calibration_error(
    confidence: DoubleArray, is_right: npt.NDArray[np.bool_], *, n_bins: int = 15
) -> float:
    """Expected calibration error over equal bins (Naeini et al. 2015); 0 is honest.

    A perfect forecaster shows about .04 on 300 photos, so read it beside the number of photos.
    """
    bins = np.minimum((confidence * n_bins).astype(int), n_bins - 1)
    error = 0.0
    for number in np.unique(bins):
        inside = bins == number
        gap = abs(float(confidence[inside].mean()) - float(is_right[inside].mean()))
        error += gap * float(inside.mean())
    return error


def colour_histogram(photo: Image.Image) -> DoubleArray:
    """Shares of the 8 x 8 x 8 colours of an RGB photo, shape (512,): the dumb feature to beat."""
    pixels = np.asarray(photo.resize((64, 64)), dtype=np.intp) // 32
    codes = pixels[..., 0] * 64 + pixels[..., 1] * 8 + pixels[..., 2]
    counts = np.bincount(codes.ravel(), minlength=512).astype(np.float64)
    shares: DoubleArray = counts / counts.sum()
    return shares


def nearest_label(
    known: DoubleArray, labels: Sequence[str], asked: DoubleArray
) -> npt.NDArray[np.str_]:
    """Label of the histogram with the largest overlap; known (n, 512), asked (m, 512)."""
    names = np.asarray(labels)
    answers = [names[np.minimum(known, one).sum(axis=1).argmax()] for one in asked]
    return np.asarray(answers)
