import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from celery import Celery, current_app
from celery.signals import task_postrun
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone
from PIL import Image

from catalog.algorithms.decode import Refusal
from catalog.errors import PhotoRefusedError
from catalog.models import PhotoClassification, ProductPhoto
from catalog.pipelines import shipped_head
from catalog.services import photos, pictures
from tests.catalog.algorithms.pictures import (
    encode,
    make_flat_png,
    make_half_and_half,
    make_jpeg,
    make_picture,
    with_gps,
)
from tests.catalog.factories import make_photo, make_ready_photo, publish_shipped_head
from tests.factories import make_product, make_staff

pytestmark = pytest.mark.django_db


def stored_files() -> list[Path]:
    return [path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]


def test_an_upload_is_stored_as_pixels_and_nothing_else() -> None:
    content = with_gps(make_half_and_half(), orientation=6) + b"PK\x03\x04 hidden archive"
    photo = photos.add_photo(
        product=make_product(), content=content, uploaded_by=make_staff(), alt_text="a flag"
    )
    stored = default_storage.open(str(photo.file.name)).read()
    for secret in (b"SecretCamera", b"my home address", b"PK\x03\x04", b"Exif"):
        assert secret not in stored
    with Image.open(io.BytesIO(stored)) as image:
        assert (image.format, image.size) == ("WEBP", (200, 400))
    assert (photo.width, photo.height) == (200, 400)
    assert photo.state == ProductPhoto.State.UPLOADED
    assert str(photo.file.name).endswith(".webp")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (make_flat_png(7200, 7000), Refusal.TOO_MANY_PIXELS),
        (make_jpeg()[:3000], Refusal.DAMAGED),
        (encode(make_picture(), "EPS"), Refusal.UNSUPPORTED_FORMAT),
        (encode(make_picture(64, 64), "ICO"), Refusal.UNSUPPORTED_FORMAT),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", Refusal.UNSUPPORTED_FORMAT),
    ],
    ids=["bomb", "damaged", "eps", "ico", "svg"],
)
def test_a_refused_upload_leaves_nothing_behind(content: bytes, code: Refusal) -> None:
    with pytest.raises(PhotoRefusedError) as caught:
        photos.add_photo(product=make_product(), content=content)
    assert caught.value.code == code
    assert str(caught.value)
    assert not ProductPhoto.objects.exists()
    assert stored_files() == []


def test_the_shop_may_take_smaller_files_only(settings: pytest.FixtureRequest) -> None:
    settings.UPLOAD_MAX_BYTES = 2000  # type: ignore[attr-defined]  # pytest-django's wrapper
    with pytest.raises(PhotoRefusedError) as caught:
        make_photo()
    assert caught.value.code == Refusal.TOO_MANY_BYTES


def test_an_upload_beyond_the_limit_is_refused_unread(settings: pytest.FixtureRequest) -> None:
    settings.UPLOAD_MAX_BYTES = 2000  # type: ignore[attr-defined]  # pytest-django's wrapper
    upload = SimpleUploadedFile("a.jpg", bytes(2001))
    with pytest.raises(PhotoRefusedError) as caught:
        photos.read_upload(upload)
    assert caught.value.code == Refusal.TOO_MANY_BYTES
    assert upload.tell() == 0
    assert photos.read_upload(SimpleUploadedFile("a.jpg", bytes(2000))) == bytes(2000)


def test_the_same_file_twice_is_one_photo() -> None:
    product, content = make_product(), make_jpeg()
    first = photos.add_photo(product=product, content=content)
    again = photos.add_photo(product=product, content=content)
    elsewhere = photos.add_photo(product=make_product(), content=content)
    assert first == again
    assert elsewhere != first
    assert ProductPhoto.objects.count() == 2


def test_photos_of_a_product_stand_in_the_order_they_came() -> None:
    product = make_product()
    places = [make_photo(product=product).position for _ in range(3)]
    assert places == [0, 1, 2]


def test_a_prepared_photo_has_three_sizes_that_can_be_opened() -> None:
    photo = make_ready_photo(content=make_jpeg(1200, 900))
    assert photo.state == ProductPhoto.State.READY
    sizes = {name: (one["width"], one["height"]) for name, one in photo.renditions.items()}
    assert sizes == {"small": (320, 240), "medium": (800, 600), "large": (1200, 900)}
    for name, size in sizes.items():
        assert photos.read_pixels(photo, size=name).size == size


def test_preparing_twice_writes_nothing_new() -> None:
    photo = make_ready_photo()
    files = set(stored_files())
    photos.prepare_photo(photo=photo)
    assert set(stored_files()) == files


def test_a_stored_file_that_broke_is_refused_with_its_reason() -> None:
    photo = make_photo()
    Path(settings.MEDIA_ROOT, str(photo.file.name)).write_bytes(b"RIFF....WEBP broken")
    photo = photos.prepare_photo(photo=photo)
    assert photo.state == ProductPhoto.State.REFUSED
    assert photo.refusal


def test_the_sweep_asks_for_old_unfinished_photos_and_for_no_others() -> None:
    _unprepared, unclassified, young, hopeless = (make_photo() for _ in range(4))
    photos.prepare_photo(photo=unclassified)
    long_ago = timezone.now() - timedelta(hours=1)
    ProductPhoto.objects.exclude(pk=young.pk).update(created_at=long_ago)
    ProductPhoto.objects.filter(pk=hopeless.pk).update(attempts=pictures.MAX_ATTEMPTS)
    assert photos.sweep_photos() == 2
    PhotoClassification.objects.create(photo=unclassified, label="hat")
    assert photos.sweep_photos() == 1


@pytest.mark.django_db(transaction=True)
def test_what_a_sweep_sends_is_dropped_before_the_next_sweep_sends_it_again() -> None:
    make_photo()
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue("default")
        queue.clear()
        photos.sweep_photos(older_than=timedelta(0))
        message = queue.get(timeout=5)
        message.ack()
    expires = datetime.fromisoformat(message.headers["expires"])
    assert timedelta(0) < expires - timezone.now() <= timedelta(seconds=60)


@pytest.fixture
def dead_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = Celery("dead", set_as_current=False)
    dead.config_from_object("django.conf:settings", namespace="CELERY")
    dead.conf.update(broker_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr("learning.jobs.current_app", dead)


@pytest.mark.django_db(transaction=True)
def test_an_upload_succeeds_while_the_broker_is_down_and_the_sweep_finds_it(
    dead_broker: None,
) -> None:
    photo = make_photo()
    assert photo.state == ProductPhoto.State.UPLOADED
    assert photos.sweep_photos(older_than=timedelta(0)) == 1


@pytest.fixture
def classified() -> Iterator[Event]:
    """Set when the worker has finished looking at a photo."""
    done = Event()

    def finish(sender: object, **_kwargs: object) -> None:
        if getattr(sender, "name", "") == "catalog.classify_photo":
            done.set()

    task_postrun.connect(finish)
    yield done
    task_postrun.disconnect(finish)


@pytest.mark.django_db(transaction=True)
def test_a_worker_prepares_and_classifies_a_photo_once_it_is_committed(
    celery_worker: None, classified: Event
) -> None:
    version = publish_shipped_head()
    with transaction.atomic():
        photo = make_photo()
    assert classified.wait(timeout=60)
    seen = PhotoClassification.objects.get(photo=photo)
    assert seen.model_version == version
    assert seen.label in shipped_head().labels
    assert photos.read_pixels(ProductPhoto.objects.get(), size="small").size == (320, 240)
    assert seen.heat_map.size > 100
