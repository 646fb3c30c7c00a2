from insights.admin import (
    behaviour,
    fairness,
    look_alikes,
    risk,
    scores,
    segments,
    visit_scores,
)

__all__ = [
    "behaviour",
    "fairness",
    "look_alikes",
    "risk",
    "scores",
    "segments",
    "visit_scores",
]
