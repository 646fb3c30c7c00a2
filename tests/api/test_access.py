"""Who gets in: tokens, scopes, permissions, and what is refused on the way."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from ecomsite.api.errors import ScopeBeyondPersonError, UnknownScopeError
from ecomsite.api.models import ApiToken
from ecomsite.api.services.tokens import issue_token, revoke_token
from tests.api.factories import make_client, make_staff_client
from tests.factories import make_staff, make_user

pytestmark = pytest.mark.django_db

# What each scope of staff opens, and nothing else does.
READS = {
    "api:stock-level-list": "stock:read",
    "api:stock-movement-list": "stock:read",
    "api:purchase-order-list": "purchasing:read",
    "api:forecast-list": "forecasts:read",
    "api:staff-order-list": "orders:read",
    "api:model-version-list": "models:read",
    "api:training-run-list": "models:read",
    "api:decision-list": "decisions:read",
}
WRITES = {
    ("api:stock-movement-list", ()): "stock:write",
    ("api:purchase-order-approve", ("PO1",)): "purchasing:write",
    ("api:purchase-order-send", ("PO1",)): "purchasing:write",
    ("api:purchase-order-acknowledge", ("PO1",)): "purchasing:write",
    ("api:purchase-order-cancel", ("PO1",)): "purchasing:write",
    ("api:purchase-order-close", ("PO1",)): "purchasing:write",
    ("api:goods-receipt-list", ("PO1",)): "purchasing:write",
    ("api:staff-shipment-list", ("O1",)): "orders:write",
    ("api:staff-refund-list", ("O1",)): "orders:write",
    ("api:model-version-publish", (1,)): "models:write",
}
SCOPES = sorted({*READS.values(), *WRITES.values()})


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_opens_what_it_is_for_and_nothing_else(scope: str) -> None:
    client = make_staff_client(scope)
    opened = {name for name in READS if client.get(reverse(name)).status_code == 200}
    assert opened == {name for name, needed in READS.items() if needed == scope}
    refused = {
        place
        for place in WRITES
        if client.post(
            reverse(place[0], args=place[1]), {}, content_type="application/json"
        ).json()["code"]
        == "scope_missing"
    }
    assert refused == {place for place, needed in WRITES.items() if needed != scope}


@pytest.mark.parametrize("name", READS)
def test_guests_and_customers_see_nothing_of_staff(client: Client, name: str) -> None:
    guest = client.get(reverse(name))
    assert (guest.status_code, guest.json()["code"]) == (401, "not_authenticated")
    assert guest.headers["WWW-Authenticate"].startswith("Bearer")
    client.force_login(make_user())
    customer = client.get(reverse(name))
    assert (customer.status_code, customer.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(("name", "scope"), READS.items())
def test_a_token_lets_nobody_do_more_than_they_may(name: str, scope: str) -> None:
    powerless = make_client(make_staff(), scope)
    assert powerless.get(reverse(name)).status_code == 403


def test_a_token_ends_when_it_expires_is_revoked_or_its_person_leaves() -> None:
    person = make_staff(is_superuser=True)
    address = reverse("api:stock-level-list")

    def status(secret: str) -> int:
        client = Client(headers={"authorization": f"Bearer {secret}"})
        return client.get(address).status_code

    issued = issue_token(name="scanner", user=person, scopes=["stock:read"])
    assert status(issued.secret) == 200
    assert status(issued.secret[:-1] + "x") == 401
    assert status("zg_\u00e9") == 401
    late = timezone.now() - timedelta(seconds=1)
    expired = issue_token(name="old", user=person, scopes=["stock:read"], expires_at=late)
    assert status(expired.secret) == 401
    assert revoke_token(token=issued.token)
    assert not revoke_token(token=issued.token)
    assert status(issued.secret) == 401
    other = issue_token(name="other", user=person, scopes=["stock:read"])
    person.is_active = False
    person.save()
    assert status(other.secret) == 401


def test_only_a_hash_of_a_token_is_kept() -> None:
    issued = issue_token(name="scanner", user=make_staff(), scopes=["stock:read"])
    row = ApiToken.objects.values().get()
    assert issued.secret not in str(row)
    assert issued.secret.startswith(row["prefix"])


def test_tokens_that_make_no_sense_are_not_made() -> None:
    with pytest.raises(UnknownScopeError):
        issue_token(name="x", user=make_staff(), scopes=["everything"])
    with pytest.raises(UnknownScopeError):
        issue_token(name="x", user=make_staff(), scopes=[])
    with pytest.raises(ScopeBeyondPersonError):
        issue_token(name="x", user=make_user(), scopes=["orders:read"])
    assert not ApiToken.objects.exists()


def test_the_use_of_a_token_is_noted_every_few_minutes_only(
    django_assert_num_queries: Any,
) -> None:
    client = make_staff_client("stock:read")
    address = reverse("api:stock-level-list")
    client.get(address)
    noted = ApiToken.objects.get().last_used_at
    assert noted is not None
    # The token with its person, and the list.
    with django_assert_num_queries(2):
        client.get(address)
    assert ApiToken.objects.get().last_used_at == noted


def test_a_browser_that_is_logged_in_must_prove_its_writes() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_staff(is_superuser=True))
    assert client.get(reverse("api:stock-level-list")).status_code == 200
    forged = client.post(reverse("api:stock-movement-list"), {}, content_type="application/json")
    assert (forged.status_code, forged.json()["code"]) == (403, "permission_denied")


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("{", "application/json", 400, "parse_error"),
        ('{"quantity": NaN}', "application/json", 400, "parse_error"),
        ("[" * 100_000, "application/json", 400, "parse_error"),
        ('"' + "x" * 300_000 + '"', "application/json", 413, "too_large"),
        ("a=1", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("[]", "application/json", 400, "invalid"),
    ],
    ids=["half", "NaN", "deep", "large", "form", "list"],
)
def test_a_body_that_is_none_is_refused(
    body: str, content_type: str, status: int, code: str
) -> None:
    answer = make_staff_client().post(
        reverse("api:stock-movement-list"),
        body,
        content_type=content_type,
        headers={"idempotency-key": "adjust-0001"},
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)
