"""Taking reviews in, showing and hiding them."""

from typing import Any

import pytest

from learning.models import Decision
from support.errors import (
    AlreadyReviewedProductError,
    EmptyReviewError,
    ReviewTooLongError,
    StarsOutOfRangeError,
)
from support.models import Review
from support.querysets import Rating
from support.services.reviews import add_review, hide_review, publish_review
from tests.factories import make_product, make_review, make_staff, make_user

pytestmark = pytest.mark.django_db


def write(**fields: Any) -> Review:
    return add_review(
        **{
            "product": fields.pop("product", None) or make_product(),
            "author": None,
            "stars": 4,
            "text": "Keeps the tea warm.",
            **fields,
        }
    )


def test_a_review_is_kept_with_its_language_and_shown() -> None:
    author = make_user()
    review = write(author=author, title="  很  好 ", text="杯子很保温\r\n下次还来", stars=5)
    review.refresh_from_db()
    assert (review.title, review.text) == ("很 好", "杯子很保温\n下次还来")
    assert (review.language, review.status) == ("zh", Review.Status.PUBLISHED)
    assert review.author == author


def test_markup_stays_the_characters_it_is() -> None:
    assert write(text="<script>alert(1)</script>").text == "<script>alert(1)</script>"


def test_nul_bytes_and_half_surrogates_are_taken_out() -> None:
    assert write(text="good\x00 cup\ud83d", title="\x00fine").text == "good  cup"


def test_emoji_alone_are_a_review_without_a_language() -> None:
    assert write(text="😀👍").language == ""


@pytest.mark.parametrize("text", ["", "   ", "\x00\x00", "\r\n"])
def test_an_empty_review_is_refused(text: str) -> None:
    with pytest.raises(EmptyReviewError):
        write(text=text)
    assert Review.objects.count() == 0


def test_a_pasted_book_is_refused() -> None:
    with pytest.raises(ReviewTooLongError) as caught:
        write(text="好" * 100_000)
    assert (caught.value.field, caught.value.length, caught.value.limit) == ("text", 100_000, 5000)
    with pytest.raises(ReviewTooLongError):
        write(title="t" * 161)
    assert Review.objects.count() == 0


@pytest.mark.parametrize("stars", [0, 6, -1])
def test_a_rating_has_one_to_five_stars(stars: int) -> None:
    with pytest.raises(StarsOutOfRangeError):
        write(stars=stars)
    assert Review.objects.count() == 0


def test_a_second_review_of_one_product_is_refused() -> None:
    author, product = make_user(), make_product()
    write(author=author, product=product)
    with pytest.raises(AlreadyReviewedProductError):
        write(author=author, product=product, text="again")
    assert Review.objects.get().text == "Keeps the tea warm."


def test_guests_may_review_a_product_more_than_once() -> None:
    product = make_product()
    write(product=product)
    write(product=product)
    assert Review.objects.count() == 2


def test_hiding_a_review_leaves_who_did_it_and_why() -> None:
    review, user = make_review(), make_staff()
    assert hide_review(review=review, user=user, reason="advertising")
    assert not hide_review(review=review, user=user, reason="advertising")
    assert Review.objects.get().status == Review.Status.HIDDEN
    decision = Decision.objects.get()
    assert (decision.action, decision.user, decision.reason) == (
        Decision.Action.REJECT,
        user,
        "advertising",
    )
    assert publish_review(review=review, user=user)
    assert Review.objects.get().status == Review.Status.PUBLISHED


def test_a_rating_counts_what_is_shown() -> None:
    product, other = make_product(), make_product()
    for stars in (5, 4, 3):
        make_review(product=product, stars=stars)
    make_review(product=product, stars=1, status=Review.Status.HIDDEN)
    assert Review.objects.all().ratings([product.pk, other.pk]) == {product.pk: Rating(4.0, 3)}
