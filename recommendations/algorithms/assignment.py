"""Who meets which arm: by a hash, so that nothing need be stored or asked."""

from collections.abc import Sequence
from hashlib import blake2b

_SPAN = 2**32


def draws(salt: str, unit: str) -> tuple[float, float]:
    """Two numbers in [0, 1) that depend on nothing but the experiment's salt and the visitor."""
    digest = blake2b(f"{salt}:{unit}".encode(), digest_size=8).digest()
    return int.from_bytes(digest[:4]) / _SPAN, int.from_bytes(digest[4:]) / _SPAN


def arm_index(salt: str, unit: str, *, shares: Sequence[int], traffic: float) -> int | None:
    """The place of the visitor's arm; None for visitors who take no part.

    shares: by arm, in any unit. traffic: the part of visitors who take part, in (0, 1]. Raising it
    brings visitors in and moves nobody from one arm to another.
    """
    enters, place = draws(salt, unit)
    if enters >= traffic:
        return None
    bound, total = 0, sum(shares)
    for index, share in enumerate(shares):
        bound += share
        if place * total < bound:
            return index
    return len(shares) - 1
