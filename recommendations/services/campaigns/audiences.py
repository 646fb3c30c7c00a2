"""Whom a campaign is for, and by chance, who of them is held out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from customers.models import Consent, User
from insights.models import WritingTime
from insights.services import segments
from recommendations.algorithms.pacing import stable_share, waking_moment
from recommendations.models import Campaign, CampaignRecipient, CampaignSettings
from recommendations.services.campaigns.addresses import hash_of, suppressed_hashes
from recommendations.services.campaigns.deciding import read_settings
from recommendations.services.campaigns.zones import zone_of

AT_ONCE = 1_000
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class AudienceSize:
    """members: customers of the segment, or all; people: those that may be reached now.

    is_counted: a banner for everybody is for visitors whom nobody can count before they come.
    """

    members: int
    people: int
    is_counted: bool = True

    @property
    def is_empty(self) -> bool:
        return self.is_counted and self.people == 0


def purpose_of(campaign: Campaign) -> str:
    """What customers must have agreed to."""
    if campaign.channel == Campaign.Channel.EMAIL:
        return Consent.Purpose.MARKETING
    return Consent.Purpose.PERSONALISATION


def is_drawn(campaign: Campaign) -> bool:
    """Whether the campaign is for customers who can be named; else it is for every visitor."""
    return campaign.channel == Campaign.Channel.EMAIL or campaign.segment_id is not None


def members(campaign: Campaign) -> QuerySet[User]:
    """Nobody for a segment that is too small to hide its customers in."""
    if campaign.segment is not None:
        return segments.members(campaign.segment)
    return User.objects.customers().filter(is_active=True)


def reachable(campaign: Campaign, *, now: datetime) -> QuerySet[User]:
    """Members who agreed, and whom letters of other campaigns leave room for one more."""
    newest = Consent.objects.filter(user=OuterRef("pk"), purpose=purpose_of(campaign)).order_by(
        "-given_at", "-pk"
    )
    agreed = members(campaign).annotate(agrees=Subquery(newest.values("is_granted")[:1]))
    found = agreed.filter(agrees=True)
    if campaign.channel == Campaign.Channel.EMAIL:
        found = (
            found.exclude(email__isnull=True)
            .exclude(email="")
            .exclude(pk__in=written_enough(read_settings(), now=now))
        )
    return found


def written_enough(decided: CampaignSettings, *, now: datetime) -> QuerySet[CampaignRecipient, Any]:
    """Keys of customers who had as many letters of campaigns as there may be in a week."""
    lately = Q(written_at__gt=now - WEEK)
    return (
        CampaignRecipient.objects.filter(lately, state=CampaignRecipient.State.WRITTEN)
        .order_by()
        .values("customer")
        .annotate(letters=Count("pk"))
        .filter(letters__gte=decided.letters_per_week)
        .values("customer")
    )


def count_audience(campaign: Campaign) -> AudienceSize:
    if not is_drawn(campaign):
        return AudienceSize(members=0, people=0, is_counted=False)
    return AudienceSize(
        members=members(campaign).count(),
        people=reachable(campaign, now=timezone.now()).count(),
    )


def left_out_now(campaign: Campaign) -> dict[str, int]:
    """How many members would get nothing, by the first reason that holds."""
    now = timezone.now()
    everybody = members(campaign)
    newest = Consent.objects.filter(user=OuterRef("pk"), purpose=purpose_of(campaign)).order_by(
        "-given_at", "-pk"
    )
    agreed = everybody.annotate(agrees=Subquery(newest.values("is_granted")[:1])).filter(
        agrees=True
    )
    n_agreed = agreed.count()
    counts = {CampaignRecipient.Reason.CONSENT: everybody.count() - n_agreed}
    if campaign.channel == Campaign.Channel.EMAIL:
        addressed = agreed.exclude(email__isnull=True).exclude(email="")
        n_addressed, suppressed = addressed.count(), suppressed_hashes()
        addresses = addressed.values_list("email", flat=True) if suppressed else ()
        refused = sum(hash_of(address or "") in suppressed for address in addresses)
        counts |= {
            CampaignRecipient.Reason.ADDRESS: n_agreed - n_addressed + refused,
            CampaignRecipient.Reason.OFTEN: n_addressed - reachable(campaign, now=now).count(),
        }
    return {str(reason): number for reason, number in counts.items()}


def draw_audience(campaign: Campaign) -> int:
    """Write down who gets it and who is held out; returns how many rows are new.

    Chance is a number of customer and campaign, so drawing again after a process died gives
    everybody to the same group. A limit on letters is filled in the order of another such number:
    those who get one are a sample, and the held out are one in the same proportion.
    """
    now = timezone.now()
    is_email = campaign.channel == Campaign.Channel.EMAIL
    before = CampaignRecipient.objects.filter(campaign=campaign).count()
    room = campaign.most_letters if is_email else None
    batch: list[CampaignRecipient] = []
    for customer_id, country, hour in _in_order_of_chance(campaign, now=now):
        is_held_out = holds_out(campaign, customer_id)
        if not is_held_out and room is not None:
            if room == 0:
                break
            room -= 1
        batch.append(
            CampaignRecipient(
                campaign=campaign,
                customer_id=customer_id,
                state=_state(is_held_out=is_held_out, is_email=is_email),
                due_at=None
                if is_held_out or not is_email
                else due_moment(country=country, hour=hour, now=now),
                drawn_at=now,
            )
        )
        if len(batch) == AT_ONCE:
            _write(batch)
            batch = []
    _write(batch)
    return CampaignRecipient.objects.filter(campaign=campaign).count() - before


def holds_out(campaign: Campaign, customer_id: int) -> bool:
    """Whether chance leaves a customer out, to compare the others with; always the same answer."""
    at = stable_share("hold-out", campaign.pk, campaign.code, customer_id)
    return at < campaign.holdout_percent / 100


def due_moment(*, country: str, hour: int | None, now: datetime) -> datetime:
    """When the letter may go: outside the hours of rest where the customer lives, at best in the
    hour in which she is mostly there."""
    decided = read_settings()
    there = now.astimezone(zone_of(country, now=now))
    return waking_moment(
        there,
        quiet_from=decided.quiet_from,
        quiet_until=decided.quiet_until,
        best_hour=hour,
    ).astimezone(now.tzinfo)


def _in_order_of_chance(
    campaign: Campaign, *, now: datetime
) -> Iterator[tuple[int, str, int | None]]:
    """Key, country and best hour of the customers that can be reached."""
    people = reachable(campaign, now=now).values_list("pk", "email", "country")
    suppressed = suppressed_hashes() if campaign.channel == Campaign.Channel.EMAIL else set()
    found = [
        (stable_share("order", campaign.pk, campaign.code, pk), pk, country)
        for pk, email, country in people.iterator(chunk_size=5_000)
        if not suppressed or hash_of(email or "") not in suppressed
    ]
    hours = dict(WritingTime.objects.standing().values_list("customer", "hour"))
    for _chance, pk, country in sorted(found):
        yield pk, country, hours.get(pk)


def _state(*, is_held_out: bool, is_email: bool) -> str:
    if is_held_out:
        return CampaignRecipient.State.HELD_OUT
    return CampaignRecipient.State.WAITING if is_email else CampaignRecipient.State.SHOWN


@transaction.atomic
def _write(batch: list[CampaignRecipient]) -> None:
    CampaignRecipient.objects.bulk_create(batch, batch_size=500, ignore_conflicts=True)
