"""Photos that customers add to their reviews."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.storage import default_storage
from django.utils import timezone
from PIL import Image

from catalog.errors import PhotoRefusedError
from catalog.services import pictures
from customers.models import User
from support.errors import TooManyReviewPhotosError
from support.models import Review, ReviewPhoto
from support.services import review_photos
from support.services.reviews import add_review, edit_review
from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db


def make_jpeg(colour: int = 0, *, side: int = 400) -> bytes:
    target = io.BytesIO()
    picture = Image.new("RGB", (side, side // 2), (20 * colour, 80, 120))
    exif = Image.Exif()
    exif[0x010E] = "taken at home, Nanjing"
    picture.save(target, "JPEG", exif=exif)
    return target.getvalue()


def write(*photos: bytes, author: User | None = None, **fields: Any) -> Review:
    return add_review(
        **{
            "product": make_product(),
            "author": author or make_user(),
            "stars": 4,
            "text": "Keeps the tea warm.",
            "photos": photos,
            **fields,
        }
    )


def test_a_review_with_photos_waits_until_staff_have_seen_them() -> None:
    assert write(make_jpeg()).status == Review.Status.PENDING
    assert write().status == Review.Status.PUBLISHED


def test_a_job_makes_three_sizes_that_carry_nothing_but_pixels() -> None:
    review = write(make_jpeg(side=1000))
    photo = ReviewPhoto.objects.get(review=review)
    assert photo.state == ReviewPhoto.State.UPLOADED
    review_photos.prepare_photo(photo=photo)
    photo.refresh_from_db()
    assert photo.state == ReviewPhoto.State.READY
    sizes = {name: (file["width"], file["height"]) for name, file in photo.renditions.items()}
    assert sizes == {"large": (1000, 500), "medium": (800, 400), "small": (320, 160)}
    for file in photo.renditions.values():
        with default_storage.open(file["name"]) as stored:
            content = stored.read()
        assert b"Nanjing" not in content
        assert Image.open(io.BytesIO(content)).format == "WEBP"
    before = dict(photo.renditions)
    assert review_photos.prepare_photo(photo=photo).renditions == before


def test_the_same_photo_twice_is_one() -> None:
    assert write(make_jpeg(1), make_jpeg(1), make_jpeg(2)).photos.count() == 2


def test_a_fifth_photo_is_refused_and_nothing_is_kept() -> None:
    with pytest.raises(TooManyReviewPhotosError):
        write(*(make_jpeg(number) for number in range(5)))
    assert Review.objects.count() == 0


def test_what_is_no_picture_is_refused_and_nothing_is_kept() -> None:
    for content in (b"", b"<svg onload=alert(1)>", make_jpeg()[:200]):
        with pytest.raises(PhotoRefusedError):
            write(make_jpeg(), content)
    assert Review.objects.count() == 0
    assert ReviewPhoto.objects.count() == 0


def test_photos_are_added_and_taken_away_by_an_edit() -> None:
    author = make_user()
    review = write(make_jpeg(1), make_jpeg(2), author=author)
    first = review.photos.order_by("position").first()
    assert first is not None
    stranger = write(make_jpeg(9)).photos.get()
    edit_review(
        review=review,
        author=author,
        stars=4,
        text="Keeps the tea warm.",
        photos=[make_jpeg(3)],
        removed_photo_ids=[first.pk, stranger.pk],
    )
    assert review.photos.count() == 2
    assert not review.photos.filter(pk=first.pk).exists()
    assert ReviewPhoto.objects.filter(pk=stranger.pk).exists()
    with pytest.raises(TooManyReviewPhotosError):
        edit_review(
            review=review,
            author=author,
            stars=1,
            text="Worse.",
            photos=[make_jpeg(4), make_jpeg(5), make_jpeg(6)],
        )
    review.refresh_from_db()
    assert (review.stars, review.text, review.photos.count()) == (4, "Keeps the tea warm.", 2)


def test_a_published_review_with_a_new_photo_waits_again() -> None:
    author = make_user()
    review = write(author=author)
    edited = edit_review(
        review=review, author=author, stars=4, text=review.text, photos=[make_jpeg()]
    )
    assert edited.status == Review.Status.PENDING


def test_a_photo_whose_file_is_gone_is_refused_not_tried_for_ever() -> None:
    photo = write(make_jpeg()).photos.get()
    default_storage.delete(str(photo.file.name))
    assert review_photos.prepare_photo(photo=photo).state == ReviewPhoto.State.REFUSED


def test_the_sweep_asks_again_for_photos_that_a_lost_job_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[tuple[Any, ...]] = []
    monkeypatch.setattr(pictures, "send_on_commit", lambda *job, **_: sent.append(job))
    lost, poison = write(make_jpeg()).photos.get(), write(make_jpeg()).photos.get()
    sent.clear()
    assert review_photos.sweep_photos() == 0
    ReviewPhoto.objects.update(created_at=timezone.now() - timedelta(minutes=2))
    ReviewPhoto.objects.filter(pk=poison.pk).update(attempts=pictures.MAX_ATTEMPTS)
    assert review_photos.sweep_photos() == 1
    assert sent == [("support.prepare_review_photo", lost.pk)]


@pytest.mark.django_db(transaction=True)
def test_the_files_of_a_photo_that_is_taken_away_go_with_it() -> None:
    author = make_user()
    review = write(make_jpeg(1, side=1000), make_jpeg(2), author=author)
    gone, kept = review.photos.order_by("position")
    gone = review_photos.prepare_photo(photo=gone)
    names = {file["name"] for file in gone.renditions.values()}
    assert [default_storage.exists(name) for name in names] == [True] * 3
    edit_review(review=review, author=author, stars=4, text="Fine.", removed_photo_ids=[gone.pk])
    assert [default_storage.exists(name) for name in names] == [False] * 3
    assert default_storage.exists(str(kept.file.name))


def test_old_files_that_no_photo_names_are_deleted() -> None:
    photo = review_photos.prepare_photo(photo=write(make_jpeg(side=1000)).photos.get())
    names = {file["name"] for file in photo.renditions.values()}
    # Other tests left theirs.
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        review_photos.delete_orphans()
    assert [default_storage.exists(name) for name in names] == [True] * 3
    ReviewPhoto.objects.all().delete()
    review_photos.delete_orphans()
    assert [default_storage.exists(name) for name in names] == [True] * 3
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=False):
        assert review_photos.delete_orphans() == 3
    assert [default_storage.exists(name) for name in names] == [False] * 3
