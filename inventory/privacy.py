"""Alerts that a person asked for."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import User
from customers.services.personal_data import (
    Rows,
    account_emails,
    as_rows,
    delete_in_batches,
)
from inventory.models import StockAlert


def export_personal_data(user: User) -> Rows:
    return {_("stock alerts"): as_rows(_alerts(user))}


def erase_personal_data(user: User) -> int:
    return _alerts(user).delete()[0]


def forget_old(now: datetime) -> dict[str, int]:
    """Alerts that were sent or called off."""
    over = StockAlert.objects.filter(
        ended_at__lt=now - timedelta(days=settings.RETENTION_ACCESS_CODE_DAYS)
    ).exclude(state=StockAlert.State.WAITING)
    return {"stock_alerts": delete_in_batches(over)}


def _alerts(user: User) -> QuerySet[StockAlert]:
    return StockAlert.objects.filter(Q(user=user) | Q(email__in=account_emails(user)))
