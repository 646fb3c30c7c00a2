"""What the account itself holds of a person."""

from datetime import datetime

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from customers.models import DataRequest, User
from customers.services.personal_data import (
    Rows,
    account_emails,
    as_rows,
    delete_in_batches,
)
from customers.services.personal_data import register as register
from learning.models import Decision

_NAMING = ("customers", "insights", "recommendations", "support")


def export_personal_data(user: User) -> Rows:
    return {
        _("account"): as_rows(User.objects.filter(pk=user.pk)),
        _("addresses"): as_rows(user.addresses.all()),
        _("consents"): as_rows(user.consents.all()),
        _("requests about data"): as_rows(user.data_requests.all()),
        _("email addresses"): as_rows(user.emailaddress_set.all()),  # type: ignore[attr-defined]
    }


def erase_personal_data(user: User) -> int:
    """The account itself goes last, by whoever carries out the request."""
    entries = LogEntry.objects.filter(
        content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk)
    )
    n_entries = entries.update(object_repr="–", change_message="")
    n_entries += _decisions_naming(user).update(subject_label="–")
    n_addresses, _by_model = user.addresses.all().delete()
    n_consents, _by_model = user.consents.all().delete()
    n_emails, _by_model = user.emailaddress_set.all().delete()  # type: ignore[attr-defined]  # of allauth
    return int(n_entries + n_addresses + n_consents + n_emails + 1)


def _decisions_naming(user: User) -> QuerySet[Decision]:
    """What was decided stays told, but not of whom: labels of scores and segments name people."""
    names = Q()
    for name in {str(user), user.username, *account_emails(user)} - {""}:
        names |= Q(subject_label__contains=name)
    return Decision.objects.filter(names, subject_type__app_label__in=_NAMING)


def forget_old(now: datetime) -> dict[str, int]:
    """Copies that nobody fetched in time, and sessions that are over."""
    copies = DataRequest.objects.filter(expires_at__lte=now).exclude(archive=None)
    return {
        "copies_of_data": copies.update(archive=None),
        "sessions": delete_in_batches(Session.objects.filter(expire_date__lt=now)),
    }
