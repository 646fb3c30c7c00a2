"""Fill an empty shop with the demo: goods, pictures, people and eighteen months of trade."""

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ecomsite.demo.loading.shop import ShopNotEmptyError, seed


class Command(BaseCommand):
    help = (
        "Fill an empty shop with about 300 drawn products and 18 months of simulated orders. "
        "The same seed and day always make the same shop."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="another number, another shop")
        parser.add_argument(
            "--today",
            type=date.fromisoformat,
            default=None,
            metavar="YYYY-MM-DD",
            help="the history ends on the day before; today when left out",
        )
        parser.add_argument(
            "--small", action="store_true", help="some thirty products and sixty days, for trials"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        logins = settings.VAR_DIR / "staff-login.txt"
        try:
            made = seed(
                seed=options["seed"],
                today=options["today"] or timezone.localdate(),
                small=options["small"],
                logins=logins,
            )
        except ShopNotEmptyError as error:
            raise CommandError(
                f"The shop already has {error.products} products; "
                "the demo is only made in an empty one, and nothing was changed."
            ) from None
        self.stdout.write(
            f"{made.products} products, {made.customers} customers, {made.orders} orders, "
            f"{made.reviews} reviews in {time.monotonic() - began:.1f} s. "
            f"Staff logins are in {logins}."
        )
