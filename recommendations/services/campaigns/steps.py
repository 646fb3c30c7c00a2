"""The life of a campaign: drafted, approved by one or two people, running, ended."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from catalog.services.versions import renew_shop_version
from learning.decisions import record_decision
from learning.jobs import send_on_commit
from learning.models import Decision
from outbox.services.emails import recall_emails
from recommendations.errors import (
    AnotherPersonNeededError,
    CampaignIncompleteError,
    CampaignStepError,
    ChangedCampaignError,
)
from recommendations.models import Campaign, CampaignRecipient, Creative
from recommendations.services.campaigns.audiences import (
    AudienceSize,
    count_audience,
    draw_audience,
    is_drawn,
)
from recommendations.services.campaigns.banners import publish_banners
from recommendations.services.campaigns.costs import discount_cost
from recommendations.services.campaigns.deciding import read_settings
from recommendations.services.campaigns.letters import KIND

Status = Campaign.Status
RUN_JOB: Final = "recommendations.run_campaigns"
ALLOWED: Final[Mapping[str, frozenset[str]]] = {
    Status.APPROVED: frozenset({Status.DRAFT}),
    Status.RUNNING: frozenset({Status.APPROVED, Status.PAUSED}),
    Status.PAUSED: frozenset({Status.RUNNING}),
    Status.FINISHED: frozenset({Status.RUNNING, Status.PAUSED}),
    Status.STOPPED: frozenset({Status.DRAFT, Status.APPROVED, Status.RUNNING, Status.PAUSED}),
}


def problems_of(campaign: Campaign, *, size: AudienceSize) -> list[str]:
    """What keeps it from being approved, each as a sentence."""
    found = []
    creatives = list(campaign.creatives.filter(is_active=True))
    if not creatives:
        found.append(_("It has no creative in use."))
    found += [
        _("“%(creative)s” lacks its headline in %(language)s.")
        % {"creative": creative, "language": language}
        for creative in creatives
        for code, language in (("zh_hans", _("Chinese")), ("en", _("English")))
        if not getattr(creative, f"title_{code}")
    ]
    if campaign.channel == Campaign.Channel.BANNER and not places_of(campaign):
        found.append(_("It has no page to be shown on."))
    if campaign.ends_at is not None and campaign.ends_at <= timezone.now():
        found.append(_("Its time is over before it began."))
    fewest = read_settings().smallest_audience
    if size.is_counted and size.people < fewest:
        found.append(
            # Not how many there are: so few would be told from one another.
            _("Too few people can be reached: a campaign needs %(fewest)d.") % {"fewest": fewest}
        )
    return found


def places_of(campaign: Campaign) -> list[str]:
    """Codes of the pages that a banner is shown on."""
    return [
        place
        for place in ("home", "category", "product", "cart")
        if getattr(campaign, f"on_{place}")
    ]


def needs_second_person(size: AudienceSize) -> bool:
    """A banner for everybody reaches more people than any letter."""
    limit = read_settings().second_approval_from
    return limit is not None and (not size.is_counted or size.people >= limit)


@transaction.atomic
def approve_campaign(
    campaign: Campaign,
    *,
    user: AbstractBaseUser,
    seen_people: int | None = None,
    seen: str = "",
    reason: str = "",
) -> Campaign:
    """Agree to it; it starts when its time has come.

    seen_people: how many it was to reach when the person looked; far more makes it another one.
    seen: the fingerprint of what the person looked at.

    A large campaign stays a draft after the first person, and a second one has to agree to the
    same words. Raises CampaignStepError, CampaignIncompleteError, ChangedCampaignError and
    AnotherPersonNeededError.
    """
    campaign.refresh_from_db(from_queryset=Campaign.objects.select_for_update())
    if campaign.status != Status.DRAFT:
        raise not_allowed(campaign, Status.APPROVED)
    size = count_audience(campaign)
    if problems := problems_of(campaign, size=size):
        raise CampaignIncompleteError(campaign.name, problems=problems)
    if seen and seen != fingerprint(campaign):
        raise ChangedCampaignError(campaign.name)
    if seen_people is not None and size.people > max(seen_people * 1.1, seen_people + 10):
        raise ChangedCampaignError(campaign.name)
    now = timezone.now()
    if needs_second_person(size):
        if campaign.first_approved_by_id is None:
            Campaign.objects.filter(pk=campaign.pk, status=Status.DRAFT).update(
                first_approved_by=user.pk, first_approved_at=now
            )
            campaign.refresh_from_db()
            return _note(
                campaign, Decision.Action.APPROVE, user, reason, people=size.people, is_first=True
            )
        if campaign.first_approved_by_id == user.pk:
            raise AnotherPersonNeededError(campaign.name)
    _take_step(campaign, Status.APPROVED, approved_by=user.pk, approved_at=now)
    send_on_commit(RUN_JOB)
    return _note(campaign, Decision.Action.APPROVE, user, reason, people=size.people)


def withdraw_first_approval(campaign: Campaign) -> None:
    """A draft that was changed is another one: whoever agreed has to look again."""
    Campaign.objects.filter(pk=campaign.pk, status=Status.DRAFT).update(
        first_approved_by=None, first_approved_at=None
    )


def fingerprint(campaign: Campaign) -> str:
    """Changes with the words, the audience and the limits that somebody agrees to."""
    # One language, whoever looks: the bare names of translated columns mean the reader's own.
    with translation.override(settings.LANGUAGE_CODE):
        said = [
            [getattr(row, field.attname) for field in row._meta.concrete_fields if field.editable]
            for row in (campaign, *campaign.creatives.order_by("pk"))
        ]
    return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


@transaction.atomic
def pause_campaign(campaign: Campaign, *, user: AbstractBaseUser, reason: str = "") -> None:
    """Nothing more is written or shown until it is resumed; its time goes on.

    Letters that were written already still go. Raises CampaignStepError.
    """
    _take_step(campaign, Status.PAUSED)
    tell_pages()
    _note(campaign, Decision.Action.CANCEL, user, reason)


@transaction.atomic
def resume_campaign(campaign: Campaign, *, user: AbstractBaseUser, reason: str = "") -> None:
    """Raises CampaignStepError for one that is not paused."""
    changed = Campaign.objects.filter(pk=campaign.pk, status=Status.PAUSED).update(
        status=Status.RUNNING
    )
    campaign.refresh_from_db()
    if not changed:
        raise not_allowed(campaign, Status.RUNNING)
    tell_pages()
    send_on_commit(RUN_JOB)
    _note(campaign, Decision.Action.APPROVE, user, reason)


@transaction.atomic
def stop_campaign(campaign: Campaign, *, user: AbstractBaseUser, reason: str = "") -> int:
    """At once: nothing more is written or shown, and letters that no server has are taken back.

    Returns how many were taken back. Raises CampaignStepError for one that has ended.
    """
    _take_step(campaign, Status.STOPPED, ended_at=timezone.now(), end_reason=Campaign.End.PERSON)
    n_recalled = _leave_rest_out(campaign)
    campaign.refresh_from_db()
    tell_pages()
    _note(campaign, Decision.Action.CANCEL, user, reason, recalled=n_recalled)
    return n_recalled


def run_campaigns(*, now: datetime | None = None) -> int:
    """Start what is due, draw audiences, end what is over; returns how many changed.

    Safe to run twice and at the same time.
    """
    now = now or timezone.now()
    n_changed = 0
    for campaign in Campaign.objects.to_start(now).order_by("pk"):
        n_changed += start_campaign(campaign, now=now)
    for campaign in Campaign.objects.running().filter(drawn_at__isnull=True).order_by("pk"):
        if is_drawn(campaign):
            draw_audience(campaign)
        Campaign.objects.filter(pk=campaign.pk, drawn_at__isnull=True).update(drawn_at=now)
    for campaign in Campaign.objects.under_way().select_related("discount").order_by("pk"):
        ending = end_of(campaign, now=now)
        if ending:
            n_changed += finish_campaign(campaign, because=ending, now=now)
    return n_changed


@transaction.atomic
def start_campaign(campaign: Campaign, *, now: datetime) -> bool:
    """Whether it runs now. An audience that shrank below the floor meanwhile ends it."""
    size = count_audience(campaign)
    too_few = size.is_counted and size.people < read_settings().smallest_audience
    changed = Campaign.objects.filter(pk=campaign.pk, status=Status.APPROVED).update(
        status=Status.RUNNING, started_at=now
    )
    if not changed:
        return False
    campaign.refresh_from_db()
    if too_few:
        return finish_campaign(campaign, because=Campaign.End.AUDIENCE, now=now)
    active = Creative.objects.filter(campaign=campaign, is_active=True)
    active.update(share=1.0 / max(active.count(), 1))
    tell_pages()
    return True


def end_of(campaign: Campaign, *, now: datetime) -> str:
    """Why it is over; empty while it is not."""
    if campaign.ends_at is not None and campaign.ends_at <= now:
        return Campaign.End.TIME
    limit = campaign.most_discount_minor
    if limit is not None and discount_cost(campaign) >= limit:
        return Campaign.End.BUDGET
    if campaign.channel == Campaign.Channel.BANNER:
        shown = sum(campaign.creatives.values_list("shown", flat=True))
        is_used_up = campaign.most_impressions is not None and shown >= campaign.most_impressions
        return Campaign.End.BUDGET if is_used_up else ""
    waiting = campaign.recipients.filter(state=CampaignRecipient.State.WAITING)
    if campaign.drawn_at is not None and not waiting.exists():
        return Campaign.End.SENT
    return ""


@transaction.atomic
def finish_campaign(campaign: Campaign, *, because: str, now: datetime) -> bool:
    changed = (
        Campaign.objects.under_way()
        .filter(pk=campaign.pk)
        .update(status=Status.FINISHED, ended_at=now, end_reason=because)
    )
    if not changed:
        return False
    campaign.refresh_from_db()
    _leave_rest_out(campaign, recall=because != Campaign.End.SENT)
    tell_pages()
    _note(campaign, Decision.Action.CLOSE, None, "", because=because)
    return True


def tell_pages() -> None:
    """What runs is put where pages look for it, and they forget what they kept."""
    transaction.on_commit(publish_banners, robust=True)
    renew_shop_version()


def not_allowed(campaign: Campaign, to: str) -> CampaignStepError:
    return CampaignStepError(
        campaign.name, status=campaign.get_status_display(), step=str(Status(to).label)
    )


def _take_step(campaign: Campaign, to: str, **fields: Any) -> None:
    changed = Campaign.objects.filter(pk=campaign.pk, status__in=ALLOWED[to]).update(
        status=to, **fields
    )
    campaign.refresh_from_db()
    if not changed:
        raise not_allowed(campaign, to)


def _leave_rest_out(campaign: Campaign, *, recall: bool = True) -> int:
    """Nobody waits any more; returns how many letters were taken back."""
    n_recalled = 0
    if recall and campaign.channel == Campaign.Channel.EMAIL:
        keys = recall_emails(kind=KIND, reference=campaign.code)
        n_recalled = len(keys)
        back = campaign.recipients.filter(
            state=CampaignRecipient.State.WRITTEN,
            customer__in=[int(key.rpartition(":")[2]) for key in keys],
        )
        for creative_id, n_letters in Counter(back.values_list("creative", flat=True)).items():
            Creative.objects.filter(pk=creative_id).update(shown=F("shown") - n_letters)
        back.update(state=CampaignRecipient.State.WAITING, written_at=None)
        Campaign.objects.filter(pk=campaign.pk).update(
            letters_written=F("letters_written") - n_recalled
        )
    campaign.recipients.filter(state=CampaignRecipient.State.WAITING).update(
        state=CampaignRecipient.State.LEFT_OUT, reason=CampaignRecipient.Reason.ENDED
    )
    return n_recalled


def _note(
    campaign: Campaign,
    action: Decision.Action,
    user: AbstractBaseUser | None,
    reason: str,
    **done: Any,
) -> Campaign:
    record_decision(
        action=action,
        subject=campaign,
        user=user,
        done={"status": campaign.status, **done},
        reason=reason,
    )
    return campaign
