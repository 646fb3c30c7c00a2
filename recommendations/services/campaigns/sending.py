"""Writing a campaign's letters: a batch a minute, each once, whatever crashes."""

from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from customers.models import Consent, User
from customers.services.consents import read_consents
from recommendations.algorithms.pacing import stable_share
from recommendations.models import Campaign, CampaignRecipient, Creative
from recommendations.services.campaigns.addresses import is_suppressed
from recommendations.services.campaigns.audiences import WEEK, due_moment
from recommendations.services.campaigns.creatives import choose
from recommendations.services.campaigns.deciding import read_settings
from recommendations.services.campaigns.letters import queue_letter

MINUTE = timedelta(minutes=1)
State, Reason = CampaignRecipient.State, CampaignRecipient.Reason


def write_due_letters(*, now: datetime | None = None) -> int:
    """Write as many letters as a minute has room for; returns how many.

    Safe to run twice and at the same time: who comes second finds a letter claimed, and what was
    written in the last minute counts whoever wrote it.
    """
    now = now or timezone.now()
    written = CampaignRecipient.objects.filter(state=State.WRITTEN, written_at__gt=now - MINUTE)
    room = read_settings().letters_per_minute - written.count()
    n_written = 0
    if room <= 0:
        return 0
    due = CampaignRecipient.objects.due(now).order_by("due_at", "pk")
    for recipient_id in list(due.values_list("pk", flat=True)[:room]):
        n_written += write_letter(recipient_id, now=now)
    return n_written


@transaction.atomic
def write_letter(recipient_id: int, *, now: datetime) -> bool:
    """Write one letter if it still may be written; whether it was.

    The campaign's row is taken first: whoever stops it waits for this letter, or this letter for
    them. The letter, its row and the count are one transaction.
    """
    recipient = (
        CampaignRecipient.objects.due(now)
        .filter(pk=recipient_id)
        .select_related("campaign__discount", "customer")
        .first()
    )
    if recipient is None:
        return False
    later = due_moment(country=recipient.customer.country, hour=None, now=now)
    if later > now:
        # The hours of rest began while it waited for its turn.
        CampaignRecipient.objects.filter(pk=recipient_id, state=State.WAITING).update(due_at=later)
        return False
    if refusal := refusal_of(recipient.customer, now=now):
        CampaignRecipient.objects.filter(pk=recipient_id, state=State.WAITING).update(
            state=State.LEFT_OUT, reason=refusal
        )
        return False
    campaign = recipient.campaign
    chosen = _choose(recipient)
    within = Q(most_letters__isnull=True) | Q(letters_written__lt=F("most_letters"))
    if chosen is None or not (
        Campaign.objects.filter(within, pk=campaign.pk, status=Campaign.Status.RUNNING).update(
            letters_written=F("letters_written") + 1
        )
    ):
        return False
    creative, propensity = chosen
    claimed = CampaignRecipient.objects.filter(pk=recipient_id, state=State.WAITING).update(
        state=State.WRITTEN, written_at=now, creative=creative.pk, propensity=propensity
    )
    if not claimed:
        transaction.set_rollback(True)
        return False
    email = queue_letter(recipient=recipient, creative=creative)
    CampaignRecipient.objects.filter(pk=recipient_id).update(email=email.pk)
    Creative.objects.filter(pk=creative.pk).update(shown=F("shown") + 1)
    return True


def refusal_of(customer: User, *, now: datetime) -> str:
    """Why no letter may be written to her now; empty where one may. Asked for each letter anew:
    days may lie between drawing the audience and writing to it."""
    if not customer.is_active or not read_consents(user=customer)[Consent.Purpose.MARKETING]:
        return Reason.CONSENT
    if not _takes_letters(customer.email or ""):
        return Reason.ADDRESS
    lately = CampaignRecipient.objects.filter(
        customer=customer, state=State.WRITTEN, written_at__gt=now - WEEK
    )
    if lately.count() >= read_settings().letters_per_week:
        return Reason.OFTEN
    return ""


def _takes_letters(address: str) -> bool:
    try:
        validate_email(address)
    except ValidationError:
        return False
    return not is_suppressed(address)


def _choose(recipient: CampaignRecipient) -> tuple[Creative, float] | None:
    creatives = {
        creative.pk: creative
        for creative in recipient.campaign.creatives.filter(is_active=True)
        .select_related("campaign__discount")
        .order_by("pk")
    }
    # The same customer gets the same one when the letter has to be written again.
    at = stable_share("creative", recipient.campaign.code, recipient.customer_id)
    chosen = choose([(pk, creative.share) for pk, creative in creatives.items()], at=at)
    return None if chosen is None else (creatives[chosen[0]], chosen[1])
