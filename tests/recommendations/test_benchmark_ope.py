"""`manage.py benchmark ope` on made-up logs of two policies, whose truth is known."""

import csv
import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from recommendations.algorithms.shopping_log import FloatArray

N_ITEMS = 10
RATES = np.linspace(0.02, 0.3, N_ITEMS)


def _write_log(folder: Path, policy: str, chances: FloatArray, *, n: int, seed: int) -> None:
    generator = np.random.default_rng(seed)
    path = folder / policy / "men" / "men.csv.gz"
    path.parent.mkdir(parents=True)
    with gzip.open(path, "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["", "item_id", "position", "click", "propensity_score"])
        for row in range(n):
            item = generator.choice(N_ITEMS, p=chances)
            clicked = int(generator.random() < RATES[item])
            writer.writerow([row, item, 1 + row % 3, clicked, chances[item]])


def measure(data: Path) -> dict[str, Any]:
    out = StringIO()
    arguments = [f"--data={data}", "--repetitions=20", "--json"]
    call_command("benchmark", "ope", *arguments, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_each_policy_is_estimated_from_the_log_of_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "ope"])
    _write_log(tmp_path, "random", np.full(N_ITEMS, 0.1), n=4000, seed=1)
    _write_log(tmp_path, "bts", RATES / RATES.sum(), n=4000, seed=2)
    answer = measure(tmp_path)
    for name in ("men.bts_from_random", "men.random_from_bts"):
        figures = answer["figures"][name]
        assert abs(figures["relative_error"]) < 0.1, name
        assert figures["interval"][0] < figures["truth"] < figures["interval"][1], name
        assert name in answer["baselines"]["direct"]
        assert name in answer["baselines"]["replay"]
    drawn = answer["figures"]["men.logged_from_even"]
    assert drawn["coverage_95"] >= 0.8
    assert abs(drawn["relative_bias"]) < 0.05
    assert drawn["truth"] > drawn["logged"]


def test_a_folder_without_logs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "ope"])
    with pytest.raises(CommandError, match="holds no"):
        measure(tmp_path)
