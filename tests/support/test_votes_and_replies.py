"""Editing reviews, finding them helpful, and what the shop answers."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from ecomsite.backoffice import roles
from learning.models import Decision
from support.errors import (
    EmptyReviewError,
    NotYourReviewError,
    OwnReviewVoteError,
    ReplyTooLongError,
)
from support.models import Review, ReviewClassification, ReviewVote
from support.services.replies import reply_to_review
from support.services.reviews import add_review, edit_review, hide_review
from support.services.votes import add_vote, remove_vote
from tests.backoffice.factories import make_member
from tests.factories import make_product, make_review, make_staff, make_user
from tests.support.factories import make_classification

pytestmark = pytest.mark.django_db


def test_a_customer_changes_their_own_review() -> None:
    author = make_user()
    review = make_review(author=author, text="Good.", stars=5)
    edited = edit_review(review=review, author=author, stars=2, title=" Well ", text="It broke.")
    assert (edited.stars, edited.title, edited.text) == (2, "Well", "It broke.")
    assert edited.edited_at is not None
    assert edited.status == Review.Status.PUBLISHED


def test_nobody_changes_the_review_of_another() -> None:
    review = make_review(author=make_user(), text="Good.")
    with pytest.raises(NotYourReviewError):
        edit_review(review=review, author=make_user(), stars=1, text="Bad.")
    with pytest.raises(NotYourReviewError):
        edit_review(review=make_review(author=None), author=make_user(), stars=1, text="Bad.")
    review.refresh_from_db()
    assert (review.text, review.edited_at) == ("Good.", None)


def test_a_refused_change_leaves_the_review_as_it_was() -> None:
    author = make_user()
    review = make_review(author=author, text="Good.", stars=5)
    with pytest.raises(EmptyReviewError):
        edit_review(review=review, author=author, stars=1, text=" \x00 ")
    review.refresh_from_db()
    assert (review.text, review.stars) == ("Good.", 5)


def test_other_words_are_read_anew_other_stars_are_not() -> None:
    author = make_user()
    review = make_review(author=author, text="Good.", title="")
    make_classification(review=review, status="accepted")
    edit_review(review=review, author=author, stars=4, text="Good.")
    assert ReviewClassification.objects.count() == 1
    edit_review(review=review, author=author, stars=4, text="It broke at once.")
    assert ReviewClassification.objects.count() == 0
    assert list(Review.objects.unclassified()) == [review]


def test_a_hidden_review_does_not_come_back_by_an_edit() -> None:
    author = make_user()
    review = make_review(author=author, status=Review.Status.HIDDEN)
    edited = edit_review(review=review, author=author, stars=5, text="Nicer words.")
    assert edited.status == Review.Status.PENDING


def test_the_rating_of_the_card_follows_at_once(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    product, author = make_product(), make_user()
    with django_capture_on_commit_callbacks(execute=True):
        review = add_review(product=product, author=author, stars=4, text="Fine.")
        add_review(product=product, author=make_user(), stars=1, text="Bad.")
    product.refresh_from_db()
    assert (product.rating_average, product.rating_count) == (2.5, 2)
    with django_capture_on_commit_callbacks(execute=True):
        edit_review(review=review, author=author, stars=5, text="Fine.")
    product.refresh_from_db()
    assert product.rating_average == 3.0
    with django_capture_on_commit_callbacks(execute=True):
        hide_review(review=review, user=make_staff())
    product.refresh_from_db()
    assert (product.rating_average, product.rating_count) == (1.0, 1)


def test_a_customer_finds_a_review_helpful_once() -> None:
    review, voter = make_review(author=make_user()), make_user()
    assert add_vote(review=review, voter=voter)
    assert not add_vote(review=review, voter=voter)
    assert add_vote(review=review, voter=make_user())
    review.refresh_from_db()
    assert review.helpful_count == ReviewVote.objects.count() == 2
    assert remove_vote(review=review, voter=voter)
    assert not remove_vote(review=review, voter=voter)
    review.refresh_from_db()
    assert review.helpful_count == ReviewVote.objects.count() == 1


def test_nobody_votes_for_themselves() -> None:
    author = make_user()
    review = make_review(author=author)
    with pytest.raises(OwnReviewVoteError):
        add_vote(review=review, voter=author)
    review.refresh_from_db()
    assert (review.helpful_count, ReviewVote.objects.count()) == (0, 0)


def test_the_shop_answers_changes_its_answer_and_takes_it_back() -> None:
    review, agent = make_review(), make_staff()
    assert reply_to_review(review=review, user=agent, text=" We are glad.\r\nCome again. ")
    assert (review.reply, review.replied_by) == ("We are glad.\nCome again.", agent)
    assert review.replied_at is not None
    assert not reply_to_review(review=review, user=agent, text="We are glad.\nCome again.")
    assert reply_to_review(review=review, user=agent, text="")
    kept = Review.objects.filter(reply="", replied_by__isnull=True, replied_at__isnull=True)
    assert kept.exists()
    assert [row.done for row in Decision.objects.order_by("pk")] == [
        {"reply": "We are glad.\nCome again."},
        {"reply": ""},
    ]


def test_an_endless_answer_is_refused() -> None:
    review = make_review()
    with pytest.raises(ReplyTooLongError):
        reply_to_review(review=review, user=make_staff(), text="x" * 2001)
    review.refresh_from_db()
    assert review.reply == ""


def test_an_agent_answers_on_the_reviews_page_of_the_back_office(client: Client) -> None:
    review = make_review(text="Lovely.")
    agent = make_member(roles.SUPPORT_AGENT)
    client.force_login(agent)
    page = reverse("admin:support_review_change", args=[review.pk])
    assert 'name="reply"' in client.get(page).content.decode()
    answer = client.post(page, {"reply": "Thank you!", "text": "Changed?", "stars": "1"})
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "The answer is shown below the review."
    ]
    review.refresh_from_db()
    assert (review.reply, review.replied_by) == ("Thank you!", agent)
    assert (review.text, review.stars) == ("Lovely.", 5)


@pytest.mark.parametrize("role", [roles.BUYER, roles.CATALOGUE_EDITOR])
def test_others_cannot_answer(client: Client, role: str) -> None:
    review = make_review()
    client.force_login(make_member(role))
    page = reverse("admin:support_review_change", args=[review.pk])
    assert client.post(page, {"reply": "Thank you!"}).status_code == 403
    review.refresh_from_db()
    assert review.reply == ""
