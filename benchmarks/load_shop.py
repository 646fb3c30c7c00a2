"""A shop to drive, in the database of the environment: `python -m benchmarks.load_shop 4000`."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecomsite.settings")
    import django  # noqa: PLC0415  # the settings come first

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415

    from benchmarks.storefront import fill_shop  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    fill_shop(int(sys.argv[1]))


if __name__ == "__main__":
    main()
