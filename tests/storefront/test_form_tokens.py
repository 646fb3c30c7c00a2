"""Forms of kept pages carry a token that Django takes."""

import re
from typing import Any

import pytest
from django.middleware.csrf import CSRF_TOKEN_LENGTH
from django.test import Client
from django.urls import reverse

from tests.factories import make_product

pytestmark = pytest.mark.django_db


def _token(page: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.content.decode())
    assert found
    return found[1]


def test_a_form_of_a_kept_page_is_taken() -> None:
    client = Client(enforce_csrf_checks=True)
    address, wish = make_product().get_absolute_url(), reverse("storefront:wish-add")
    client.get(address)
    token = _token(client.get(address))
    assert client.post(wish, {"csrfmiddlewaretoken": token}).status_code != 403
    other = ("A" if token[0] != "A" else "B") + token[1:]
    assert client.post(wish, {"csrfmiddlewaretoken": other}).status_code == 403


def test_no_two_pages_carry_the_same_token() -> None:
    client = Client()
    address = make_product().get_absolute_url()
    tokens = [_token(client.get(address)) for _page in range(3)]
    assert len(set(tokens)) == 3
    assert {len(token) for token in tokens} == {CSRF_TOKEN_LENGTH}


def test_a_visitor_gets_the_cookie_of_forms_once() -> None:
    client = Client()
    address = reverse("storefront:search")
    first, second = client.get(address), client.get(address)
    assert "csrftoken" in first.cookies
    assert "csrftoken" not in second.cookies
    # What a proxy keeps for one visitor is not for the next one.
    assert "Cookie" in second.headers["Vary"]
