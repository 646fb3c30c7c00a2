"""Taxes, delivery and discounts of a shop; a test names only what it is about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count
from typing import Any

from catalog.models import Sku, TaxClass
from orders.models import (
    Discount,
    ShippingMethod,
    ShippingRate,
    ShippingZone,
    TaxRate,
    TaxZone,
)
from orders.services.pricing import Quote, QuoteLine, quote_cart

_numbers = count(1)
# A Monday, ten in the morning in Shanghai.
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def forget_defaults() -> None:
    """A shop that says nothing yet of taxes, delivery and discounts."""
    for model in (Discount, ShippingZone, TaxZone):
        model.objects.all().delete()


def make_tax_class(**fields: Any) -> TaxClass:
    number = next(_numbers)
    return TaxClass.objects.create(**{"code": f"class-{number}", "name": f"{number}", **fields})


def default_tax_class() -> TaxClass:
    found, _ = TaxClass.objects.get_or_create(
        is_default=True, defaults={"code": "standard", "name": "Standard"}
    )
    return found


def make_tax_zone(rates: dict[TaxClass, int] | None = None, **fields: Any) -> TaxZone:
    """rates: basis points by class."""
    zone = TaxZone.objects.create(**{"name": "Here", "countries": ["CN"], **fields})
    for tax_class, basis_points in (rates or {}).items():
        TaxRate.objects.create(
            zone=zone, tax_class=tax_class, name="VAT", basis_points=basis_points
        )
    return zone


def make_shipping_zone(**fields: Any) -> ShippingZone:
    return ShippingZone.objects.create(**{"name": "Here", "countries": ["CN"], **fields})


def make_shipping_method(
    steps: Sequence[tuple[int, int, int]] = ((0, 0, 1_000),), **fields: Any
) -> ShippingMethod:
    """steps: from weight in grams, from amount, price."""
    if "zone" not in fields:
        fields["zone"] = make_shipping_zone()
    number = next(_numbers)
    method = ShippingMethod.objects.create(
        **{"name": f"Method {number}", "currency": "CNY", **fields}
    )
    for weight, amount, price in steps:
        ShippingRate.objects.create(
            method=method, from_weight_grams=weight, from_amount_minor=amount, price_minor=price
        )
    return method


def make_discount(**fields: Any) -> Discount:
    """A tenth off everything; chosen ones are given as `categories`, `brands`, `products`."""
    chosen = {
        name: fields.pop(name) for name in ("categories", "brands", "products") if name in fields
    }
    number = next(_numbers)
    defaults = {
        "name_en": f"Offer {number}",
        "name_zh_hans": f"优惠 {number}",
        "benefit": "percent",
        "benefit_value": 10,
        "currency": "CNY",
    }
    discount = Discount.objects.create(**{**defaults, **fields})
    for name, rows in chosen.items():
        getattr(discount, name).set(rows)
    return discount


def quote(units: dict[Sku, int], **asked: Any) -> Quote:
    lines = [QuoteLine(sku.pk, quantity) for sku, quantity in units.items()]
    return quote_cart(
        **{
            "lines": lines,
            "country": "CN",
            "shipping_method": None,
            "codes": (),
            "customer": None,
            "now": NOW,
            **asked,
        }
    )
