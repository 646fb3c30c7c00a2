"""Photos that customers add to their reviews: taken in, made ready, found again."""

from collections.abc import Sequence
from datetime import timedelta

from django.db.models import Max

from catalog.services import pictures
from catalog.services.pictures import TakenPicture
from catalog.services.versions import renew_catalogue_version
from learning.jobs import send_on_commit
from support.errors import TooManyReviewPhotosError
from support.models import Review, ReviewPhoto

MAX_PHOTOS = 4
FOLDER = "photos/reviews"


def take_in_all(contents: Sequence[bytes]) -> list[TakenPicture]:
    """Only their pixels are kept; the same file twice is one photo.

    Raises TooManyReviewPhotosError, before anything is decoded, and catalog's PhotoRefusedError.
    """
    check_count(len(contents))
    return pictures.take_in_all(contents)


def check_count(number: int) -> None:
    """Raises TooManyReviewPhotosError, for callers that would read the files first."""
    if number > MAX_PHOTOS:
        raise TooManyReviewPhotosError(limit=MAX_PHOTOS)


def add_photos(*, review: Review, taken: Sequence[TakenPicture]) -> int:
    """Inside the caller's transaction; returns how many the review did not have yet.

    Raises TooManyReviewPhotosError.
    """
    there = list(review.photos.values_list("sha256", flat=True))
    new = [picture for picture in taken if picture.sha256 not in there]
    if len(there) + len(new) > MAX_PHOTOS:
        raise TooManyReviewPhotosError(limit=MAX_PHOTOS)
    last = review.photos.aggregate(last=Max("position"))["last"]
    for position, picture in enumerate(new, start=0 if last is None else last + 1):
        photo = ReviewPhoto(review=review, sha256=picture.sha256, position=position)
        photo.file.save(picture.name, picture.content, save=False)
        photo.save(force_insert=True)
        send_on_commit("support.prepare_review_photo", photo.pk)
    return len(new)


def remove_photos(*, review: Review, photo_ids: Sequence[int]) -> int:
    """Ids of other reviews' photos are ignored; returns how many photos went."""
    gone = list(review.photos.filter(pk__in=list(photo_ids)))
    pictures.delete_files(rows=gone)
    review.photos.filter(pk__in=[photo.pk for photo in gone]).delete()
    return len(gone)


def prepare_photo(*, photo: ReviewPhoto) -> ReviewPhoto:
    """Make the sizes that pages show. Safe to run twice."""
    unprepared = ReviewPhoto.objects.unprepared().filter(pk=photo.pk)
    if pictures.prepare(unprepared, file=photo.file, storage=photo.file.storage):
        renew_catalogue_version()
    photo.refresh_from_db()
    return photo


def sweep_photos(
    *, older_than: timedelta = pictures.SWEEP_AFTER, limit: int = pictures.SWEEP_LIMIT
) -> int:
    """Ask again for what a lost job left undone; returns how many photos were asked for."""
    return pictures.ask_again(
        ReviewPhoto.objects.unprepared(),
        task_name="support.prepare_review_photo",
        older_than=older_than,
        limit=limit,
    )


def delete_orphans() -> int:
    """Delete files that no photo names any more; returns how many."""
    return pictures.delete_orphans(ReviewPhoto.objects.all(), folder=FOLDER)
