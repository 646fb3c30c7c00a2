"""Letters that were asked for through the front door."""

from itertools import count
from typing import Any

from outbox.models import Email
from outbox.services.emails import queue_email

_numbers = count(1)


def queue_greeting(**fields: Any) -> Email:
    return queue_email(
        **{
            "kind": "greeting",
            "to": "li@example.org",
            "language": "en",
            "template": "letters/greeting",
            "context": {"name": "Li"},
            "key": f"greeting:{next(_numbers)}",
            **fields,
        }
    )
