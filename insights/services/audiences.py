"""A segment as a list of hashes, for an advertiser who has hashes of his own."""

import hashlib

from django.db import transaction

from customers.models import Consent, User
from insights.errors import SegmentTooSmallError
from insights.models import Segment
from insights.services.segment_floor import floor
from insights.services.segment_rules import facts
from insights.services.segments import members
from learning.decisions import record_decision
from learning.models import Decision


def address_hash(email: str) -> str:
    """SHA-256 of an address without blanks around it and in small letters, in hexadecimal."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


@transaction.atomic
def export_audience(*, segment: Segment, user: User) -> list[str]:
    """Hashes of the customers of a segment who agreed to offers, in the order of the hashes.

    Who took it, and how many, is written down; which customers is not. Raises
    SegmentTooSmallError when too few of them agreed.
    """
    emails = (
        members(segment)
        .filter(pk__in=facts.consenting(Consent.Purpose.MARKETING))
        .exclude(email=None)
        .exclude(email="")
        .order_by()
        .values_list("email", flat=True)
    )
    hashes = sorted({address_hash(str(email)) for email in emails})
    if len(hashes) < floor():
        raise SegmentTooSmallError(floor())
    record_decision(
        action=Decision.Action.SEND,
        subject=segment,
        user=user,
        done={
            "hashes": len(hashes),
            "sha256_of_list": hashlib.sha256("\n".join(hashes).encode()).hexdigest(),
        },
        reason="hashed list",
    )
    return hashes
