import json
from pathlib import Path

import pytest
from django.core.management import CommandError

from benchmarks import photos
from catalog.training.photo_sets import read_split
from tests.catalog.algorithms.pictures import make_jpeg

CLASSES = """\
Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int)
Golden-Delicious,0,Apple,0
Royal-Gala,1,Apple,0
"""


@pytest.fixture
def photo_folder(tmp_path: Path) -> Path:
    """Both layouts, with a handful of pictures each."""
    clothing, grocery = tmp_path / "clothing", tmp_path / "grocery"
    lines = ["image,sender_id,label_small,kids,split_small"]
    for split, n_photos in (("train", 3), ("validation", 2)):
        for label in ("T-Shirt", "hat"):
            folder = clothing / split / label
            folder.mkdir(parents=True)
            for number in range(n_photos):
                name = f"{split}-{label}-{number}"
                (folder / f"{name}.jpg").write_bytes(make_jpeg(256, 200, seed=number))
                lines.append(f"{name},{number},{label},False,{split}")
    (clothing / "labels.csv").write_text("\n".join(lines))
    grocery.mkdir()
    (grocery / "classes.csv").write_text(CLASSES)
    for split in ("train", "val"):
        rows = []
        for fine_id, fine in enumerate(("Golden-Delicious", "Royal-Gala")):
            path = grocery / split / "Fruit" / "Apple" / fine / f"{fine}_001.jpg"
            path.parent.mkdir(parents=True)
            path.write_bytes(make_jpeg(256, 200, seed=fine_id + 20))
            rows.append(f"{path.relative_to(grocery)}, {fine_id}, 0")
        (grocery / f"{split}.txt").write_text("\n".join(rows) + "\n")
    return tmp_path


def test_both_layouts_are_read_with_their_senders_and_coarse_labels(photo_folder: Path) -> None:
    found = read_split(photo_folder, split="validation")
    assert len(found) == 6
    assert {photo.label for photo in found} == {"t-shirt", "hat", "apple"}
    assert {photo.fine_label for photo in found if photo.source == "grocery"} == {
        "golden-delicious",
        "royal-gala",
    }
    assert {photo.group for photo in found} == {"sender-0", "sender-1", ""}


def test_one_set_alone_is_enough(photo_folder: Path) -> None:
    assert len(read_split(photo_folder / "clothing", split="train")) == 6
    assert len(read_split(photo_folder / "grocery", split="validation")) == 2
    assert read_split(photo_folder, split="test") == []


def test_the_benchmark_answers_one_object_with_figures_and_baselines(photo_folder: Path) -> None:
    result = photos.measure({"data": photo_folder, "split": "validation"})
    answer = json.loads(json.dumps(result.as_json()))
    assert answer["benchmark"] == "photos"
    assert {"accuracy", "macro_f1", "top3", "cpu_ms_per_photo", "clothing_accuracy"} <= set(
        answer["figures"]
    )
    # The same pictures under both labels of clothing: a histogram finds them again.
    assert answer["baselines"]["colour_histogram_nearest"]["accuracy_grocery"] == 1.0
    assert answer["baselines"]["majority_class"]["accuracy_clothing"] == 0.5
    assert answer["setup"]["photos"] == 6


def test_a_folder_without_photos_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="holds no photos"):
        photos.measure({"data": tmp_path, "split": "validation"})
