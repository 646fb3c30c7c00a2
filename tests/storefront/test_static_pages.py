"""The shop's own pages, and writing to the shop."""

from html import unescape
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from ecomsite.backoffice import roles
from outbox.models import Email
from storefront.errors import AnsweredAlreadyError, EmptyAnswerError
from storefront.models import ContactMessage, StaticPage
from storefront.prose import render_prose
from storefront.services.contact import answer_message
from tests.backoffice.factories import make_member
from tests.factories import make_staff, make_user

pytestmark = pytest.mark.django_db
CONTACT = "/en/contact/"


def write(client: Client, **fields: Any) -> Any:
    form = {
        "name": "Wang Lei",
        "email": "wang@example.org",
        "subject": "A cup",
        "text": "Is it\nstrong?",
        "order_number": "O1001",
        "website": "",
        **fields,
    }
    return client.post(CONTACT, form)


def make_message(**fields: Any) -> ContactMessage:
    return ContactMessage.objects.create(
        **{
            "name": "Wang Lei",
            "email": "wang@example.org",
            "subject": "A cup",
            "text": "Is it strong?",
            "language": "en",
            **fields,
        }
    )


@pytest.mark.parametrize("slug", ["delivery", "returns", "privacy", "about"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_first_pages_are_there_in_both_languages(
    client: Client, slug: str, language: str
) -> None:
    answer = client.get(f"/{language}/pages/{slug}/")
    assert answer.status_code == 200
    column = "title_en" if language == "en" else "title_zh_hans"
    title = StaticPage.objects.values_list(column, flat=True).get(slug=slug)
    assert f"<h1>{title}</h1>" in answer.content.decode()


def test_every_page_links_to_them_without_asking_the_database_again(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    StaticPage.objects.filter(slug="returns").update(is_in_footer=False)
    StaticPage.objects.filter(slug="about").update(is_published=False)
    first = client.get(CONTACT).content.decode()
    foot = first.split("<footer")[1]
    assert 'href="/en/pages/delivery/"' in foot
    assert "/pages/returns/" not in foot
    assert "/pages/about/" not in foot
    assert f'href="{CONTACT}"' in foot
    with django_assert_num_queries(0):
        client.get(CONTACT)


def test_what_is_not_published_is_not_found(client: Client) -> None:
    StaticPage.objects.filter(slug="about").update(is_published=False)
    assert client.get("/en/pages/about/").status_code == 404
    assert client.get("/en/pages/nothing/").status_code == 404


def test_an_editor_changes_a_page_and_customers_see_it_at_once(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    client.get(CONTACT)
    page = StaticPage.objects.get(slug="about")
    editor = Client()
    editor.force_login(make_member(roles.CATALOGUE_EDITOR))
    with django_capture_on_commit_callbacks(execute=True):
        answer = editor.post(
            reverse("admin:storefront_staticpage_change", args=[page.pk]),
            {
                "title_en": "Who we are",
                "title_zh_hans": "我们是谁",
                "slug": "about",
                "body_en": "## Hello\n\nWe sell **cups**.",
                "body_zh_hans": "你好",
                "is_published": "on",
                "is_in_footer": "on",
                "position": "10",
            },
        )
    assert answer.status_code == 302
    assert "Who we are" in client.get(CONTACT).content.decode().split("<footer")[1]
    shown = client.get("/en/pages/about/").content.decode()
    assert "<h2>Hello</h2>" in shown
    assert "<strong>cups</strong>" in shown


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("One.\n\nTwo.", "<p>One.</p>\n<p>Two.</p>"),
        ("One,\r\ntwo.", "<p>One,<br>two.</p>"),
        ("## A\nText", "<h2>A</h2>\n<p>Text</p>"),
        ("### B", "<h3>B</h3>"),
        ("- a\n- b", "<ul><li>a</li><li>b</li></ul>"),
        ("1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"),
        ("**a** b", "<p><strong>a</strong> b</p>"),
        ("[x](https://e.org/?a=1&b=2)", '<p><a href="https://e.org/?a=1&amp;b=2">x</a></p>'),
        ("[x](/en/contact/)", '<p><a href="/en/contact/">x</a></p>'),
        ("**[x](/y)**", '<p><strong><a href="/y">x</a></strong></p>'),
        ("[**x**](/y)", '<p><a href="/y"><strong>x</strong></a></p>'),
        ("[x](/a**b**c)", '<p><a href="/a**b**c">x</a></p>'),
        ("[**x](/y**)", '<p><a href="/y**">**x</a></p>'),
        ("[**x](/y) z**", '<p><a href="/y">**x</a> z**</p>'),
        ("a\0b [x](/y)", '<p>ab <a href="/y">x</a></p>'),
        ("", ""),
        # Nothing of one's own comes through.
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](//evil.example)", "<p>[x](//evil.example)</p>"),
        (
            '[x](https://e.org/"onclick="alert)',
            '<p><a href="https://e.org/&quot;onclick=&quot;alert">x</a></p>',
        ),
        ("[<b>](https://e.org/)", '<p><a href="https://e.org/">&lt;b&gt;</a></p>'),
    ],
)
def test_a_text_becomes_only_what_its_marks_mean(text: str, html: str) -> None:
    assert render_prose(text) == html


def test_a_long_text_of_nothing_but_marks_is_rendered(client: Client) -> None:
    for mark in ("*", "[", "[](", "**a", "- ", "# "):
        assert render_prose(mark * 10_000)


# Writing to the shop


def test_a_message_is_kept_with_its_language_and_answered_with_thanks(client: Client) -> None:
    answer = write(client)
    assert answer.status_code == 302
    message = ContactMessage.objects.get()
    assert (message.name, message.email, message.subject) == (
        "Wang Lei",
        "wang@example.org",
        "A cup",
    )
    assert (message.order_number, message.language, message.state) == ("O1001", "en", "open")
    assert "Thank you" in client.get(CONTACT).content.decode()


def test_who_is_logged_in_need_not_type_who_they_are(client: Client) -> None:
    customer = make_user(first_name="Ann", last_name="Bee")
    client.force_login(customer)
    page = client.get(CONTACT).content.decode()
    assert 'value="Ann Bee"' in page
    assert f'value="{customer.email}"' in page
    write(client)
    assert ContactMessage.objects.get().user == customer


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 121),
        ("email", "wang"),
        ("email", "a@example.org\nBcc: b@example.org"),
        ("subject", " "),
        ("text", ""),
        ("text", "x" * 5001),
        ("text", "a\x00b"),
        ("order_number", "9" * 41),
    ],
)
def test_a_message_that_says_nothing_or_too_much_is_refused(
    client: Client, field: str, value: str
) -> None:
    assert write(client, **{field: value}).status_code == 422
    assert ContactMessage.objects.count() == 0


