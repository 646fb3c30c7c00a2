"""`manage.py operate [--as-of DATE]`: the nightly run, now."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ecomsite.backoffice.errors import BackofficeError
from ecomsite.backoffice.models import NightlyRun
from ecomsite.backoffice.services import nightly


class Command(BaseCommand):
    help = "Do everything that the shop does by itself at night, and say what it did."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of", type=date.fromisoformat, help="pretend that this day has just ended"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = nightly.operate(as_of=options["as_of"] or nightly.last_whole_day())
        except BackofficeError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(self.style.MIGRATE_HEADING(f"{run.as_of}: {run.get_status_display()}"))
        for report in run.stages:
            counts = ", ".join(
                f"{name} {value}" for name, value in report.get("counts", {}).items()
            )
            line = f"  {report['seconds']:7.2f} s  {report['stage']:45} {counts}"
            self.stdout.write(line)
            if "error" in report:
                self.stdout.write(self.style.ERROR(f"             {report['error']}"))
        self.stdout.write(self.style.MIGRATE_LABEL("waiting for people"))
        for kind, count in run.waiting.items():
            self.stdout.write(f"  {kind:20} {count}")
        if run.status != NightlyRun.Status.DONE:
            raise CommandError("Some stages failed.")
