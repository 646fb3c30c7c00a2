"""The benchmark on anybody's own files."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.support.factories import COMPLAINTS, PRAISE, THINGS


def write_reviews(path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(["text", "label"])
        for thing in THINGS["en"]:
            for good, bad in zip(PRAISE["en"], COMPLAINTS["en"], strict=True):
                writer.writerow([f"This {thing} is {good}", "positive"])
                writer.writerow([f"This {thing} is {bad}", "0"])
    return path


def run_benchmark(*arguments: str) -> str:
    out = StringIO()
    call_command("benchmark", "sentiment", *arguments, stdout=out)
    return out.getvalue()


def test_any_two_files_can_be_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reviews = str(write_reviews(tmp_path / "reviews.csv"))
    # The command loads the options of the subject that stands on the command line.
    arguments = ["--train", reviews, "--test", reviews, "--language", "en", "--json"]
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "sentiment", *arguments])
    answer = json.loads(run_benchmark(*arguments))
    assert answer["benchmark"] == "sentiment"
    assert answer["figures"]["accuracy"] == 1.0
    assert answer["figures"]["n_test"] == 72
    low, high = answer["figures"]["accuracy_95"]
    assert low <= 1.0 <= high
    assert answer["baselines"]["majority"]["accuracy"] == 0.5
    assert set(answer["baselines"]) == {"majority", "naive_bayes_unigrams"}


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("text,label\nfine,perhaps\n", "line 2: needs a text and a label"),
        ("words,label\nfine,1\n", "line 2: needs a text and a label"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused(
    content: str, complaint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "reviews.csv"
    path.write_text(content)
    arguments = ["--train", str(path), "--test", str(path), "--language", "en"]
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "sentiment", *arguments])
    with pytest.raises(CommandError, match=complaint):
        run_benchmark(*arguments)


def test_a_folder_without_reviews_is_said_to_be_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "sentiment"])
    with pytest.raises(CommandError, match="there is no file"):
        run_benchmark("--data", str(tmp_path))
    with pytest.raises(CommandError, match="Give --data"):
        run_benchmark()
