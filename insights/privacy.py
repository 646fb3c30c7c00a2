"""What visitors did, what models expect of them, and how risky their orders looked."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import User
from customers.services.personal_data import (
    Rows,
    as_rows,
    delete_in_batches,
    erase_rows,
    export_rows,
    own_emails,
    update_in_batches,
)
from insights.models import Interaction, RiskAssessment, Visit, VisitPropensity
from insights.services.visitors import customer_key

_KEYS = ("email_key", "phone_key", "address_key", "device_key")
_NO_KEYS = dict.fromkeys(_KEYS, "")


def export_personal_data(user: User) -> Rows:
    """Behaviour of browsers that the person was logged in with, scores, segments and risk."""
    keys = _browsers(user)
    unnamed = Q(customer=None, visitor_key__in=keys)
    rows = export_rows("insights", user)
    rows[_("behaviour before logging in")] = as_rows(Interaction.objects.filter(unnamed))
    rows[_("risks of orders")] = as_rows(_assessments(user), without=_KEYS)
    return rows


def erase_personal_data(user: User) -> int:
    keys = _browsers(user)
    unnamed = Q(customer=None, visitor_key__in=keys)
    count = _assessments(user).delete()[0]
    for model in (Interaction, Visit, VisitPropensity):
        count += model._default_manager.filter(unnamed).delete()[0]
    return count + erase_rows("insights", user)


def forget_old(now: datetime) -> dict[str, int]:
    """Behaviour of single visitors, and what tells devices and doors of orders apart."""
    since = now - timedelta(days=settings.RETENTION_INTERACTION_DAYS)
    keys = RiskAssessment.objects.filter(
        created_at__lt=now - timedelta(days=settings.RETENTION_RISK_KEY_DAYS)
    ).exclude(**_NO_KEYS)
    return {
        "interactions": delete_in_batches(Interaction.objects.filter(occurred_at__lt=since)),
        "visits": delete_in_batches(Visit.objects.filter(started_at__lt=since)),
        "visit_scores": delete_in_batches(VisitPropensity.objects.filter(started_at__lt=since)),
        "risk_keys": update_in_batches(keys, **_NO_KEYS),
    }


def _browsers(user: User) -> set[str]:
    """Random names of browsers that the person was logged in with."""
    found = {customer_key(user.pk)}
    for model in (Interaction, Visit):
        rows = model._default_manager.filter(customer=user).order_by()
        found |= set(rows.values_list("visitor_key", flat=True).distinct())
    return {key for key in found if key}


def _assessments(user: User) -> QuerySet[RiskAssessment]:
    guests = Q(order__customer=None, order__email__in=own_emails(user))
    return RiskAssessment.objects.filter(Q(order__customer=user) | guests)
