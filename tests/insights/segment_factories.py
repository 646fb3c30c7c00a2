"""Customers with orders, and segments."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.utils import timezone

from catalog.models import Sku
from customers.models import Consent, User
from insights.models import Segment
from insights.services.segment_rules.compiling import customers_of
from insights.services.segment_rules.reading import read_rule
from orders.models import Order
from tests.factories import make_category, make_order, make_product, make_sku, make_user


def make_segment(*parts: dict[str, Any], how: str = "all", **fields: Any) -> Segment:
    defaults: dict[str, Any] = {"name_en": "Some customers", "name_zh_hans": "一些顾客"}
    rule = {"how": how, "parts": list(parts)}
    return Segment.objects.create(**{"rule": rule, **defaults, **fields})


def ordered(customer: User, *, days_ago: float = 1, price: int = 1000, **fields: Any) -> Order:
    sku = fields.pop("sku", None) or make_sku(price_minor=price)
    return make_order(
        customer=customer,
        lines={sku: fields.pop("units", 1)},
        placed_at=timezone.now() - timedelta(days=days_ago),
        **fields,
    )


def found_by(*parts: dict[str, Any], how: str = "all") -> set[str]:
    """Names of the customers whom a rule means now."""
    rule = read_rule({"how": how, "parts": list(parts)})
    return set(customers_of(rule, moment=timezone.now()).values_list("username", flat=True))


def say(customer: User, purpose: str, *, granted: bool, at: datetime | None = None) -> None:
    row = Consent.objects.create(user=customer, purpose=purpose, is_granted=granted)
    if at is not None:
        Consent.objects.filter(pk=row.pk).update(given_at=at)


def make_crowd(n_customers: int = 240) -> dict[str, Any]:
    """Half buy much tea often and lately, half bought once, long ago, tea or a toy.

    Every fourth speaks English. Enough for models to learn from.
    """
    tea, toys = make_category(slug="tea"), make_category(slug="toys")
    skus: dict[str, Sku] = {
        "tea": make_sku(product=make_product(category=tea), price_minor=5000),
        "toy": make_sku(product=make_product(category=toys), price_minor=1000),
    }
    random = np.random.default_rng(5)
    lovers = []
    for number in range(n_customers):
        customer = make_user(
            username=f"crowd-{number:04}",
            language="en" if number % 4 == 0 else "zh-hans",
            country="CN" if number % 3 else "SG",
            date_joined=timezone.now() - timedelta(days=400),
        )
        is_lover = number % 2 == 0
        if is_lover:
            lovers.append(customer)
        for _order in range(int(random.integers(4, 7)) if is_lover else 1):
            days = float(random.uniform(1, 40) if is_lover else random.uniform(200, 300))
            sku = skus["tea"] if is_lover or random.random() < 0.6 else skus["toy"]
            ordered(customer, days_ago=days, sku=sku, units=int(random.integers(1, 4)))
    return {"lovers": lovers, "tea": skus["tea"]}
