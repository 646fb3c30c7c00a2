from recommendations.models.campaigns import (
    Campaign,
    CampaignRecipient,
    CampaignSettings,
    Creative,
    CreativeEvent,
    SuppressedAddress,
)
from recommendations.models.experiments import (
    Experiment,
    ExperimentArm,
    ExperimentDay,
    ExperimentReading,
    PolicyEstimate,
)
from recommendations.models.placements import (
    Placement,
    PlacementCode,
    PlacementDay,
    PlacementRecommender,
    PlacementRule,
    Recommendation,
    Recommender,
    TrendingProduct,
)
from recommendations.models.similar import (
    Reason,
    SimilarProduct,
    SimilarProductRule,
)

__all__ = [
    "Campaign",
    "CampaignRecipient",
    "CampaignSettings",
    "Creative",
    "CreativeEvent",
    "Experiment",
    "ExperimentArm",
    "ExperimentDay",
    "ExperimentReading",
    "Placement",
    "PlacementCode",
    "PlacementDay",
    "PlacementRecommender",
    "PlacementRule",
    "PolicyEstimate",
    "Reason",
    "Recommendation",
    "Recommender",
    "SimilarProduct",
    "SimilarProductRule",
    "SuppressedAddress",
    "TrendingProduct",
]
