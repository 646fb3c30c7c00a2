"""What customers write about products: taken in, shown, hidden."""

import re
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import Case, Value, When
from django.utils import timezone

from catalog.models import Product
from catalog.services import summaries
from catalog.services.versions import renew_catalogue_version
from customers.models import User
from learning.decisions import record_decision
from learning.jobs import send_on_commit
from learning.models import Decision
from support.algorithms.analyzers import compose, detect_language
from support.errors import (
    AlreadyReviewedProductError,
    EmptyReviewError,
    NotYourReviewError,
    ReviewTooLongError,
    StarsOutOfRangeError,
)
from support.models import Review, ReviewClassification
from support.services import review_photos

MAX_TITLE = 160
MAX_TEXT = 5000

# Control characters but tab and line feed, and lone halves of surrogate pairs: PostgreSQL refuses
# the first of them, UTF-8 the last.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def add_review(
    *,
    product: Product,
    author: User | None,
    stars: int,
    text: str,
    title: str = "",
    author_name: str = "",
    is_verified_purchase: bool = False,
    written_at: datetime | None = None,
    photos: Sequence[bytes] = (),
) -> Review:
    """Take a review in, have it classified and its photos prepared.

    Markup is kept as the characters it is; pages escape it. A review of emoji alone is a review:
    its stars say what it means. One with photos waits until staff have seen them.

    Raises EmptyReviewError, ReviewTooLongError, StarsOutOfRangeError, TooManyReviewPhotosError,
    catalog's PhotoRefusedError and AlreadyReviewedProductError; nothing is stored then.
    """
    title, text = _readable(title=title, text=text, stars=stars)
    if author is not None and Review.objects.by(author).filter(product=product).exists():
        # Asked before the photos are taken apart, which costs seconds.
        raise AlreadyReviewedProductError(product.code)
    taken = review_photos.take_in_all(photos)
    try:
        with transaction.atomic():
            review = Review.objects.create(
                product=product,
                author=author,
                author_name=_shown_name(author_name),
                language=detect_language(compose(title, text)) or "",
                stars=stars,
                title=title,
                text=text,
                is_verified_purchase=is_verified_purchase,
                status=Review.Status.PENDING if taken else Review.Status.PUBLISHED,
                written_at=written_at or timezone.now(),
            )
            review_photos.add_photos(review=review, taken=taken)
            _tell_catalogue(product.pk)
            send_on_commit("support.classify_review", review.pk)
    except IntegrityError:
        if author is None or not Review.objects.filter(product=product, author=author).exists():
            raise
        raise AlreadyReviewedProductError(product.code) from None
    return review


def edit_review(
    *,
    review: Review,
    author: User,
    stars: int,
    text: str,
    title: str = "",
    author_name: str = "",
    is_verified_purchase: bool = False,
    photos: Sequence[bytes] = (),
    removed_photo_ids: Sequence[int] = (),
) -> Review:
    """Change one's own review. Other words are read anew by the model.

    What staff had hidden, and what gets new photos, waits until staff have looked at it.

    Raises NotYourReviewError and whatever `add_review` raises; nothing is changed then.
    """
    title, text = _readable(title=title, text=text, stars=stars)
    if review.author_id != author.pk:
        raise NotYourReviewError(review.pk)
    taken = review_photos.take_in_all(photos)
    with transaction.atomic():
        before = Review.objects.select_for_update().by(author).get(pk=review.pk)
        review_photos.remove_photos(review=before, photo_ids=removed_photo_ids)
        added = review_photos.add_photos(review=before, taken=taken)
        looked_at_again = Value(Review.Status.PENDING)
        is_new_text = (before.title, before.text) != (title, text)
        Review.objects.by(author).filter(pk=review.pk).update(
            stars=stars,
            title=title,
            text=text,
            author_name=_shown_name(author_name),
            language=detect_language(compose(title, text)) or "",
            is_verified_purchase=is_verified_purchase,
            edited_at=timezone.now(),
            # In the UPDATE: staff may hide it at this moment.
            status=looked_at_again
            if added
            else Case(When(status=Review.Status.HIDDEN, then=looked_at_again), default="status"),
            **({"attempts": 0} if is_new_text else {}),
        )
        if is_new_text:
            # A label of words that are gone would be learned from; the log of decisions stays.
            ReviewClassification.objects.filter(review=review).delete()
            send_on_commit("support.classify_review", review.pk)
        _tell_catalogue(review.product_id)
    review.refresh_from_db()
    return review


def publish_review(*, review: Review, user: AbstractBaseUser, reason: str = "") -> bool:
    """Show a review on its product's page; False when it is shown already."""
    return _move(review, Review.Status.PUBLISHED, Decision.Action.PUBLISH, user, reason)


def hide_review(*, review: Review, user: AbstractBaseUser, reason: str = "") -> bool:
    """Take a review off its product's page, out of its rating and out of the training set."""
    return _move(review, Review.Status.HIDDEN, Decision.Action.REJECT, user, reason)


@transaction.atomic
@transaction.atomic
def delete_reviews(*, author: User) -> int:
    """Somebody asks to be forgotten: their words go, and the ratings follow; how many went.

    Files of photos are done away with by the job that finds them orphaned.
    """
    written = Review.objects.filter(author=author)
    products = set(written.values_list("product_id", flat=True))
    n_reviews = written.count()
    written.delete()
    for product_id in sorted(products):
        _tell_catalogue(product_id)
    return n_reviews


def _move(
    review: Review,
    status: Review.Status,
    action: Decision.Action,
    user: AbstractBaseUser,
    reason: str,
) -> bool:
    before = review.status
    if not Review.objects.filter(pk=review.pk).exclude(status=status).update(status=status):
        return False
    review.refresh_from_db()
    record_decision(
        action=action,
        subject=review,
        user=user,
        proposed={"status": str(before)},
        done={"status": str(status)},
        reason=reason,
    )
    _tell_catalogue(review.product_id)
    return True


def _tell_catalogue(product_id: int) -> None:
    """The card's rating follows at once; what is lost here, the nightly run sets right."""
    # Its words show also where its stars leave the rating as it was.
    renew_catalogue_version()
    transaction.on_commit(partial(_record_rating, product_id), robust=True)


def _record_rating(product_id: int) -> None:
    summaries.record_ratings(
        ratings={
            pk: summaries.Rating(average=rating.mean_stars, count=rating.n_reviews)
            for pk, rating in Review.objects.ratings([product_id]).items()
        },
        among=[product_id],
    )


def _shown_name(name: str) -> str:
    return " ".join(clean_text(name).split())[:80]


def _readable(*, title: str, text: str, stars: int) -> tuple[str, str]:
    """Title and text as they are kept; raises when something is wrong with them or the stars."""
    text = clean_text(text)
    title = " ".join(clean_text(title).split())
    if not text:
        raise EmptyReviewError
    for field, value, limit in (("title", title, MAX_TITLE), ("text", text, MAX_TEXT)):
        if len(value) > limit:
            raise ReviewTooLongError(field, length=len(value), limit=limit)
    if not 1 <= stars <= 5:
        raise StarsOutOfRangeError(stars)
    return title, text


def clean_text(text: str) -> str:
    """Without what a database or a browser would refuse; line ends as line feeds."""
    return _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n")).strip()
