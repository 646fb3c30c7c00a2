"""`manage.py reindex_products`: write the search index anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from catalog.services import indexing


class Command(BaseCommand):
    """Needed after a restore without the index, or to mend one; days need the sweep alone."""

    help = "Read every product and write its words into the search index."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--changed", action="store_true", help="only products whose words are others now"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["changed"]:
            n_changed = indexing.recheck_all()
            self.stdout.write(f"{n_changed} products had other words.")
            return
        self.stdout.write(f"{indexing.reindex_all()} products read.")
