"""Pictures that people upload, whatever they show: one way in, three sizes out.

Photos of products, of reviews and of returned goods all pass here, so that nothing of a foreign
file reaches the shop but its pixels.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from django.conf import settings
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from PIL import Image

from catalog.algorithms.decode import UnreadablePhotoError, decode_photo
from catalog.algorithms.renditions import render, sizes_to_render
from catalog.errors import PhotoRefusedError
from learning.jobs import send_on_commit

logger = structlog.get_logger(__name__)

# After so many starts without an end a picture is left alone: it may be what kills the worker.
MAX_ATTEMPTS = 5
SWEEP_LIMIT = 500
# A younger one still has its own job on the way.
SWEEP_AFTER = timedelta(minutes=1)
# The next sweep asks again, so a queue that nobody works on does not grow with each.
SWEEP_EXPIRES = 60.0
# A younger file may be of a row that is not committed yet.
ORPHAN_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TakenPicture:
    """An upload as it is kept: upright sRGB pixels as WebP, at most 1600 a side.

    name: one that was never used. sha256: of the upload itself, to know it a second time.
    """

    name: str
    content: "ContentFile[bytes]"
    width: int
    height: int
    sha256: str


def read_upload_pixels(*, content: bytes, max_bytes: int) -> Image.Image:
    """Upright RGB, for pictures that are looked at and not kept.

    Raises PhotoRefusedError for what a shop should not take.
    """
    try:
        return decode_photo(content, max_bytes=max_bytes).pixels
    except UnreadablePhotoError as error:
        raise PhotoRefusedError(error.code, detail=error.detail) from error


def take_in(*, content: bytes, max_bytes: int) -> TakenPicture:
    """Raises PhotoRefusedError for what a shop should not take."""
    large = render(read_upload_pixels(content=content, max_bytes=max_bytes), "large")
    return TakenPicture(
        name=f"{uuid4().hex}.webp",
        content=ContentFile(large.content),
        width=large.width,
        height=large.height,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def take_in_all(contents: Sequence[bytes]) -> list[TakenPicture]:
    """In their order; the same file twice is one. Raises PhotoRefusedError."""
    taken = [take_in(content=content, max_bytes=settings.UPLOAD_MAX_BYTES) for content in contents]
    return list({picture.sha256: picture for picture in taken}.values())


def make_sizes(*, file: "File[Any]", storage: Storage) -> dict[str, dict[str, Any]]:
    """Store the smaller sizes of a picture beside it: name, width and height by size.

    Raises OSError when the file is gone and PhotoRefusedError when it cannot be read.
    """
    name = str(file.name)
    with storage.open(name) as stored:
        try:
            pixels = decode_photo(stored.read()).pixels
        except UnreadablePhotoError as error:
            raise PhotoRefusedError(error.code, detail=error.detail) from error
    large = {"name": name, "width": pixels.width, "height": pixels.height}
    renditions = {"large": large, "medium": large, "small": large}
    stem = name.removesuffix(".webp")
    for size in sizes_to_render(pixels):
        made = render(pixels, size)
        stored_name = storage.save(f"{stem}-{size}.webp", ContentFile(made.content))
        renditions[size] = {"name": stored_name, "width": made.width, "height": made.height}
    return renditions


def prepare(
    unprepared: "QuerySet[Any]", *, file: "File[Any]", storage: Storage, reason_field: str = ""
) -> bool:
    """Make the sizes of the one row that `unprepared` finds; whether pages can show it now.

    Safe to run twice. reason_field: where the row keeps why it was refused.
    """
    # Before the work, so that work that kills its process is counted too.
    if not unprepared.update(attempts=F("attempts") + 1):
        return False
    states = unprepared.model.State
    try:
        renditions = make_sizes(file=file, storage=storage)
    except (OSError, PhotoRefusedError) as error:
        logger.warning("picture_unreadable", file=str(file.name), error=str(error))
        reason = {reason_field: str(error)[:255]} if reason_field else {}
        unprepared.update(state=states.REFUSED, **reason)
        return False
    return bool(unprepared.update(state=states.READY, renditions=renditions))


def ask_again(
    unprepared: "QuerySet[Any]", *, task_name: str, older_than: timedelta, limit: int
) -> int:
    """Send jobs for what a lost one left undone; returns how many."""
    waiting = unprepared.filter(
        attempts__lt=MAX_ATTEMPTS, created_at__lte=timezone.now() - older_than
    ).order_by("pk")
    ids = list(waiting.values_list("pk", flat=True)[:limit])
    for pk in ids:
        send_on_commit(task_name, pk, expires_seconds=SWEEP_EXPIRES)
    return len(ids)


def delete_files(*, rows: Iterable[Any]) -> None:
    """Delete the files of rows that go, in all sizes, once that is committed."""
    for row in rows:
        names = _names(row.file.name, row.renditions)
        transaction.on_commit(partial(_delete, row.file.storage, names), robust=True)


def delete_orphans(rows: "QuerySet[Any]", *, folder: str) -> int:
    """Delete old files below a folder of uploads that no row names; returns how many.

    What a lost process left, and what went with the review, the return or the account.
    """
    storage: Storage = rows.model._meta.get_field("file").storage
    before = timezone.now() - ORPHAN_AFTER
    n_deleted = 0
    for place, names in _folders(storage, folder):
        known: set[str] = set()
        # The sizes of a picture lie beside it.
        beside = rows.filter(file__startswith=f"{place}/").values_list("file", "renditions")
        for name, renditions in beside.iterator():
            known |= _names(name, renditions)
        orphans = [
            name
            for name in sorted(f"{place}/{name}" for name in names)
            if name not in known and storage.get_modified_time(name) < before
        ]
        _delete(storage, orphans)
        n_deleted += len(orphans)
    return n_deleted


def _names(name: str | None, renditions: dict[str, dict[str, Any]]) -> set[str]:
    return {str(name), *(str(size["name"]) for size in renditions.values())}


def _delete(storage: Storage, names: Iterable[str]) -> None:
    for name in names:
        try:
            storage.delete(name)
        except OSError as error:
            # The sweep tries again.
            logger.warning("picture_not_deleted", file=name, error=str(error))


def _folders(storage: Storage, folder: str) -> Iterator[tuple[str, list[str]]]:
    """Each folder with files in it, and their names."""
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    if names:
        yield folder, names
    for inner in sorted(folders):
        yield from _folders(storage, f"{folder}/{inner}")
