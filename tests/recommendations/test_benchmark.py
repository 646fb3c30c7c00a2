"""`manage.py benchmark similar_products` on order files of anybody's own."""

import csv
import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from orders.algorithms import online_retail
from tests.recommendations.algorithms.shops import make_themed_shop


def write_orders(path: Path) -> None:
    log = make_themed_shop(n_customers=40, n_themes=4)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(online_retail.COLUMNS)
        for basket, product, customer, day in zip(
            log.basket, log.product, log.customer, log.day, strict=True
        ):
            on = date(2026, 1, 1) + timedelta(days=int(day))
            row = [f"{500000 + basket}", f"{20000 + product}", f"THING {product}", "1"]
            writer.writerow([*row, f"{on} 10:00:00", "2.50", f"{12000 + customer}", "Norway"])


def measure(data: Path) -> dict[str, Any]:
    out = StringIO()
    call_command("benchmark", "similar_products", f"--data={data}", "--json", stdout=out)
    answer: dict[str, Any] = json.loads(out.getvalue())
    return answer


def test_ours_stands_beside_the_baselines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "similar_products"])
    write_orders(tmp_path / "orders.csv")
    answer = measure(tmp_path)
    assert set(answer) == {"benchmark", "figures", "baselines", "setup"}
    popular = answer["baselines"]["popularity_all_time"]
    gain, low, _high = popular["our_gain_ndcg_at_10"]
    assert gain == pytest.approx(answer["figures"]["ndcg_at_10"] - popular["ndcg_at_10"], abs=2e-4)
    assert low > 0
    assert answer["setup"]["tries"] == 23
    assert answer["setup"]["orders"] == 240


def test_a_folder_without_orders_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["manage.py", "benchmark", "similar_products"])
    with pytest.raises(CommandError, match=r"holds no \.csv"):
        measure(tmp_path)
