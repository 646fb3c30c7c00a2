"""Coming in."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def test_staff_who_log_in_stand_in_front_of_the_dashboard(client: Client) -> None:
    make_user(username="owner", password="a long secret", is_staff=True, is_superuser=True)
    answer = client.post(
        reverse("admin:login"), {"username": "owner", "password": "a long secret"}, follow=True
    )
    assert answer.status_code == 200
    assert answer.request["PATH_INFO"] == reverse("admin:index")


def test_the_password_alone_does_not_let_in_who_set_up_a_second_factor(client: Client) -> None:
    owner = make_user(username="owner", password="a long secret", is_staff=True)
    TOTP.activate(owner, generate_totp_secret())
    answer = client.post(reverse("admin:login"), {"username": "owner", "password": "a long secret"})
    assert answer.status_code == 200
    assert "second factor" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_guessing_the_passwords_of_staff_is_stopped(client: Client) -> None:
    make_user(username="owner", password="a long secret", is_staff=True)
    for _ in range(10):
        client.post(reverse("admin:login"), {"username": "owner", "password": "wrong"})
    answer = client.post(reverse("admin:login"), {"username": "owner", "password": "a long secret"})
    assert "Too many attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_the_visitors_of_the_shop_log_in_on_a_page_of_their_own(client: Client) -> None:
    assert client.get(reverse("admin:index"))["Location"].startswith(reverse("admin:login"))
    assert client.get(reverse("storefront:account-detail"))["Location"].startswith(
        reverse("account_login")
    )
