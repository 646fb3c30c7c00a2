"""Segments: made and changed by staff, asked for by campaigns.

Campaigns ask `members`, which answers with nobody for a group that is too small to hide its
customers in.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers.models import User
from insights.errors import CircularRuleError, TooManySegmentsError
from insights.models import Segment, SegmentCorrection, SegmentMembership
from insights.services.segment_floor import floor, is_hidden
from insights.services.segment_rules.compiling import customers_of
from insights.services.segment_rules.reading import read_rule
from insights.services.segment_rules.tree import Group, conditions_of
from learning.decisions import record_decision
from learning.jobs import send_on_commit
from learning.models import Decision

MOST_SEGMENTS = 200
SAMPLE = 5


@dataclass(frozen=True, slots=True)
class Preview:
    """Whom a rule means right now. sample: empty where the group is too small to be shown."""

    size: int
    sample: list[User]

    @property
    def is_hidden(self) -> bool:
        return is_hidden(self.size)


def members(segment: Segment) -> QuerySet[User]:
    """The customers of a segment; nobody while there are fewer than the floor.

    Counted here, not read from the segment: it may have shrunk a moment ago.
    """
    keys = SegmentMembership.objects.filter(segment=segment)
    if keys.count() < floor():
        return User.objects.none()
    return User.objects.customers().filter(is_active=True, pk__in=keys.values("customer"))


def preview(rule: Group, *, moment: datetime) -> Preview:
    """How many customers a rule means, and some of them, the newest first."""
    found = customers_of(rule, moment=moment)
    size = found.count()
    sample = [] if is_hidden(size) else list(found.order_by("-date_joined", "-pk")[:SAMPLE])
    return Preview(size, sample)


@transaction.atomic
def save_segment(
    *,
    segment: Segment,
    names: Mapping[str, str],
    note: str,
    rule: Mapping[str, Any],
    is_active: bool,
    seeks_look_alikes: bool,
    user: User,
) -> Segment:
    """Make a segment by rules or change one; its customers are found by a job at once.

    names: by language. Raises InvalidRuleError, CircularRuleError, TooManySegmentsError.
    """
    tree = read_rule(rule)
    if segment._state.adding:
        by_hand = Segment.objects.filter(kind=Segment.Kind.RULES)
        if by_hand.count() >= MOST_SEGMENTS:
            raise TooManySegmentsError(MOST_SEGMENTS)
        segment.created_by = user
    elif _leads_to(tree, segment.pk):
        raise CircularRuleError
    for language, name in names.items():
        setattr(segment, f"name_{language.replace('-', '_')}", name)
    segment.note = note
    segment.rule = tree.as_json()
    segment.is_active = is_active
    segment.seeks_look_alikes = seeks_look_alikes
    recount(segment=segment)
    return segment


def rename_segment(*, segment: Segment, names: Mapping[str, str], seeks_look_alikes: bool) -> None:
    """Call a group that the shop keeps by another name; an empty one gives back the shop's own."""
    changes: dict[str, Any] = {
        f"name_{language.replace('-', '_')}": name for language, name in names.items()
    }
    Segment.objects.filter(pk=segment.pk).update(seeks_look_alikes=seeks_look_alikes, **changes)


def recount(*, segment: Segment) -> None:
    """Have the customers of a segment found anew."""
    segment.refreshed_at = None
    segment.attempts = 0
    segment.save()
    send_on_commit("insights.refresh_segment", segment.pk)


@transaction.atomic
def correct_membership(
    *, segment: Segment, customer: User, is_member: bool, user: User, reason: str = ""
) -> SegmentCorrection:
    """A person says whether a customer belongs; rules and models no longer decide on her."""
    now = timezone.now()
    held = SegmentMembership.objects.filter(segment=segment, customer=customer)
    was_member = held.exists()
    version = held.values_list("model_version", flat=True).first() if was_member else None
    correction, _is_new = SegmentCorrection.objects.update_or_create(
        segment=segment,
        customer=customer,
        defaults={"is_member": is_member, "reason": reason[:255], "corrected_by": user},
    )
    if is_member and not was_member:
        SegmentMembership.objects.create(segment=segment, customer=customer, since=now)
    elif was_member and not is_member:
        held.delete()
    Segment.objects.filter(pk=segment.pk).update(
        size=SegmentMembership.objects.filter(segment=segment).count()
    )
    record_decision(
        action=Decision.Action.CORRECT,
        subject=correction,
        user=user,
        proposed={"is_member": was_member, "version": version},
        done={"is_member": is_member},
        reason=reason[:255],
    )
    return correction


@transaction.atomic
def withdraw_correction(*, correction: SegmentCorrection, user: User) -> None:
    """Let the rule or the model decide on the customer again."""
    record_decision(
        action=Decision.Action.CANCEL,
        subject=correction,
        user=user,
        proposed={"is_member": correction.is_member},
        done={},
    )
    segment = correction.segment
    correction.delete()
    recount(segment=segment)


def _leads_to(rule: Group, key: int) -> bool:
    """Whether a rule asks for a segment, by way of others too."""
    seen: set[int] = set()
    open_rules = [rule]
    while open_rules:
        for one in conditions_of(open_rules.pop()):
            if one.field != "segment":
                continue
            fresh = {int(other) for other in one.values["among"]} - seen
            if key in fresh:
                return True
            seen |= fresh
            others = Segment.objects.filter(pk__in=fresh, kind=Segment.Kind.RULES)
            open_rules.extend(read_rule(rule) for rule in others.values_list("rule", flat=True))
    return False
