"""`manage.py export_orders FILE [--currency CODE]`; `-` writes to the standard output."""

import gzip
import os
import sys
from pathlib import Path
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from orders.errors import OrdersError
from orders.services.exports import export_orders


class Command(BaseCommand):
    help = "Write the history of orders as CSV, see docs/order-layout.md; a name in .gz is packed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--currency", metavar="CODE", help="when orders are in several")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        try:
            if str(path) == "-":
                export_orders(sys.stdout, currency=options["currency"])
                return
            rows = self._write(path, options["currency"])
        except OrdersError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write(_("%(rows)s rows written") % {"rows": f"{rows:,}"})

    def _write(self, path: Path, currency: str | None) -> int:
        """Write beside the file and rename: a broken export never looks like a whole one."""
        partial = path.with_name(f"{path.name}.partial")
        try:
            with self._open(partial, packed=path.suffix == ".gz") as stream:
                rows = export_orders(stream, currency=currency)
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
        return rows

    def _open(self, path: Path, *, packed: bool) -> TextIO:
        if packed:
            return cast("TextIO", gzip.open(path, "wt", encoding="utf-8", newline=""))
        return path.open("w", encoding="utf-8", newline="")
