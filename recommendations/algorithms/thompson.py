"""How often each creative of a campaign is shown: Thompson sampling in rounds.

Thompson (1933), "On the likelihood that one unknown probability exceeds another"; Chapelle and Li
(2011), "An empirical evaluation of Thompson sampling". Departs from them in two ways: the shares
are reckoned once a round and not at each showing, so that the probability with which a creative was
chosen is known exactly and can be logged; and no creative falls below a floor, so that every one
goes on being measured.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

DRAWS: Final = 4_000
# Rates of clicks lie at about one in a hundred until a campaign has shown its own.
EXPECTED_SHOWN: Final = 100.0


def creative_shares(
    shown: IntArray, clicked: IntArray, *, floor: float, seed: int = 0
) -> FloatArray:
    """The probability with which each creative is to be shown in the next round.

    shown, clicked: counts so far, shape (n_creatives,); clicks beyond what was shown count as
        shown.
    floor: share of all showings that goes to every creative alike, in [0, 1].
    seed: the same counts give the same shares.
    Returns shape (n_creatives,), summing to 1, none below `floor / n_creatives`.

    The prior of a rate is one click in as many showings as all creatives together need for one: a
    new creative starts as an average one, and one click does not carry it away.
    """
    n_creatives = len(shown)
    if n_creatives == 0:
        return np.zeros(0)
    counted = np.maximum(shown, 0).astype(np.float64)
    hits = np.minimum(np.maximum(clicked, 0), counted)
    rate = (1.0 + hits.sum()) / (EXPECTED_SHOWN + counted.sum())
    rate = min(rate, 0.5)
    alpha = 1.0 + hits
    beta = (1.0 - rate) / rate + counted - hits
    random = np.random.default_rng(seed)
    drawn = random.beta(alpha, beta, size=(DRAWS, n_creatives))
    best = np.bincount(drawn.argmax(axis=1), minlength=n_creatives) / DRAWS
    shares: FloatArray = floor / n_creatives + (1.0 - floor) * best
    shares /= shares.sum()
    return shares
