"""What the shop answers to a review, shown below it."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from catalog.services.versions import renew_catalogue_version
from learning.decisions import record_decision
from learning.models import Decision
from support.errors import ReplyTooLongError
from support.models import Review
from support.services.reviews import clean_text

MAX_REPLY = 2000


@transaction.atomic
def reply_to_review(*, review: Review, user: AbstractBaseUser, text: str) -> bool:
    """Answer a review, change the answer, or take it back with an empty one.

    False when that is the answer already. Raises ReplyTooLongError.
    """
    text = clean_text(text)
    if len(text) > MAX_REPLY:
        raise ReplyTooLongError(length=len(text), limit=MAX_REPLY)
    before = Review.objects.values_list("reply", flat=True).get(pk=review.pk)
    changed = (
        Review.objects.filter(pk=review.pk)
        .exclude(reply=text)
        .update(
            reply=text,
            replied_by_id=user.pk if text else None,
            replied_at=timezone.now() if text else None,
        )
    )
    if not changed:
        return False
    record_decision(
        action=Decision.Action.PUBLISH if text else Decision.Action.REJECT,
        subject=review,
        user=user,
        proposed={"reply": before},
        done={"reply": text},
    )
    review.refresh_from_db()
    # The page of the product is kept until something says that it shows something else.
    renew_catalogue_version()
    return True
