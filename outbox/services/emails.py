"""Writing letters, and bringing them to the mail server."""

import re
import smtplib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import make_msgid, parseaddr
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F
from django.template import Context
from django.template.loader import get_template
from django.utils import timezone, translation

from learning.jobs import send_on_commit
from outbox.errors import NotSendableError, WrongAddressError
from outbox.models import Email, EmailAttachment

logger = structlog.get_logger(__name__)

# After the first failure, the second ...; the one after the last gives the letter up.
RETRIES_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=12),
)
# Well above the time limits of the connection to the mail server.
STUCK_AFTER = timedelta(minutes=15)
SWEPT_AT_ONCE = 200
# As a server would have said it.
DIED = "the process that sent it died each time"
MAX_SUBJECT = 200
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u2028\u2029]")
_EMPTY_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file for a letter: either its bytes, or its name in the default storage."""

    name: str
    content_type: str
    content: bytes = b""
    stored_as: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """What a template made of a context, in one language."""

    subject: str
    text: str
    html: str = field(default="", repr=False)


@transaction.atomic
def queue_email(
    *,
    kind: str,
    to: str,
    language: str,
    template: str,
    context: Mapping[str, Any],
    key: str,
    reference: str = "",
    user: AbstractBaseUser | None = None,
    attachments: Sequence[Attachment] = (),
    headers: Mapping[str, str] | None = None,
    is_confidential: bool = False,
) -> Email:
    """Write a letter in the caller's transaction; it is sent once that is committed.

    template: `{template}.subject.txt`, `{template}.txt` and `{template}.html` are rendered now,
        in `language`, with `shop_name`, `shop_url` and `language` beside the context.
    key: what the letter is about, such as "order_confirmation:O1234"; asked for twice, it is the
        same letter, as it was written first.
    reference: what staff look for, such as an order's number.
    is_confidential: it carries a secret; staff see no words of it, and they are wiped when
        it is sent or given up.

    Raises WrongAddressError when `to` is no address.
    """
    address = _checked_address(to)
    known = Email.objects.filter(key=key).first()
    if known is not None:
        return known
    language = supported_language(language)
    letter = render_letter(template=template, context=context, language=language)
    email, is_new = Email.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "to": address,
            "user_id": user.pk if user else None,
            "reference": reference,
            "language": language,
            "subject": letter.subject,
            "text": letter.text,
            "html": letter.html,
            "headers": dict(headers or {}),
            "message_id": make_msgid(domain=_sender_domain()),
            "is_confidential": is_confidential,
        },
    )
    if is_new:
        EmailAttachment.objects.bulk_create(
            EmailAttachment(
                email=email,
                name=attachment.name,
                content_type=attachment.content_type,
                content=None if attachment.stored_as else attachment.content,
                stored_as=attachment.stored_as,
            )
            for attachment in attachments
        )
        send_on_commit("outbox.send_email", email.pk)
    return email


def render_letter(*, template: str, context: Mapping[str, Any], language: str) -> Letter:
    """The words of a letter. Only the formatted part escapes what it is given."""
    with translation.override(language):
        words = {
            **context,
            "shop_name": settings.SHOP_NAME,
            "shop_url": settings.SHOP_URL,
            "language": language,
        }
        subject = _plain(f"{template}.subject.txt", words)
        words["subject"] = one_line(subject)
        return Letter(
            subject=words["subject"],
            text=_EMPTY_LINES.sub("\n\n", _stored(_plain(f"{template}.txt", words))),
            html=_stored(get_template(f"{template}.html").render(words)),
        )


def supported_language(language: str) -> str:
    """The language itself if the shop speaks it, else the shop's own."""
    known = {code for code, _name in settings.LANGUAGES}
    return language if language in known else str(settings.LANGUAGE_CODE)


def one_line(text: str) -> str:
    """Text for a header: no line ends and no control characters, cut to a sensible length."""
    return " ".join(_CONTROLS.sub(" ", text).split())[:MAX_SUBJECT]


def send_email(email_id: int) -> bool:
    """Bring one letter to the mail server if its time has come; whether that was done.

    The letter is claimed first, so of two workers one sends. When the server took it and this
    process dies before saying so, it goes again later with the same Message-ID.
    """
    now = timezone.now()
    claimed = (
        Email.objects.due(now)
        .filter(pk=email_id)
        .update(state=Email.State.SENDING, claimed_at=now, attempts=F("attempts") + 1)
    )
    if not claimed:
        return False
    email = Email.objects.prefetch_related("attachments").get(pk=email_id)
    try:
        _message(email).send()
    except (smtplib.SMTPException, OSError) as error:
        _failed(email, error, is_final=_is_permanent(error))
        return False
    except ValueError as error:
        # Headers or addresses that cannot be written; no server will ever take them.
        _failed(email, error, is_final=True)
        return False
    _settle(email, state=Email.State.SENT, sent_at=timezone.now(), last_error="", **_wiped(email))
    return True


def send_again(*, email: Email) -> None:
    """Put a letter that failed, or was sent, back into the queue.

    Raises NotSendableError while it waits or is being sent, or when its words were wiped.
    """
    done = [Email.State.SENT, Email.State.FAILED, Email.State.GIVEN_UP]
    with transaction.atomic():
        moved = (
            Email.objects.filter(pk=email.pk, state__in=done)
            .exclude(is_confidential=True, text="")
            .update(
                state=Email.State.WAITING,
                attempts=0,
                next_attempt_at=timezone.now(),
                seen_at=None,
            )
        )
        if not moved:
            email.refresh_from_db(fields=["state"])
            raise NotSendableError(str(email), state=email.get_state_display())
        send_on_commit("outbox.send_email", email.pk)


