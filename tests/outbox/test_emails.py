"""Letters are written once, sent once, and tried again when the mail server is not well."""

import threading
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.utils import timezone

from outbox.errors import NotSendableError, WrongAddressError
from outbox.models import Email, EmailAttachment
from outbox.services import emails
from outbox.services.emails import Attachment
from tests.factories import make_user
from tests.outbox.factories import queue_greeting
from tests.outbox.postbox import Postbox

pytestmark = pytest.mark.django_db


def state_of(email: Email) -> str:
    return Email.objects.get(pk=email.pk).state


def try_at(email: Email, moment: Any) -> None:
    with time_machine.travel(moment, tick=False):
        emails.send_email(email.pk)


def test_a_letter_arrives_as_it_was_written(postbox: Postbox) -> None:
    user = make_user()
    email = queue_greeting(
        context={"name": "<b>Li & Söhne</b>"},
        reference="O1",
        user=user,
        headers={"List-Unsubscribe": "<https://shop.example/off>"},
    )
    assert emails.send_email(email.pk)
    (letter,) = postbox.taken
    assert letter["To"] == "li@example.org"
    assert letter["From"] == "Zhanggui <shop@example.org>"
    assert letter["Subject"] == "Yes, <b>Li & Söhne</b>"
    assert letter["List-Unsubscribe"] == "<https://shop.example/off>"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"] == email.message_id
    text, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Hello <b>Li & Söhne</b>" in text.get_content()
    assert "Hello &lt;b&gt;Li &amp; Söhne&lt;/b&gt;" in html.get_content()
    email.refresh_from_db()
    assert (email.state, email.attempts, email.user) == (Email.State.SENT, 1, user)
    assert email.sent_at is not None


def test_a_letter_is_written_in_the_language_of_who_gets_it(postbox: Postbox) -> None:
    assert queue_greeting(language="zh-hans").subject == "是, Li"
    assert queue_greeting(language="en").subject == "Yes, Li"


def test_a_language_that_the_shop_does_not_speak_becomes_its_own(settings: Any) -> None:
    assert queue_greeting(language="xx").language == settings.LANGUAGE_CODE


def test_the_same_key_is_the_same_letter() -> None:
    first = queue_greeting(key="order:1", context={"name": "Li"})
    second = queue_greeting(key="order:1", context={"name": "Wang"})
    assert second.pk == first.pk
    assert Email.objects.get().subject == "Yes, Li"


