"""Background jobs of this app."""

from celery import shared_task

from insights import services


@shared_task(name="insights.flush_interactions")
def flush_interactions() -> None:
    services.flush_interactions()