@transaction.atomic
def recall_emails(*, kind: str, reference: str) -> list[str]:
    """Take back letters that no server has yet; returns the keys they were asked for by.

    Their rows go: nobody was written to. What is being sent at this moment is sent.
    """
    waiting = Email.objects.filter(kind=kind, reference=reference, state=Email.State.WAITING)
    found = dict(waiting.select_for_update().values_list("pk", "key"))
    waiting.filter(pk__in=found).delete()
    return list(found.values())


def has_refused_address(email: Email) -> bool:
    """Whether the server said for good that the letter's address takes none.

    Not when it refused what the letter says: that is no fault of the address.
    """
    # As smtplib writes it: {"a@example.org": (550, b"no such user")}.
    return email.state == Email.State.FAILED and email.last_error.startswith("{")


def mark_failures_seen(*, email_ids: Sequence[int]) -> int:
    """Take failures that a person has looked at out of the count of what waits."""
    return Email.objects.unseen_failures().filter(pk__in=email_ids).update(seen_at=timezone.now())


def sweep_unsent_emails() -> int:
    """Send jobs for letters whose time has come, and free those whose process died."""
    now = timezone.now()
    stuck = Email.objects.stuck(now - STUCK_AFTER)
    # It may be the letter that kills its process.
    ends = {"state": Email.State.GIVEN_UP, "claimed_at": None, "last_error": DIED}
    hopeless = stuck.filter(attempts__gt=len(RETRIES_AFTER))
    hopeless.filter(is_confidential=True).update(**ends, text="", html="")
    hopeless.update(**ends)
    stuck.update(state=Email.State.WAITING, next_attempt_at=now, claimed_at=None)
    due = list(
        Email.objects.due(now)
        .order_by("next_attempt_at", "pk")
        .values_list("pk", flat=True)[:SWEPT_AT_ONCE]
    )
    for email_id in due:
        # Swept again in a minute, and a second message for the same letter does nothing.
        send_on_commit("outbox.send_email", email_id, expires_seconds=60)
    return len(due)


def is_delivery_set_up() -> bool:
    """Whether letters leave the shop; without a mail server they are only kept in files."""
    return not str(settings.EMAIL_BACKEND).endswith(
        ("filebased.EmailBackend", "dummy.EmailBackend")
    )


def _stored(text: str) -> str:
    """The text with one line end at its end, without NUL: PostgreSQL stores none."""
    return text.replace("\x00", "").strip() + "\n"


def _plain(name: str, words: Mapping[str, Any]) -> str:
    template = get_template(name).template  # type: ignore[attr-defined]  # Django's own engine
    return str(template.render(Context(dict(words), autoescape=False)))


def _checked_address(address: str) -> str:
    address = address.strip()
    try:
        validate_email(address)
    except ValidationError as error:
        raise WrongAddressError(address) from error
    return address


def _sender_domain() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"


def _message(email: Email) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.text,
        to=[email.to],
        headers={
            **email.headers,
            "Message-ID": email.message_id,
            # No machine shall answer a machine.
            "Auto-Submitted": "auto-generated",
            "Content-Language": email.language,
        },
    )
    if email.html:
        message.attach_alternative(email.html, "text/html")
    for attachment in email.attachments.all():
        if attachment.stored_as:
            with default_storage.open(attachment.stored_as, "rb") as file:
                content = file.read()
        else:
            content = bytes(attachment.content or b"")
        message.attach(attachment.name, content, attachment.content_type)
    return message


def _is_permanent(error: Exception) -> bool:
    """Whether the server refused this letter for good.

    Refusals of the connection or the login are about the shop's settings: they are mended by a
    person, and no letter may be lost over them.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _reason in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    # 552: larger than the server takes.
    return isinstance(error, smtplib.SMTPSenderRefused) and error.smtp_code == 552


def _failed(email: Email, error: Exception, *, is_final: bool) -> None:
    said = one_line(str(error))[:1000]
    logger.warning(
        "email_not_sent", email=email.pk, attempt=email.attempts, final=is_final, error=said
    )
    if is_final:
        _settle(email, state=Email.State.FAILED, last_error=said, **_wiped(email))
    elif email.attempts > len(RETRIES_AFTER):
        _settle(email, state=Email.State.GIVEN_UP, last_error=said, **_wiped(email))
    else:
        wait = RETRIES_AFTER[email.attempts - 1]
        _settle(
            email,
            state=Email.State.WAITING,
            next_attempt_at=timezone.now() + wait,
            last_error=said,
        )


def _wiped(email: Email) -> dict[str, str]:
    """A secret is kept no longer than the shop may still have to send it."""
    return {"text": "", "html": ""} if email.is_confidential else {}


def _settle(email: Email, **changes: Any) -> None:
    """Write the outcome, unless another process took the letter over in the meantime."""
    Email.objects.filter(pk=email.pk, state=Email.State.SENDING, attempts=email.attempts).update(
        claimed_at=None, **changes
    )
