"""Photos and votes of reviews through the API: one's own photos, others' reviews."""

from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from support.models import Review, ReviewPhoto
from tests.api.factories import make_client, make_customer_client
from tests.factories import make_review, make_staff, make_user

pytestmark = pytest.mark.django_db


def a_photo(color: str = "teal") -> SimpleUploadedFile:
    written = BytesIO()
    Image.new("RGB", (320, 240), color).save(written, "PNG")
    return SimpleUploadedFile("cup.png", written.getvalue(), content_type="image/png")


def add_photos(client: Client, review: Review, *photos: Any) -> Any:
    return client.post(reverse("api:review-photo-list", args=[review.pk]), {"photos": photos})


def test_photos_join_ones_own_review_and_wait_for_staff() -> None:
    author = make_user()
    review = make_review(author=author, text="Keeps tea warm.", stars=4)
    client = make_customer_client(author)
    for _time in range(2):
        answer = add_photos(client, review, a_photo(), a_photo("gold"))
        assert (answer.status_code, answer.json()["status"]) == (201, "pending")
    assert ReviewPhoto.objects.filter(review=review).count() == 2
    review.refresh_from_db()
    assert (review.text, review.stars) == ("Keeps tea warm.", 4)


def test_photos_of_a_review_are_refused_to_others_and_in_excess() -> None:
    author = make_user()
    review = make_review(author=author)
    own, other = make_customer_client(author), make_customer_client()
    assert add_photos(other, review, a_photo()).status_code == 404
    assert add_photos(Client(), review, a_photo()).status_code == 401
    staff = make_staff()
    reader = make_client(staff, "stock:read")
    assert add_photos(reader, make_review(author=staff), a_photo()).status_code == 403
    five = [SimpleUploadedFile("no.png", b"no photo") for _number in range(5)]
    answer = add_photos(own, review, *five)
    assert (answer.status_code, answer.json()["code"]) == (409, "too_many_review_photos")
    assert add_photos(own, review, five[0]).json()["code"] == "photo_refused"
    assert add_photos(own, review).status_code == 400
    too_much = {"Content-Length": str(6 * settings.UPLOAD_MAX_BYTES)}
    address = reverse("api:review-photo-list", args=[review.pk])
    assert own.post(address, {"photos": a_photo()}, headers=too_much).status_code == 413
    assert not ReviewPhoto.objects.exists()
    assert set(Review.objects.values_list("status", flat=True)) == {"published"}


def test_a_review_helped_once_however_often_it_is_said() -> None:
    review = make_review(author=make_user())
    client = make_customer_client()
    address = reverse("api:review-vote", args=[review.pk])
    assert [client.put(address).json()["helpful_count"] for _time in range(2)] == [1, 1]
    assert [client.delete(address).json()["helpful_count"] for _time in range(2)] == [0, 0]
    assert Client().put(address).status_code == 401


def test_nobody_votes_for_their_own_or_for_what_is_hidden() -> None:
    author = make_user()
    review = make_review(author=author)
    address = reverse("api:review-vote", args=[review.pk])
    answer = make_customer_client(author).put(address)
    assert (answer.status_code, answer.json()["code"]) == (409, "own_review_vote")
    Review.objects.update(status=Review.Status.HIDDEN)
    assert make_customer_client().put(address).status_code == 404
    assert Review.objects.get().helpful_count == 0
