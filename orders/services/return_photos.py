"""Photos that customers add to a return: taken in, made ready, found again."""

from collections.abc import Sequence
from datetime import timedelta

from catalog.services import pictures
from catalog.services.pictures import TakenPicture
from learning.jobs import send_on_commit
from orders.errors import TooManyPhotosError
from orders.models import ReturnPhoto, ReturnRequest

MAX_PHOTOS = 5
FOLDER = "returns"


def take_in_all(contents: Sequence[bytes]) -> list[TakenPicture]:
    """Only their pixels are kept; the same file twice is one photo.

    Raises TooManyPhotosError, before anything is decoded, and catalog's PhotoRefusedError.
    """
    if len(contents) > MAX_PHOTOS:
        raise TooManyPhotosError(limit=MAX_PHOTOS)
    return pictures.take_in_all(contents)


def add_photos(*, request: ReturnRequest, taken: Sequence[TakenPicture]) -> None:
    """Inside the caller's transaction. Raises TooManyPhotosError."""
    if request.photos.count() + len(taken) > MAX_PHOTOS:
        raise TooManyPhotosError(limit=MAX_PHOTOS)
    for picture in taken:
        photo = ReturnPhoto(request=request)
        photo.file.save(picture.name, picture.content, save=False)
        photo.save(force_insert=True)
        send_on_commit("orders.prepare_return_photo", photo.pk)


def prepare_photo(*, photo: ReturnPhoto) -> ReturnPhoto:
    """Make the sizes that pages show. Safe to run twice."""
    unprepared = ReturnPhoto.objects.unprepared().filter(pk=photo.pk)
    pictures.prepare(
        unprepared, file=photo.file, storage=photo.file.storage, reason_field="refusal"
    )
    photo.refresh_from_db()
    return photo


def sweep_photos(
    *, older_than: timedelta = pictures.SWEEP_AFTER, limit: int = pictures.SWEEP_LIMIT
) -> int:
    """Ask again for what a lost job left undone; returns how many photos were asked for."""
    return pictures.ask_again(
        ReturnPhoto.objects.unprepared(),
        task_name="orders.prepare_return_photo",
        older_than=older_than,
        limit=limit,
    )


def delete_orphans() -> int:
    """Delete files that no photo names any more; returns how many."""
    return pictures.delete_orphans(ReturnPhoto.objects.all(), folder=FOLDER)
