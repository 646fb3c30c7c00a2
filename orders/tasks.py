"""Background jobs of orders."""

from celery import shared_task

from orders.models import OrderImport
from orders.services import imports


@shared_task(name="orders.import_orders")
def import_orders(import_id: int) -> None:
    job = OrderImport.objects.filter(pk=import_id).first()
    if job is not None:
        imports.run_import(job=job)


@shared_task(name="orders.sweep_stuck_imports")
def sweep_stuck_imports() -> None:
    imports.sweep_imports()
