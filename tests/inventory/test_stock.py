from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db.models import Sum
from django.utils import timezone

from catalog.models import Product, Sku
from inventory.errors import InsufficientStockError, NothingReservedError
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.services import stock
from inventory.services.availability import free_units
from inventory.services.stock import Movement, StockRequest
from tests.factories import make_sku, make_stock_level, make_warehouse

pytestmark = pytest.mark.django_db


def level_of(sku: Sku) -> tuple[int, int]:
    level = StockLevel.objects.get(sku=sku)
    return level.on_hand, level.reserved


def booked(sku: Sku) -> int:
    total = StockMovement.objects.filter(sku=sku).aggregate(units=Sum("quantity"))["units"]
    return int(total or 0)


def test_a_receipt_is_written_down_once_however_often_it_is_booked() -> None:
    sku = make_sku()
    for _ in range(3):
        stock.receive_stock(sku_id=sku.pk, quantity=12, key="delivery:7")
    assert level_of(sku) == (12, 0)
    assert booked(sku) == 12


def test_the_level_is_the_sum_of_its_movements_after_everything() -> None:
    sku = make_sku()
    stock.receive_stock(sku_id=sku.pk, quantity=20, key="a")
    stock.adjust_stock(sku_id=sku.pk, quantity=-3, key="b", note="broken")
    stock.reserve_stock([StockRequest(sku.pk, 5)], owner="order:1")
    stock.issue_reserved(owner="order:1", reference="shipment:1")
    stock.receive_stock(sku_id=sku.pk, quantity=1, key="c", kind=StockMovement.Kind.RETURN)
    stock.count_stock(sku_id=sku.pk, counted=11, key="d")
    assert level_of(sku) == (11, 0)
    assert booked(sku) == 11
    assert list(
        StockMovement.objects.filter(sku=sku).order_by("pk").values_list("kind", "quantity")
    ) == [("receipt", 20), ("adjustment", -3), ("issue", -5), ("return", 1), ("count", -2)]


def test_a_count_that_agrees_moves_nothing() -> None:
    level = make_stock_level(on_hand=4)
    assert stock.count_stock(sku_id=level.sku_id, counted=4, key="k") is None
    assert booked(level.sku) == 4


def test_nothing_is_thrown_away_that_is_set_aside() -> None:
    level = make_stock_level(on_hand=5)
    stock.reserve_stock([StockRequest(level.sku_id, 4)], owner="order:1")
    with pytest.raises(InsufficientStockError) as caught:
        stock.adjust_stock(sku_id=level.sku_id, quantity=-2, key="k", note="stolen")
    assert caught.value.available == 1
    assert level_of(level.sku) == (5, 4)
    assert booked(level.sku) == 5


def test_an_order_beyond_the_stock_reserves_nothing_at_all() -> None:
    plenty, scarce = make_stock_level(on_hand=9), make_stock_level(on_hand=3)
    with pytest.raises(InsufficientStockError) as caught:
        stock.reserve_stock(
            [StockRequest(plenty.sku_id, 2), StockRequest(scarce.sku_id, 4)], owner="order:1"
        )
    assert caught.value.sku_code == scarce.sku.code
    assert level_of(plenty.sku) == (9, 0)
    assert level_of(scarce.sku) == (3, 0)
    assert not Reservation.objects.exists()


def test_a_sku_that_was_never_stocked_cannot_be_reserved() -> None:
    with pytest.raises(InsufficientStockError):
        stock.reserve_stock([StockRequest(make_sku().pk, 1)], owner="order:1")


def test_a_retry_reuses_what_the_cart_holds_and_takes_the_difference() -> None:
    level = make_stock_level(on_hand=10)
    for quantity in (4, 4, 7, 2):
        stock.reserve_stock([StockRequest(level.sku_id, quantity)], owner="cart:1")
        assert level_of(level.sku) == (10, quantity)
    stock.reserve_stock([StockRequest(level.sku_id, 0)], owner="cart:1")
    assert level_of(level.sku) == (10, 0)
    assert not Reservation.objects.held().exists()


def test_a_cart_hands_its_holds_to_the_order() -> None:
    level = make_stock_level(on_hand=3)
    soon = timezone.now() + timedelta(minutes=15)
    stock.reserve_stock([StockRequest(level.sku_id, 2)], owner="cart:1", expires_at=soon)
    assert stock.hand_over_reservations(owner="cart:1", to="order:8") == 1
    assert stock.release_stock(owner="cart:1") == 0
    assert stock.release_expired(now=soon + timedelta(days=1)) == 0
    assert level_of(level.sku) == (3, 2)


def test_released_units_are_free_again_and_only_once() -> None:
    level = make_stock_level(on_hand=3)
    stock.reserve_stock([StockRequest(level.sku_id, 2)], owner="order:1")
    assert stock.release_stock(owner="order:1") == 2
    assert stock.release_stock(owner="order:1") == 0
    assert level_of(level.sku) == (3, 0)


def test_only_holds_past_their_time_expire() -> None:
    level, now = make_stock_level(on_hand=9), timezone.now()
    for owner, minutes in (("cart:1", -1), ("cart:2", 1)):
        stock.reserve_stock(
            [StockRequest(level.sku_id, 2)],
            owner=owner,
            expires_at=now + timedelta(minutes=minutes),
        )
    stock.reserve_stock([StockRequest(level.sku_id, 1)], owner="order:1")
    assert stock.release_expired(now=now) == 1
    assert stock.release_expired(now=now) == 0
    assert level_of(level.sku) == (9, 3)


