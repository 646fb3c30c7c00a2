"""Showings, clicks and opened letters: buffered at once, counted by a job."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from redis.exceptions import RedisError

from customers.models import Consent, User
from customers.services.consents import read_consents
from recommendations import event_buffer
from recommendations.models import Campaign, CampaignRecipient, Creative, CreativeEvent
from recommendations.services.campaigns.creatives import share_creatives
from recommendations.services.campaigns.tokens import Showing, find_recipient

logger = structlog.get_logger(__name__)

KEPT = timedelta(days=365)
Kind = CreativeEvent.Kind


@dataclass(frozen=True, slots=True)
class Watcher:
    """Who saw it, as far as that may be kept; both empty without consent to statistics."""

    visitor_key: str = ""
    customer_id: int | None = None


def record_showing(*, showing: Showing, kind: str, watcher: Watcher) -> bool:
    """Put an event where the next count finds it; False with the buffer's server down: statistics
    must not stop a page."""
    return _put(
        show_id=showing.show_id,
        kind=kind,
        creative_id=showing.creative_id,
        place=showing.place,
        propensity=showing.propensity,
        language=showing.language,
        watcher=watcher,
    )


def record_arrival(*, token: str) -> bool:
    """Somebody came by the link of a letter; False for a token of nobody."""
    recipient = find_recipient(token, use="came")
    if recipient is None or recipient.creative_id is None:
        return False
    may_be_named = read_consents(user=recipient.customer)[Consent.Purpose.ANALYTICS]
    if may_be_named:
        CampaignRecipient.objects.filter(pk=recipient.pk, clicked_at__isnull=True).update(
            clicked_at=timezone.now()
        )
    return _put(
        show_id=uuid5(NAMESPACE_URL, f"campaign-letter:{recipient.pk}"),
        kind=Kind.CLICKED,
        creative_id=recipient.creative_id,
        place="email",
        propensity=recipient.propensity or 1.0,
        language=recipient.customer.language,
        watcher=Watcher(customer_id=recipient.customer_id) if may_be_named else Watcher(),
    )


def record_opening(*, token: str) -> None:
    """A letter's picture was fetched: one more of its creative, nobody by name."""
    recipient = find_recipient(token, use="opened")
    if recipient is None or recipient.creative_id is None or not recipient.campaign.counts_opens:
        return
    try:
        event_buffer.put_opened(recipient.creative_id, once=token[-40:])
    except RedisError as error:
        logger.warning("campaign_opening_lost", error=str(error))


def count_events() -> int:
    """Store what waits and count it; returns how many events are new."""
    n_new = 0
    with event_buffer.taken() as lots:
        for lot in lots:
            n_new += _store([event for entry in lot if (event := _read(entry)) is not None])
    for creative_id, n_opened in event_buffer.take_opened().items():
        Creative.objects.filter(pk=creative_id).update(opened=F("opened") + n_opened)
    return n_new


def share_running() -> int:
    """Reckon the shares of all running campaigns anew."""
    running = list(Campaign.objects.running())
    for campaign in running:
        share_creatives(campaign)
    return len(running)


def forget_old_events() -> int:
    """Rows go after a year; the counts of creatives stay."""
    before = timezone.now() - KEPT
    n_deleted, _by_model = CreativeEvent.objects.filter(occurred_at__lt=before).delete()
    return n_deleted


@transaction.atomic
def _store(events: Sequence[CreativeEvent]) -> int:
    """An event is counted once, however often it was sent."""
    creative_ids = {event.creative_id for event in events}
    known_creatives = set(Creative.objects.filter(pk__in=creative_ids).values_list("pk", flat=True))
    people = set(
        User.objects.filter(
            pk__in={event.customer_id for event in events if event.customer_id}
        ).values_list("pk", flat=True)
    )
    stored = set(
        CreativeEvent.objects.filter(show_id__in={event.show_id for event in events}).values_list(
            "show_id", "kind"
        )
    )
    fresh: dict[tuple[UUID, str], CreativeEvent] = {}
    for event in events:
        key = (event.show_id, event.kind)
        if event.creative_id in known_creatives and key not in stored:
            if event.customer_id not in people:
                event.customer_id = None
            fresh.setdefault(key, event)
    CreativeEvent.objects.bulk_create(fresh.values(), batch_size=500, ignore_conflicts=True)
    counts = Counter((event.creative_id, event.kind) for event in fresh.values())
    for (creative_id, kind), number in counts.items():
        column = str(kind)
        Creative.objects.filter(pk=creative_id).update(**{column: F(column) + number})
    return len(fresh)


def _put(
    *,
    show_id: UUID,
    kind: str,
    creative_id: int,
    place: str,
    propensity: float,
    language: str,
    watcher: Watcher,
) -> bool:
    entry = {
        "show_id": show_id.hex,
        "kind": str(kind),
        "creative_id": creative_id,
        "place": place,
        "propensity": propensity,
        "language": language,
        "visitor_key": watcher.visitor_key,
        "customer_id": watcher.customer_id,
        "occurred_at": timezone.now().isoformat(),
    }
    try:
        event_buffer.put(json.dumps(entry))
    except RedisError as error:
        logger.warning("campaign_event_lost", error=str(error))
        return False
    return True


def _read(entry: str) -> CreativeEvent | None:
    """None, and a line in the log, for what this version cannot read."""
    try:
        content = json.loads(entry)
        return CreativeEvent(
            **{
                **content,
                "show_id": UUID(content["show_id"]),
                "kind": Kind(content["kind"]),
                "occurred_at": datetime.fromisoformat(content["occurred_at"]),
            }
        )
    except (ValueError, TypeError, KeyError) as error:
        logger.warning("campaign_event_unreadable", error=str(error))
        return None
