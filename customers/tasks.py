"""Background jobs of customers."""

from celery import shared_task

from customers.services import privacy


@shared_task(name="customers.carry_out_data_request")
def carry_out_data_request(request_id: int) -> None:
    privacy.carry_out(request_id=request_id)


@shared_task(name="customers.sweep_data_requests")
def sweep_data_requests() -> int:
    return privacy.sweep_requests()
