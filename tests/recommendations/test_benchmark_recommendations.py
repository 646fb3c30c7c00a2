"""`manage.py benchmark recommendations` on files of each layout, made up."""

import gzip
import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from benchmarks.recommendation_sets import AGAIN, DISCOVER, Question, questions_in
from tests.recommendations.algorithms.test_neighbours import make_themes
from tests.recommendations.test_benchmark import write_orders


@pytest.fixture(autouse=True)
def _asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "recommendations"])


def measure(data: Path, *options: str) -> dict[str, Any]:
    out = StringIO()
    call_command("benchmark", "recommendations", f"--data={data}", "--json", *options, stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def rows_of_themes() -> list[list[int]]:
    """People whose products are numbered from 100, ten apart."""
    sequences = make_themes(n_people=120)
    parts = np.split(sequences.products, sequences.starts[1:-1])
    return [[100 + 10 * int(each) for each in row] for row in parts]


def write_pairs(folder: Path) -> None:
    folder.mkdir()
    rows = rows_of_themes()
    for name, cut in (("train", slice(0, 10)), ("test", slice(10, 12))):
        with gzip.open(folder / f"{name}.txt.gz", "wt") as file:
            file.writelines(
                " ".join(map(str, [person, *row[cut]])) + "\n" for person, row in enumerate(rows)
            )


def write_sequences(path: Path) -> None:
    path.write_text(
        "".join(
            " ".join(map(str, [person, *row])) + "\n"
            for person, row in enumerate(rows_of_themes(), start=1)
        )
    )


def test_every_layout_is_measured_beside_its_baselines(tmp_path: Path) -> None:
    write_pairs(tmp_path / "pairs")
    write_sequences(tmp_path / "sequences.txt")
    write_orders(tmp_path / "orders.csv")
    answer = measure(tmp_path)
    name = tmp_path.name
    assert set(answer["figures"]) == {
        "pairs",
        "sequences",
        f"{name}, discover",
        f"{name}, buy again",
    }
    ours, popular = answer["figures"]["pairs"], answer["baselines"]["popularity"]["pairs"]
    assert ours["customers"] == 120
    assert ours["ndcg_at_20"] > popular["ndcg_at_20"]
    low, high = ours["ndcg_at_20_interval"]
    assert low < ours["ndcg_at_20"] < high
    gain, low, _high = popular["our_gain_ndcg_at_20"]
    assert gain == pytest.approx(ours["ndcg_at_20"] - popular["ndcg_at_20"], abs=2e-4)
    assert low > 0
    for figures in (answer["figures"], answer["baselines"]["item_cosine"]):
        found = figures["sequences"]
        assert found["tries"] == 18
        assert found["peak_memory_mb"] > found["memory_before_mb"]
        for figure in ("coverage_at_10", "popularity_bias", "diversity", "fit_cpu_seconds"):
            assert figure in found
    again = answer["baselines"]["personal_frequency"][f"{name}, buy again"]
    assert set(again) >= {"our_gain_ndcg_at_10", "our_gain_hit_rate_at_10"}
    sets = answer["setup"]["sets"]
    assert sets["pairs"]["held_out_pairs"] == 240
    assert len({each["fingerprint"] for each in sets.values()}) == 4
    assert answer["setup"]["versions"]["scipy"]


def test_the_last_basket_is_held_out_and_known_products_are_not_discovered(tmp_path: Path) -> None:
    write_orders(tmp_path / "orders.csv")
    asked = {each.kind: each for each in questions_in(tmp_path, from_day=None)}
    discover, again = asked[DISCOVER], asked[AGAIN]
    assert again.log is not None
    assert again.log.n_baskets() == 240 - 40
    assert again.targets.sum() > discover.targets.sum()
    for row, person in enumerate(discover.people):
        known = discover.known
        had = known.products[known.starts[person] : known.starts[person + 1]]
        assert not set(had) & set(discover.targets[row].indices)


def test_a_question_comes_back_from_its_folder(tmp_path: Path) -> None:
    write_orders(tmp_path / "orders.csv")
    for question in questions_in(tmp_path, from_day=None):
        question.write(tmp_path)
        again = Question.read(tmp_path)
        assert again.described() == question.described()
        assert (again.log is None) == (question.log is None)


def test_a_day_holds_out_the_first_basket_from_it_on(tmp_path: Path) -> None:
    write_orders(tmp_path / "orders.csv")
    whole = next(iter(questions_in(tmp_path, from_day=None)))
    assert whole.log is not None
    day = int(np.median(whole.log.day))
    from_day = (np.datetime64("1970-01-01") + day).astype(object)
    cut = {each.kind: each for each in questions_in(tmp_path, from_day=from_day)}[AGAIN]
    assert cut.log is not None
    assert cut.log.day.max() < day


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.md", "", r"holds no train\.txt"),
        ("words.txt", "1 2 3\n4 five\n", r"words\.txt, line 2: .* whole numbers"),
        ("alone.txt", "1 2\n2 3\n", r"alone: nothing could be held out"),
    ],
)
def test_what_cannot_be_measured_is_said(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(CommandError, match=message):
        measure(tmp_path)
