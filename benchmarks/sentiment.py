"""Review sentiment: our recipe on labelled reviews, beside the majority and naive Bayes.

`manage.py benchmark sentiment --data DIR` where DIR holds `reviews_zh/` and `reviews_en/` (see the
model card), or `--train CSV --test CSV --language zh` for any two files with the columns text and
label. The model is fitted on the training part in this run; nothing of the test part is used to
choose anything.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any, Final

import numpy as np
from django.core.management.base import CommandError
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from benchmarks.result import BenchmarkResult, cpu_seconds
from support.algorithms.analyzers import LANGUAGES
from support.algorithms.sentiment import Sentiment, SentimentModel
from support.algorithms.sentiment_baseline import UnigramBayes
from support.algorithms.sentiment_quality import Answers, bootstrap_intervals, figures
from support.algorithms.sentiment_training import SETTINGS
from support.training.review_sets import (
    CHINESE_FILE,
    ENGLISH_FILE,
    LabelledReviews,
    ReviewFileError,
    file_digest,
    read_chinese,
    read_english,
    read_table,
)
from support.training.ship_sentiment import SPLIT_SEED, fit, halves

DRAWS: Final = 200
WITH_INTERVAL: Final = ("accuracy", "macro_f1", "auc", "ece")
# The four that are least like the others: what a new department may expect.
UNSEEN_CATEGORIES: Final = ("平板", "酒店", "蒙牛", "书籍")
UNSEEN_ITEM_SHARE: Final = 0.3
# An item with more reviews than this would be most of the hold-out by itself.
MOST_REVIEWS_OF_AN_ITEM: Final = 400


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, help="folder with reviews_zh/ and reviews_en/")
    parser.add_argument("--train", type=Path, help="CSV with columns text, label (1 or 0)")
    parser.add_argument("--test", type=Path, help="CSV with columns text, label (1 or 0)")
    parser.add_argument("--language", choices=LANGUAGES, help="language of --train and --test")
    parser.add_argument(
        "--quick", action="store_true", help="leave out the splits by category and by item"
    )


def measure(options: dict[str, Any]) -> BenchmarkResult:
    try:
        if options["train"] and options["test"] and options["language"]:
            return _measure_files(options["train"], options["test"], options["language"])
        if options["data"]:
            return _measure_sets(options["data"], quick=options["quick"])
    except (ReviewFileError, OSError, ValueError) as error:
        raise CommandError(str(error)) from error
    raise CommandError("Give --data DIR, or --train CSV, --test CSV and --language.")


def _measure_files(train: Path, test: Path, language: Any) -> BenchmarkResult:
    learn = read_table(train, language=language)
    found, baselines, _predictions = _compare(learn, read_table(test, language=language))
    return BenchmarkResult(
        benchmark="sentiment",
        figures=found,
        baselines=baselines,
        setup={
            **_setup(),
            "train_sha256": file_digest(train),
            "test_sha256": file_digest(test),
        },
    )


def _measure_sets(data: Path, *, quick: bool) -> BenchmarkResult:
    chinese, english = read_chinese(data), read_english(data)
    parts = {"zh": halves(chinese), "en_recommended": halves(english)}
    if not quick:
        parts["en_recommended_unseen_items"] = _hold_out_items(english)
        for category in UNSEEN_CATEGORIES:
            held = np.array([unit == category for unit in chinese.units])
            parts[f"zh_unseen_{category}"] = (
                chinese.take(np.flatnonzero(~held)),
                chinese.take(np.flatnonzero(held)),
            )
    collected: dict[str, Any] = {}
    baselines: dict[str, dict[str, Any]] = {}
    for name, (learn, test) in parts.items():
        found, others, predictions = _compare(learn, test)
        collected |= {f"{name}_{figure}": value for figure, value in found.items()}
        for method, values in others.items():
            baselines.setdefault(method, {}).update(
                {f"{name}_{figure}": value for figure, value in values.items()}
            )
        if name == "zh":
            collected |= _by_category(test, predictions)
        if name == "en_recommended":
            collected["en_sentiment_3_macro_f1"] = _three_classes(test, predictions)
    if not quick:
        collected["zh_unseen_category_accuracy"] = round(
            float(np.mean([collected[f"zh_unseen_{name}_accuracy"] for name in UNSEEN_CATEGORIES])),
            4,
        )
    return BenchmarkResult(
        benchmark="sentiment",
        figures=collected,
        baselines=baselines,
        setup={
            **_setup(),
            "zh_sha256": file_digest(data / CHINESE_FILE),
            "en_sha256": file_digest(data / ENGLISH_FILE),
            "split": "random fifth, stratified by category x label (zh) and by stars (en)",
        },
    )


def _compare(
    learn: LabelledReviews, test: LabelledReviews
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], list[Sentiment]]:
    """Our figures and the baselines' on one split, and what our model said."""
    with cpu_seconds() as training:
        model = fit([learn])
    size = len(model.to_bytes())
    model = SentimentModel.from_bytes(model.to_bytes())
    with cpu_seconds() as scoring:
        predictions = model.predict(test.texts)
    found = _with_intervals(test, predictions) | {
        "train_cpu_seconds": round(training.seconds, 1),
        "reviews_per_cpu_second": round(len(test.texts) / scoring.seconds),
        "artefact_bytes": size,
        "n_train": len(learn.texts),
        "n_test": len(test.texts),
    }
    bayes = UnigramBayes(learn.texts, learn.labels == 1)
    share = float(learn.labels.mean())
    majority = [
        Sentiment(
            label="positive" if share > 0.5 else "negative",
            probability=share,
            confidence=max(share, 1.0 - share),
            leans_positive=share > 0.5,
            language=test.language,
            known_share=0.0,
        )
    ] * len(test.texts)
    return (
        found,
        {
            "majority": _with_intervals(test, majority),
            "naive_bayes_unigrams": _with_intervals(test, bayes.predict(test.texts)),
        },
        predictions,
    )


