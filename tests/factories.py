"""Valid objects of every app; a test names only what it is about."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from catalog.models import Brand, Category, Product, Sku
from customers.models import User
from inventory.models import (
    DemandDay,
    StockLevel,
    StockMovement,
    Supplier,
    SupplierOffer,
    Warehouse,
)
from learning.models import ModelVersion
from orders.models import Order, OrderLine
from support.models import Review

_numbers = count(1)
A_MOMENT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
A_DAY = date(2026, 3, 2)


def make_user(**fields: Any) -> User:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "username": f"customer-{number}",
        "email": f"customer-{number}@example.org",
    }
    return User.objects.create_user(**{**defaults, **fields})


def make_staff(**fields: Any) -> User:
    return make_user(**{"is_staff": True, **fields})


def make_category(**fields: Any) -> Category:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name_en": f"Category {number}",
        "name_zh_hans": f"分类 {number}",
        "slug": f"category-{number}",
    }
    category: Category = Category.objects.add_root({**defaults, **fields})
    return category


def make_brand(**fields: Any) -> Brand:
    number = next(_numbers)
    return Brand.objects.create(**{"name": f"Brand {number}", "slug": f"brand-{number}", **fields})


def make_product(**fields: Any) -> Product:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "code": f"P{number:05}",
        "name_en": f"Product {number}",
        "name_zh_hans": f"商品 {number}",
        "slug": f"product-{number}",
        "status": Product.Status.PUBLISHED,
        "published_at": A_MOMENT,
    }
    return Product.objects.create(**{**defaults, **fields})


def make_sku(**fields: Any) -> Sku:
    if "product" not in fields:
        fields["product"] = make_product()
    return Sku.objects.create(
        **{"code": f"SKU-{next(_numbers):05}", "price_minor": 1999, "currency": "CNY", **fields}
    )


def make_warehouse(**fields: Any) -> Warehouse:
    number = next(_numbers)
    return Warehouse.objects.create(
        **{"code": f"warehouse-{number}", "name": f"Warehouse {number}", **fields}
    )


def make_stock_level(*, on_hand: int = 0, reserved: int = 0, **fields: Any) -> StockLevel:
    """A level with the movement that explains it."""
    sku = fields.pop("sku", None) or make_sku()
    warehouse = fields.pop("warehouse", None) or (
        Warehouse.objects.filter(is_default=True).first() or make_warehouse(is_default=True)
    )
    if on_hand:
        StockMovement.objects.create(
            sku=sku,
            warehouse=warehouse,
            kind=StockMovement.Kind.RECEIPT,
            quantity=on_hand,
            occurred_at=A_MOMENT,
        )
    return StockLevel.objects.create(
        sku=sku, warehouse=warehouse, on_hand=on_hand, reserved=reserved, **fields
    )


def make_supplier(**fields: Any) -> Supplier:
    number = next(_numbers)
    return Supplier.objects.create(
        **{
            "code": f"supplier-{number}",
            "name": f"Supplier {number}",
            "email": f"supplier-{number}@example.org",
            **fields,
        }
    )


def make_offer(**fields: Any) -> SupplierOffer:
    if "supplier" not in fields:
        fields["supplier"] = make_supplier()
    if "sku" not in fields:
        fields["sku"] = make_sku()
    return SupplierOffer.objects.create(**{"unit_cost_minor": 1000, **fields})


def make_demand_day(**fields: Any) -> DemandDay:
    if "sku" not in fields:
        fields["sku"] = make_sku()
    if "warehouse" not in fields:
        fields["warehouse"] = Warehouse.objects.filter(is_default=True).first() or make_warehouse(
            is_default=True
        )
    units = fields.pop("units", 1)
    return DemandDay.objects.create(
        **{"day": A_DAY, "units_requested": units, "units_filled": units, **fields}
    )


def make_order(*, lines: dict[Sku, int] | None = None, **fields: Any) -> Order:
    """An order as it stands in the table; use the placing service to test placing."""
    lines = lines or {}
    goods = sum(sku.price_minor * quantity for sku, quantity in lines.items())
    defaults: dict[str, Any] = {
        "number": f"O{next(_numbers):07}",
        "currency": "CNY",
        "goods_minor": goods,
        "total_minor": goods,
        "placed_at": A_MOMENT,
    }
    order = Order.objects.create(**{**defaults, **fields})
    for position, (sku, quantity) in enumerate(lines.items()):
        OrderLine.objects.create(
            order=order,
            position=position,
            sku=sku,
            sku_code=sku.code,
            name=sku.product.name,
            quantity=quantity,
            unit_price_minor=sku.price_minor,
        )
    return order


def make_review(**fields: Any) -> Review:
    if "product" not in fields:
        fields["product"] = make_product()
    return Review.objects.create(
        **{
            "stars": 5,
            "text": "A lovely cup, it keeps the tea warm.",
            "language": "en",
            "written_at": A_MOMENT,
            **fields,
        }
    )


def make_model_version(**fields: Any) -> ModelVersion:
    """A row without a file; use `learning.services` to test files."""
    defaults: dict[str, Any] = {
        "pipeline": "inventory.demand",
        "number": next(_numbers),
        "as_of": A_DAY,
        "file": "none.npz",
        "format": "npz",
        "sha256": "0" * 64,
        "size_bytes": 0,
    }
    return ModelVersion.objects.create(**{**defaults, **fields})
