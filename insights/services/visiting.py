"""Which visit an event belongs to: one ends when its browser pauses for half an hour."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from insights.models import Interaction, Page, Visit
from insights.services.events import InteractionEvent

PAUSE: Final = timedelta(minutes=30)
MOST_STEPS: Final = 18
_ATTENTION: Final = {
    Interaction.Kind.IMPRESSION,
    Interaction.Kind.CLICK,
    Interaction.Kind.ADD_TO_CART,
    Interaction.Kind.REMOVE_FROM_CART,
}
_CHANGED: Final = (
    *("customer", "started_at", "ended_at", "entry_page", "path", "n_views", "n_events", "n_seen"),
    *("saw_product", "added_to_cart", "began_checkout"),
)


@dataclass(slots=True)
class _Browser:
    """The visits of one browser that an event of this moment may belong to."""

    visits: list[Visit] = field(default_factory=list)

    def visit_for(self, event: InteractionEvent) -> Visit:
        moment = event.occurred_at
        for visit in self.visits:
            if visit.started_at - PAUSE <= moment < visit.ended_at + PAUSE:
                return visit
        visit = Visit(
            visitor_key=event.visitor_key,
            started_at=moment,
            ended_at=moment,
            entry_page=event.page,
            source=event.came_by or Visit.Source.DIRECT,
            referrer=event.referrer,
            campaign=event.campaign,
            device=event.device or Visit.Device.UNKNOWN,
            language=event.language,
        )
        self.visits.append(visit)
        return visit


def read_open_visits(events: Sequence[InteractionEvent]) -> dict[str, list[Visit]]:
    """By browser: visits that the events may continue, the newest first."""
    if not events:
        return {}
    moments = [event.occurred_at for event in events]
    visits = Visit.objects.filter(
        visitor_key__in={event.visitor_key for event in events},
        ended_at__gt=min(moments) - PAUSE,
        started_at__lte=max(moments) + PAUSE,
    ).order_by("-started_at", "-pk")
    found = defaultdict(list)
    for visit in visits:
        found[visit.visitor_key].append(visit)
    return dict(found)


def join_visits(
    events: Sequence[InteractionEvent], known: Mapping[str, Sequence[Visit]]
) -> list[Visit]:
    """The visit of each event, stored and brought up to date.

    known: what `read_open_visits` said. Call it within the transaction that stores the events.
    """
    browsers = {key: _Browser(list(visits)) for key, visits in known.items()}
    joined: dict[int, Visit] = {}
    for place in sorted(range(len(events)), key=lambda place: events[place].occurred_at):
        event = events[place]
        visit = browsers.setdefault(event.visitor_key, _Browser()).visit_for(event)
        _add(visit, event)
        joined[place] = visit
    touched = list({id(visit): visit for visit in joined.values()}.values())
    # Before the new ones are stored: after it all have a key.
    begun = [visit for visit in touched if visit._state.adding]
    changed = [visit for visit in touched if not visit._state.adding]
    Visit.objects.bulk_create(begun, batch_size=500)
    Visit.objects.bulk_update(changed, _CHANGED, batch_size=100)
    return [joined[place] for place in range(len(events))]


def _add(visit: Visit, event: InteractionEvent) -> None:
    visit.n_events += 1
    if event.occurred_at < visit.started_at:
        visit.started_at = event.occurred_at
        visit.entry_page = event.page or visit.entry_page
    visit.ended_at = max(visit.ended_at, event.occurred_at)
    if event.customer_id is not None:
        visit.customer_id = event.customer_id
    if event.kind in _ATTENTION:
        visit.n_seen += 1
    if event.kind == Interaction.Kind.ADD_TO_CART:
        visit.added_to_cart = True
    if event.kind == Interaction.Kind.VIEW:
        visit.n_views += 1
        visit.entry_page = visit.entry_page or event.page
        visit.saw_product |= event.page == Page.PRODUCT
        visit.began_checkout |= event.page == Page.CHECKOUT
        steps = visit.path.split()
        if event.page and steps[-1:] != [event.page] and len(steps) < MOST_STEPS:
            visit.path = " ".join([*steps, event.page])
