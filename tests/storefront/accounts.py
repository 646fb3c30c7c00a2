"""Customers with a password, and what their letters say."""

from typing import Any

from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import reverse

from customers.models import User
from outbox.models import Email
from tests.factories import make_user

PASSWORD = "quiet-lantern-42"


def make_customer(**fields: Any) -> User:
    """With a password, and an address that was confirmed."""
    user = make_user(**{"password": PASSWORD, "language": "en", **fields})
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def log_in(client: Client, user: User, *, password: str = PASSWORD, **fields: str) -> Any:
    words = {"login": user.email, "password": password, **fields}
    return client.post(reverse("account_login"), words)


def confirm_password(client: Client) -> None:
    """Delicate steps ask for it once more."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


def last_letter() -> Email:
    letter = Email.objects.order_by("pk").last()
    assert letter is not None
    return letter


def code_of(letter: Email) -> str:
    """The line that stands alone and is no sentence."""
    (code,) = [
        line.strip()
        for line in letter.text.splitlines()
        if line.startswith("    ") and line.strip()
    ]
    return code


def is_logged_in(client: Client) -> bool:
    return "_auth_user_id" in client.session
