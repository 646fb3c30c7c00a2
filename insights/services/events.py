"""What a visitor did, as it travels from a page to a row."""

import json
import re
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import structlog

from insights.models import Interaction

logger = structlog.get_logger(__name__)

# A message tells of what happened since the page was opened; longer ago is a lie.
MOST_AGE: Final = timedelta(minutes=30)
# What looks like an address or a number of somebody is not kept, not even as search words.
_PERSONAL: Final = re.compile(r"\S+@\S+|\+?\d[\d \-/()]{5,}\d")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class InteractionEvent:
    """One thing a visitor did, as it was reported.

    event_id: made by the browser or the page; a second event of the same id is the same event.
    occurred_at: by the shop's clock, since those of visitors lie.
    sku_id: stands for its product. order_number: of the order whose confirmation was seen.
    source, arm: what chose what was shown, see `Interaction`.
    came_by, referrer, campaign, device: of the visit, should one begin here.
    """

    event_id: UUID
    kind: Interaction.Kind
    visitor_key: str
    occurred_at: datetime
    customer_id: int | None = None
    product_id: int | None = None
    sku_id: int | None = None
    page: str = ""
    placement: str = ""
    position: int | None = None
    source: str = ""
    arm: str = ""
    query: str = ""
    n_results: int | None = None
    quantity: int | None = None
    language: str = ""
    order_number: str = ""
    came_by: str = ""
    referrer: str = ""
    campaign: str = ""
    device: str = ""


_REST: Final = tuple(
    (field.name, field.default)
    for field in fields(InteractionEvent)
    if field.name not in ("event_id", "kind", "visitor_key", "occurred_at")
)
# What an event says that its row says, too; the product is looked up first.
STORED: Final = tuple(
    field.name
    for field in fields(InteractionEvent)
    if field.name in {column.attname for column in Interaction._meta.concrete_fields}
    and field.name not in ("product_id", "customer_id")
)


def encode(event: InteractionEvent) -> str:
    content: dict[str, Any] = {
        "event_id": event.event_id.hex,
        "kind": str(event.kind),
        "visitor_key": event.visitor_key,
        "occurred_at": event.occurred_at.isoformat(),
    }
    for name, default in _REST:
        value = getattr(event, name)
        if value != default:
            content[name] = value
    return json.dumps(content)


def decode(entry: str) -> InteractionEvent | None:
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


def moment_of(*, told_seconds: float, sent_seconds: float, now: datetime) -> datetime:
    """When something happened by the shop's clock.

    Both are of the visitor's clock, which may stand in 1970 or 2100: only their difference counts,
    and nothing happened after now, or longer ago than a page stays open without a pause.
    """
    age = min(max(sent_seconds - told_seconds, 0.0), MOST_AGE.total_seconds())
    return now - timedelta(seconds=age)


def hour_of(moment: datetime) -> str:
    """The name under which the counts of its hour stand."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H")


def clean_words(text: str, *, most: int) -> str:
    """Search words without what tells of a person, or what no database takes."""
    return _PERSONAL.sub("…", clean_text(text, most=most))


def clean_text(text: str, *, most: int) -> str:
    return _CONTROL.sub(" ", text).strip()[:most]
