"""Staff make tokens in the back office, see them once and revoke them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from ecomsite.api.models import ApiToken
from ecomsite.api.services.tokens import find_token
from ecomsite.backoffice import roles
from tests.backoffice.factories import make_member
from tests.factories import make_staff, make_user

pytestmark = pytest.mark.django_db
ADD = "admin:api_apitoken_add"
LIST = "admin:api_apitoken_changelist"


def test_a_token_is_shown_once_and_then_revoked(client: Client) -> None:
    owner = make_staff(is_superuser=True)
    client.force_login(owner)
    form = {"name": "scanner", "user": owner.pk, "scopes": ["stock:read"]}
    page = client.post(reverse(ADD), form, follow=True).content.decode()
    [secret] = re.findall(r"<code>(zg_[\w-]{43})</code>", page)
    token = find_token(secret=secret)
    assert token is not None
    assert (token.user, token.created_by, token.scopes) == (owner, owner, ["stock:read"])
    assert ApiToken.objects.count() == 1
    again = client.get(reverse(LIST)).content.decode()
    assert token.prefix in again
    assert secret not in again
    client.post(reverse(LIST), {"action": "revoke_selected", "_selected_action": [token.pk]})
    assert find_token(secret=secret) is None


def test_a_manager_makes_tokens_for_nobody_else(client: Client) -> None:
    manager, owner = make_member(roles.MANAGER), make_staff(is_superuser=True)
    client.force_login(manager)
    for person in (owner, make_user()):
        form = {"name": "x", "user": person.pk, "scopes": ["shop"]}
        assert client.post(reverse(ADD), form).status_code == 200
    assert not ApiToken.objects.exists()
    client.post(reverse(ADD), {"name": "x", "user": manager.pk, "scopes": ["orders:read"]})
    assert ApiToken.objects.get().user == manager


def test_matters_of_staff_are_not_for_tokens_of_customers(client: Client) -> None:
    client.force_login(make_staff(is_superuser=True))
    form = {"name": "x", "user": make_user().pk, "scopes": ["orders:read"]}
    page = client.post(reverse(ADD), form).content.decode()
    assert "is for staff only" in page
    assert not ApiToken.objects.exists()
