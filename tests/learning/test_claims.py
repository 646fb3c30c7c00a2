from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from learning.claims import LOST_AFTER, claimant, is_lost

NOBODY = 2**22 + 1


@dataclass
class Work:
    """A row of long work, as far as claims look at it."""

    host: str
    process_id: int | None
    heartbeat_at: datetime | None
    pk: int = 1


def make_work(*, silent: timedelta | None = timedelta(0), **fields: object) -> Work:
    heartbeat_at = None if silent is None else timezone.now() - silent
    return Work(**{**claimant(), "heartbeat_at": heartbeat_at, **fields})


@pytest.mark.parametrize(
    ("fields", "lost"),
    [
        ({}, False),
        ({"process_id": NOBODY}, True),
        ({"process_id": None}, True),
        ({"host": "elsewhere", "process_id": NOBODY}, False),
        ({"host": "elsewhere", "silent": timedelta(minutes=40)}, False),
        ({"host": "elsewhere", "silent": LOST_AFTER + timedelta(minutes=1)}, True),
        ({"silent": None}, True),
    ],
)
def test_work_is_lost_when_its_process_is_gone_or_silent(
    fields: dict[str, object], lost: bool
) -> None:
    assert is_lost(make_work(**fields)) is lost  # type: ignore[arg-type]  # named freely above


def test_work_that_must_answer_sooner_is_lost_sooner() -> None:
    work = make_work(host="elsewhere", silent=timedelta(minutes=40))
    assert is_lost(work, timedelta(minutes=30))
    assert not is_lost(work, timedelta(minutes=60))
