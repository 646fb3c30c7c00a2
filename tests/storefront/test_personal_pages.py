"""What a browser may keep."""

import pytest
from django.test import Client

from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("path", ["/en/", "/en/contact/", "/en/wish-list/", "/en/products/cup/"])
def test_pages_of_somebody_who_is_logged_in_are_not_kept(client: Client, path: str) -> None:
    make_product(slug="cup", status="published")
    assert "no-store" not in Client().get(path).get("Cache-Control", "")
    client.force_login(make_user())
    answer = client.get(path)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
