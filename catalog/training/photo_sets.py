"""Labelled photos on disk, in the two layouts that the shipped classifier learns from.

`clothing/`: `labels.csv` (image, sender_id, label_small, split_small) beside
`train/<class>/<image>.jpg` and `validation/<class>/<image>.jpg`.
`grocery/`: `train.txt` and `val.txt` (path, fine id, coarse id) beside `classes.csv`.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class LabelledPhoto:
    """`group` names what may not be torn apart by a split; empty where it must be found first."""

    path: Path
    label: str
    fine_label: str
    group: str
    source: str


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def read_clothing(folder: Path, *, split: str) -> list[LabelledPhoto]:
    """Photos of `train` or `validation`; the group is who sent the photo."""
    with (folder / "labels.csv").open(newline="", encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["split_small"] == split]
    photos = [
        LabelledPhoto(
            path=folder / split / row["label_small"] / f"{row['image']}.jpg",
            label=slug(row["label_small"]),
            fine_label=slug(row["label_small"]),
            group=f"sender-{row['sender_id']}",
            source="clothing",
        )
        for row in rows
    ]
    return sorted((photo for photo in photos if photo.path.is_file()), key=lambda p: p.path)


def read_grocery(folder: Path, *, split: str) -> list[LabelledPhoto]:
    """Photos of `train` or `val`, labelled with the coarse class (fine class beside it)."""
    with (folder / "classes.csv").open(newline="", encoding="utf-8") as lines:
        names = {
            row["Class ID (int)"]: (row["Class Name (str)"], row["Coarse Class Name (str)"])
            for row in csv.DictReader(lines)
        }
    photos = []
    for line in (folder / f"{split}.txt").read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        path, fine_id, _coarse_id = (part.strip() for part in line.split(","))
        fine, coarse = names[fine_id]
        photos.append(
            LabelledPhoto(
                path=folder / path,
                label=slug(coarse),
                fine_label=slug(fine),
                group="",
                source="grocery",
            )
        )
    return sorted((photo for photo in photos if photo.path.is_file()), key=lambda p: p.path)


def read_split(folder: Path, *, split: str) -> list[LabelledPhoto]:
    """`train` or `validation` of whichever of the two sets lies in `folder`."""
    photos: list[LabelledPhoto] = []
    if (folder / "clothing" / "labels.csv").is_file():
        photos += read_clothing(folder / "clothing", split=split)
    if (folder / "grocery" / "classes.csv").is_file():
        name = "val" if split == "validation" else split
        photos += read_grocery(folder / "grocery", split=name)
    return photos
