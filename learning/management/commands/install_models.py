"""`manage.py install_models`: the first versions that ship with the program."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from learning.services import publishing


class Command(BaseCommand):
    help = "Register and publish the shipped models of pipelines that have no version yet."

    def handle(self, *args: Any, **options: Any) -> None:
        for version in publishing.install_shipped_versions(as_of=timezone.localdate()):
            self.stdout.write(f"{version} installed")
