from datetime import timedelta

import pytest
from django.utils import timezone

from inventory.models import Reservation, StockLevel
from orders.errors import (
    CartChangedError,
    CartFullError,
    NotAQuantityError,
    NotForSaleError,
    SoldOutError,
)
from orders.models import Cart, CartLine, Checkout
from orders.services import carts, checkout
from tests.factories import make_product, make_sku, make_stock_level, make_user
from tests.orders.checkouts import make_cart, make_checkout, only_shipping_method

pytestmark = pytest.mark.django_db


def make_goods(*, units: int = 10, **fields: object) -> int:
    sku = make_sku(**fields)
    make_stock_level(sku=sku, on_hand=units)
    return int(sku.pk)


def held(cart: Cart) -> dict[int, int]:
    rows = Reservation.objects.held().filter(owner=f"cart:{cart.pk}")
    return dict(rows.values_list("sku_id", "quantity"))


def test_what_is_put_in_twice_is_one_line() -> None:
    mug = make_goods(price_minor=1250)
    first = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=2)
    again = carts.add_to_cart(customer=None, token=first.cart.token, sku_id=mug, quantity=3)
    assert again.cart == first.cart
    assert (again.added, again.units, again.units_in_cart, again.is_less) == (3, 5, 5, False)
    line = CartLine.objects.get()
    assert (line.sku_id, line.quantity, line.seen_price_minor) == (mug, 5, 1250)


def test_no_more_is_put_in_than_there_is() -> None:
    mug = make_goods(units=4)
    first = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=3)
    more = carts.add_to_cart(customer=None, token=first.cart.token, sku_id=mug, quantity=3)
    assert (more.added, more.units, more.is_less) == (1, 4, True)
    full = carts.add_to_cart(customer=None, token=first.cart.token, sku_id=mug, quantity=1)
    assert (full.added, full.units, full.is_less) == (0, 4, True)
    # Nothing is promised yet: others may still buy it.
    assert StockLevel.objects.get().reserved == 0


def test_a_line_holds_at_most_999_units() -> None:
    mug = make_goods(units=5_000)
    first = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=999)
    more = carts.add_to_cart(customer=None, token=first.cart.token, sku_id=mug, quantity=1)
    assert (more.units, more.is_less) == (999, True)


@pytest.mark.parametrize("quantity", [0, -1, 1000, 10**9])
def test_senseless_quantities_leave_no_cart_behind(quantity: int) -> None:
    mug = make_goods()
    with pytest.raises(NotAQuantityError):
        carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=quantity)
    assert not Cart.objects.exists()


def test_what_cannot_be_bought_is_not_put_in() -> None:
    hidden = make_goods(product=make_product(status="draft"))
    stopped = make_goods(is_active=False)
    gone = make_goods(units=0, product=make_product(name_en="Red lamp"))
    for sku_id in (hidden, stopped, 0):
        with pytest.raises(NotForSaleError):
            carts.add_to_cart(customer=None, token="", sku_id=sku_id, quantity=1)
    with pytest.raises(SoldOutError, match="Red lamp"):
        carts.add_to_cart(customer=None, token="", sku_id=gone, quantity=1)
    assert not Cart.objects.exists()


def test_a_cart_holds_a_hundred_different_things() -> None:
    skus = [make_goods() for _ in range(101)]
    cart = Cart.objects.create(token="t")
    CartLine.objects.bulk_create(
        CartLine(cart=cart, sku_id=sku_id, quantity=1, seen_price_minor=1) for sku_id in skus[:100]
    )
    with pytest.raises(CartFullError):
        carts.add_to_cart(customer=None, token="t", sku_id=skus[100], quantity=1)
    assert cart.lines.count() == 100
    carts.add_to_cart(customer=None, token="t", sku_id=skus[0], quantity=1)
    assert cart.lines.get(sku=skus[0]).quantity == 2


def test_a_cart_is_found_by_its_customer_or_its_token_alone() -> None:
    mug, customer = make_goods(), make_user()
    own = carts.add_to_cart(customer=customer, token="", sku_id=mug, quantity=1).cart
    guest = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=1).cart
    assert carts.find_cart(customer=customer, token=guest.token) == own
    assert carts.find_cart(customer=None, token=guest.token) == guest
    # Whoever learns the token of a customer's cart does not get it.
    assert carts.find_cart(customer=None, token=own.token) is None
    assert carts.find_cart(customer=None, token="") is None


def test_the_page_is_told_what_has_changed() -> None:
    mug, vase, lamp = make_sku(price_minor=1000), make_sku(), make_sku()
    for sku in (mug, vase, lamp):
        make_stock_level(sku=sku, on_hand=5)
    cart = make_cart({mug: 2, vase: 4, lamp: 1})
    type(mug).objects.filter(pk=mug.pk).update(price_minor=1200)
    StockLevel.objects.filter(sku=vase).update(on_hand=3)
    type(lamp).objects.filter(pk=lamp.pk).update(is_active=False)
    contents = carts.read_cart(customer=None, token=cart.token)
    assert contents is not None
    first, second, third = contents.items
    assert (first.price_before_minor, first.is_short) == (1000, False)
    assert (second.possible, second.is_short, second.price_before_minor) == (3, True, None)
    assert (third.is_for_sale, third.is_short) == (False, False)
    assert not contents.can_be_ordered
    assert contents.units == 7
    carts.accept_prices(cart=cart)
    contents = carts.read_cart(customer=None, token=cart.token)
    assert contents is not None
    assert contents.items[0].price_before_minor is None


