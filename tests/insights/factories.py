"""Things visitors did."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from insights.models import Interaction, Visit
from tests.factories import A_MOMENT


def make_interaction(**fields: Any) -> Interaction:
    defaults: dict[str, Any] = {
        "event_id": uuid4(),
        "kind": Interaction.Kind.VIEW,
        "visitor_key": "visitor",
        "occurred_at": A_MOMENT,
    }
    return Interaction.objects.create(**{**defaults, **fields})


def make_visit(*, started_at: datetime = A_MOMENT, minutes: int = 5, **fields: Any) -> Visit:
    defaults: dict[str, Any] = {
        "visitor_key": uuid4().hex,
        "started_at": started_at,
        "ended_at": started_at + timedelta(minutes=minutes),
        "language": "en",
        "device": Visit.Device.COMPUTER,
        "n_views": 1,
        "path": "home",
    }
    return Visit.objects.create(**{**defaults, **fields})
