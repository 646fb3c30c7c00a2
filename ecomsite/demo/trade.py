"""What happened in the demo shop, as the simulation tells it and the loader writes it down.

Moments are seconds since midnight of the first day, on the shop's own clock; days count from that
day. SKUs, products and shoppers are places in the specification and in `Shoppers`.
"""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ecomsite.demo.seasons import Prices
from ecomsite.demo.shoppers import Shoppers
from ecomsite.demo.specification import ProductSpec, Specification
from ecomsite.demo.supply import Purchase

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

DAY = 86_400


@dataclass
class Line:
    sku: int
    product: int
    quantity: int
    unit_price_minor: int
    is_promoted: bool
    is_bulk: bool = False
    returned: int = 0


@dataclass
class PlacedOrder:
    """settled_at: when it was shipped or cancelled; None while it waits in the warehouse."""

    shopper: int
    placed_at: int
    lines: list[Line]
    is_cancelled: bool = False
    settled_at: int | None = None


@dataclass(frozen=True)
class Missed:
    """What a customer asked for when the shop was sold out."""

    day: int
    sku: int
    quantity: int
    unit_price_minor: int
    is_promoted: bool


@dataclass(frozen=True)
class Return:
    """received_at: None while the parcel is on its way back."""

    order: PlacedOrder
    line: Line
    requested_at: int
    received_at: int | None
    is_resellable: bool


@dataclass(frozen=True)
class Correction:
    """Units that broke, or that a count found (positive) or missed (negative)."""

    sku: int
    quantity: int
    at: int
    is_count: bool


@dataclass
class Planted:
    """The odd things that a careful shop should find; -1 where there is none.

    A price typed with one digit less, an order for a whole company, orders sent twice, and a bad
    batch that brought many angry reviews within two days.
    """

    typo_product: int = -1
    typo_day: int = -1
    bulk_sku: int = -1
    bulk_day: int = -1
    double_days: frozenset[int] = frozenset()
    bad_product: int = -1
    bad_day: int = -1


@dataclass
class Goods:
    """The specification as arrays.

    Of products, shape (n_products,): first_sku, n_variants, category, repeat_days, mean_units.
    Of SKUs, shape (n_skus,): product_of, price_minor, cost_minor, supplier, is_fragile.
    """

    products: tuple[ProductSpec, ...]
    first_sku: IntArray
    n_variants: IntArray
    category: IntArray
    repeat_days: IntArray
    mean_units: FloatArray
    product_of: IntArray
    price_minor: IntArray
    cost_minor: IntArray
    supplier: IntArray
    is_fragile: BoolArray

    @property
    def n_skus(self) -> int:
        return len(self.product_of)

    def list_price(self, sku: int, factor: float) -> int:
        """Minor units in whole yuan, as on a price tag. factor: from `Prices`."""
        return max(100, round(int(self.price_minor[sku]) * factor / 100) * 100)

    def price(self, sku: int, factor: float, discount: float) -> int:
        return max(100, round(self.list_price(sku, factor) * (1 - discount) / 10) * 10)


@dataclass
class Trade:
    """available, on_order and opening have shape (n_skus,); sold_out (n_days, n_skus) is True
    where nothing was left at the end of the day. quality: how pleased buyers are, about 0 +- 0.5.
    """

    start: date
    n_days: int
    goods: Goods
    shoppers: Shoppers
    prices: Prices
    planted: Planted
    launched: IntArray
    quality: FloatArray
    opening: IntArray
    available: IntArray
    sold_out: BoolArray
    purchases: list[Purchase]
    orders: list[PlacedOrder] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)
    returns: list[Return] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)

    @property
    def end(self) -> int:
        """Midnight after the last day, in seconds."""
        return self.n_days * DAY


# Things that are laid in fours and sixes rather than bought one by one.
BY_THE_SET = {"bowl": 3.0, "plate": 3.0, "teacup": 2.2, "tumbler": 2.0, "seeds": 2.4, "cards": 1.5}
FRAGILE = {"jingyao", "boshan"}


def goods_of(specification: Specification) -> Goods:
    products = specification.products
    slugs = [category.slug for category in specification.categories]
    suppliers = [supplier.code for supplier in specification.suppliers]
    n_variants = np.array([len(product.skus) for product in products], dtype=np.int64)
    product_of = np.repeat(np.arange(len(products)), n_variants)
    skus = [sku for product in products for sku in product.skus]
    kinds = [product.kind for product in products]
    return Goods(
        products=products,
        first_sku=np.concatenate(([0], np.cumsum(n_variants)[:-1])),
        n_variants=n_variants,
        category=np.array([slugs.index(kind.category) for kind in kinds], dtype=np.int64),
        repeat_days=np.array([kind.repeat_days for kind in kinds], dtype=np.int64),
        mean_units=np.array([BY_THE_SET.get(kind.code, 1.15) for kind in kinds]),
        product_of=product_of,
        price_minor=np.array([sku.price_minor for sku in skus], dtype=np.int64),
        cost_minor=np.array([sku.cost_minor for sku in skus], dtype=np.int64),
        supplier=np.array(
            [suppliers.index(products[place].kind.supplier) for place in product_of], dtype=np.int64
        ),
        is_fragile=np.array([products[place].kind.supplier in FRAGILE for place in product_of]),
    )