def _with_intervals(test: LabelledReviews, predictions: list[Sentiment]) -> dict[str, Any]:
    positive = test.labels == 1
    answers = Answers.of(predictions)
    found: dict[str, Any] = {
        name: round(value, 4) for name, value in figures(positive, answers).items()
    }

    def again(rows: NDArray[np.int64]) -> dict[str, float]:
        return figures(positive[rows], answers.take(rows))

    intervals = bootstrap_intervals(again, len(positive), n_draws=DRAWS, seed=SPLIT_SEED)
    return found | {f"{name}_95": list(intervals[name]) for name in WITH_INTERVAL}


def _by_category(test: LabelledReviews, predictions: list[Sentiment]) -> dict[str, float]:
    right = np.array(
        [
            said.leans_positive == (label == 1)
            for said, label in zip(predictions, test.labels, strict=True)
        ]
    )
    units = np.array(test.units)
    return {
        f"zh_accuracy_{unit}": round(float(right[units == unit].mean()), 4)
        for unit in sorted(set(test.units))
    }


def _three_classes(test: LabelledReviews, predictions: list[Sentiment]) -> float:
    """Macro F1 where three stars are the middle and the model's mixed band is its answer to it."""
    truth = ["mixed" if s == "3" else "positive" if s > "3" else "negative" for s in test.strata]
    said = [prediction.label for prediction in predictions]
    return round(float(f1_score(truth, said, average="macro")), 4)


def _hold_out_items(reviews: LabelledReviews) -> tuple[LabelledReviews, LabelledReviews]:
    items, counts = np.unique(np.array(reviews.units), return_counts=True)
    small = items[counts <= MOST_REVIEWS_OF_AN_ITEM]
    generator = np.random.default_rng(SPLIT_SEED)
    chosen = generator.choice(small, int(UNSEEN_ITEM_SHARE * len(small)), replace=False)
    held = np.isin(np.array(reviews.units), chosen)
    return reviews.take(np.flatnonzero(~held)), reviews.take(np.flatnonzero(held))


def _setup() -> dict[str, Any]:
    return {
        "seed": SPLIT_SEED,
        "bootstrap_draws": DRAWS,
        "settings": {
            language: {
                "min_documents": chosen.min_documents,
                "plain_strength": chosen.plain_strength,
                "bayes_strength": chosen.bayes_strength,
            }
            for language, chosen in SETTINGS.items()
        },
        "tries": "about 50 settings a language, by cross-validation in the training part",
    }