def test_a_machine_gets_thanks_and_leaves_nothing(client: Client) -> None:
    answer = write(client, website="https://spam.example/")
    assert answer.status_code == 302
    assert ContactMessage.objects.count() == 0


def test_the_eleventh_message_in_an_hour_is_refused(client: Client) -> None:
    for _number in range(10):
        write(client)
    answer = write(client)
    assert answer.status_code == 429
    assert "too often" in unescape(answer.content.decode())
    assert ContactMessage.objects.count() == 10


def test_an_answer_goes_out_once_in_the_language_of_the_message() -> None:
    message, agent = make_message(language="zh-hans"), make_staff()
    answer_message(message=message, user=agent, text=" 很结实。\r\n ")
    assert (message.state, message.answer, message.answered_by) == ("answered", "很结实。", agent)
    letter = Email.objects.get()
    assert (letter.to, letter.language) == ("wang@example.org", "zh-hans")
    assert letter.subject == "回复：A cup"
    assert "很结实。" in letter.text
    assert "Is it strong?" in letter.text
    with pytest.raises(AnsweredAlreadyError):
        answer_message(message=message, user=agent, text="Again.")
    assert Email.objects.count() == 1


def test_an_empty_answer_is_not_sent() -> None:
    message = make_message()
    with pytest.raises(EmptyAnswerError):
        answer_message(message=message, user=make_staff(), text="  ")
    message.refresh_from_db()
    assert (message.state, Email.objects.count()) == ("open", 0)


def test_an_agent_answers_in_the_back_office(client: Client) -> None:
    message = make_message()
    client.force_login(make_member(roles.SUPPORT_AGENT))
    page = reverse("admin:storefront_contactmessage_change", args=[message.pk])
    answer = client.post(page, {"answer": "It is.", "text": "Changed?", "email": "x@example.org"})
    assert [str(each) for each in get_messages(answer.wsgi_request)] == [
        "The answer is on its way by letter."
    ]
    message.refresh_from_db()
    assert (message.state, message.answer) == ("answered", "It is.")
    assert (message.text, message.email) == ("Is it strong?", "wang@example.org")
    assert 'name="answer"' not in client.get(page).content.decode()


@pytest.mark.parametrize("role", [roles.BUYER, roles.CATALOGUE_EDITOR])
def test_others_do_not_read_messages(client: Client, role: str) -> None:
    message = make_message()
    client.force_login(make_member(role))
    page = reverse("admin:storefront_contactmessage_change", args=[message.pk])
    assert client.get(page).status_code == 403
    assert client.post(page, {"answer": "It is."}).status_code == 403
