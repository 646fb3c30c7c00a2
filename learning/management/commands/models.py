"""`manage.py models`: what is active, since when, how good, against what."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from learning import registry
from learning.models import ModelVersion


class Command(BaseCommand):
    help = "List the pipelines with their active version and its figures beside the baseline's."

    def handle(self, *args: Any, **options: Any) -> None:
        for registration in registry.registered():
            version = ModelVersion.objects.of(registration.name).active().first()
            if version is None or version.published_at is None:
                self.stdout.write(f"{registration.name}: nothing published, the baseline answers")
                continue
            since = timezone.localtime(version.published_at)
            damaged = ", DAMAGED" if version.damaged_at else ""
            self.stdout.write(
                f"{version}: active since {since:%Y-%m-%d %H:%M} "
                f"({version.get_origin_display()}{damaged})"
            )
            for metric, value in sorted(version.metrics.items()):
                baseline = version.baseline_metrics.get(metric)
                beside = "" if baseline is None else f"   baseline {baseline:g}"
                self.stdout.write(f"  {metric:32} {value:g}{beside}")
