"""Things visitors did."""

from typing import Any
from uuid import uuid4

from insights.models import Interaction
from tests.factories import A_MOMENT


def make_interaction(**fields: Any) -> Interaction:
    defaults: dict[str, Any] = {
        "event_id": uuid4(),
        "kind": Interaction.Kind.VIEW,
        "visitor_key": "visitor",
        "occurred_at": A_MOMENT,
    }
    return Interaction.objects.create(**{**defaults, **fields})
