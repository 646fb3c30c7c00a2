"""Reviews of a shop, many at once."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from support.models import Review, ReviewClassification
from tests.factories import make_product, make_review

THINGS = {
    "en": ["cup", "bag", "lamp", "shirt", "kettle", "scarf"],
    "zh": ["杯子", "包", "台灯", "衬衫", "水壶", "围巾"],
}
PRAISE = {
    "en": ["lovely", "sturdy", "a joy to use", "well made", "perfect", "very comfortable"],
    "zh": ["很喜欢", "结实耐用", "做工精细", "物超所值", "非常满意", "手感很好"],
}
COMPLAINTS = {
    "en": ["cracked", "flimsy", "a waste of money", "badly made", "useless", "very scratchy"],
    "zh": ["裂了", "一用就坏", "做工粗糙", "浪费钱", "非常失望", "味道很大"],
}


def make_reviews(
    n: int, *, first_day: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC), seed: int = 0
) -> list[Review]:
    """Reviews in both languages, one an hour, two fifths of them complaints; stars agree."""
    generator = np.random.default_rng(seed)
    product = make_product()
    rows = []
    for number in range(n):
        language = "zh" if number % 2 else "en"
        is_praise = bool(generator.random() < 0.6)
        words = generator.choice((PRAISE if is_praise else COMPLAINTS)[language], 2, replace=False)
        thing = generator.choice(THINGS[language])
        text = (
            f"This {thing} is {words[0]}, {words[1]}. Number {1000 + number}."
            if language == "en"
            else f"这个{thing}{words[0]}，{words[1]}。第{1000 + number}号"
        )
        rows.append(
            Review(
                product=product,
                stars=int(generator.choice([4, 5] if is_praise else [1, 2])),
                text=text,
                language=language,
                written_at=first_day + timedelta(hours=number),
            )
        )
    return Review.objects.bulk_create(rows)


def make_classification(**fields: Any) -> ReviewClassification:
    if "review" not in fields:
        fields["review"] = make_review()
    return ReviewClassification.objects.create(
        **{
            "sentiment": "positive",
            "positive_probability": 0.9,
            "confidence": 0.9,
            "explanation": {},
            **fields,
        }
    )
