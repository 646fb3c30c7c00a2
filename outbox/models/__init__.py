"""Letters to people and messages to programs, each a row with a state."""

from outbox.models.emails import Email, EmailAttachment
from outbox.models.webhooks import WebhookDelivery, WebhookEndpoint, WebhookEvent

__all__ = ["Email", "EmailAttachment", "WebhookDelivery", "WebhookEndpoint", "WebhookEvent"]
