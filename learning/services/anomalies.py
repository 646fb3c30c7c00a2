"""What people do about oddities in the data."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import QuerySet
from django.utils import timezone

from learning.models import Anomaly


def mark_seen(*, anomalies: QuerySet[Anomaly], user: AbstractBaseUser) -> int:
    """Take anomalies off the list of what waits; returns how many were still on it."""
    return anomalies.filter(seen_at__isnull=True).update(seen_at=timezone.now(), seen_by=user)
