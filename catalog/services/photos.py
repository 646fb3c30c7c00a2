"""Photos of products: taken in, made ready for pages, and found again when a job was lost."""

import hashlib
import io
from datetime import timedelta

import structlog
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser, PermissionsMixin
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import F, Max
from django.utils import timezone
from PIL import Image

from catalog.algorithms.decode import Refusal
from catalog.errors import PhotoRefusedError
from catalog.models import Product, ProductPhoto
from catalog.services import pictures
from catalog.services.pictures import MAX_ATTEMPTS, SWEEP_AFTER, SWEEP_EXPIRES, SWEEP_LIMIT
from catalog.services.versions import renew_catalogue_version
from learning.jobs import send_on_commit

logger = structlog.get_logger(__name__)


def may_change_photos(*, product: Product, user: AbstractBaseUser | AnonymousUser) -> bool:
    """What is withdrawn from sale is changed by those only who may change products."""
    if product.status != Product.Status.WITHDRAWN:
        return True
    return isinstance(user, PermissionsMixin) and user.has_perm("catalog.change_product")


def read_upload(upload: "UploadedFile[bytes]") -> bytes:
    """The bytes of an upload. Raises PhotoRefusedError, before reading, when there are too many."""
    if upload.size is not None and upload.size > settings.UPLOAD_MAX_BYTES:
        raise PhotoRefusedError(Refusal.TOO_MANY_BYTES, detail=f"{upload.size} bytes")
    content: bytes = upload.read()
    return content


def add_photo(
    *,
    product: Product,
    content: bytes,
    uploaded_by: AbstractBaseUser | None = None,
    alt_text: str = "",
    position: int | None = None,
) -> ProductPhoto:
    """Take an upload in and have it prepared and classified.

    Only its pixels are stored, upright, in sRGB, at most 1600 a side. The same file a second time
    gives the photo that is there.

    Raises PhotoRefusedError; nothing is stored then.
    """
    digest = hashlib.sha256(content).hexdigest()
    known = ProductPhoto.objects.filter(product=product, sha256=digest).first()
    if known is not None:
        return known
    taken = pictures.take_in(content=content, max_bytes=settings.UPLOAD_MAX_BYTES)
    photo = ProductPhoto(
        product=product,
        sha256=digest,
        alt_text=alt_text,
        position=_next_position(product) if position is None else position,
        uploaded_by_id=None if uploaded_by is None else uploaded_by.pk,
    )
    photo.file.save(taken.name, taken.content, save=False)
    # Django reads the size from the first kilobytes, which is not enough of a WebP.
    photo.width, photo.height = taken.width, taken.height
    try:
        with transaction.atomic():
            photo.save(force_insert=True)
            send_on_commit("catalog.prepare_photo", photo.pk)
    except IntegrityError:
        # The same file twice at once: the other one won.
        photo.file.delete(save=False)
        return ProductPhoto.objects.get(product=product, sha256=digest)
    return photo


def prepare_photo(*, photo: ProductPhoto) -> ProductPhoto:
    """Make the sizes that pages show, then have the photo classified. Safe to run twice."""
    if photo.state != ProductPhoto.State.UPLOADED:
        return photo
    count_attempt(photo)
    try:
        renditions = pictures.make_sizes(file=photo.file, storage=photo.file.storage)
    except (OSError, PhotoRefusedError) as error:
        logger.warning("photo_unreadable", photo=photo.pk, error=str(error))
        ProductPhoto.objects.unprepared().filter(pk=photo.pk).update(
            state=ProductPhoto.State.REFUSED, refusal=str(error)[:255]
        )
        photo.refresh_from_db()
        return photo
    with transaction.atomic():
        ProductPhoto.objects.unprepared().filter(pk=photo.pk).update(
            renditions=renditions, state=ProductPhoto.State.READY, attempts=0
        )
        send_on_commit("catalog.classify_photo", photo.pk)
        renew_catalogue_version()
    photo.refresh_from_db()
    return photo


def read_pixels(photo: ProductPhoto, *, size: str = "medium") -> Image.Image:
    """One size of a prepared photo as RGB. Raises OSError when its file is gone or damaged."""
    name = str(photo.renditions.get(size, {}).get("name") or photo.file.name)
    with photo.file.storage.open(name) as stored:
        return Image.open(io.BytesIO(stored.read()), formats=["WEBP"]).convert("RGB")


def count_attempt(photo: ProductPhoto) -> None:
    """Before the work, so that work that kills its process is counted too."""
    ProductPhoto.objects.filter(pk=photo.pk).update(attempts=F("attempts") + 1)


def sweep_photos(*, older_than: timedelta = SWEEP_AFTER, limit: int = SWEEP_LIMIT) -> int:
    """Ask again for what a lost job left undone; returns how many photos were asked for."""
    waiting = ProductPhoto.objects.filter(
        attempts__lt=MAX_ATTEMPTS, created_at__lte=timezone.now() - older_than
    )
    unprepared = list(waiting.unprepared().order_by("pk").values_list("pk", flat=True)[:limit])
    unclassified = list(waiting.unclassified().order_by("pk").values_list("pk", flat=True)[:limit])
    for photo_id in unprepared:
        send_on_commit("catalog.prepare_photo", photo_id, expires_seconds=SWEEP_EXPIRES)
    for photo_id in unclassified:
        send_on_commit("catalog.classify_photo", photo_id, expires_seconds=SWEEP_EXPIRES)
    return len(unprepared) + len(unclassified)


def _next_position(product: Product) -> int:
    last = ProductPhoto.objects.filter(product=product).aggregate(last=Max("position"))["last"]
    return 0 if last is None else last + 1
