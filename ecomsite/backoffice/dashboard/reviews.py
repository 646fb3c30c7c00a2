"""What customers say, week by week."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Case, Count, F, Max, When
from django.db.models.functions import TruncWeek
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ecomsite.backoffice.dashboard.charts import (
    MIXED,
    NEGATIVE,
    POSITIVE,
    Chart,
    Key,
    as_chart,
    bars,
)
from support.models import Review, ReviewClassification

WEEKS = 12
COLORS = {"positive": POSITIVE, "mixed": MIXED, "negative": NEGATIVE}


@dataclass(frozen=True, slots=True)
class ReviewMood:
    chart: Chart | None
    n_reviews: int = 0
    positive_share: float | None = None


def read_mood() -> ReviewMood:
    """The last twelve weeks up to the newest review, by what was read or corrected."""
    newest = Review.objects.aggregate(at=Max("written_at"))["at"]
    if newest is None:
        return ReviewMood(chart=None)
    said = Case(When(corrected_sentiment="", then=F("sentiment")), default=F("corrected_sentiment"))
    counts: dict[tuple[date, str], int] = defaultdict(int)
    rows = (
        ReviewClassification.objects.current()
        .filter(review__written_at__gt=newest - timedelta(weeks=WEEKS))
        .annotate(week=TruncWeek("review__written_at"), said=said)
        .order_by()
        .values("week", "said")
        .annotate(n=Count("pk"))
        .values_list("week", "said", "n")
    )
    for week, sentiment, n_reviews in rows:
        counts[(week.date(), sentiment)] += n_reviews
    weeks = sorted({week for week, _sentiment in counts})
    total = sum(counts.values())
    if not total:
        return ReviewMood(chart=None)
    n_positive = sum(n for (_week, sentiment), n in counts.items() if sentiment == "positive")
    return ReviewMood(
        chart=as_chart(
            labels=[date_format(week, "MONTH_DAY_FORMAT") for week in weeks],
            datasets=[
                bars(
                    str(ReviewClassification.Sentiment(sentiment).label),
                    [counts[(week, sentiment)] for week in weeks],
                    color=color,
                )
                for sentiment, color in COLORS.items()
            ],
            keys=[
                Key(str(ReviewClassification.Sentiment(sentiment).label), color)
                for sentiment, color in COLORS.items()
            ],
            summary=_("Reviews a week by sentiment."),
            is_stacked=True,
        ),
        n_reviews=total,
        positive_share=n_positive / total,
    )
