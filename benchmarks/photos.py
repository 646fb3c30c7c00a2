"""Photo classification: the shipped model on labelled photos that it has not seen.

`manage.py benchmark photos --data DIR` where DIR holds `clothing/`, `grocery/` or both, in the
layouts of `catalog.training.photo_sets`. Each photo goes the way of an upload: bytes, decoding,
the stored WebP sizes, the backbone, the head.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import CommandError

from benchmarks.result import BenchmarkResult, cpu_seconds
from catalog.algorithms.backbone import ARTEFACT, load_backbone
from catalog.algorithms.decode import decode_photo
from catalog.algorithms.renditions import render, reopen, sizes_to_render
from catalog.pipelines import shipped_head
from catalog.training.photo_sets import LabelledPhoto, read_split
from catalog.training.train_classifier import measure_baselines, measure_head


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, help="folder with clothing/, grocery/")
    parser.add_argument("--split", default="validation", help="validation (default), test, ...")


def embed(photos: list[LabelledPhoto]) -> tuple[np.ndarray[Any, Any], dict[str, float]]:
    """Vectors (n, 1280) and CPU milliseconds of the median photo, by step."""
    backbone = load_backbone()
    vectors, steps = [], []
    for photo in photos:
        content = photo.path.read_bytes()
        with cpu_seconds() as decoding:
            decoded = decode_photo(content)
        with cpu_seconds() as storing:
            large = render(decoded.pixels, "large")
            kept = {"medium": large} | {
                name: render(decoded.pixels, name) for name in sizes_to_render(decoded.pixels)
            }
        with cpu_seconds() as looking:
            vectors.append(backbone.features(reopen(kept["medium"])).embedding)
        steps.append([decoding.seconds, storing.seconds, looking.seconds])
    milliseconds = 1000 * np.median(np.array(steps), axis=0)
    names = ("decode_cpu_ms", "store_cpu_ms", "classify_cpu_ms")
    cost = {name: round(float(value), 2) for name, value in zip(names, milliseconds, strict=True)}
    return np.stack(vectors), cost | {"cpu_ms_per_photo": round(float(milliseconds.sum()), 2)}


def measure(options: dict[str, Any]) -> BenchmarkResult:
    photos = read_split(options["data"], split=options["split"])
    if not photos:
        raise CommandError(f"{options['data']} holds no photos of the split {options['split']}.")
    training = read_split(options["data"], split="train")
    head = shipped_head()
    vectors, cost = embed(photos)
    found = measure_head(head, photos, vectors)
    figures = dict(found.pop("all"))
    for source, part in found.items():
        figures |= {f"{source}_{name}": value for name, value in part.items()}
    figures["photos_with_unknown_label"] = sum(p.label not in head.labels for p in photos)
    files = [path for path in ARTEFACT.parent.rglob("*") if path.is_file()]
    return BenchmarkResult(
        benchmark="photos",
        figures={name: round(value, 4) for name, value in figures.items()}
        | cost
        | {"artefacts_mb": round(sum(path.stat().st_size for path in files) / 1e6, 2)},
        baselines=measure_baselines(training, photos) if training else {},
        setup={
            "photos": len(photos),
            "training_photos_of_baselines": len(training),
            "split": options["split"],
            "labels": len(head.labels),
            "standard_error_accuracy": round(
                float(np.sqrt(figures["accuracy"] * (1 - figures["accuracy"]) / len(photos))), 4
            ),
        },
    )
