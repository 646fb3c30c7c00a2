"""Recording what visitors do: buffered at once, stored in batches by a job."""

from collections.abc import Mapping, Sequence
from typing import Final

import structlog
from django.db import DataError, IntegrityError, transaction
from redis.exceptions import RedisError

from catalog.models import Product, Sku
from customers.models import Consent
from insights import buffer
from insights.errors import PurchaseEventError, TooManyEventsError, TooOftenError
from insights.models import Interaction, Page, Visit
from insights.services.events import STORED, decode, encode, hour_of
from insights.services.events import InteractionEvent as InteractionEvent
from insights.services.purchases import record_seen_orders
from insights.services.visiting import join_visits, read_open_visits

logger = structlog.get_logger(__name__)

MOST_EVENTS: Final = 50


def record_interactions(
    *, events: Sequence[InteractionEvent], client: buffer.Client | None = None
) -> int:
    """Put events where the next flush finds them; returns how many were taken.

    With the buffer's server down they are lost and 0 is returned: statistics must not stop a
    page. Raises TooManyEventsError, PurchaseEventError and, of a client that sends more in a
    minute than people make, TooOftenError; then takes none.
    """
    if len(events) > MOST_EVENTS:
        raise TooManyEventsError(MOST_EVENTS)
    if any(event.kind == Interaction.Kind.PURCHASE for event in events):
        raise PurchaseEventError
    if not events:
        return 0
    entries = [encode(event) for event in events]
    try:
        if client is None:
            buffer.put(entries)
            return len(events)
        is_taken = buffer.offer(entries, client=client, hour=hour_of(events[0].occurred_at))
    except RedisError as error:
        logger.warning("interactions_lost", count=len(events), error=str(error))
        return 0
    if not is_taken:
        raise TooOftenError
    return len(events)


def flush_interactions() -> int:
    """Store what waits in the buffer; returns how many events were looked at.

    Safe to run twice: an event is stored once by its id. Events of products or people that are
    gone, of staff, and of customers who did not allow statistics, are not stored. With the
    database down it raises, and what waits stays.
    """
    looked_at = 0
    with buffer.taken() as lots:
        for lot in lots:
            _store_lot([event for entry in lot if (event := decode(entry)) is not None])
            looked_at += len(lot)
    return looked_at


def _store_lot(events: Sequence[InteractionEvent]) -> None:
    try:
        _store(events)
    except (DataError, IntegrityError, ValueError, OverflowError):
        # One of them is not fit for the database, or lost its product meanwhile. The others must
        # not wait for it for ever.
        for event in events:
            try:
                _store([event])
            except (DataError, IntegrityError, ValueError, OverflowError) as error:
                logger.warning("interaction_refused", error=str(error))


@transaction.atomic
def _store(events: Sequence[InteractionEvent]) -> None:
    fresh = _not_yet_stored(events)
    visits = read_open_visits(fresh)
    products = _products_of(fresh)
    allowing = _customers_who_allow(fresh, visits)
    kept = [
        event
        for event in fresh
        if _is_allowed(event, visits, allowing) and products.get(event.event_id, 0) is not None
    ]
    joined = join_visits(kept, visits)
    Interaction.objects.bulk_create(
        [
            Interaction(
                **{name: getattr(event, name) for name in STORED},
                product_id=products.get(event.event_id),
                customer_id=event.customer_id,
                visit=visit,
            )
            for event, visit in zip(kept, joined, strict=True)
        ],
        batch_size=500,
        ignore_conflicts=True,
    )
    record_seen_orders(
        {
            event.order_number: visit
            for event, visit in zip(kept, joined, strict=True)
            if event.order_number and event.page == Page.THANKS
        }
    )


def _not_yet_stored(events: Sequence[InteractionEvent]) -> list[InteractionEvent]:
    distinct = {event.event_id: event for event in reversed(events)}
    there = set(
        Interaction.objects.filter(event_id__in=distinct).values_list("event_id", flat=True)
    )
    return [event for event in reversed(distinct.values()) if event.event_id not in there]


def _products_of(events: Sequence[InteractionEvent]) -> dict[object, int | None]:
    """By event that names a product or a SKU: the product; None where the shop has none."""
    of_skus: dict[int, int] = dict(
        Sku.objects.filter(pk__in={event.sku_id for event in events if event.sku_id}).values_list(
            "pk", "product_id"
        )
    )
    named = {event.product_id for event in events if event.product_id}
    there = set(Product.objects.filter(pk__in=named).values_list("pk", flat=True))
    found: dict[object, int | None] = {}
    for event in events:
        if event.product_id is not None:
            found[event.event_id] = event.product_id if event.product_id in there else None
        elif event.sku_id is not None:
            found[event.event_id] = of_skus.get(event.sku_id)
    return found


def _customers_who_allow(
    events: Sequence[InteractionEvent], visits: Mapping[str, Sequence[Visit]]
) -> set[int]:
    """Customers whose last word on statistics is a yes; staff are none."""
    asked = {event.customer_id for event in events if event.customer_id}
    asked |= {
        visit.customer_id
        for known in visits.values()
        for visit in known
        if visit.customer_id is not None
    }
    rows = Consent.objects.filter(
        user__in=asked, user__is_staff=False, purpose=Consent.Purpose.ANALYTICS
    ).order_by("given_at", "pk")
    last_word = dict(rows.values_list("user_id", "is_granted"))
    return {customer_id for customer_id, is_granted in last_word.items() if is_granted}


def _is_allowed(
    event: InteractionEvent, visits: Mapping[str, Sequence[Visit]], allowing: set[int]
) -> bool:
    """A browser whose open visit is that of a customer follows the customer's word."""
    if event.customer_id is not None:
        return event.customer_id in allowing
    known = visits.get(event.visitor_key, ())
    return all(visit.customer_id in allowing for visit in known if visit.customer_id is not None)
