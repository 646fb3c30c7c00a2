"""Background jobs of orders."""

from celery import shared_task
from django.utils import timezone

from orders.models import Invoice, OrderImport, Payment, PaymentEvent, ReturnPhoto
from orders.services import (
    access,
    carts,
    fulfilment,
    imports,
    invoices,
    letters,
    payments,
    return_photos,
)


@shared_task(name="orders.import_orders")
def import_orders(import_id: int) -> None:
    job = OrderImport.objects.filter(pk=import_id).first()
    if job is not None:
        imports.run_import(job=job)


@shared_task(name="orders.sweep_stuck_imports")
def sweep_stuck_imports() -> None:
    imports.sweep_imports()


@shared_task(name="orders.send_access_code")
def send_access_code(request_id: int) -> bool:
    return access.send_access_code(request_id=request_id)


@shared_task(name="orders.sweep_access_codes")
def sweep_access_codes() -> int:
    return access.sweep_access_codes()


@shared_task(name="orders.sweep_forgotten_carts")
def sweep_forgotten_carts() -> None:
    while carts.forget_carts(now=timezone.now()):
        pass


@shared_task(name="orders.send_refund")
def send_refund(refund_id: int) -> bool:
    return payments.send_refund(refund_id)


@shared_task(name="orders.ask_about_refund")
def ask_about_refund(refund_id: int) -> None:
    payments.ask_about_refund(refund_id)


@shared_task(name="orders.cancel_payment")
def cancel_payment(payment_id: int) -> None:
    payments.cancel_payment(payment=Payment.objects.get(pk=payment_id))


@shared_task(name="orders.capture_payment")
def capture_payment(payment_id: int) -> None:
    payment = Payment.objects.to_capture().filter(pk=payment_id).first()
    if payment is not None:
        payments.capture_payment(payment=payment)


@shared_task(name="orders.ask_provider")
def ask_provider(payment_id: int) -> None:
    payments.ask_provider(payment=Payment.objects.get(pk=payment_id))


@shared_task(name="orders.apply_payment_event")
def apply_payment_event(event_id: int) -> None:
    payments.apply_event(event=PaymentEvent.objects.get(pk=event_id))


@shared_task(name="orders.sweep_payments")
def sweep_payments() -> int:
    return payments.sweep_payments()


@shared_task(name="orders.sweep_refunds")
def sweep_refunds() -> int:
    return payments.sweep_refunds()


@shared_task(name="orders.sweep_payment_events")
def sweep_payment_events() -> int:
    return payments.sweep_events()


@shared_task(name="orders.mail_invoice")
def mail_invoice(invoice_id: int) -> bool:
    invoice = Invoice.objects.select_related("order__customer").get(pk=invoice_id)
    return letters.mail_invoice(invoice=invoice)


@shared_task(name="orders.sweep_unmailed_invoices")
def sweep_unmailed_invoices() -> int:
    return invoices.sweep_unmailed()


@shared_task(name="orders.prepare_return_photo")
def prepare_return_photo(photo_id: int) -> None:
    return_photos.prepare_photo(photo=ReturnPhoto.objects.get(pk=photo_id))


@shared_task(name="orders.sweep_return_photos")
def sweep_return_photos() -> int:
    return return_photos.sweep_photos()


@shared_task(name="orders.delete_orphan_photos")
def delete_orphan_photos() -> int:
    return return_photos.delete_orphans()


@shared_task(name="orders.cancel_overdue")
def cancel_overdue() -> int:
    return fulfilment.cancel_overdue(now=timezone.now())


@shared_task(name="orders.complete_shipped")
def complete_shipped() -> int:
    return fulfilment.complete_shipped(now=timezone.now())
