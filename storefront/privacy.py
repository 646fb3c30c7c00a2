"""Messages that a person wrote to the shop."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import User
from customers.services.personal_data import (
    Rows,
    as_rows,
    delete_in_batches,
    own_emails,
)
from storefront.models import ContactMessage


def export_personal_data(user: User) -> Rows:
    return {_("messages to the shop"): as_rows(_messages(user))}


def erase_personal_data(user: User) -> int:
    return _messages(user).delete()[0]


def forget_old(now: datetime) -> dict[str, int]:
    old = ContactMessage.objects.filter(
        created_at__lt=now - timedelta(days=settings.RETENTION_CONTACT_DAYS),
        state=ContactMessage.State.ANSWERED,
    )
    return {"contact_messages": delete_in_batches(old)}


def _messages(user: User) -> QuerySet[ContactMessage]:
    return ContactMessage.objects.filter(Q(user=user) | Q(email__in=own_emails(user)))
