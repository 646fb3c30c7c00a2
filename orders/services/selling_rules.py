"""The rules that a price follows: taxes, delivery, and the offers that apply by themselves.

Pages read them from memory; every process keeps them under the name of the frame as it stands,
which changes with whatever staff save. What is charged is read from the tables.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from django.db.models import CharField, F, Model, QuerySet, Value
from django.db.models.functions import Cast

from catalog.models import TaxClass
from catalog.services.versions import frame_version
from learning.prepared import Prepared
from orders.algorithms.shipping_steps import Step
from orders.algorithms.taxing import Rate
from orders.models import (
    Discount,
    ShippingMethod,
    ShippingRate,
    ShippingZone,
    TaxRate,
    TaxZone,
)


class Zone(Protocol):
    @property
    def countries(self) -> Any: ...


ZoneT = TypeVar("ZoneT", bound=Zone)


@dataclass(frozen=True, slots=True)
class Range:
    """Which products a discount is about: those in one of its categories or what lies below it, of
    one of its brands, or named; all of the shop where nothing is chosen."""

    paths: tuple[str, ...] = ()
    brand_ids: frozenset[int] = frozenset()
    product_ids: frozenset[int] = frozenset()

    def holds(self, *, product_id: int, brand_id: int | None, path: str | None) -> bool:
        if not (self.paths or self.brand_ids or self.product_ids):
            return True
        return (
            product_id in self.product_ids
            or brand_id in self.brand_ids
            or (path is not None and path.startswith(self.paths))
        )


@dataclass(frozen=True, slots=True)
class RangedDiscount:
    discount: Discount
    range: Range


@dataclass(frozen=True, slots=True)
class DeliveryRules:
    """methods: offered ones by zone. steps: by method."""

    zones: tuple[ShippingZone, ...]
    methods: Mapping[int, tuple[ShippingMethod, ...]]
    steps: Mapping[int, tuple[Step, ...]]

    def zone(self, country: str) -> ShippingZone | None:
        return _zone_of(country, self.zones)


@dataclass(frozen=True, slots=True)
class SellingRules:
    """tax_rates: by zone and tax class."""

    delivery: DeliveryRules
    tax_zones: tuple[TaxZone, ...]
    tax_rates: Mapping[tuple[int, int], TaxRate]
    default_tax_class_id: int | None
    automatic: tuple[RangedDiscount, ...]

    def tax_zone(self, country: str) -> TaxZone | None:
        return _zone_of(country, self.tax_zones)

    def tax_rate(self, zone: TaxZone | None, tax_class_id: int | None) -> Rate | None:
        """None where the zone says nothing about the class."""
        class_id = tax_class_id or self.default_tax_class_id
        if zone is None or class_id is None:
            return None
        found = self.tax_rates.get((zone.pk, class_id))
        return Rate(found.name, found.basis_points) if found else None


def selling_rules(*, is_binding: bool) -> SellingRules:
    """is_binding: of this moment, as for an order; else as pages may show them."""
    version = "" if is_binding else frame_version()
    return _kept(version) if version else _read(_read_delivery())


def delivery_rules() -> DeliveryRules:
    """As pages may show them. A page of a product needs no taxes and no offers."""
    version = frame_version()
    return _kept_delivery(version) if version else _read_delivery()


def ranged(discounts: Iterable[Discount]) -> tuple[RangedDiscount, ...]:
    """Discounts with what they are about, in one statement for all of them."""
    found = list(discounts)
    ranges = _ranges([discount.pk for discount in found])
    return tuple(RangedDiscount(discount, ranges[discount.pk]) for discount in found)


@lru_cache(maxsize=1)
def _kept(version: str) -> SellingRules:
    """version: was asked for before reading, so nothing older is kept under it."""
    return _read(_kept_delivery(version))


@lru_cache(maxsize=1)
def _kept_delivery(version: str) -> DeliveryRules:
    """The same."""
    return _read_delivery()


_TAX_ZONES = Prepared(lambda: TaxZone.objects.order_by("position", "pk"))
_TAX_RATES = Prepared(lambda: TaxRate.objects.order_by())
_DEFAULT_TAX_CLASS = Prepared(lambda: TaxClass.objects.filter(is_default=True).values_list("pk"))
_AUTOMATIC = Prepared(lambda: Discount.objects.filter(code__isnull=True, is_active=True))
_ZONES = Prepared(lambda: ShippingZone.objects.order_by("position", "pk"))
_METHODS = Prepared(
    lambda: ShippingMethod.objects.filter(is_active=True).order_by("position", "pk")
)
_STEPS = Prepared(
    lambda: ShippingRate.objects.filter(method__is_active=True).values_list(
        "method_id", "from_weight_grams", "from_amount_minor", "price_minor"
    )
)


def _read(delivery: DeliveryRules) -> SellingRules:
    defaults = _DEFAULT_TAX_CLASS.rows()
    return SellingRules(
        delivery=delivery,
        tax_zones=tuple(_TAX_ZONES.objects()),
        tax_rates={(rate.zone_id, rate.tax_class_id): rate for rate in _TAX_RATES.objects()},
        default_tax_class_id=defaults[0][0] if defaults else None,
        automatic=ranged(_AUTOMATIC.objects()),
    )


def _read_delivery() -> DeliveryRules:
    methods: dict[int, list[ShippingMethod]] = defaultdict(list)
    for method in _METHODS.objects():
        methods[method.zone_id].append(method)
    steps: dict[int, list[Step]] = defaultdict(list)
    for method_id, *step in _STEPS.rows():
        steps[method_id].append(Step(*step))
    return DeliveryRules(
        zones=tuple(_ZONES.objects()),
        methods={zone: tuple(found) for zone, found in methods.items()},
        steps={method: tuple(found) for method, found in steps.items()},
    )


def _zone_of(country: str, zones: Iterable[ZoneT]) -> ZoneT | None:
    """The first zone that names the country, else the first that names none at all."""
    others = None
    for zone in zones:
        if country in zone.countries:
            return zone
        if not zone.countries and others is None:
            others = zone
    return others


def _ranges(discount_ids: list[int]) -> Mapping[int, Range]:
    chosen: dict[int, dict[str, list[str]]] = {key: defaultdict(list) for key in discount_ids}
    if not discount_ids:
        return {}
    rows = (
        _chosen(Discount.categories.through, "category__path", discount_ids)
        .union(
            _chosen(Discount.brands.through, "brand_id", discount_ids),
            _chosen(Discount.products.through, "product_id", discount_ids),
            all=True,
        )
        .order_by()
    )
    for discount_id, kind, value in rows:
        chosen[discount_id][kind].append(value)
    return {
        key: Range(
            paths=tuple(sorted(kinds["category__path"])),
            brand_ids=frozenset(map(int, kinds["brand_id"])),
            product_ids=frozenset(map(int, kinds["product_id"])),
        )
        for key, kinds in chosen.items()
    }


def _chosen(
    through: type[Model], column: str, discount_ids: list[int]
) -> QuerySet[Model, tuple[int, str, str]]:
    rows: QuerySet[Model, tuple[int, str, str]] = (
        through._default_manager.filter(discount_id__in=discount_ids)
        .annotate(kind=Value(column), value=Cast(F(column), CharField(max_length=255)))
        .values_list("discount_id", "kind", "value")
        .order_by()
    )
    return rows
