"""Background jobs of letters and of messages to programs."""

from celery import shared_task

from outbox.services import emails, webhooks


@shared_task(name="outbox.send_email")
def send_email(email_id: int) -> bool:
    return emails.send_email(email_id)


@shared_task(name="outbox.sweep_unsent_emails")
def sweep_unsent_emails() -> int:
    return emails.sweep_unsent_emails()


@shared_task(name="outbox.deliver_webhook")
def deliver_webhook(delivery_id: int) -> bool:
    return webhooks.deliver_webhook(delivery_id)


@shared_task(name="outbox.sweep_webhooks")
def sweep_webhooks() -> int:
    return webhooks.sweep_webhooks()
