"""`manage.py assume_stock [--as-of DATE]`: for a shop whose imported history knows no stock."""

from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from inventory.services.assumptions import assume_stock


class Command(BaseCommand):
    help = (
        "Give every SKU that has a forecast, lies at zero and never was received up to four weeks "
        "of stock, marked as assumed. Once for each SKU; running it again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--as-of",
            type=date.fromisoformat,
            metavar="DATE",
            help="the day at whose end the stock lies there; yesterday without it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = options["as_of"] or timezone.localdate() - timedelta(days=1)
        count = assume_stock(as_of=as_of)
        self.stdout.write(_("SKUs given an assumed stock: %(count)d") % {"count": count})
