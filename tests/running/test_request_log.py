"""What the log says of requests."""

import pytest
from django.test import Client
from django.urls import reverse
from structlog.testing import capture_logs

from tests.factories import make_user

pytestmark = pytest.mark.django_db


def _lines(client: Client, address: str) -> list[tuple[object, ...]]:
    with capture_logs() as lines:
        client.get(address)
    names = ("event", "log_level", "code", "request", "user_id")
    return [tuple(line.get(name) for name in names) for line in lines]


def test_a_request_leaves_one_line() -> None:
    address = reverse("storefront:search")
    told = ("request_finished", "info", 200, f"GET {address}?q=cup", None)
    assert _lines(Client(), f"{address}?q=cup") == [told]


def test_a_page_that_is_not_there_is_a_warning() -> None:
    address = reverse("storefront:product-detail", args=["none"])
    told = ("request_finished", "warning", 404, f"GET {address}", None)
    assert told in _lines(Client(), address)


def test_the_line_names_who_was_asked_for() -> None:
    user = make_user()
    client = Client()
    client.force_login(user)
    address = reverse("storefront:account-detail")
    assert [line[-1] for line in _lines(client, address)] == [user.pk]
