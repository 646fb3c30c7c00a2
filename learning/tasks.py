"""Background jobs of this app."""

from datetime import date

from celery import shared_task

from learning.models import TrainingRun
from learning.services import publishing, training


@shared_task(name="learning.retrain")
def retrain(name: str, as_of: str, user_id: int | None = None) -> None:
    training.retrain(
        name,
        as_of=date.fromisoformat(as_of),
        trigger=TrainingRun.Trigger.PERSON if user_id else TrainingRun.Trigger.SCHEDULE,
        user_id=user_id,
    )


@shared_task(name="learning.sweep_stale_rows")
def sweep_stale_rows() -> None:
    publishing.refresh_stale_rows()
