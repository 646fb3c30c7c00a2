"""Staff pages of what the shop sends."""

from outbox.admin import emails, webhooks

__all__ = ["emails", "webhooks"]
