"""Background jobs of reviews and support."""

from celery import shared_task

from support.models import Review, ReviewPhoto
from support.services import review_classification, review_photos


@shared_task(name="support.classify_review")
def classify_review(review_id: int) -> None:
    review = Review.objects.filter(pk=review_id).first()
    if review is not None:
        review_classification.classify_review(review=review)


@shared_task(name="support.sweep_unclassified_reviews")
def sweep_unclassified_reviews() -> int:
    return review_classification.sweep_unclassified_reviews()


@shared_task(name="support.prepare_review_photo")
def prepare_review_photo(photo_id: int) -> None:
    photo = ReviewPhoto.objects.filter(pk=photo_id).first()
    if photo is not None:
        review_photos.prepare_photo(photo=photo)


@shared_task(name="support.sweep_unprepared_review_photos")
def sweep_unprepared_review_photos() -> int:
    return review_photos.sweep_photos()


@shared_task(name="support.delete_orphan_photos")
def delete_orphan_photos() -> int:
    return review_photos.delete_orphans()
