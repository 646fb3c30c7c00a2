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
    """Photos of one split by class folder; the group is who sent the photo, where that is known."""
    senders = {}
    if (folder / "labels.csv").is_file():
        with (folder / "labels.csv").open(newline="", encoding="utf-8") as lines:
            senders = {row["image"]: f"sender-{row['sender_id']}" for row in csv.DictReader(lines)}
    return [
        LabelledPhoto(
            path=path,
            label=slug(path.parent.name),
            fine_label=slug(path.parent.name),
            group=senders.get(path.stem, ""),
            source="clothing",
        )
        for path in sorted((folder / split).glob("*/*.jpg"))
    ]


def read_grocery(folder: Path, *, split: str) -> list[LabelledPhoto]:
    """Photos of one split, labelled with the coarse class (fine class beside it)."""
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
    """One split ("train", "validation", "test") of whichever of the two sets lies in `folder`.

    `folder` may also be one of the sets itself.
    """
    photos: list[LabelledPhoto] = []
    for clothing in (folder / "clothing", folder):
        if (clothing / split).is_dir() and not (clothing / "classes.csv").is_file():
            photos += read_clothing(clothing, split=split)
            break
    for grocery in (folder / "grocery", folder):
        for name in (split, "val") if split == "validation" else (split,):
            if (grocery / "classes.csv").is_file() and (grocery / f"{name}.txt").is_file():
                return photos + read_grocery(grocery, split=name)
    return photos
