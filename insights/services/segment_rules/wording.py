"""A rule in words, in the reader's language."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from insights.services.segment_rules.fields import FIELDS
from insights.services.segment_rules.tree import Condition, Group, How, conditions_of


@dataclass(frozen=True, slots=True)
class WordedCondition:
    """holds: whether it is so for a customer; None where nobody was asked about."""

    words: str
    holds: bool | None = None


def rule_in_words(rule: Group) -> str:
    """ "Customers who ordered at least 2 times in the last 90 days and live in China." """
    if not rule.parts:
        return _("Nobody: the rule has no condition.")
    return _("Customers who %(conditions)s.") % {"conditions": _in_words(rule, is_top=True)}


def condition_in_words(condition: Condition) -> str:
    return str(FIELDS[condition.field].words(dict(condition.values)))


def conditions_in_words(
    rule: Group, holds: Sequence[bool] | None = None
) -> Sequence[WordedCondition]:
    conditions = list(conditions_of(rule))
    answers: Sequence[bool | None] = [None] * len(conditions) if holds is None else holds
    return [
        WordedCondition(condition_in_words(one), answer)
        for one, answer in zip(conditions, answers, strict=True)
    ]


def _in_words(part: Group | Condition, *, is_top: bool = False) -> str:
    if isinstance(part, Condition):
        return condition_in_words(part)
    between = (
        pgettext("between conditions", " and ")
        if part.how == How.ALL
        else pgettext("between conditions", " or ")
    )
    joined = between.join(_in_words(one) for one in part.parts)
    if part.how == How.NONE:
        return _("not (%(conditions)s)") % {"conditions": joined}
    if is_top or len(part.parts) == 1:
        return joined
    return pgettext("a group of conditions", "(%(conditions)s)") % {"conditions": joined}
