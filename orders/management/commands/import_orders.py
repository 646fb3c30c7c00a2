"""`manage.py import_orders FILE... --format online-retail|shop [--until DATE] [--dry-run]`."""

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

import orders.wording  # noqa: F401  # the codes of imports get their names
from learning.wording import code_name
from orders.errors import OrdersError
from orders.models import OrderImport
from orders.services.imports import ImportReport, import_orders

SHOWN_PROBLEMS = 20
SHOWN_EXAMPLES = 3


class Command(BaseCommand):
    help = "Bring in a history of orders from CSV files, plain or gzip: all of it, or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--format",
            required=True,
            dest="layout",
            choices=OrderImport.Layout.values,
            help="online-retail: the UCI layout; shop: our own, see docs/order-layout.md",
        )
        parser.add_argument(
            "--until", type=date.fromisoformat, metavar="DATE", help="the last day to import"
        )
        parser.add_argument("--dry-run", action="store_true", help="report only, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        self._stage = ""
        try:
            report = import_orders(
                options["files"],
                layout=options["layout"],
                until=options["until"],
                is_dry_run=options["dry_run"],
                on_progress=self._tell if options["verbosity"] > 1 else None,
            )
        except OrdersError as error:
            raise CommandError(str(error)) from error
        self._print(report)
        if report.status != OrderImport.Status.DONE:
            raise CommandError(report.message)

    def _tell(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stage = stage
            self.stderr.write(f"{code_name(stage)}: {done:,} / {total:,}")

    def _print(self, report: ImportReport) -> None:
        self.stdout.write(_("%(rows)s rows read") % {"rows": f"{report.rows:,}"})
        for problem in report.problems[:SHOWN_PROBLEMS]:
            self.stdout.write(
                "  "
                + _("%(file)s row %(row)s: %(what)s")
                % {
                    "file": problem["file"],
                    "row": f"{problem['row']:,}",
                    "what": problem["problem"],
                }
            )
        if report.problem_count > SHOWN_PROBLEMS:
            more = report.problem_count - SHOWN_PROBLEMS
            self.stdout.write(_("  and %(count)s more") % {"count": f"{more:,}"})
        for repair in report.repairs:
            self.stdout.write(
                f"  {repair['rows']:>9,} {code_name(repair['handling'])}: {repair['detail']}"
            )
            for example in repair["examples"][:SHOWN_EXAMPLES]:
                self.stdout.write(
                    "            "
                    + _("row %(row)s: %(what)s")
                    % {"row": f"{example['row']:,}", "what": _example(example)}
                )
        for name, count in report.counts.items():
            self.stdout.write(f"  {count:>9,} {code_name(name)}")
        if report.message and report.status == OrderImport.Status.DONE:
            self.stdout.write(report.message)


def _example(example: dict[str, Any]) -> str:
    text = f"{example['order']} {example['sku']} x {example['quantity']}"
    return f"{text} ({example['note']})" if "note" in example else text
