"""Train the head that ships with the program, and measure it.

    python -m catalog.training.train_classifier --data DIR

`DIR` holds `clothing/` and `grocery/` (see `photo_sets`). Needs the product's own packages only.
The photos stay where they are; what is written is the head, its figures and its labels.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from catalog.algorithms.backbone import ARTEFACT, FloatArray, load_backbone
from catalog.algorithms.decode import decode_photo
from catalog.algorithms.photo_classifier import PhotoClassifier
from catalog.algorithms.photo_classifier_training import (
    LabelledEmbeddings,
    look_alike_groups,
    train_photo_classifier,
)
from catalog.algorithms.photo_figures import colour_histogram, figures, nearest_label
from catalog.training.photo_sets import LabelledPhoto, read_split

# Chosen by folds of the training photos (whole senders, whole scenes), see the model card.
STRENGTH = 0.03
TRAINED_ON = "2026-11-23"
FOLDER = ARTEFACT.parent / "photo_category"


def embed(photos: Sequence[LabelledPhoto]) -> FloatArray:
    """(n, 1280) in the order given."""
    backbone = load_backbone()
    return np.stack(
        [
            backbone.features(decode_photo(photo.path.read_bytes()).pixels).embedding
            for photo in photos
        ]
    )


def labelled(photos: Sequence[LabelledPhoto], embeddings: FloatArray) -> LabelledEmbeddings:
    """With groups: the sender where one is known, else look-alikes of one label."""
    labels = np.array([photo.label for photo in photos])
    senders = np.array([photo.group for photo in photos])
    scenes = look_alike_groups(embeddings, labels)
    return LabelledEmbeddings(embeddings, labels, np.where(senders == "", scenes, senders))


def measure_head(
    model: PhotoClassifier, photos: Sequence[LabelledPhoto], embeddings: FloatArray
) -> dict[str, dict[str, float]]:
    """Figures under "all" and under each set."""
    probabilities = model.predict_proba(embeddings)
    numbers = {label: number for number, label in enumerate(model.labels)}
    truth = np.array([numbers.get(photo.label, -1) for photo in photos])
    is_sure = (probabilities.max(axis=1) >= model.threshold) & (
        model.familiarity(embeddings) >= model.familiarity_floor
    )
    sources = np.array([photo.source for photo in photos])
    found = {"all": figures(probabilities, truth, is_sure)}
    for source in np.unique(sources):
        rows = sources == source
        found[str(source)] = figures(probabilities[rows], truth[rows], is_sure[rows])
    return found


def measure_baselines(
    training: Sequence[LabelledPhoto], held_out: Sequence[LabelledPhoto]
) -> dict[str, dict[str, float]]:
    """The commonest label of each set, and the nearest colour histogram."""
    truth = np.array([photo.label for photo in held_out])
    sources = np.array([photo.source for photo in held_out])
    majority = {
        source: _commonest([photo.label for photo in training if photo.source == source])
        for source in np.unique(sources)
    }
    answers = {
        "majority_class": np.array([majority[source] for source in sources]),
        "colour_histogram_nearest": nearest_label(
            _histograms(training), [photo.label for photo in training], _histograms(held_out)
        ),
    }
    return {
        name: {"accuracy": float((answer == truth).mean())}
        | {
            f"accuracy_{source}": float((answer == truth)[sources == source].mean())
            for source in np.unique(sources)
        }
        for name, answer in answers.items()
    }


def _histograms(photos: Sequence[LabelledPhoto]) -> np.ndarray[Any, Any]:
    rows = []
    for photo in photos:
        with Image.open(photo.path) as image:
            rows.append(colour_histogram(image.convert("RGB")))
    return np.stack(rows)


def _commonest(labels: Sequence[str]) -> str:
    return max(sorted(set(labels)), key=labels.count)


def write(
    model: PhotoClassifier,
    folder: Path,
    *,
    found: dict[str, dict[str, float]],
    baselines: dict[str, dict[str, float]],
) -> None:
    data = model.to_bytes()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "head.npz").write_bytes(data)
    manifest = {
        "file": "head.npz",
        "format": model.format,
        "sha256": hashlib.sha256(data).hexdigest(),
        "trained_on": TRAINED_ON,
        "metrics": _rounded(found["all"]),
        "baseline_metrics": _rounded(baselines["colour_histogram_nearest"]),
        "group_metrics": {
            f"set:{name}": _rounded(part) for name, part in found.items() if name != "all"
        },
        "parameters": {
            "labels": len(model.labels),
            "temperature": round(model.temperature, 4),
            "threshold": round(model.threshold, 4),
            "familiarity_floor": round(model.familiarity_floor, 4),
            "backbone_sha256": model.backbone_sha256,
            **model.notes,
        },
    }
    text = json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


def _rounded(values: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in values.items()}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description="Train the shipped photo classifier.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=FOLDER)
    options = parser.parse_args(arguments)
    training = read_split(options.data, split="train")
    held_out = read_split(options.data, split="validation")
    model = train_photo_classifier(
        labelled(training, embed(training)),
        strength=STRENGTH,
        backbone_sha256=load_backbone().sha256,
    )
    found = measure_head(model, held_out, embed(held_out))
    baselines = measure_baselines(training, held_out)
    write(model, options.out, found=found, baselines=baselines)
    sys.stdout.write(json.dumps({"figures": found, "baselines": baselines}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
