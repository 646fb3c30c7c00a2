"""Tokens, and clients that come with one."""

from typing import Any

from django.test import Client

from customers.models import User
from ecomsite.api.scopes import SCOPES
from ecomsite.api.services.tokens import issue_token
from tests.factories import make_staff, make_user


def make_client(user: User, *scopes: str) -> Client:
    """A program that acts for somebody."""
    issued = issue_token(name="a program", user=user, scopes=scopes)
    return Client(headers={"authorization": f"Bearer {issued.secret}"})


def make_staff_client(*scopes: str, **fields: Any) -> Client:
    """Of somebody who may do everything, with a token for some of it."""
    return make_client(make_staff(is_superuser=True, **fields), *(scopes or SCOPES))


def make_customer_client(user: User | None = None) -> Client:
    return make_client(user or make_user(), "shop")
