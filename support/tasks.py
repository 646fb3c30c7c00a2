"""Background jobs of reviews and support."""

from celery import shared_task

from support.models import Review
from support.services import review_classification


@shared_task(name="support.classify_review")
def classify_review(review_id: int) -> None:
    review = Review.objects.filter(pk=review_id).first()
    if review is not None:
        review_classification.classify_review(review=review)


@shared_task(name="support.sweep_unclassified_reviews")
def sweep_unclassified_reviews() -> int:
    return review_classification.sweep_unclassified_reviews()
