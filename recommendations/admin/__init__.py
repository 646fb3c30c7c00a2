from recommendations.admin import (
    campaign_audience,
    campaigns,
    experiments,
    placements,
    similar,
)

__all__ = [
    "campaign_audience",
    "campaigns",
    "experiments",
    "placements",
    "similar",
]
