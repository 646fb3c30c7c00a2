"""Customers who come with a history of orders: a number, perhaps an address, no password."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from django.contrib.auth.hashers import make_password
from django.db import transaction

from customers.models import User
from learning.bulk import insert_columns

BATCH = 500


@dataclass(frozen=True, slots=True)
class PastCustomer:
    """What a history tells of a customer. reference: their number in it."""

    reference: str
    email: str
    country: str
    first_seen_at: datetime


@transaction.atomic
def add_past_customers(*, customers: Sequence[PastCustomer]) -> dict[str, int]:
    """Add the customers who are not here yet; returns everybody's key by reference.

    Somebody who already has an account with the same email address is that person.
    """
    by_reference = {past.reference: past for past in customers}
    known = _known(by_reference)
    fresh = [past for past in by_reference.values() if past.reference not in known]
    # Two numbers with one address: the first keeps it, an account has an address of its own.
    owners = {past.email: past.reference for past in reversed(fresh)}
    insert_columns(
        User,
        {
            "username": [f"past-{past.reference}" for past in fresh],
            "password": [make_password(None) for _ in fresh],
            "email": [
                (past.email if owners[past.email] == past.reference else "") or None
                for past in fresh
            ],
            "country": [past.country for past in fresh],
            "external_reference": [past.reference for past in fresh],
            "date_joined": np.array(
                [past.first_seen_at.astimezone(UTC).replace(tzinfo=None) for past in fresh],
                dtype="datetime64[s]",
            ),
        },
    )
    return known | _ids("external_reference", [past.reference for past in fresh])


def count_new_customers(*, customers: Sequence[PastCustomer]) -> int:
    """How many of them `add_past_customers` would add."""
    by_reference = {past.reference: past for past in customers}
    return len(by_reference) - len(_known(by_reference))


def _known(customers: Mapping[str, PastCustomer]) -> dict[str, int]:
    """Keys of those who are here, by number or by email address."""
    known = _ids("external_reference", list(customers))
    missing = [past for reference, past in customers.items() if reference not in known]
    accounts = _ids("email", [past.email for past in missing if past.email])
    return known | {
        past.reference: accounts[past.email] for past in missing if past.email in accounts
    }


def _ids(field: str, values: Sequence[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for start in range(0, len(values), BATCH):
        rows = User.objects.filter(**{f"{field}__in": values[start : start + BATCH]})
        found.update(rows.values_list(field, "pk"))
    return found