def test_a_shipment_in_two_parts_takes_what_it_carries() -> None:
    level = make_stock_level(on_hand=10)
    stock.reserve_stock([StockRequest(level.sku_id, 5)], owner="order:1")
    stock.issue_reserved(
        owner="order:1", reference="shipment:1", requests=[StockRequest(level.sku_id, 2)]
    )
    assert level_of(level.sku) == (8, 3)
    stock.issue_reserved(owner="order:1", reference="shipment:2")
    assert level_of(level.sku) == (5, 0)
    stock.issue_reserved(owner="order:1", reference="shipment:2")
    assert level_of(level.sku) == (5, 0)
    assert booked(level.sku) == 5
    with pytest.raises(NothingReservedError):
        stock.issue_reserved(owner="order:1", reference="shipment:3")


def test_many_movements_at_once_add_up_and_repeat_without_effect() -> None:
    skus = [make_sku() for _ in range(3)]
    movements = [
        Movement(sku.pk, units, StockMovement.Kind.ADJUSTMENT, key=f"{sku.pk}:{number}")
        for sku in skus
        for number, units in enumerate([50, -20, -30 + sku.pk % 2])
    ]
    assert stock.record_movements(movements) == 9
    assert stock.record_movements([*movements, *movements]) == 0
    for sku in skus:
        assert level_of(sku) == (sku.pk % 2, 0)
        assert booked(sku) == sku.pk % 2


def test_a_history_that_would_end_below_nothing_is_refused_whole() -> None:
    good, bad = make_sku(), make_sku()
    with pytest.raises(IntegrityError):
        stock.record_movements(
            [
                Movement(good.pk, 5, StockMovement.Kind.RECEIPT, key="a"),
                Movement(bad.pk, -1, StockMovement.Kind.ISSUE, key="b"),
            ]
        )


@pytest.mark.django_db(transaction=True)
def test_the_catalogue_hears_when_the_last_unit_goes_and_when_one_comes_back() -> None:
    sku = make_sku()

    def is_shown() -> bool:
        return Product.objects.get(pk=sku.product_id).has_stock

    stock.receive_stock(sku_id=sku.pk, quantity=2, key="in")
    assert is_shown()
    stock.reserve_stock([StockRequest(sku.pk, 2)], owner="cart:1")
    assert not is_shown()
    stock.release_stock(owner="cart:1")
    assert is_shown()
    past = timezone.now() - timedelta(minutes=1)
    stock.reserve_stock([StockRequest(sku.pk, 2)], owner="cart:2", expires_at=past)
    stock.release_expired(now=timezone.now())
    assert is_shown()
    stock.reserve_stock([StockRequest(sku.pk, 2)], owner="order:1")
    stock.issue_reserved(owner="order:1", reference="shipment:1")
    assert not is_shown()
    stock.record_movements([Movement(sku.pk, 1, StockMovement.Kind.RETURN, key="back")])
    assert is_shown()


@pytest.mark.django_db(transaction=True)
def test_goods_in_another_warehouse_are_not_shown_as_for_sale() -> None:
    sku = make_sku()
    other = make_warehouse()
    stock.receive_stock(sku_id=sku.pk, quantity=5, key="elsewhere", warehouse=other)
    assert free_units(sku_ids=[sku.pk]) == {sku.pk: 0}
    assert not Product.objects.get().has_stock
    stock.receive_stock(sku_id=sku.pk, quantity=1, key="here")
    assert free_units(sku_ids=[sku.pk]) == {sku.pk: 1}
    assert Product.objects.get().has_stock


def test_a_hold_handed_over_joins_the_one_that_is_there() -> None:
    shared, alone = make_stock_level(on_hand=9), make_stock_level(on_hand=9)
    soon = timezone.now() + timedelta(minutes=15)
    stock.reserve_stock([StockRequest(shared.sku_id, 2)], owner="order:8")
    stock.reserve_stock(
        [StockRequest(shared.sku_id, 3), StockRequest(alone.sku_id, 1)],
        owner="cart:1",
        expires_at=soon,
    )
    assert stock.hand_over_reservations(owner="cart:1", to="order:8") == 2
    holds = Reservation.objects.held().order_by("sku_id")
    assert list(holds.values_list("owner", "sku", "quantity", "expires_at")) == [
        ("order:8", shared.sku_id, 5, None),
        ("order:8", alone.sku_id, 1, None),
    ]
    assert (level_of(shared.sku), level_of(alone.sku)) == ((9, 5), (9, 1))
    assert stock.release_stock(owner="order:8") == 6
    assert (level_of(shared.sku), level_of(alone.sku)) == ((9, 0), (9, 0))


def test_an_owner_may_set_aside_what_is_free_and_what_they_hold() -> None:
    level, empty = make_stock_level(on_hand=9), make_sku()
    stock.reserve_stock([StockRequest(level.sku_id, 4)], owner="cart:1")
    stock.reserve_stock([StockRequest(level.sku_id, 2)], owner="cart:2")
    skus = [level.sku_id, empty.pk]
    assert free_units(sku_ids=skus) == {level.sku_id: 3, empty.pk: 0}
    assert free_units(sku_ids=skus, owner="cart:1") == {level.sku_id: 7, empty.pk: 0}
