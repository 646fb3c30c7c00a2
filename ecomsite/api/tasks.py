"""Background jobs of the API."""

from celery import shared_task
from django.utils import timezone

from ecomsite.api.services import idempotency


@shared_task(name="api.purge_requests")
def purge_requests() -> int:
    return idempotency.purge_requests(now=timezone.now())
