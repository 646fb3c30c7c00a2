"""Which reviews customers found helpful."""

from django.db import transaction
from django.db.models import F

from customers.models import User
from support.errors import OwnReviewVoteError
from support.models import Review, ReviewVote


@transaction.atomic
def add_vote(*, review: Review, voter: User) -> bool:
    """One vote a customer and review; False when it was there. Raises OwnReviewVoteError."""
    if review.author_id == voter.pk:
        raise OwnReviewVoteError(review.pk)
    _vote, is_new = ReviewVote.objects.get_or_create(review=review, voter=voter)
    if is_new:
        Review.objects.filter(pk=review.pk).update(helpful_count=F("helpful_count") + 1)
    return is_new


@transaction.atomic
def remove_vote(*, review: Review, voter: User) -> bool:
    """Take one's vote back; False when there was none."""
    n_gone, _by_model = ReviewVote.objects.filter(review=review, voter=voter).delete()
    if n_gone:
        Review.objects.filter(pk=review.pk).update(helpful_count=F("helpful_count") - 1)
    return bool(n_gone)