def test_units_that_the_cart_holds_are_not_missing_to_it() -> None:
    mug = make_sku()
    make_stock_level(sku=mug, on_hand=3)
    cart = make_checkout({mug: 3}, method=only_shipping_method()).cart
    checkout.reserve_cart(cart=cart)
    contents = carts.read_cart(customer=None, token=cart.token)
    assert contents is not None
    assert contents.items[0].possible == 3
    assert contents.can_be_ordered
    other = make_user()
    with pytest.raises(SoldOutError):
        carts.add_to_cart(customer=other, token="", sku_id=mug.pk, quantity=1)


def test_what_is_set_aside_follows_the_cart() -> None:
    mug, vase = make_sku(), make_sku()
    for sku in (mug, vase):
        make_stock_level(sku=sku, on_hand=9)
    cart = make_checkout({mug: 4, vase: 2}, method=only_shipping_method()).cart
    until = checkout.reserve_cart(cart=cart)
    line = cart.lines.get(sku=mug)
    carts.set_quantity(cart=cart, line_id=line.pk, quantity=3)
    assert held(cart) == {mug.pk: 3, vase.pk: 2}
    assert set(Reservation.objects.held().values_list("expires_at", flat=True)) == {until}
    carts.set_quantity(cart=cart, line_id=line.pk, quantity=8)
    assert held(cart) == {mug.pk: 3, vase.pk: 2}
    carts.remove_line(cart=cart, line_id=line.pk)
    assert held(cart) == {vase.pk: 2}
    assert StockLevel.objects.get(sku=mug).reserved == 0


def test_every_change_of_the_contents_is_another_order() -> None:
    mug = make_sku()
    make_stock_level(sku=mug, on_hand=9)
    made = make_checkout({mug: 1}, method=only_shipping_method())
    cart, line = made.cart, made.cart.lines.get()
    keys = [made.idempotency_key]

    def key() -> str:
        return Checkout.objects.get().idempotency_key

    carts.add_to_cart(customer=None, token=cart.token, sku_id=mug.pk, quantity=1)
    keys.append(key())
    carts.set_quantity(cart=cart, line_id=line.pk, quantity=5)
    keys.append(key())
    carts.set_codes(cart=cart, codes=["SPRING"])
    keys.append(key())
    carts.remove_line(cart=cart, line_id=line.pk)
    keys.append(key())
    assert len(set(keys)) == 5


def test_an_ordered_cart_takes_nothing_more() -> None:
    mug = make_goods()
    cart = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=1).cart
    line = cart.lines.get()
    Cart.objects.update(state=Cart.State.ORDERED)
    with pytest.raises(CartChangedError):
        carts.set_quantity(cart=cart, line_id=line.pk, quantity=2)
    with pytest.raises(CartChangedError):
        carts.remove_line(cart=cart, line_id=line.pk)
    fresh = carts.add_to_cart(customer=None, token=cart.token, sku_id=mug, quantity=1).cart
    assert fresh != cart
    assert fresh.token != cart.token
    assert cart.lines.get().quantity == 1


def test_a_line_of_another_cart_cannot_be_changed() -> None:
    mug = make_goods()
    cart = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=1).cart
    other = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=1).cart
    with pytest.raises(CartChangedError):
        carts.remove_line(cart=cart, line_id=other.lines.get().pk)
    assert other.lines.count() == 1


def test_a_guest_who_logs_in_takes_the_cart_along() -> None:
    mug, customer = make_goods(), make_user()
    guest = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=2).cart
    assert carts.merge_carts(user=customer, token=guest.token) == guest
    assert carts.find_cart(customer=customer, token="") == guest
    assert carts.find_cart(customer=None, token=guest.token) is None
    assert carts.merge_carts(user=customer, token=guest.token) == guest
    assert guest.lines.get().quantity == 2


def test_two_carts_become_one_and_twice_is_once() -> None:
    mug, vase = make_sku(), make_sku()
    for sku in (mug, vase):
        make_stock_level(sku=sku, on_hand=5_000)
    customer = make_user()
    own = make_cart({mug: 2}, customer=customer)
    guest = make_cart({mug: 998, vase: 1})
    carts.set_codes(cart=own, codes=["ONE"])
    carts.set_codes(cart=guest, codes=["TWO", "ONE"])
    for _login in range(2):
        assert carts.merge_carts(user=customer, token=guest.token) == own
    assert dict(own.lines.values_list("sku", "quantity")) == {mug.pk: 999, vase.pk: 1}
    own.refresh_from_db()
    guest.refresh_from_db()
    assert (own.codes, guest.state) == (["ONE", "TWO"], Cart.State.MERGED)


def test_what_a_guest_had_set_aside_is_free_after_the_login() -> None:
    mug, customer = make_sku(), make_user()
    make_stock_level(sku=mug, on_hand=5)
    make_cart({mug: 1}, customer=customer)
    made = make_checkout({mug: 3}, method=only_shipping_method())
    checkout.reserve_cart(cart=made.cart)
    own = carts.merge_carts(user=customer, token=made.cart.token)
    assert own is not None
    assert StockLevel.objects.get().reserved == 0
    # What the guest had answered so far is not asked again, under a key of its own.
    moved = Checkout.objects.get()
    assert (moved.cart, moved.email) == (own, "li@example.org")
    assert moved.idempotency_key != made.idempotency_key


def test_carts_of_guests_are_forgotten_when_nobody_can_reach_them() -> None:
    mug, customer = make_goods(), make_user()
    now = timezone.now()
    old = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=1).cart
    young = carts.add_to_cart(customer=None, token="", sku_id=mug, quantity=1).cart
    own = carts.add_to_cart(customer=customer, token="", sku_id=mug, quantity=1).cart
    Cart.objects.exclude(pk=young.pk).update(updated_at=now - timedelta(days=80))
    assert carts.forget_carts(now=now) == 1
    assert set(Cart.objects.all()) == {young, own}
    assert not CartLine.objects.filter(cart_id=old.pk).exists()
