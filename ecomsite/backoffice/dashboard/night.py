"""What the last nightly run did."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from ecomsite.backoffice.models import NightlyRun
from ecomsite.backoffice.stages import StageRow, read_stages


@dataclass(frozen=True, slots=True)
class Night:
    run: NightlyRun | None
    stages: Sequence[StageRow] = ()
    url: str = ""
    tone: str = ""


TONES = {"running": "info", "done": "good", "done_with_failures": "warn", "lost": "bad"}


def read_night() -> Night:
    run = NightlyRun.objects.first()
    if run is None:
        return Night(run=None)
    return Night(
        run=run,
        stages=read_stages(run),
        url=reverse("admin:backoffice_nightlyrun_change", args=[run.pk]),
        tone=TONES.get(run.status, ""),
    )
