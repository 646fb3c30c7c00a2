"""Whoever takes back personal recommendations is a stranger from the next page on."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client, RequestFactory
from django.urls import reverse

from customers.models import User
from customers.services.consents import record_consents
from storefront.visitor import visitor_of
from tests.storefront.accounts import make_customer

pytestmark = pytest.mark.django_db


def asking(client: Client, user: User | AnonymousUser, **headers: str) -> bool:
    """What the next page of this browser may do."""
    request: Any = RequestFactory().get("/", headers=headers)
    request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
    request.user = user
    return visitor_of(request).may_personalise


def test_a_customer_who_takes_it_back_is_not_personalised_on_the_next_page() -> None:
    user = make_customer()
    client = Client()
    client.force_login(user)
    assert asking(client, user) is False
    record_consents(user=user, wanted={"personalisation": True})
    assert asking(client, user) is True
    client.post(reverse("storefront:consent-change"), {})
    assert asking(client, user) is False


def test_a_visitor_without_an_account_says_no_in_the_bar() -> None:
    client = Client()
    nobody = AnonymousUser()
    assert asking(client, nobody) is False
    client.post(reverse("storefront:privacy-choice"), {"answer": "all"})
    assert asking(client, nobody) is True
    # A browser's standing no is above what was said.
    assert asking(client, nobody, **{"Sec-GPC": "1"}) is False
    client.post(reverse("storefront:privacy-choice"), {"answer": "none"})
    assert asking(client, nobody) is False
