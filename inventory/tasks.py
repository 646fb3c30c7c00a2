"""Background jobs of stock, demand and purchasing; each is safe to run twice."""

from datetime import date

from celery import shared_task
from django.utils import timezone

from inventory.services import demand, drafting, forecasts, stock


@shared_task(name="inventory.roll_up_demand")
def roll_up_demand(as_of: str | None = None) -> None:
    demand.roll_up_demand()
    if as_of is not None:
        demand.mark_sold_out(day=date.fromisoformat(as_of))


@shared_task(name="inventory.refresh_forecasts")
def refresh_forecasts(as_of: str) -> None:
    forecasts.refresh_forecasts(as_of=date.fromisoformat(as_of))


@shared_task(name="inventory.draft_purchase_orders")
def draft_purchase_orders(as_of: str) -> None:
    drafting.draft_purchase_orders(as_of=date.fromisoformat(as_of))


@shared_task(name="inventory.sweep_expired_reservations")
def sweep_expired_reservations() -> None:
    while stock.release_expired(now=timezone.now()):
        pass
