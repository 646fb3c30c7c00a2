"""`manage.py benchmark import_orders`, as scripts read it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.orders.algorithms.retail_files import make_file, make_line

ROOT = Path(__file__).resolve().parent.parent.parent


def test_standard_output_is_one_json_object_and_nothing_else(tmp_path: Path) -> None:
    make_file(tmp_path, *[make_line(str(600001 + number)) for number in range(20)])
    command = [sys.executable, "manage.py", "benchmark", "import_orders", "--json"]
    done = subprocess.run(
        [*command, f"--data={tmp_path}"],
        cwd=ROOT,
        # A folder of its own also holds the database that the benchmark makes.
        env={
            **os.environ,
            "VAR_DIR": str(tmp_path),
            "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.sqlite3'}",
            "LOG_LEVEL": "INFO",
        },
        check=True,
        capture_output=True,
        text=True,
    )
    answer = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert (answer["benchmark"], answer["figures"]["rows"]) == ("import_orders", 20)
    assert "orders_imported" in done.stderr
