"""Writing and valuing reviews on the pages of the shop."""

from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalog.models import Product
from customers.models import User
from support.models import Review, ReviewVote
from tests.catalog.algorithms.pictures import make_jpeg
from tests.factories import make_order, make_product, make_review, make_sku, make_user

pytestmark = pytest.mark.django_db
FORM = "/en/products/cup/reviews/own/"


@pytest.fixture
def author(client: Client) -> User:
    make_product(slug="cup", name_en="Cup")
    customer = make_user(first_name="Ann")
    client.force_login(customer)
    return customer


def write(client: Client, *photos: bytes, **fields: Any) -> Any:
    form = {"stars": "4", "title": "", "text": "Keeps the tea warm.", "author_name": "Ann"}
    uploads = [
        SimpleUploadedFile(f"{number}.jpg", photo, "image/jpeg")
        for number, photo in enumerate(photos)
    ]
    return client.post(FORM, {**form, "photos": uploads, **fields})


def words(answer: Any) -> str:
    return unescape(answer.content.decode())


def test_a_guest_is_asked_to_log_in_and_comes_back(client: Client) -> None:
    make_product(slug="cup")
    answer = client.get(FORM)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/en/account/login/")
    assert "next=/en/products/cup/reviews/own/" in answer.headers["Location"]
    assert write(client).status_code == 302
    assert Review.objects.count() == 0


def test_a_review_is_shown_on_the_products_page(client: Client, author: User) -> None:
    assert write(client).headers["Location"] == "/en/products/cup/"
    page = words(client.get("/en/products/cup/"))
    assert "Keeps the tea warm." in page
    assert "Verified purchase" not in page
    assert Review.objects.get().author == author


def test_who_received_the_product_is_marked_as_verified(client: Client, author: User) -> None:
    sku = make_sku(product=Product.objects.get())
    order = make_order(customer=author, lines={sku: 1}, status="paid")
    write(client)
    assert not Review.objects.get().is_verified_purchase
    order.lines.update(quantity_shipped=1)
    write(client)
    assert Review.objects.get().is_verified_purchase


def test_the_purchase_of_another_verifies_nothing(client: Client, author: User) -> None:
    sku = make_sku(product=Product.objects.get())
    make_order(customer=make_user(), lines={sku: 1}, status="shipped").lines.update(
        quantity_shipped=1
    )
    write(client)
    assert not Review.objects.get().is_verified_purchase


def test_writing_again_changes_the_first_review(client: Client, author: User) -> None:
    write(client)
    page = words(client.get(FORM))
    assert "Change your review" in page
    assert "Keeps the tea warm." in page
    write(client, stars="1", text="It broke.")
    review = Review.objects.get()
    assert (review.stars, review.text) == (1, "It broke.")


def test_photos_are_taken_in_and_shown_after_staff_have_seen_them(
    client: Client, author: User
) -> None:
    answer = write(client, make_jpeg(seed=1), make_jpeg(seed=2))
    assert "once we have looked at it" in words(client.get(answer.headers["Location"]))
    review = Review.objects.get()
    assert (review.status, review.photos.count()) == ("pending", 2)
    first = review.photos.first()
    assert first is not None
    write(client, remove=[first.pk])
    assert review.photos.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"stars": ""},
        {"stars": "0"},
        {"stars": "6"},
        {"stars": "４"},
        {"text": ""},
        {"text": " "},
        {"text": "x" * 5001},
        {"title": "x" * 161},
        {"text": "a\x00b"},
    ],
)
def test_what_is_no_review_is_refused_with_words(
    client: Client, author: User, fields: dict[str, str]
) -> None:
    answer = write(client, **fields)
    assert answer.status_code == 422
    assert 'role="alert"' in words(answer)
    assert Review.objects.count() == 0


@pytest.mark.parametrize("content", [b"not a picture", b"<svg xmlns='x' onload='alert(1)'/>"])
def test_a_file_that_is_no_picture_is_refused(client: Client, author: User, content: bytes) -> None:
    answer = write(client, make_jpeg(), content)
    assert answer.status_code == 422
    assert "not a picture the shop can read" in words(answer)
    assert Review.objects.count() == 0


def test_five_photos_are_too_many(client: Client, author: User) -> None:
    answer = write(client, *(make_jpeg(seed=number) for number in range(5)))
    assert "A review has at most 4 photos." in words(answer)
    assert Review.objects.count() == 0


def test_a_customer_finds_a_review_helpful_and_takes_it_back(client: Client, author: User) -> None:
    review = make_review(product=Product.objects.get())
    answer = client.post("/en/review-votes/", {"review": review.pk})
    assert answer.headers["Location"] == f"/en/products/cup/#review-{review.pk}"
    client.post("/en/review-votes/", {"review": review.pk})
    page = words(client.get("/en/products/cup/"))
    assert "1 person found this helpful" in page
    assert "Take my vote back" in page
    client.post("/en/review-votes/", {"take_back": review.pk})
    assert ReviewVote.objects.count() == 0
    assert "found this helpful" not in words(client.get("/en/products/cup/reviews/"))


def test_a_guest_who_votes_is_asked_to_log_in(client: Client) -> None:
    review = make_review(product=make_product(slug="cup"))
    answer = client.post("/en/review-votes/", {"review": review.pk})
    assert answer.headers["Location"].startswith("/en/account/login/?next=/en/products/cup/")
    assert ReviewVote.objects.count() == 0


def test_ones_own_review_and_hidden_ones_get_no_votes(client: Client, author: User) -> None:
    product = Product.objects.get()
    own = make_review(product=product, author=author)
    hidden = make_review(product=product, status=Review.Status.HIDDEN)
    client.post("/en/review-votes/", {"review": own.pk})
    assert "You cannot vote for your own review." in words(client.get("/en/products/cup/"))
    assert client.post("/en/review-votes/", {"review": hidden.pk}).status_code == 404
    assert ReviewVote.objects.count() == 0
