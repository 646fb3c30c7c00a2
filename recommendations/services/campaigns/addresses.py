"""Addresses that campaigns no longer write to."""

import hashlib
from datetime import timedelta

from django.utils import timezone

from outbox.models import Email
from outbox.services.emails import has_refused_address
from recommendations.models import CampaignRecipient, SuppressedAddress

# Letters are tried for 15 hours; a refusal comes within this time or not at all.
LOOKED_BACK = timedelta(days=7)
AT_ONCE = 500


def hash_of(address: str) -> str:
    return hashlib.sha256(address.strip().lower().encode()).hexdigest()


def is_suppressed(address: str) -> bool:
    return SuppressedAddress.objects.filter(address_hash=hash_of(address)).exists()


def suppressed_hashes() -> set[str]:
    return set(SuppressedAddress.objects.values_list("address_hash", flat=True))


def suppress_refused() -> int:
    """Note the addresses whose servers refused a campaign's letter for good; returns how many."""
    refused = (
        CampaignRecipient.objects.filter(
            state=CampaignRecipient.State.WRITTEN,
            written_at__gte=timezone.now() - LOOKED_BACK,
            email__state=Email.State.FAILED,
            reason="",
        )
        .select_related("email")
        .order_by("pk")[:AT_ONCE]
    )
    n_suppressed = 0
    for recipient in refused:
        email = recipient.email
        if email is None or not has_refused_address(email):
            continue
        SuppressedAddress.objects.get_or_create(
            address_hash=hash_of(email.to), defaults={"said": _without(email.last_error, email.to)}
        )
        n_suppressed += CampaignRecipient.objects.filter(pk=recipient.pk, reason="").update(
            reason=CampaignRecipient.Reason.ADDRESS
        )
    return n_suppressed


def _without(said: str, address: str) -> str:
    """What the server said, without the address: the table names nobody."""
    return said.replace(address, "…").replace(address.lower(), "…")[:255]
