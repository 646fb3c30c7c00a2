"""Train the version of `support.review_sentiment` that ships with the program.

    python -m support.training.ship_sentiment --data DIR

DIR holds `reviews_zh/` and `reviews_en/` (see the model card). Figures come from the held-out
fifth of each set; the file that ships is then fitted on all rows. What is written holds n-grams of
at most three characters or two words that stand in many reviews, and numbers: no review.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
from sklearn.model_selection import train_test_split

from support.algorithms.analyzers import LANGUAGES, Language
from support.algorithms.sentiment import SentimentModel
from support.algorithms.sentiment_quality import Answers, figures
from support.algorithms.sentiment_training import SETTINGS, fit_from_nothing
from support.training.review_sets import (
    CHINESE_FILE,
    ENGLISH_FILE,
    LabelledReviews,
    file_digest,
    read_chinese,
    read_english,
)

FOLDER: Final = Path(__file__).parents[1] / "artefacts" / "review_sentiment"
FILE_NAME: Final = "weights.npz"
SPLIT_SEED: Final = 0


def halves(reviews: LabelledReviews) -> tuple[LabelledReviews, LabelledReviews]:
    """Four fifths to learn from and one to measure on; random, as neither set has dates."""
    learn, measure = train_test_split(
        np.arange(len(reviews.texts)),
        test_size=0.2,
        random_state=SPLIT_SEED,
        stratify=reviews.strata,
    )
    return reviews.take(learn), reviews.take(measure)


def fit(reviews: Sequence[LabelledReviews]) -> SentimentModel:
    """One model of all the languages given."""
    return SentimentModel(
        fit_from_nothing(part.texts, part.labels, language=part.language) for part in reviews
    )


def ship(data: Path, *, trained_on: date, folder: Path = FOLDER) -> dict[str, Any]:
    """Measure, fit on everything, write the file and its manifest; returns the manifest."""
    sets = [read_chinese(data), read_english(data)]
    parts = [halves(reviews) for reviews in sets]
    measured = fit([learn for learn, _measure in parts])
    group_metrics: dict[str, dict[str, float]] = {}
    baseline_metrics: dict[str, dict[str, float]] = {}
    for learn, measure in parts:
        group = f"language:{measure.language}"
        answers = Answers.of(measured.predict(measure.texts))
        group_metrics[group] = _rounded(figures(measure.labels == 1, answers))
        majority = np.full(len(measure.labels), learn.labels.mean() > 0.5)
        right = float(np.mean(majority == (measure.labels == 1)))
        # All rows called one class: the other class has an F1 of 0.
        share = right if majority[0] else 1.0 - right
        baseline_metrics[group] = _rounded(
            {"accuracy": right, "macro_f1": share / (1.0 + share), "auc": 0.5}
        )
    data_bytes = fit(sets).to_bytes()
    manifest = {
        "pipeline": "support.review_sentiment",
        "file": FILE_NAME,
        "format": SentimentModel.format,
        "sha256": hashlib.sha256(data_bytes).hexdigest(),
        "size_bytes": len(data_bytes),
        "trained_on": trained_on.isoformat(),
        "seed": SPLIT_SEED,
        "metrics": _mean(list(group_metrics.values())),
        "baseline_metrics": _mean(list(baseline_metrics.values())),
        "group_metrics": group_metrics,
        "parameters": {
            language: {
                "reviews": len(reviews.texts),
                "n_terms": len(fitted.terms),
                "min_documents": SETTINGS[language].min_documents,
                "negative_below": fitted.cuts.negative,
                "positive_above": fitted.cuts.positive,
                "data_sha256": file_digest(data / _FILES[language]),
            }
            for language, reviews, fitted in _by_language(data_bytes, sets)
        },
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE_NAME).write_bytes(data_bytes)
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


_FILES: Final[dict[Language, str]] = {"zh": CHINESE_FILE, "en": ENGLISH_FILE}


def _by_language(data: bytes, sets: Sequence[LabelledReviews]) -> list[Any]:
    model = SentimentModel.from_bytes(data)
    by_language = {reviews.language: reviews for reviews in sets}
    return [
        (language, by_language[language], model.scorers[language].weights) for language in LANGUAGES
    ]


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def _mean(groups: Sequence[dict[str, float]]) -> dict[str, float]:
    """The plain mean over languages: neither outweighs the other by its number of rows."""
    return {name: round(float(np.mean([group[name] for group in groups])), 4) for name in groups[0]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--trained-on", type=date.fromisoformat, default=datetime.now(UTC).date())
    options = parser.parse_args()
    print(json.dumps(ship(options.data, trained_on=options.trained_on), indent=2))  # noqa: T201
