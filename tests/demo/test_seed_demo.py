"""`manage.py seed_demo`: a whole shop, the same for the same seed, and never over another."""

import hashlib
import stat
from collections import Counter
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import transaction
from django.db.models import Max, Sum
from django.utils import timezone
from pytest_django import Settings

from catalog.models import Product, ProductPhoto, Sku
from customers.models import User
from insights.models import Interaction
from inventory.models import (
    DemandDay,
    GoodsReceiptLine,
    PurchaseOrderLine,
    Reservation,
    StockLevel,
    StockMovement,
    SupplierOffer,
)
from orders.models import Discount, Order, OrderLine, ReturnLine, ShipmentLine
from support.models import Review
from tests.factories import make_product

pytestmark = pytest.mark.django_db
TODAY = "2026-11-23"


@pytest.fixture(autouse=True)
def _own_var(settings: Settings, tmp_path: Path) -> None:
    settings.VAR_DIR = tmp_path / "var"


def _seed(**options: object) -> str:
    out = StringIO()
    call_command("seed_demo", small=True, today=date.fromisoformat(TODAY), stdout=out, **options)
    return out.getvalue()


def _content() -> dict[str, str]:
    """A digest per table of what customers and staff could tell apart."""
    rows = {
        "products": Product.objects.values_list(
            "code", "name_zh_hans", "name_en", "price_from_minor", "has_stock", "rating_average"
        ),
        "orders": Order.objects.values_list("number", "total_minor", "status", "placed_at"),
        "lines": OrderLine.objects.values_list(
            "order__number", "position", "sku_code", "quantity", "unit_price_minor"
        ),
        "customers": User.objects.filter(is_staff=False).values_list("username", "last_name"),
        "movements": StockMovement.objects.values_list(
            "sku__code", "key", "quantity", "occurred_at"
        ),
        "demand": DemandDay.objects.values_list("sku__code", "day", "units_requested"),
        "reviews": Review.objects.values_list("product__code", "stars", "text", "written_at"),
        "visits": Interaction.objects.values_list("event_id", "kind", "product__code"),
        "photos": ProductPhoto.objects.values_list("product__code", "sha256"),
    }
    return {
        name: hashlib.sha256(repr(sorted(map(repr, found))).encode()).hexdigest()
        for name, found in rows.items()
    }


def test_the_same_seed_makes_the_same_shop() -> None:
    found = []
    for seed in (1, 1, 2):
        with transaction.atomic():
            _seed(seed=seed)
            found.append(_content())
            transaction.set_rollback(True)
    assert found[0] == found[1]
    assert found[0]["photos"] == found[2]["photos"]
    assert found[0]["orders"] != found[2]["orders"]


def test_the_ledger_adds_up() -> None:
    _seed()
    moved = dict(
        StockMovement.objects.values_list("sku_id").annotate(units=Sum("quantity")).order_by()
    )
    levels = dict(StockLevel.objects.values_list("sku_id", "on_hand"))
    assert levels == {sku_id: moved.get(sku_id, 0) for sku_id in levels}
    assert len(levels) == Sku.objects.count()
    running: Counter[int] = Counter()
    for sku_id, units in StockMovement.objects.order_by("occurred_at", "pk").values_list(
        "sku_id", "quantity"
    ):
        running[sku_id] += units
        assert running[sku_id] >= 0
    held = dict(
        Reservation.objects.values_list("sku_id").annotate(units=Sum("quantity")).order_by()
    )
    reserved = StockLevel.objects.filter(reserved__gt=0).values_list("sku_id", "reserved")
    assert held == dict(reserved)


def test_a_visitor_has_codes_and_an_offer_to_try() -> None:
    _seed()
    now = Order.objects.aggregate(newest=Max("placed_at"))["newest"]
    codes = Discount.objects.usable(now).values_list("code", flat=True)
    assert set(codes) == {"WELCOME10", "FREESHIP", None}


def test_orders_shipments_returns_and_demand_agree() -> None:
    _seed()
    sold = OrderLine.objects.exclude(order__status=Order.Status.CANCELLED)
    assert _units(sold, "quantity") == _units(DemandDay.objects.all(), "units_filled")
    assert _units(OrderLine.objects.all(), "quantity_shipped") == _units(
        ShipmentLine.objects.all(), "quantity"
    )
    received = ReturnLine.objects.filter(request__status="received")
    assert _units(OrderLine.objects.all(), "quantity_returned") == _units(received, "quantity")
    assert _units(PurchaseOrderLine.objects.all(), "quantity_received") == _units(
        GoodsReceiptLine.objects.all(), "quantity_accepted"
    ) + _units(GoodsReceiptLine.objects.all(), "quantity_damaged")
    newest = Order.objects.aggregate(newest=Max("placed_at"))["newest"]
    assert timezone.localtime(newest).date() < date.fromisoformat(TODAY)


def _units(rows: object, field: str) -> int:
    return int(rows.aggregate(units=Sum(field))["units"] or 0)  # type: ignore[attr-defined]


def test_every_product_can_be_shown_and_re_ordered() -> None:
    _seed()
    products = Product.objects.published()
    assert products.count() == Product.objects.count() > 20
    assert not products.filter(price_from_minor=None).exists()
    for photo in ProductPhoto.objects.ready():
        for size in ("small", "medium", "large"):
            assert default_storage.exists(photo.renditions[size]["name"])
    assert ProductPhoto.objects.unclassified().count() == products.count()
    assert SupplierOffer.objects.filter(is_preferred=True).count() == Sku.objects.count()


def test_staff_can_log_in_with_the_passwords_in_the_file(settings: Settings) -> None:
    _seed()
    path = settings.VAR_DIR / "staff-login.txt"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    lines = [line.split(maxsplit=2) for line in path.read_text().splitlines()]
    assert [name for name, _, _ in lines] == ["manager", "buyer", "editor", "support"]
    for name, password, role in lines:
        user = User.objects.get(username=name)
        assert [group.name for group in user.groups.all()] == [role]
        assert user.is_staff
        assert not user.is_superuser
        assert user.check_password(password)


def test_a_shop_with_products_is_left_alone(settings: Settings) -> None:
    make_product()
    with pytest.raises(CommandError, match="already has 1 products"):
        _seed()
    assert Product.objects.count() == 1
    assert not User.objects.filter(is_staff=True).exists()
    assert not (settings.VAR_DIR / "staff-login.txt").exists()
