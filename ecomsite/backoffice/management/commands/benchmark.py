"""`manage.py benchmark NAME [--json] ...`: our figures beside the baselines'."""

import json
import pkgutil
import sys
from importlib import import_module
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

import benchmarks
from benchmarks.result import BenchmarkResult

NOT_BENCHMARKS = {
    "load_driver",
    "load_shop",
    "recommend_driver",
    "recommendation_methods",
    "recommendation_sets",
    "result",
    "wsgi_browser",
}


def names() -> list[str]:
    return sorted(
        module.name
        for module in pkgutil.iter_modules(benchmarks.__path__)
        if module.name not in NOT_BENCHMARKS
    )


class Command(BaseCommand):
    """Each module of `benchmarks/` offers `add_arguments(parser)` and `measure(options)`."""

    help = "Measure one subject; `benchmark NAME --help` tells its options."

    def add_arguments(self, parser: CommandParser) -> None:
        subjects = parser.add_subparsers(dest="name", required=True, metavar="NAME")
        # The subject decides the options; only the one asked for is loaded.
        for name in names():
            subject = subjects.add_parser(name)
            subject.add_argument("--json", action="store_true", help="one object, nothing else")
            if name in sys.argv:
                import_module(f"benchmarks.{name}").add_arguments(subject)

    def handle(self, *args: Any, **options: Any) -> None:
        result: BenchmarkResult = import_module(f"benchmarks.{options['name']}").measure(options)
        answer = result.as_json()
        if options["json"]:
            self.stdout.write(json.dumps(answer, ensure_ascii=False))
            return
        self.stdout.write(self.style.MIGRATE_HEADING(result.benchmark))
        self._print("figures", answer["figures"])
        for method, figures in answer["baselines"].items():
            self._print(f"baseline: {method}", figures)
        self._print("setup", answer["setup"])

    def _print(self, heading: str, values: dict[str, Any]) -> None:
        self.stdout.write(self.style.MIGRATE_LABEL(heading))
        for name, value in values.items():
            shown = f"{value:.4g}" if isinstance(value, float) else value
            self.stdout.write(f"  {name:40} {shown}")
