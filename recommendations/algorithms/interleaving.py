"""Two rankings in one row: clicks say which one visitors prefer.

Team draft: Radlinski, Kurup and Joachims (2008), "How does clickthrough data reflect retrieval
quality?". It needs far fewer visitors than a half for each ranking, but measures clicks
inside the row and nothing else.
"""

import random
from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def team_draft(
    first: Sequence[T], second: Sequence[T], *, limit: int, seed: str
) -> list[tuple[T, int]]:
    """The shared row, best first: (item, 0 or 1 for the ranking that put it there).

    In each round a coin says who picks first; each picks its best item that is not in yet. When
    one ranking runs out the other fills the row.
    """
    coin = random.Random(seed)  # noqa: S311  # not for secrets
    rankings = (list(dict.fromkeys(first)), list(dict.fromkeys(second)))
    places, taken = [0, 0], set[T]()
    row: list[tuple[T, int]] = []
    picks: list[int] = []
    while len(row) < limit:
        if not picks:
            starts = coin.randrange(2)
            picks = [1 - starts, starts]
        team = picks.pop()
        item = _next(rankings[team], places, team, taken)
        if item is None:
            team = 1 - team
            item = _next(rankings[team], places, team, taken)
            if item is None:
                return row
        taken.add(item)
        row.append((item, team))
    return row


def _next(ranking: Sequence[T], places: list[int], team: int, taken: set[T]) -> T | None:
    while places[team] < len(ranking):
        item = ranking[places[team]]
        places[team] += 1
        if item not in taken:
            return item
    return None
