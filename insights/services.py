"""Recording what visitors do: buffered at once, stored in batches by a job."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from redis.exceptions import RedisError

from catalog.models import Product
from customers.models import Consent, User
from insights import buffer
from insights.errors import PurchaseEventError, TooManyEventsError
from insights.models import Interaction

logger = structlog.get_logger(__name__)

MOST_EVENTS = 50


@dataclass(frozen=True, slots=True)
class InteractionEvent:
    """One thing a visitor did, as it was reported.

    event_id: made by the browser; a second event of the same id is the same event.
    occurred_at: by the shop's clock, since those of visitors lie.
    """

    event_id: UUID
    kind: Interaction.Kind
    visitor_key: str
    occurred_at: datetime
    customer_id: int | None = None
    product_id: int | None = None
    placement: str = ""
    position: int | None = None
    query: str = ""
    language: str = ""


_FIELDS = tuple(field.name for field in fields(InteractionEvent))


def record_interactions(*, events: Sequence[InteractionEvent]) -> int:
    """Put events where the next flush finds them; returns how many were taken.

    With the buffer's server down they are lost and 0 is returned: statistics must not stop a
    page. Raises TooManyEventsError and PurchaseEventError, and then takes none.
    """
    if len(events) > MOST_EVENTS:
        raise TooManyEventsError(MOST_EVENTS)
    if any(event.kind == Interaction.Kind.PURCHASE for event in events):
        raise PurchaseEventError
    if not events:
        return 0
    try:
        buffer.put([_encode(event) for event in events])
    except RedisError as error:
        logger.warning("interactions_lost", count=len(events), error=str(error))
        return 0
    return len(events)


def flush_interactions() -> int:
    """Store what waits in the buffer; returns how many events were looked at.

    Safe to run twice and at the same time: an event is stored once by its id. Events of products
    or people that are gone, and of customers who withdrew their consent to statistics, are not
    stored.
    """
    looked_at = 0
    with buffer.taken() as lots:
        for lot in lots:
            _store([event for entry in lot if (event := _decode(entry)) is not None])
            looked_at += len(lot)
    return looked_at


def _store(events: Sequence[InteractionEvent]) -> None:
    products = set(
        Product.objects.filter(
            pk__in={event.product_id for event in events if event.product_id}
        ).values_list("pk", flat=True)
    )
    customer_ids = {event.customer_id for event in events if event.customer_id}
    people = set(User.objects.filter(pk__in=customer_ids).values_list("pk", flat=True))
    refused = _without_consent(customer_ids)
    Interaction.objects.bulk_create(
        [
            Interaction(**{name: getattr(event, name) for name in _FIELDS})
            for event in events
            if (event.product_id is None or event.product_id in products)
            and (event.customer_id is None or event.customer_id in people - refused)
        ],
        batch_size=500,
        ignore_conflicts=True,
    )


def _without_consent(customer_ids: set[int]) -> set[int]:
    """Customers whose last word on statistics was no."""
    rows = Consent.objects.filter(
        user_id__in=customer_ids, purpose=Consent.Purpose.ANALYTICS
    ).order_by("given_at", "pk")
    last_word = dict(rows.values_list("user_id", "is_granted"))
    return {customer_id for customer_id, granted in last_word.items() if not granted}


def _encode(event: InteractionEvent) -> str:
    return json.dumps(
        {
            **asdict(event),
            "event_id": str(event.event_id),
            "occurred_at": event.occurred_at.isoformat(),
        }
    )


def _decode(entry: str) -> InteractionEvent | None:
    """An event as it was put; None, and a line in the log, for what this version cannot read."""
    try:
        content: dict[str, Any] = json.loads(entry)
        return InteractionEvent(
            **{
                **content,
                "event_id": UUID(content["event_id"]),
                "kind": Interaction.Kind(content["kind"]),
                "occurred_at": datetime.fromisoformat(content["occurred_at"]),
            }
        )
    except (ValueError, TypeError, KeyError) as error:
        logger.warning("interaction_unreadable", error=str(error))
        return None
