from insights.models.behaviour import (
    Interaction,
)
from insights.models.reports import (
    CohortMonth,
    FunnelDay,
    PathDay,
    PurchaseDelay,
    SearchDay,
)
from insights.models.risk import (
    RiskAssessment,
    RiskCondition,
    RiskRule,
    RiskSettings,
)
from insights.models.scores import (
    CategoryAffinity,
    ChurnScore,
    CustomerScore,
    CustomerValue,
    PurchasePropensity,
    VisitPropensity,
    WritingTime,
)
from insights.models.segments import (
    FairnessReport,
    LookAlike,
    LookAlikeAudience,
    RfmScore,
    Segment,
    SegmentCorrection,
    SegmentDay,
    SegmentDeparture,
    SegmentMembership,
)
from insights.models.visits import (
    Page,
    TrafficHour,
    Visit,
)

__all__ = [
    "CategoryAffinity",
    "ChurnScore",
    "CohortMonth",
    "CustomerScore",
    "CustomerValue",
    "FairnessReport",
    "FunnelDay",
    "Interaction",
    "LookAlike",
    "LookAlikeAudience",
    "Page",
    "PathDay",
    "PurchaseDelay",
    "PurchasePropensity",
    "RfmScore",
    "RiskAssessment",
    "RiskCondition",
    "RiskRule",
    "RiskSettings",
    "SearchDay",
    "Segment",
    "SegmentCorrection",
    "SegmentDay",
    "SegmentDeparture",
    "SegmentMembership",
    "TrafficHour",
    "Visit",
    "VisitPropensity",
    "WritingTime",
]
