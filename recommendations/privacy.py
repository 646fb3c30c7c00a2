"""What was recommended and written to a person."""

from django.db.models import Q, QuerySet

from customers.models import User
from customers.services.personal_data import Rows, as_rows, erase_rows, export_rows
from insights.services.visitors import customer_key
from recommendations.models import CreativeEvent


def export_personal_data(user: User) -> Rows:
    rows = export_rows("recommendations", user)
    rows[str(CreativeEvent._meta.verbose_name_plural)] = as_rows(_events(user))
    return rows


def erase_personal_data(user: User) -> int:
    return _events(user).delete()[0] + erase_rows("recommendations", user)


def _events(user: User) -> QuerySet[CreativeEvent]:
    own = CreativeEvent.objects.filter(customer=user).order_by()
    keys = {*own.values_list("visitor_key", flat=True).distinct(), customer_key(user.pk)} - {""}
    return CreativeEvent.objects.filter(Q(customer=user) | Q(customer=None, visitor_key__in=keys))
