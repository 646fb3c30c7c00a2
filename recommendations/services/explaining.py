"""Turns what the algorithms found into rows with a reason."""

from math import sqrt

from learning.algorithms.explanation import Direction, Explanation, Factor
from recommendations.algorithms.item_graph import Unit
from recommendations.algorithms.similar import SimilarEntry
from recommendations.models import Reason
from recommendations.services.publishing import Neighbour

STORED_WORDS = 6
Z_95 = 1.96


def neighbour_of(entry: SimilarEntry, *, similar_id: int, unit: Unit) -> Neighbour:
    """unit: what `together` and `buyers` count, customers or orders ("basket").

    The confidence of a pair bought together is the share of buyers who surely (95 %) buy both; of
    one that is merely alike, its likeness.
    """
    if entry.source == "alike":
        reason = Reason.SIMILAR_CONTENT
    elif entry.together:
        reason = Reason.BOUGHT_TOGETHER
    else:
        reason = Reason.VIEWED_TOGETHER
    confidence = wilson_lower_bound(entry.together, entry.buyers) if entry.together else entry.score
    return Neighbour(
        similar_id=similar_id,
        score=round(entry.score, 6),
        reason=reason,
        confidence=round(min(max(confidence, 0.0), 1.0), 4),
        explanation=Explanation(
            factors=_factors(entry),
            unit="share",
            facts={
                "together": entry.together,
                "buyers": entry.buyers,
                "unit": unit,
                "name_similarity": round(entry.name_similarity, 3),
                "same_category": entry.same_category,
                "shared_words": list(entry.shared_words[:STORED_WORDS]),
            },
        ),
    )


def wilson_lower_bound(successes: int, trials: int) -> float:
    """Lower end of the 95 % interval of a share; 0.0 without trials.

    Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if not trials:
        return 0.0
    share = successes / trials
    spread = Z_95 * sqrt(share * (1 - share) / trials + Z_95**2 / (4 * trials**2))
    return max(0.0, (share + Z_95**2 / (2 * trials) - spread) / (1 + Z_95**2 / trials))


def _factors(entry: SimilarEntry) -> list[Factor]:
    """The graph's and the likeness' share of the score, larger first; shares sum to 1."""
    likeness = round(1.0 - entry.graph_share, 4)
    factors = [
        Factor(
            name="bought_together" if entry.together else "viewed_together",
            value=entry.together,
            direction=Direction.UP,
            weight=round(entry.graph_share, 4),
        ),
        Factor(
            name="likeness",
            value=round(entry.name_similarity, 3),
            direction=Direction.UP,
            weight=likeness,
        ),
    ]
    present = [factor for factor in factors if factor.weight > 0]
    return sorted(present, key=lambda factor: -factor.weight)
