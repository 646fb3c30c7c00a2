"""Take an order: stock is set aside and prices are fixed in one transaction."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from catalog.models import Product, Sku
from customers.models import User
from inventory.models import Reservation
from inventory.services.stock import StockRequest, hand_over_reservations, reserve_stock
from orders.algorithms.totals import Totals, add_up
from orders.errors import (
    EmptyBasketError,
    IdempotencyConflictError,
    NotForSaleError,
    PriceChangedError,
    WrongUnitsError,
)
from orders.models import Order, OrderLine, OrderStatusChange

MAX_UNITS = 100_000
# Without letters and digits that are mistaken for one another on the telephone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class RiskVerdict:
    """What the caller knows about the risk of an order.

    score: in [0, 1]. version: of the model that judged, empty for a rule.
    """

    score: float
    is_held: bool = False
    reasons: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True, slots=True)
class LineRequest:
    """Units of one SKU that a customer wants."""

    sku_id: int
    quantity: int
    is_promoted: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where an order goes and in which language the shop writes about it."""

    email: str = ""
    country: str = ""
    language: str = ""
    address: Mapping[str, str] = field(default_factory=dict)


def place_order(
    *,
    customer: User | None,
    lines: Sequence[LineRequest],
    risk: RiskVerdict,
    delivery: Delivery,
    idempotency_key: str,
    shipping_minor: int = 0,
    discount_minor: int = 0,
    tax_minor: int = 0,
    seen_total_minor: int | None = None,
    held_by: str = "",
    placed_at: datetime | None = None,
) -> Order:
    """Place an order with the prices of this moment, or leave nothing behind.

    idempotency_key: of the checkout; the same key with the same contents is the same order.
    seen_total_minor: what the customer was shown; another total is not taken in silence.
    held_by: whose reservations become the order's, such as "cart:77".
    Raises EmptyBasketError, WrongUnitsError, NotForSaleError, PriceChangedError,
    IdempotencyConflictError and inventory's InsufficientStockError.
    """
    wanted = _merge(lines)
    digest = _digest(customer, wanted, delivery, (shipping_minor, discount_minor, tax_minor))
    if repeated := _repeated(idempotency_key, digest):
        return repeated
    try:
        with transaction.atomic():
            skus = _skus_for_sale(wanted)
            totals = add_up(
                ((line.quantity, skus[line.sku_id].price_minor) for line in wanted),
                shipping=shipping_minor,
                discount=discount_minor,
                tax=tax_minor,
            )
            if seen_total_minor is not None and totals.total != seen_total_minor:
                raise PriceChangedError(seen_minor=seen_total_minor, now_minor=totals.total)
            order = _add_order(
                customer,
                delivery,
                risk,
                totals,
                next(iter(skus.values())).currency,
                placed_at or timezone.now(),
                idempotency_key,
                digest,
            )
            _add_lines(order, wanted, skus)
            if held_by:
                hand_over_reservations(owner=held_by, to=reservation_owner(order))
            _set_aside(order, wanted)
    except IntegrityError:
        # Two sent the same checkout at once: the other one's order is this order.
        if repeated := _repeated(idempotency_key, digest):
            return repeated
        raise
    return order


def _set_aside(order: Order, lines: Sequence[LineRequest]) -> None:
    """Hold what the order asks for, and no longer what only its cart held."""
    owner = reservation_owner(order)
    held = Reservation.objects.held().filter(owner=owner).values_list("sku_id", flat=True)
    units = dict.fromkeys(held, 0) | {line.sku_id: line.quantity for line in lines}
    reserve_stock(
        [StockRequest(sku_id, quantity) for sku_id, quantity in units.items()], owner=owner
    )


def reservation_owner(order: Order) -> str:
    """Under which name inventory keeps what is set aside for an order."""
    return f"order:{order.pk}"


def _merge(lines: Sequence[LineRequest]) -> list[LineRequest]:
    """One line per SKU, in the order in which they first came."""
    merged: dict[int, LineRequest] = {}
    for line in lines:
        if line.quantity < 1:
            raise WrongUnitsError(f"#{line.sku_id}", units=line.quantity, allowed=MAX_UNITS)
        known = merged.get(line.sku_id)
        units = line.quantity + (known.quantity if known else 0)
        if units > MAX_UNITS:
            raise WrongUnitsError(f"#{line.sku_id}", units=units, allowed=MAX_UNITS)
        promoted = line.is_promoted or (known is not None and known.is_promoted)
        merged[line.sku_id] = LineRequest(line.sku_id, units, promoted)
    if not merged:
        raise EmptyBasketError
    return list(merged.values())


def _digest(
    customer: User | None,
    lines: Sequence[LineRequest],
    delivery: Delivery,
    amounts: tuple[int, int, int],
) -> str:
    contents = {
        "customer": None if customer is None else customer.pk,
        "lines": [(line.sku_id, line.quantity) for line in lines],
        "email": delivery.email,
        "country": delivery.country,
        "address": dict(delivery.address),
        "amounts": amounts,
    }
    return hashlib.sha256(json.dumps(contents, sort_keys=True).encode()).hexdigest()


def _repeated(key: str, digest: str) -> Order | None:
    order = Order.objects.filter(idempotency_key=key).first()
    if order is not None and order.request_hash != digest:
        raise IdempotencyConflictError(key)
    return order


def _skus_for_sale(lines: Sequence[LineRequest]) -> dict[int, Sku]:
    """By key; all of one currency."""
    found = {
        sku.pk: sku
        for sku in Sku.objects.active()
        .filter(pk__in=[line.sku_id for line in lines], product__status=Product.Status.PUBLISHED)
        .select_related("product")
    }
    currency = next((sku.currency for sku in found.values()), "")
    for line in lines:
        sku = found.get(line.sku_id)
        if sku is None or sku.currency != currency:
            known = sku or Sku.objects.filter(pk=line.sku_id).first()
            raise NotForSaleError(known.code if known else f"#{line.sku_id}")
    return found


def _add_order(
    customer: User | None,
    delivery: Delivery,
    risk: RiskVerdict,
    totals: Totals,
    currency: str,
    placed_at: datetime,
    key: str,
    digest: str,
) -> Order:
    order = Order.objects.create(
        number=_number(placed_at),
        customer=customer,
        email=delivery.email or (customer.email if customer else "") or "",
        status=Order.Status.HELD if risk.is_held else Order.Status.PLACED,
        currency=currency,
        goods_minor=totals.goods,
        shipping_minor=totals.shipping,
        discount_minor=totals.discount,
        tax_minor=totals.tax,
        total_minor=totals.total,
        language=delivery.language,
        country=delivery.country,
        shipping_address=dict(delivery.address),
        risk=asdict(risk),
        idempotency_key=key,
        request_hash=digest,
        placed_at=placed_at,
    )
    OrderStatusChange.objects.create(order=order, to_status=order.status)
    return order


def _number(moment: datetime) -> str:
    """A number that tells the day and gives away nothing about how many orders there are."""
    day = timezone.localtime(moment).strftime("%y%m%d")
    return f"{day}-{''.join(secrets.choice(_ALPHABET) for _ in range(8))}"


def _add_lines(order: Order, lines: Sequence[LineRequest], skus: Mapping[int, Sku]) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=position,
            sku_id=line.sku_id,
            sku_code=skus[line.sku_id].code,
            name=f"{skus[line.sku_id].product.name} {skus[line.sku_id].name}".strip()[:255],
            quantity=line.quantity,
            unit_price_minor=skus[line.sku_id].price_minor,
            is_promoted=line.is_promoted,
        )
        for position, line in enumerate(lines, start=1)
    )
