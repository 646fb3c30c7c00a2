"""Background jobs of stock; each is safe to run twice."""

from celery import shared_task
from django.utils import timezone

from inventory.services import stock


@shared_task(name="inventory.sweep_expired_reservations")
def sweep_expired_reservations() -> None:
    while stock.release_expired(now=timezone.now()):
        pass
