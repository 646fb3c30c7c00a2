"""A rule as one statement for the database."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from customers.models import User
from insights.services.segment_rules.facts import customers
from insights.services.segment_rules.fields import FIELDS
from insights.services.segment_rules.tree import Condition, Group, How, conditions_of


def customers_of(rule: Group, *, moment: datetime) -> QuerySet[User]:
    """Whom the rule means at a moment, in one statement."""
    return customers().filter(condition(rule, moment)).order_by()


def condition(part: Group | Condition, moment: datetime) -> Q:
    if isinstance(part, Condition):
        return FIELDS[part.field].compile(part.values, moment)
    if part.how == How.ALL:
        every = Q()
        for one in part.parts:
            every &= condition(one, moment)
        return every
    some = condition(part.parts[0], moment)
    for one in part.parts[1:]:
        some |= condition(one, moment)
    return ~some if part.how == How.NONE else some


def conditions_met(rule: Group, *, customer_id: int, moment: datetime) -> Sequence[bool]:
    """Which conditions hold for one customer, in the order of reading, in one statement."""
    asked = {
        f"holds_{place}": ExpressionWrapper(condition(one, moment), output_field=BooleanField())
        for place, one in enumerate(conditions_of(rule))
    }
    found = User.objects.filter(pk=customer_id).annotate(**asked).values_list(*asked).first()
    return [bool(one) for one in found] if found is not None else [False] * len(asked)
