"""What somebody means to buy: put in, changed, taken out, and taken along when they log in.

Every change first touches the row of its cart under the condition that it is still open. Two tabs
follow one another that way, and nothing is put into a cart that has just been ordered.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import IntegrityError, transaction
from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from catalog.models import Product, Sku
from customers.models import User
from inventory.models import Reservation
from inventory.services.availability import units_for
from inventory.services.stock import StockRequest, release_stock, reserve_stock
from learning.prepared import Prepared
from orders.errors import (
    CartChangedError,
    CartFullError,
    NotAQuantityError,
    NotForSaleError,
    SoldOutError,
)
from orders.models import Cart, CartLine, Checkout

MOST_UNITS: Final = 999
MOST_LINES: Final = 100
MOST_CODES: Final = 5
# A guest's cookie is kept for 60 days; what nobody can reach any more goes after some more.
FORGOTTEN_AFTER = timedelta(days=75)


_READ_OF_SKU: Final = (
    *("code", "name", "name_zh_hans", "name_en", "price_minor", "currency"),
    *("weight_grams", "is_active"),
    *(
        f"product__{name}"
        for name in ("code", "name", "name_zh_hans", "name_en", "slug", "status", "category")
    ),
)
# What pages of the cart and the checkout show of each row.
_READ: Final = (
    "quantity",
    "seen_price_minor",
    *(f"cart__{name}" for name in ("token", "customer", "state", "codes")),
    *(
        f"cart__checkout__{name}"
        for name in (
            "cart",
            "email",
            "address",
            "shipping_method",
            "payment_provider",
            "note",
            "idempotency_key",
            "order",
        )
    ),
    *(
        f"cart__checkout__shipping_method__{name}"
        for name in ("zone", "name", "name_zh_hans", "name_en", "tax_class", "currency")
    ),
    "sku__product",
    *(f"sku__{name}" for name in _READ_OF_SKU),
)


@dataclass(frozen=True, slots=True)
class CartItem:
    """A line with its SKU and product. possible: units that could be set aside for it now."""

    line: CartLine
    possible: int
    is_for_sale: bool

    @property
    def sku(self) -> Sku:
        return self.line.sku

    @property
    def is_short(self) -> bool:
        return self.is_for_sale and self.line.quantity > self.possible

    @property
    def price_before_minor(self) -> int | None:
        """The price when it was put in the cart, where it is another one now."""
        seen = self.line.seen_price_minor
        return seen if self.is_for_sale and seen != self.sku.price_minor else None


@dataclass(frozen=True, slots=True)
class CartContents:
    """checkout: what is known of the way to the order, if it was begun."""

    cart: Cart
    items: Sequence[CartItem]
    checkout: Checkout | None

    @property
    def units(self) -> int:
        return sum(item.line.quantity for item in self.items)

    @property
    def for_sale(self) -> list[CartItem]:
        return [item for item in self.items if item.is_for_sale]

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.items) and not any(
            item.is_short or not item.is_for_sale for item in self.items
        )

    @property
    def weight_grams(self) -> int:
        return sum((item.sku.weight_grams or 0) * item.line.quantity for item in self.for_sale)


@dataclass(frozen=True, slots=True)
class CartChange:
    """What became of units that somebody asked for.

    units: in the line now, fewer than asked for where stock or the most of a line ends.
    """

    cart: Cart
    name: str
    added: int
    units: int
    is_less: bool
    units_in_cart: int


def cart_owner(cart: Cart) -> str:
    """Under which name inventory keeps what is set aside for a cart."""
    return f"cart:{cart.pk}"


def find_cart(*, customer: User | None, token: str) -> Cart | None:
    """The open cart of a customer, or of a guest who holds its token."""
    if customer is not None:
        found = _CUSTOMERS_CART.objects(customer.pk)
    else:
        found = _GUESTS_CART.objects(token) if token else []
    return found[0] if found else None


def read_cart(*, customer: User | None, token: str) -> CartContents | None:
    """The open cart with its lines; None where there is none or nothing is in it. One query."""
    if customer is None and not token:
        return None
    if customer is not None:
        lines = _CUSTOMERS_LINES.objects(customer.pk)
    else:
        lines = _GUESTS_LINES.objects(token)
    if not lines:
        return None
    cart = lines[0].cart
    first = next((line.sku.currency for line in lines if _is_sold(line.sku)), "")
    items = [
        CartItem(
            line=line,
            possible=max(0, min(line.possible, MOST_UNITS)),
            is_for_sale=_is_sold(line.sku) and line.sku.currency == first,
        )
        for line in lines
    ]
    return CartContents(cart=cart, items=items, checkout=getattr(cart, "checkout", None))


def add_to_cart(*, customer: User | None, token: str, sku_id: int, quantity: int) -> CartChange:
    """Put units in the cart, as many as there are; the cart is made when there is none.

    Raises NotAQuantityError, NotForSaleError, SoldOutError and CartFullError.
    """
    _check_units(quantity)
    for _attempt in range(3):
        cart = find_cart(customer=customer, token=token)
        try:
            with transaction.atomic():
                return _add(cart, customer, sku_id, quantity)
        except (CartChangedError, IntegrityError):
            # It was ordered, merged or begun by another tab in this moment: look again.
            continue
    raise CartChangedError


def _add(cart: Cart | None, customer: User | None, sku_id: int, quantity: int) -> CartChange:
    if cart is not None:
        touch_cart(cart=cart)
    sku = _sku_for_sale(sku_id, owner=cart_owner(cart) if cart else "")
    # Never more than a hundred: cheaper than to ask for sum and line apart.
    lines = dict(cart.lines.values_list("sku_id", "quantity")) if cart else {}
    before = lines.get(sku.pk, 0)
    if not before and len(lines) >= MOST_LINES:
        raise CartFullError(MOST_LINES)
    possible = max(0, min(sku.possible, MOST_UNITS))
    if not possible:
        raise SoldOutError(_name(sku))
    units = max(before, min(before + quantity, possible))
    if cart is None:
        cart = Cart.objects.create(token=_new_token(), customer=customer)
    elif units != before:
        _renew_key(cart)
    if before:
        cart.lines.filter(sku=sku).update(quantity=units, seen_price_minor=sku.price_minor)
    else:
        CartLine.objects.create(
            cart=cart, sku=sku, quantity=units, seen_price_minor=sku.price_minor
        )
    return CartChange(
        cart=cart,
        name=_name(sku),
        added=units - before,
        units=units,
        is_less=units - before < quantity,
        units_in_cart=sum(lines.values()) + units - before,
    )


@transaction.atomic
def set_quantity(*, cart: Cart, line_id: int, quantity: int) -> CartChange:
    """Have so many units of a line, or as many as there are.

    Raises NotAQuantityError, NotForSaleError, SoldOutError and CartChangedError.
    """
    _check_units(quantity)
    touch_cart(cart=cart)
    line = _line(cart, line_id)
    sku = _sku_for_sale(line.sku_id, owner=cart_owner(cart))
    possible = max(0, min(sku.possible, MOST_UNITS))
    if not possible:
        raise SoldOutError(_name(sku))
    units = min(quantity, possible)
    cart.lines.filter(pk=line.pk).update(quantity=units, seen_price_minor=sku.price_minor)
    _hold_at_most(cart, sku_id=sku.pk, units=units)
    _renew_key(cart)
    return CartChange(
        cart=cart,
        name=_name(sku),
        added=units - line.quantity,
        units=units,
        is_less=units < quantity,
        units_in_cart=count_units(cart=cart),
    )


@transaction.atomic
def remove_line(*, cart: Cart, line_id: int) -> str:
    """Take a line out and put back what was set aside for it; returns its name.

    Raises CartChangedError where it is gone already.
    """
    touch_cart(cart=cart)
    line = _line(cart, line_id)
    line.delete()
    _hold_at_most(cart, sku_id=line.sku_id, units=0)
    _renew_key(cart)
    return _name(line.sku)


@transaction.atomic
def set_codes(*, cart: Cart, codes: Sequence[str]) -> None:
    """Which discounts the customer asks for; those that do not apply are told by the quote."""
    touch_cart(cart=cart)
    kept = list(dict.fromkeys(codes))[-MOST_CODES:]
    Cart.objects.filter(pk=cart.pk).update(codes=kept)
    cart.codes = kept
    _renew_key(cart)


@transaction.atomic
def accept_prices(*, cart: Cart) -> None:
    """The customer saw the page with the prices of now and went on."""
    price = Sku.objects.filter(pk=OuterRef("sku_id")).values("price_minor")
    cart.lines.exclude(seen_price_minor=Subquery(price)).update(seen_price_minor=Subquery(price))


@transaction.atomic
def merge_carts(*, user: User, token: str) -> Cart | None:
    """Give a customer what they had put in a cart before they logged in; returns their cart.

    Units of the same SKU add up, to what a line may hold at most. Doing it twice adds nothing.
    """
    own = find_cart(customer=user, token="")
    guest = find_cart(customer=None, token=token)
    if guest is None:
        return own
    if own is None and _take_over(guest, user):
        return guest
    own = own or find_cart(customer=user, token="")
    if own is None or not _close_for(guest, own):
        return own
    _join_lines(guest, own)
    codes = list(dict.fromkeys([*own.codes, *guest.codes]))[-MOST_CODES:]
    Cart.objects.filter(pk=own.pk).update(codes=codes)
    # What was set aside for the guest's cart is set aside again on the customer's last step.
    release_stock(owner=cart_owner(guest))
    if not Checkout.objects.filter(cart=own).exists():
        Checkout.objects.filter(cart=guest).update(cart=own)
    _renew_key(own)
    return own


def _take_over(guest: Cart, user: User) -> bool:
    """Make the guest's cart the customer's; False when they have got one meanwhile."""
    try:
        with transaction.atomic():
            return bool(
                Cart.objects.open()
                .filter(pk=guest.pk, customer=None)
                .update(customer=user, updated_at=timezone.now())
            )
    except IntegrityError:
        return False


def _close_for(guest: Cart, own: Cart) -> bool:
    """Only one of two logins at once merges a cart, and only into one that is open."""
    now = timezone.now()
    open_carts = Cart.objects.open()
    return bool(
        open_carts.filter(pk=own.pk).update(updated_at=now)
        and open_carts.filter(pk=guest.pk, customer=None).update(
            state=Cart.State.MERGED, updated_at=now
        )
    )


def _join_lines(guest: Cart, own: Cart) -> None:
    here = {line.sku_id: line for line in own.lines.all()}
    for line in guest.lines.order_by("pk"):
        known = here.get(line.sku_id)
        if known is not None:
            units = min(known.quantity + line.quantity, MOST_UNITS)
            own.lines.filter(pk=known.pk).update(quantity=units)
        elif len(here) < MOST_LINES:
            here[line.sku_id] = CartLine.objects.create(
                cart=own,
                sku_id=line.sku_id,
                quantity=line.quantity,
                seen_price_minor=line.seen_price_minor,
            )


def touch_cart(*, cart: Cart) -> None:
    """Begin a change: the row is ours to the end of the transaction.

    Raises CartChangedError when the cart is no longer open.
    """
    if not Cart.objects.open().filter(pk=cart.pk).update(updated_at=timezone.now()):
        raise CartChangedError


def count_units(*, cart: Cart) -> int:
    units: int = cart.lines.aggregate(units=Sum("quantity"))["units"] or 0
    return units


def forget_carts(*, now: datetime, limit: int = 500) -> int:
    """Delete carts of guests that nobody can reach any more; returns how many."""
    old = Cart.objects.filter(updated_at__lt=now - FORGOTTEN_AFTER).filter(
        Q(customer=None) | Q(state=Cart.State.MERGED)
    )
    keys = list(old.order_by("pk").values_list("pk", flat=True)[:limit])
    for key in keys:
        release_stock(owner=f"cart:{key}")
    # Of an order the order itself remains.
    Cart.objects.filter(pk__in=keys).delete()
    return len(keys)


def new_key() -> str:
    return secrets.token_urlsafe(24)


def _new_token() -> str:
    return secrets.token_urlsafe(32)


def _customers_cart(customer_id: int) -> QuerySet[Cart]:
    return Cart.objects.open().filter(customer=customer_id)


def _guests_cart(token: str) -> QuerySet[Cart]:
    return Cart.objects.open().filter(customer=None, token=token)


def _lines_in(carts: QuerySet[Cart]) -> QuerySet[CartLine]:
    owner = Concat(Value("cart:"), Cast(OuterRef("cart_id"), CharField()))
    return (
        CartLine.objects.filter(cart__in=carts)
        .select_related("cart__checkout__shipping_method", "sku__product")
        .annotate(possible=units_for(sku="sku_id", owner=owner))
        # Descriptions are long, and a page of the cart is asked for often.
        .only(*_READ)
        .order_by("pk")
    )


_CUSTOMERS_CART: Final = Prepared(_customers_cart)
_GUESTS_CART: Final = Prepared(_guests_cart)
_CUSTOMERS_LINES: Final = Prepared(lambda customer_id: _lines_in(_customers_cart(customer_id)))
_GUESTS_LINES: Final = Prepared(lambda token: _lines_in(_guests_cart(token)))


def _line(cart: Cart, line_id: int) -> CartLine:
    line = cart.lines.select_related("sku__product").filter(pk=line_id).first()
    if line is None:
        raise CartChangedError
    return line


def _sku_for_sale(sku_id: int, *, owner: str) -> Any:
    """With `possible`, the units that the owner could set aside."""
    found = _SKU_FOR_OWNER.objects(sku_id, owner) if owner else _SKU.objects(sku_id)
    sku = found[0] if found else None
    if sku is None or not _is_sold(sku):
        raise NotForSaleError(_name(sku) if sku else f"#{sku_id}")
    return sku


def _with_possible(sku_id: int, owner: str = "") -> QuerySet[Sku]:
    return (
        Sku.objects.filter(pk=sku_id)
        .select_related("product")
        .annotate(possible=units_for(sku="pk", owner=owner))
        .only(*_READ_OF_SKU)
    )


_SKU: Final = Prepared(_with_possible)
_SKU_FOR_OWNER: Final = Prepared(_with_possible)


def _is_sold(sku: Sku) -> bool:
    return sku.is_active and sku.product.status == Product.Status.PUBLISHED


def _name(sku: Sku) -> str:
    return f"{sku.product} {sku.name}".strip()


def _check_units(quantity: int) -> None:
    if not 1 <= quantity <= MOST_UNITS:
        raise NotAQuantityError(str(quantity), allowed=MOST_UNITS)


def _hold_at_most(cart: Cart, *, sku_id: int, units: int) -> None:
    """Put back what the cart holds beyond `units`; what it lacks is taken on the last step."""
    hold = Reservation.objects.held().filter(owner=cart_owner(cart), sku_id=sku_id).first()
    if hold is not None and hold.quantity > units:
        reserve_stock(
            [StockRequest(sku_id, units)], owner=cart_owner(cart), expires_at=hold.expires_at
        )


def _renew_key(cart: Cart) -> None:
    """What is ordered from now on is something else than before."""
    Checkout.objects.filter(cart=cart, order=None).update(idempotency_key=new_key())
