"""Messages to the shop, and its answers by letter."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from outbox.services.emails import queue_email
from storefront.errors import AnsweredAlreadyError, EmptyAnswerError
from storefront.models import ContactMessage


def record_message(
    *,
    name: str,
    email: str,
    subject: str,
    text: str,
    language: str,
    order_number: str = "",
    user: AbstractBaseUser | None = None,
) -> ContactMessage:
    return ContactMessage.objects.create(
        name=name,
        email=email,
        subject=subject,
        text=text,
        language=language,
        order_number=order_number,
        user_id=None if user is None else user.pk,
    )


@transaction.atomic
def answer_message(*, message: ContactMessage, user: AbstractBaseUser, text: str) -> None:
    """Answer by letter, once, in the language the message was written in.

    Raises EmptyAnswerError, AnsweredAlreadyError.
    """
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise EmptyAnswerError(message.pk)
    claimed = (
        ContactMessage.objects.open()
        .filter(pk=message.pk)
        .update(
            state=ContactMessage.State.ANSWERED,
            answer=text,
            answered_by_id=user.pk,
            answered_at=timezone.now(),
        )
    )
    if not claimed:
        raise AnsweredAlreadyError(message.pk)
    message.refresh_from_db()
    queue_email(
        kind="contact_answer",
        to=message.email,
        language=message.language,
        template="storefront/letters/contact_answer",
        context={"message": message},
        key=f"contact_answer:{message.pk}",
        reference=message.order_number,
        user=message.user,
    )
