"""What staff see of letters, and what they may do."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from ecomsite.backoffice import roles
from outbox.models import Email
from outbox.services import emails
from tests.backoffice.factories import make_member
from tests.factories import make_staff
from tests.outbox.factories import queue_greeting

pytestmark = pytest.mark.django_db
LIST = "admin:outbox_email_changelist"


@pytest.fixture
def agent(client: Client) -> Client:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    return client


def page_of(client: Client, email: Email) -> str:
    return client.get(reverse("admin:outbox_email_change", args=[email.pk])).content.decode()


def test_a_letter_is_shown_in_a_frame_that_runs_nothing(agent: Client) -> None:
    email = queue_greeting(context={"name": "<script>alert(1)</script>"})
    page = page_of(agent, email)
    assert "sandbox" in page
    assert "Hello &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)</script>" not in page


def test_a_secret_is_not_shown(agent: Client) -> None:
    page = page_of(agent, queue_greeting(context={"name": "123456"}, is_confidential=True))
    assert "carries a secret" in page
    assert "Hello 123456" not in page


def test_the_list_asks_for_as_much_with_many_letters_as_with_few(
    agent: Client, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        queue_greeting()
    with django_assert_max_num_queries(9):
        page = agent.get(reverse(LIST)).content.decode()
    assert "li@example.org" in page


def test_the_list_says_when_letters_reach_nobody(agent: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert "reach nobody" in agent.get(reverse(LIST)).content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert "reach nobody" not in agent.get(reverse(LIST)).content.decode()


def test_without_a_mail_server_letters_become_files(settings: Any, tmp_path: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    assert emails.send_email(queue_greeting().pk)
    (kept,) = (tmp_path / "mail").iterdir()
    assert "Hello Li" in kept.read_text()


def test_staff_send_a_failure_again(agent: Client) -> None:
    email = queue_greeting()
    Email.objects.filter(pk=email.pk).update(state=Email.State.FAILED, attempts=1)
    answer = agent.post(
        reverse(LIST),
        {"action": "send_again_selected", "_selected_action": [email.pk]},
        follow=True,
    )
    assert "1 letter is on its way." in answer.content.decode()
    email.refresh_from_db()
    assert (email.state, email.attempts) == (Email.State.WAITING, 0)


def test_failures_count_until_they_were_seen(agent: Client) -> None:
    email = queue_greeting()
    Email.objects.filter(pk=email.pk).update(state=Email.State.GIVEN_UP)

    def badges() -> list[str]:
        sidebar = agent.get(reverse("admin:index")).context["sidebar_navigation"]
        return [
            item.get("badge", "")
            for group in sidebar
            for item in group["items"]
            if str(item["link"]) == reverse(LIST)
        ]

    assert badges() == ["1"]
    agent.post(
        reverse(LIST), {"action": "mark_seen_selected", "_selected_action": [email.pk]}, follow=True
    )
    assert badges() == [""]


def test_nobody_without_the_permission_sees_letters(client: Client) -> None:
    client.force_login(make_staff())
    email = queue_greeting()
    assert client.get(reverse(LIST)).status_code == 403
    assert client.get(reverse("admin:outbox_email_change", args=[email.pk])).status_code == 403
