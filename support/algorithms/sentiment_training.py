"""Fitting the sentiment model: from nothing, or from a version that already knows the language.

From nothing, two logistic regressions over the same TF-IDF weights are averaged: a plain one and
one whose inputs are scaled by the naive Bayes log-count ratio (Wang and Manning 2012, "Baselines
and Bigrams"). Their sum is again one linear model, so averaging costs nothing in serving; it is
worth .003 of accuracy in Chinese and .003 of AUC in English.

From a version, the coefficients start at its own and are pulled back to them (a Gaussian prior,
Chelba and Acero 2006): ten corrected reviews move it a little, ten thousand as far as they say.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array, diags_array
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.model_selection import StratifiedKFold

from support.algorithms.analyzers import Language, analyse
from support.algorithms.sentiment import Cuts, SentimentScorer, TermWeights

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TrainingSettings:
    """How one language is fitted.

    min_documents: an n-gram must stand in so many reviews. It keeps rare phrases, which could be
        read back as somebody's words, out of the file.
    plain_strength, bayes_strength: inverse regularisation of the two regressions.
    prior_strengths: inverse pulls towards an earlier version's coefficients; the best out of fold
        is taken, the first where there are too few labels to tell.
    wanted_accuracy: of the reviews that are not called mixed, measured out of fold.
    """

    min_documents: int
    plain_strength: float
    bayes_strength: float
    prior_strengths: Sequence[float] = (3.0, 10.0, 30.0)
    wanted_accuracy: float = 0.95
    folds: int = 4
    seed: int = 0


# Chosen by four-fold cross-validation inside the training part of the public sets.
SETTINGS: Final[Mapping[Language, TrainingSettings]] = {
    "zh": TrainingSettings(min_documents=20, plain_strength=4.0, bayes_strength=2.0),
    "en": TrainingSettings(min_documents=3, plain_strength=5.0, bayes_strength=3.0),
}

# Fewer labels than this say less about calibration than the earlier version does.
MIN_LABELS_TO_CALIBRATE: Final = 500

# The bias moves every review at once: twenty customers who praise do not make all others happy.
BIAS_STRENGTH: Final = 0.05

# A mixed band may not swallow the model: above this share of reviews it stops growing.
MAX_MIXED_SHARE: Final = 0.25


@dataclass(frozen=True, slots=True)
class Counts:
    """N-grams of many reviews. matrix: occurrences, shape (n_reviews, n_terms)."""

    terms: tuple[str, ...]
    matrix: csr_array[Any, Any]
    documents: IntArray


def fit_from_nothing(
    texts: Sequence[str],
    labels: IntArray,
    *,
    language: Language,
    settings: TrainingSettings | None = None,
) -> TermWeights:
    """Learn one language from labelled reviews alone.

    labels: 1 positive, 0 negative, shape (n_reviews,). Both must occur `folds` times.
    Raises ValueError when they do not, or when no n-gram is frequent enough.
    """
    settings = settings or SETTINGS[language]
    if min(np.count_nonzero(labels == 0), np.count_nonzero(labels == 1)) < settings.folds:
        raise ValueError("each class needs at least one review per fold")
    counts = count_terms(texts, language=language, min_documents=settings.min_documents)
    if not counts.terms:
        raise ValueError("no n-gram stands in enough reviews")
    idf = inverse_document_frequencies(counts.documents, len(texts))
    features = weigh(counts.matrix, idf)

    def fit(rows: IntArray) -> tuple[FloatArray, float]:
        return _averaged_regressions(features[rows], labels[rows], settings)

    coefficients, bias = fit(np.arange(len(texts)))
    raw = TermWeights(language, counts.terms, idf, coefficients, bias, Cuts(0.5, 0.5), len(texts))
    logits = _out_of_fold(features, labels, fit, settings)
    return _calibrated(raw, logits, labels.astype(float), np.ones(len(texts)), settings)


def fit_from_version(
    prior: TermWeights,
    texts: Sequence[str],
    targets: FloatArray,
    weights: FloatArray,
    *,
    settings: TrainingSettings | None = None,
) -> TermWeights:
    """Move an earlier version towards what this shop's reviews say.

    targets: 1 positive, 0 negative, .5 where a person called it mixed, shape (n_reviews,).
    weights: how much each label counts, 1 for a person's word, shape (n_reviews,).
    N-grams that the version does not know start at a coefficient of nothing. Without any review
    the version comes back unchanged.
    """
    settings = settings or SETTINGS[prior.language]
    if not texts:
        return prior
    counts = count_terms(
        texts,
        language=prior.language,
        min_documents=settings.min_documents,
        keep=prior.terms,
    )
    documents = prior.documents + len(texts)
    fresh = slice(len(prior.terms), None)
    idf = np.concatenate(
        [prior.idf, inverse_document_frequencies(counts.documents[fresh], documents)]
    )
    start = np.concatenate([prior.coefficients, np.zeros(len(counts.terms) - len(prior.terms))])
    features = weigh(counts.matrix, idf)

    def fit(rows: IntArray, strength: float) -> tuple[FloatArray, float]:
        return _pulled_regression(
            features[rows],
            targets[rows],
            weights[rows],
            start=start,
            bias=prior.bias,
            strength=strength,
        )

    sides = (targets > 0.5).astype(np.int64)
    smaller_side = min(np.count_nonzero(sides), np.count_nonzero(sides == 0))
    can_choose = len(texts) >= MIN_LABELS_TO_CALIBRATE and smaller_side >= settings.folds
    logits_by_strength = {
        strength: _out_of_fold(features, sides, partial(fit, strength=strength), settings)
        for strength in (settings.prior_strengths if can_choose else ())
    }
    strength = min(
        logits_by_strength,
        key=lambda tried: _log_loss(logits_by_strength[tried], targets, weights),
        default=settings.prior_strengths[0],
    )
    coefficients, bias = fit(np.arange(len(texts)), strength)
    moved = TermWeights(
        prior.language, counts.terms, idf, coefficients, bias, prior.cuts, documents
    )
    if not can_choose:
        return moved
    return _calibrated(moved, logits_by_strength[strength], targets, weights, settings)


def count_terms(
    texts: Sequence[str],
    *,
    language: Language,
    min_documents: int,
    keep: Sequence[str] = (),
) -> Counts:
    """Occurrences of the n-grams that stand in enough texts.

    keep: n-grams that come first, in this order, however rare. The others follow sorted.
    """
    places: dict[str, int] = {}
    rows: list[int] = []
    columns: list[int] = []
    occurrences: list[int] = []
    for row, text in enumerate(texts):
        in_text: dict[int, int] = {}
        for gram in analyse(text, language):
            place = places.setdefault(gram, len(places))
            in_text[place] = in_text.get(place, 0) + 1
        rows.extend([row] * len(in_text))
        columns.extend(in_text)
        occurrences.extend(in_text.values())
    found = np.array(list(places), dtype=object)
    documents = np.bincount(np.array(columns, dtype=np.int64), minlength=len(places))
    kept = set(keep)
    frequent = sorted(gram for gram in found[documents >= min_documents] if gram not in kept)
    terms = (*keep, *frequent)
    # Where each n-gram as found goes to; -1 for what is too rare.
    target = np.full(len(places), -1, dtype=np.int64)
    for new, gram in enumerate(terms):
        old = places.get(gram)
        if old is not None:
            target[old] = new
    new_columns = target[np.array(columns, dtype=np.int64)]
    stays = new_columns >= 0
    matrix = csr_array(
        (
            np.array(occurrences, dtype=np.float64)[stays],
            (np.array(rows, dtype=np.int64)[stays], new_columns[stays]),
        ),
        shape=(len(texts), len(terms)),
    )
    in_documents = np.bincount(new_columns[stays], minlength=len(terms)).astype(np.int64)
    return Counts(terms=terms, matrix=matrix, documents=in_documents)


def inverse_document_frequencies(documents: IntArray, n_reviews: int) -> FloatArray:
    """ln((1 + n) / (1 + documents)) + 1, as scikit-learn smooths it; shape as `documents`."""
    idf: FloatArray = np.log((1.0 + n_reviews) / (1.0 + documents)) + 1.0
    # As the file keeps it, so that training sees what serving will.
    return idf.astype(np.float32).astype(np.float64)


def weigh(matrix: csr_array[Any, Any], idf: FloatArray) -> csr_array[Any, Any]:
    """(1 + ln count) * idf with rows of length 1; an empty row stays empty."""
    weighed = matrix.copy()
    weighed.data = (1.0 + np.log(weighed.data)) * idf[weighed.indices]
    squares = np.asarray(weighed.multiply(weighed).sum(axis=1)).ravel()
    lengths = np.sqrt(np.where(squares > 0, squares, 1.0))
    return csr_array(diags_array(1.0 / lengths) @ weighed)


def _averaged_regressions(
    features: csr_array[Any, Any], labels: IntArray, settings: TrainingSettings
) -> tuple[FloatArray, float]:
    present = csr_array((features > 0).astype(np.float64))
    positive = np.asarray(present[labels == 1].sum(axis=0)).ravel() + 1.0
    negative = np.asarray(present[labels == 0].sum(axis=0)).ravel() + 1.0
    ratio = np.abs(np.log(positive / positive.sum()) - np.log(negative / negative.sum()))
    plain = LogisticRegression(C=settings.plain_strength, max_iter=300).fit(features, labels)
    bayes = LogisticRegression(C=settings.bayes_strength, max_iter=300).fit(
        csr_array(features @ diags_array(ratio)), labels
    )
    coefficients = (plain.coef_[0] + bayes.coef_[0] * ratio) / 2.0
    return coefficients, float(plain.intercept_[0] + bayes.intercept_[0]) / 2.0


def _pulled_regression(
    features: csr_array[Any, Any],
    targets: FloatArray,
    weights: FloatArray,
    *,
    start: FloatArray,
    bias: float,
    strength: float,
) -> tuple[FloatArray, float]:
    """Weighted logistic loss plus |shift|^2 / (2 strength) + bias shift^2 / (2 BIAS_STRENGTH)."""
    transposed = csr_array(features.T)

    def loss(moved: FloatArray) -> tuple[float, FloatArray]:
        shift, offset = moved[:-1], moved[-1]
        logits = features @ (start + shift) + offset
        value = _log_loss(logits, targets, weights)
        error = weights * (expit(logits) - targets)
        gradient = np.append(
            transposed @ error + shift / strength, error.sum() + (offset - bias) / BIAS_STRENGTH
        )
        pull = shift @ shift / (2.0 * strength) + (offset - bias) ** 2 / (2.0 * BIAS_STRENGTH)
        return float(value + pull), gradient

    found = minimize(
        loss,
        np.append(np.zeros(len(start)), bias),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": 300},
    )
    return start + found.x[:-1], float(found.x[-1])


def _log_loss(logits: FloatArray, targets: FloatArray, weights: FloatArray) -> float:
    return float(np.sum(weights * (np.logaddexp(0.0, logits) - targets * logits)))


def _out_of_fold(
    features: csr_array[Any, Any],
    sides: IntArray,
    fit: Callable[[IntArray], tuple[FloatArray, float]],
    settings: TrainingSettings,
) -> FloatArray:
    logits = np.zeros(len(sides))
    for learn, measure in _folds(sides, settings):
        coefficients, bias = fit(learn)
        logits[measure] = features[measure] @ coefficients + bias
    return logits


def _folds(sides: IntArray, settings: TrainingSettings) -> Iterator[tuple[IntArray, IntArray]]:
    splitter = StratifiedKFold(settings.folds, shuffle=True, random_state=settings.seed)
    yield from splitter.split(np.zeros((len(sides), 1)), sides)


def _calibrated(
    raw: TermWeights,
    logits: FloatArray,
    targets: FloatArray,
    weights: FloatArray,
    settings: TrainingSettings,
) -> TermWeights:
    """Scale and shift the model so that its probabilities hold on reviews it has not seen.

    Platt (1999) on out-of-fold logits; slope and shift go into the coefficients and the bias,
    so that a probability still is the sum of what its n-grams contribute.
    """
    slope, shift = _platt(logits, targets, weights)
    clear = targets != 0.5
    probabilities = expit(slope * logits + shift)[clear]
    return replace(
        raw,
        coefficients=(slope * raw.coefficients).astype(np.float32).astype(np.float64),
        bias=slope * raw.bias + shift,
        cuts=choose_cuts(probabilities, targets[clear] > 0.5, settings.wanted_accuracy),
    )


def _platt(logits: FloatArray, targets: FloatArray, weights: FloatArray) -> tuple[float, float]:
    # Platt's own guard against classes that a few reviews part without error: no target is quite
    # 0 or 1.
    n_positive, n_negative = float(targets.sum()), float((1.0 - targets).sum())
    low, high = 1.0 / (n_negative + 2.0), (n_positive + 1.0) / (n_positive + 2.0)
    targets = low + (high - low) * targets
    # A soft target is two reviews, one of each side, that share its weight.
    doubled = np.concatenate([logits, logits])[:, np.newaxis]
    sides = np.repeat([1, 0], len(logits))
    shares = np.concatenate([weights * targets, weights * (1.0 - targets)])
    scaler = LogisticRegression(C=1e6).fit(doubled, sides, sample_weight=shares)
    return float(scaler.coef_[0, 0]), float(scaler.intercept_[0])


def choose_cuts(
    probabilities: FloatArray, positive: NDArray[np.bool_], wanted_accuracy: float
) -> Cuts:
    """The forced cut with the best macro F1, and the narrowest mixed band that is good enough.

    The band grows around .5 in steps of .01 until the reviews outside it reach the wanted
    accuracy, or until it holds MAX_MIXED_SHARE of them.
    """
    steps = np.arange(0.20, 0.81, 0.01)
    scores = [f1_score(positive, probabilities > cut, average="macro") for cut in steps]
    # The middle of the best cuts: the very best one is an accident of the sample.
    near = steps[np.array(scores) >= max(scores) - 5e-4]
    forced = round(float(near.mean()), 3)
    half_width = 0.0
    for half_width in np.arange(0.0, 0.46, 0.01):
        outside = np.abs(probabilities - 0.5) > half_width
        if not outside.any():
            break
        right = (probabilities > 0.5) == positive
        if right[outside].mean() >= wanted_accuracy or outside.mean() <= 1 - MAX_MIXED_SHARE:
            break
    return Cuts(
        negative=round(0.5 - float(half_width), 3),
        positive=round(0.5 + float(half_width), 3),
        forced=forced,
    )


def known_shares(weights: TermWeights, texts: Sequence[str]) -> FloatArray:
    """Part of each text's n-grams that the model knows, shape (n_texts,)."""
    scorer = SentimentScorer(weights)
    return np.array([scorer.logit(text)[1] for text in texts])
