"""Coming in."""

import pytest
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
