"""What customers write about products: taken in, shown, hidden."""

import re
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Product
from customers.models import User
from learning.decisions import record_decision
from learning.jobs import send_on_commit
from learning.models import Decision
from support.algorithms.analyzers import compose, detect_language
from support.errors import (
    AlreadyReviewedProductError,
    EmptyReviewError,
    ReviewTooLongError,
    StarsOutOfRangeError,
)
from support.models import Review

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
) -> Review:
    """Take a review in and have it classified.

    Markup is kept as the characters it is; pages escape it. A review of emoji alone is a review:
    its stars say what it means.

    Raises EmptyReviewError, ReviewTooLongError, StarsOutOfRangeError, AlreadyReviewedProductError;
    nothing is stored then.
    """
    text = _clean(text)
    title = " ".join(_clean(title).split())
    if not text:
        raise EmptyReviewError
    for field, value, limit in (("title", title, MAX_TITLE), ("text", text, MAX_TEXT)):
        if len(value) > limit:
            raise ReviewTooLongError(field, length=len(value), limit=limit)
    if not 1 <= stars <= 5:
        raise StarsOutOfRangeError(stars)
    try:
        with transaction.atomic():
            review = Review.objects.create(
                product=product,
                author=author,
                author_name=" ".join(_clean(author_name).split())[:80],
                language=detect_language(compose(title, text)) or "",
                stars=stars,
                title=title,
                text=text,
                is_verified_purchase=is_verified_purchase,
                written_at=written_at or timezone.now(),
            )
            send_on_commit("support.classify_review", review.pk)
    except IntegrityError:
        if author is None or not Review.objects.filter(product=product, author=author).exists():
            raise
        raise AlreadyReviewedProductError(product.code) from None
    return review


def publish_review(*, review: Review, user: AbstractBaseUser, reason: str = "") -> bool:
    """Show a review on its product's page; False when it is shown already."""
    return _move(review, Review.Status.PUBLISHED, Decision.Action.PUBLISH, user, reason)


def hide_review(*, review: Review, user: AbstractBaseUser, reason: str = "") -> bool:
    """Take a review off its product's page, out of its rating and out of the training set."""
    return _move(review, Review.Status.HIDDEN, Decision.Action.REJECT, user, reason)


@transaction.atomic
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
    return True


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub(" ", text.replace("\r\n", "\n")).strip()
