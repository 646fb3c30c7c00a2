"""Telling programs that call themselves browsers from people, by how they turn pages."""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

# Nobody reads thirty pages a minute for two minutes, or sixty pages of a shop with pictures without
# one picture coming into sight; and people who count "one, two" are out by more than a tenth.
FEWEST_PAGES = 20
RATE_PAGES = 60
RATE_SECONDS = 120.0
BLIND_PAGES = 60
EVEN_SHARE = 0.05


def robot_reason(view_seconds: FloatArray, *, n_seen: int) -> str:
    """Why a visit is taken for a program's: "rate", "clockwork" or "blind"; "" for a person's.

    view_seconds: when its pages were opened, ascending, shape (n_pages,).
    n_seen: cards that came into sight, clicks and changes of the cart.
    """
    n_pages = len(view_seconds)
    if n_pages < FEWEST_PAGES:
        return ""
    if n_pages >= RATE_PAGES:
        spans = view_seconds[RATE_PAGES - 1 :] - view_seconds[: n_pages - RATE_PAGES + 1]
        if float(spans.min()) <= RATE_SECONDS:
            return "rate"
    pauses = np.diff(view_seconds)
    mean = float(pauses.mean())
    if mean > 0.0 and float(pauses.std()) <= EVEN_SHARE * mean:
        return "clockwork"
    return "blind" if n_pages >= BLIND_PAGES and n_seen == 0 else ""
