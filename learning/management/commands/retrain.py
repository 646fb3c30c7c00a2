"""`manage.py retrain NAME [--as-of DATE]`."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from learning.errors import LearningError
from learning.models import TrainingRun
from learning.services import training


class Command(BaseCommand):
    help = "Learn a model anew; it is published when it passes its gate."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="such as inventory.demand")
        parser.add_argument("--as-of", type=date.fromisoformat, default=None)

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = options["as_of"] or timezone.localdate()
        try:
            run = training.retrain(
                options["name"], as_of=as_of, trigger=TrainingRun.Trigger.COMMAND
            )
        except LearningError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{run.pipeline} {run.as_of}: {run.get_status_display()} {run.message}")
        version = getattr(run, "version", None)
        if version is None:
            return
        for gate in version.gates.all():
            mark = "✓" if gate.passed else "✗"
            self.stdout.write(
                f"  {mark} {gate.metric} {gate.value} {gate.get_sense_display()} "
                f"{gate.bound:.6g} ({gate.get_reference_display()})"
            )