def test_a_transaction_that_is_undone_writes_no_letter(
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
        queue_greeting()
        transaction.set_rollback(True)
    assert Email.objects.count() == 0
    assert callbacks == []


def test_line_ends_in_a_name_put_no_header_into_the_letter(postbox: Postbox) -> None:
    email = queue_greeting(context={"name": "Li\r\nBcc: all@example.org\x00"})
    assert email.subject == "Yes, Li Bcc: all@example.org"
    emails.send_email(email.pk)
    (letter,) = postbox.taken
    assert letter["Bcc"] is None


@pytest.mark.parametrize(
    "address", ["", "li", "li@example.org\nBcc: x@example.org", "a@b.c, d@e.f", "x" * 300 + "@a.b"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(WrongAddressError):
        queue_greeting(to=address)
    assert Email.objects.count() == 0


def test_attachments_go_with_the_letter(postbox: Postbox) -> None:
    stored = default_storage.save("invoices/7.pdf", ContentFile(b"%PDF stored"))
    email = queue_greeting(
        attachments=[
            Attachment("发票.pdf", "application/pdf", content=b"%PDF made"),
            Attachment("7.pdf", "application/pdf", stored_as=stored),
        ]
    )
    emails.send_email(email.pk)
    (letter,) = postbox.taken
    files = {part.get_filename(): part.get_content() for part in letter.iter_attachments()}
    assert files == {"发票.pdf": b"%PDF made", "7.pdf": b"%PDF stored"}
    assert EmailAttachment.objects.filter(email=email).count() == 2


def test_a_letter_that_was_sent_is_not_sent_twice(postbox: Postbox) -> None:
    email = queue_greeting()
    assert emails.send_email(email.pk)
    assert not emails.send_email(email.pk)
    assert len(postbox.taken) == 1


def test_a_server_that_is_busy_is_asked_again_later(postbox: Postbox) -> None:
    postbox.answers = ["451 try again later"]
    email = queue_greeting()
    now = timezone.now()
    try_at(email, now)
    email.refresh_from_db()
    assert (email.state, email.attempts) == (Email.State.WAITING, 1)
    assert email.next_attempt_at == now + timedelta(minutes=1)
    assert "try again later" in email.last_error
    try_at(email, now + timedelta(seconds=59))
    assert postbox.taken == []
    try_at(email, now + timedelta(seconds=61))
    assert len(postbox.taken) == 1
    email.refresh_from_db()
    assert (email.state, email.attempts, email.last_error) == (Email.State.SENT, 2, "")


@pytest.mark.parametrize("refused_at", ["recipient_answers", "answers"])
def test_a_letter_that_the_server_refuses_for_good_fails_at_once(
    postbox: Postbox, refused_at: str
) -> None:
    setattr(postbox, refused_at, ["550 no such mailbox"])
    email = queue_greeting()
    emails.send_email(email.pk)
    email.refresh_from_db()
    assert (email.state, email.attempts) == (Email.State.FAILED, 1)
    assert "no such mailbox" in email.last_error
    assert Email.objects.unseen_failures().get() == email


def test_a_mailbox_that_is_full_for_now_is_asked_again(postbox: Postbox) -> None:
    postbox.recipient_answers = ["452 mailbox full"]
    email = queue_greeting()
    emails.send_email(email.pk)
    assert state_of(email) == Email.State.WAITING


@pytest.mark.usefixtures("no_mail_server")
def test_without_a_server_a_letter_is_given_up_after_six_attempts() -> None:
    email = queue_greeting()
    moment = timezone.now()
    waits = []
    for _attempt in range(5):
        try_at(email, moment)
        email.refresh_from_db()
        assert email.state == Email.State.WAITING
        waits.append(email.next_attempt_at - moment)
        moment = email.next_attempt_at
    assert waits == list(emails.RETRIES_AFTER)
    try_at(email, moment)
    email.refresh_from_db()
    assert (email.state, email.attempts) == (Email.State.GIVEN_UP, 6)


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_at_once_one_sends(postbox: Postbox) -> None:
    email = queue_greeting()
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        try:
            emails.send_email(email.pk)
        finally:
            connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(postbox.taken) == 1
    email.refresh_from_db()
    assert (email.state, email.attempts) == (Email.State.SENT, 1)


def test_a_letter_whose_process_died_goes_again_with_the_same_id(postbox: Postbox) -> None:
    email = queue_greeting()
    died_at = timezone.now() - emails.STUCK_AFTER - timedelta(seconds=1)
    Email.objects.filter(pk=email.pk).update(
        state=Email.State.SENDING, claimed_at=died_at, attempts=1
    )
    assert emails.sweep_unsent_emails() == 1
    emails.send_email(email.pk)
    (letter,) = postbox.taken
    assert letter["Message-ID"] == email.message_id
    assert state_of(email) == Email.State.SENT


def test_a_letter_that_is_being_sent_is_left_alone(postbox: Postbox) -> None:
    email = queue_greeting()
    Email.objects.filter(pk=email.pk).update(
        state=Email.State.SENDING, claimed_at=timezone.now(), attempts=1
    )
    assert emails.sweep_unsent_emails() == 0
    assert not emails.send_email(email.pk)
    assert postbox.taken == []


def test_the_words_of_a_secret_are_wiped_when_it_is_gone(postbox: Postbox) -> None:
    email = queue_greeting(is_confidential=True, context={"name": "123456"})
    emails.send_email(email.pk)
    assert "123456" in str(postbox.taken[0].get_body(("plain",)))
    email.refresh_from_db()
    assert (email.text, email.html) == ("", "")
    with pytest.raises(NotSendableError):
        emails.send_again(email=email)
    assert state_of(email) == Email.State.SENT


def test_a_letter_that_kills_its_process_is_given_up() -> None:
    tried = len(emails.RETRIES_AFTER)
    long_ago = timezone.now() - 2 * emails.STUCK_AFTER
    secret, once_more = queue_greeting(is_confidential=True), queue_greeting()
    claimed = Email.objects.filter(pk__in=[secret.pk, once_more.pk])
    claimed.update(state=Email.State.SENDING, claimed_at=long_ago, attempts=tried)
    Email.objects.filter(pk=secret.pk).update(attempts=tried + 1)
    assert emails.sweep_unsent_emails() == 1
    assert state_of(once_more) == Email.State.WAITING
    secret.refresh_from_db()
    assert (secret.state, secret.text, secret.html) == (Email.State.GIVEN_UP, "", "")
    assert secret.last_error


def test_the_words_of_a_secret_are_wiped_when_it_failed_for_good(postbox: Postbox) -> None:
    postbox.recipient_answers = ["550 no such mailbox"]
    email = queue_greeting(is_confidential=True, context={"name": "123456"})
    emails.send_email(email.pk)
    email.refresh_from_db()
    assert (email.state, email.text, email.html) == (Email.State.FAILED, "", "")
    with pytest.raises(NotSendableError):
        emails.send_again(email=email)
    assert state_of(email) == Email.State.FAILED


def test_a_failure_can_be_sent_again(postbox: Postbox) -> None:
    postbox.recipient_answers = ["550 no such mailbox"]
    email = queue_greeting()
    emails.send_email(email.pk)
    emails.send_again(email=email)
    assert emails.send_email(email.pk)
    assert len(postbox.taken) == 1


def test_a_letter_that_waits_cannot_be_asked_for_again() -> None:
    email = queue_greeting()
    with pytest.raises(NotSendableError):
        emails.send_again(email=email)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("celery_worker")
def test_the_job_sends_what_was_asked_for(postbox: Postbox) -> None:
    email = queue_greeting()
    for _ in range(200):
        if state_of(email) == Email.State.SENT:
            break
        threading.Event().wait(0.05)
    assert state_of(email) == Email.State.SENT
    assert len(postbox.taken) == 1
