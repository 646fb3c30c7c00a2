"""What the catalogue says about the lines of a cart."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.models import Product, Sku
from learning.prepared import Prepared
from orders.algorithms.discounting import Item
from orders.errors import NotForSaleError, WrongUnitsError
from orders.services.quotes import QuoteLine

MAX_UNITS = 100_000


@dataclass(frozen=True, slots=True)
class Goods:
    """Units of one SKU at the price of this moment. path: of its category in the tree."""

    sku_id: int
    units: int
    price_minor: int
    currency: str
    is_reduced: bool
    weight_grams: int
    product_id: int
    brand_id: int | None
    tax_class_id: int | None
    path: str | None

    @property
    def item(self) -> Item:
        return Item(self.sku_id, self.units, self.price_minor)


def read_goods(lines: Sequence[QuoteLine]) -> tuple[Goods, ...]:
    """One for each SKU, in the order in which they first came, in one statement.

    Raises WrongUnitsError, and NotForSaleError for what is not sold or in another currency than
    the first line.
    """
    units = _merge(lines)
    found = {
        key: Goods(
            sku_id=key,
            units=units[key],
            price_minor=price,
            currency=currency,
            # What staff call reduced, whether or not its history lets pages say so already.
            is_reduced=before is not None,
            weight_grams=weight or 0,
            product_id=product,
            brand_id=brand,
            tax_class_id=tax_class,
            path=path,
        )
        for key, price, currency, before, weight, product, brand, tax_class, path in _GOODS.rows(
            list(units)
        )
    }
    goods: list[Goods] = []
    for sku_id in units:
        one = found.get(sku_id)
        if one is None or (goods and one.currency != goods[0].currency):
            raise NotForSaleError(_code_of(sku_id))
        goods.append(one)
    return tuple(goods)


_GOODS = Prepared(
    lambda sku_ids: (
        Sku.objects.active()
        .filter(pk__in=sku_ids, product__status=Product.Status.PUBLISHED)
        .order_by()
        .values_list(
            "pk",
            "price_minor",
            "currency",
            "compare_at_minor",
            "weight_grams",
            "product_id",
            "product__brand_id",
            "product__tax_class_id",
            "product__category__path",
        )
    )
)


def _merge(lines: Sequence[QuoteLine]) -> dict[int, int]:
    units: dict[int, int] = {}
    for line in lines:
        units[line.sku_id] = units.get(line.sku_id, 0) + line.quantity
        if line.quantity < 1 or units[line.sku_id] > MAX_UNITS:
            raise WrongUnitsError(f"#{line.sku_id}", units=units[line.sku_id], allowed=MAX_UNITS)
    return units


def _code_of(sku_id: int) -> str:
    code = Sku.objects.filter(pk=sku_id).values_list("code", flat=True).first()
    return code or f"#{sku_id}"
