from datetime import UTC, date, datetime

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from catalog.models import Product
from inventory.models import DemandDay, StockMovement
from inventory.services.stock import default_warehouse
from learning.bulk import insert_columns
from orders.models import Order
from tests.factories import make_demand_day, make_sku, make_warehouse

pytestmark = pytest.mark.django_db


def test_columns_become_the_rows_that_saving_would_have_made() -> None:
    moments = np.array(["2026-03-02T10:01:17", "NaT"], dtype="datetime64[s]")
    written = insert_columns(
        Product,
        {
            "code": ["A", "B"],
            "slug": ["a", "b"],
            "name": ["Tea", "茶"],
            "name_en": ["Tea", None],
            "published_at": moments,
            "price_from_minor": np.array([1250, 900]),
        },
    )
    assert written == 2
    first, second = Product.objects.order_by("code")
    assert first.published_at == datetime(2026, 3, 2, 10, 1, 17, tzinfo=UTC)
    assert (first.status, first.has_stock, first.rating_count) == ("draft", False, 0)
    assert first.created_at is not None
    assert (second.published_at, second.price_from_minor) == (None, 900)
    assert Product.objects.filter(published_at=datetime(2026, 3, 2, 10, 1, 17, tzinfo=UTC)).exists()
    assert Product.objects.filter(published_at__lt=datetime(2026, 3, 2, 11, tzinfo=UTC)).exists()


def test_days_flags_and_json_are_stored_as_django_reads_them() -> None:
    sku, warehouse = make_sku(), make_warehouse()
    insert_columns(
        DemandDay,
        {
            "sku_id": [sku.pk],
            "warehouse_id": np.array([warehouse.pk]),
            "day": np.array(["2026-03-02"], dtype="datetime64[D]"),
            "is_promoted": np.array([True]),
        },
    )
    row = DemandDay.objects.get(day=date(2026, 3, 2), is_promoted=True)
    assert (row.units_requested, row.unit_price_minor) == (0, None)
    insert_columns(
        Order,
        {
            "number": ["1"],
            "currency": ["CNY"],
            "goods_minor": [5],
            "total_minor": [5],
            "placed_at": np.array(["2026-03-02T10:00:00"], dtype="datetime64[s]"),
        },
    )
    assert Order.objects.get().risk == {}
    assert Order.objects.get().idempotency_key is None


def test_more_rows_than_one_batch_all_arrive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.bulk.ROWS_AT_A_TIME", 7)
    sku, warehouse = make_sku(), make_warehouse()
    insert_columns(
        StockMovement,
        {
            "sku_id": [sku.pk] * 50,
            "warehouse_id": [warehouse.pk] * 50,
            "kind": ["receipt"] * 50,
            "quantity": np.arange(1, 51),
            "occurred_at": np.full(50, np.datetime64("2026-03-02T10:00:00", "s")),
        },
    )
    quantities = StockMovement.objects.order_by("quantity").values_list("quantity", flat=True)
    assert list(quantities) == list(range(1, 51))


def test_nothing_is_written_for_no_rows_unknown_columns_or_a_broken_rule() -> None:
    assert insert_columns(Product, {"code": []}) == 0
    with pytest.raises(ValueError, match="Product has no columns colour"):
        insert_columns(Product, {"code": ["A"], "colour": ["red"]})
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_columns(Product, {"code": ["A", "A"], "slug": ["a", "b"], "name": ["", ""]})
    assert not Product.objects.exists()


def test_rows_that_changed_meanwhile_are_left_alone() -> None:
    first, second = make_sku(), make_sku()
    for sku, is_promoted in ((first, False), (second, True)):
        make_demand_day(sku=sku, warehouse=default_warehouse(), units=1, is_promoted=is_promoted)
    day, warehouse_id = DemandDay.objects.values_list("day", flat=True)[0], default_warehouse().pk
    insert_columns(
        DemandDay,
        {
            "sku_id": [first.pk, second.pk],
            "warehouse_id": [warehouse_id] * 2,
            "day": np.array([day] * 2, dtype="datetime64[D]"),
            "units_requested": [9, 9],
        },
        unique_on=["sku_id", "warehouse_id", "day"],
        if_still=["is_promoted"],
    )
    asked = dict(DemandDay.objects.values_list("sku_id", "units_requested"))
    assert asked == {first.pk: 9, second.pk: 1}
