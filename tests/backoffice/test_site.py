"""The site itself: who may load what, and in which language one logs in."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_the_back_office_has_a_policy_of_its_own(client: Client) -> None:
    policy = client.get(reverse("admin:login")).headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "script-src 'self' 'unsafe-inline' 'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy


def test_customers_pages_are_spared_that_policy(client: Client) -> None:
    policy = client.get("/", follow=True).headers.get("Content-Security-Policy", "")
    assert "unsafe-eval" not in policy


@pytest.mark.parametrize(("language", "greeting"), [("en", "Log in"), ("zh-hans", "登录")])
def test_staff_log_in_in_their_language(client: Client, language: str, greeting: str) -> None:
    user = make_user(username="owner", is_staff=True)
    user.set_password("a long enough password")
    user.save()
    client.post(reverse("set_language"), {"language": language, "next": "/admin/"})
    page = client.get(reverse("admin:login"))
    assert greeting in page.content.decode()
    answer = client.post(
        reverse("admin:login"), {"username": "owner", "password": "a long enough password"}
    )
    assert answer.status_code == 302


def test_both_languages_can_be_chosen_before_logging_in(client: Client) -> None:
    page = client.get(reverse("admin:login")).content.decode()
    for code, _name in settings.LANGUAGES:
        assert f'value="{code}"' in page


def test_large_pages_are_sent_compressed(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    answer = client.get(reverse("admin:index"), headers={"accept-encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
