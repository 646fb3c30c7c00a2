"""Letters and messages that name a person."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from outbox.models import Email, WebhookDelivery

ERASED = "erased@invalid"
ERASED_LETTER = "data_erased"
_OVER = (Email.State.SENT, Email.State.FAILED, Email.State.GIVEN_UP)


def export_personal_data(user: Any) -> dict[str, list[dict[str, Any]]]:
    columns = ("to", "kind", "subject", "text", "language", "created_at", "sent_at")
    letters = _letters(user).filter(is_confidential=False)
    return {"letters": [dict(row) for row in letters.order_by("pk").values(*columns)]}


def erase_personal_data(user: Any) -> int:
    """The rows go: what was sent cannot be called back, and what waits is not for anybody."""
    n_letters, _by_model = _letters(user).delete()
    addresses = _addresses(user)
    n_messages = 0
    for address in addresses:
        # Receivers have theirs; the shop's own copy of what it told is emptied.
        told = WebhookDelivery.objects.filter(payload__icontains=address)
        n_messages += told.update(payload={})
    return n_letters + n_messages


def forget_old(now: datetime) -> dict[str, int]:
    """Words of old letters, messages to webhooks, and the letters that told of an erasure."""
    letters = Email.objects.filter(
        created_at__lt=now - timedelta(days=settings.RETENTION_LETTER_DAYS), state__in=_OVER
    ).exclude(text="", html="")
    messages = WebhookDelivery.objects.filter(
        created_at__lt=now - timedelta(days=settings.RETENTION_WEBHOOK_DAYS)
    ).exclude(state__in=[WebhookDelivery.State.WAITING, WebhookDelivery.State.SENDING])
    farewells = Email.objects.filter(kind=ERASED_LETTER, state__in=_OVER)
    return {
        "letters_emptied": letters.update(text="", html=""),
        "webhook_messages": messages.delete()[0],
        "letters_of_erasure": farewells.delete()[0],
    }


def _letters(user: Any) -> QuerySet[Email]:
    return Email.objects.filter(Q(user=user.pk) | Q(to__in=_addresses(user)))


def _addresses(user: Any) -> set[str]:
    own = {user.email} if user.email else set()
    proved = user.emailaddress_set.filter(verified=True).values_list("email", flat=True)
    return {spelt for one in own | set(proved) for spelt in (one, one.lower())}
