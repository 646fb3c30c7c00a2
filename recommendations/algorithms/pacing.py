"""When something may go out: budgets spread over a term, groups by chance, hours of rest."""

import hashlib
from datetime import datetime, time, timedelta
from typing import Final

# So much of a budget may be spent before its time: the first hour of a campaign is no drought.
HEAD_START: Final = 0.02


def stable_share(*parts: object) -> float:
    """A number in [0, 1) that the same parts always give and that looks like chance."""
    text = "\x1f".join(map(str, parts))
    digest = hashlib.sha256(text.encode()).digest()
    return int.from_bytes(digest[:7], "big") / 2.0**56


def may_spend(*, spent: int, budget: int | None, elapsed: float) -> bool:
    """Whether one more is within the budget, and not too early in the term.

    elapsed: share of the term that is over, in [0, 1]; 1 spreads nothing.
    """
    if budget is None:
        return True
    allowed = budget * min(1.0, elapsed + HEAD_START)
    # The first of a small budget need not wait for its day.
    return spent < budget and spent < max(1.0, allowed)


def elapsed_share(*, now: datetime, starts_at: datetime, ends_at: datetime | None) -> float:
    """Share of a term that is over; 1 where it has no end."""
    if ends_at is None or ends_at <= starts_at:
        return 1.0
    return min(1.0, max(0.0, (now - starts_at) / (ends_at - starts_at)))


def waking_moment(
    now: datetime, *, quiet_from: time, quiet_until: time, best_hour: int | None = None
) -> datetime:
    """The first moment from `now` on that lies outside the hours of rest.

    now: in the time of whom it is about. Equal bounds: there are no hours of rest.
    best_hour: the hour of the day to wait for; one within the hours of rest is not waited for.
    """
    if best_hour is not None and not is_quiet(time(best_hour), quiet_from, quiet_until):
        best = now.replace(hour=best_hour, minute=0, second=0, microsecond=0)
        if now.hour == best_hour:
            return now
        return best if best > now else best + timedelta(days=1)
    if not is_quiet(now.time(), quiet_from, quiet_until):
        return now
    end = now.replace(hour=quiet_until.hour, minute=quiet_until.minute, second=0, microsecond=0)
    return end if end > now else end + timedelta(days=1)


def is_quiet(moment: time, quiet_from: time, quiet_until: time) -> bool:
    """Whether a time of day lies within hours of rest, which may go over midnight."""
    moment = moment.replace(tzinfo=None)
    if quiet_from <= quiet_until:
        return quiet_from <= moment < quiet_until
    return moment >= quiet_from or moment < quiet_until
