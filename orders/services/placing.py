"""Take an order: stock is set aside and prices are fixed in one transaction."""

import hashlib
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from catalog.models import Product, Sku
from customers.models import User
from inventory.models import Reservation
from inventory.services.stock import StockRequest, hand_over_reservations, reserve_stock
from orders.algorithms.totals import Totals, add_up
from orders.errors import (
    CodeNoLongerAppliesError,
    EmptyBasketError,
    IdempotencyConflictError,
    NotForSaleError,
    PriceChangedError,
    WrongUnitsError,
)
from orders.models import Order, OrderLine, OrderStatusChange, ShippingMethod
from orders.services.discounts import use_discounts
from orders.services.pricing import quote_cart
from orders.services.quotes import AppliedDiscount, QuotedLine, QuoteLine, RejectedCode
from orders.services.telling import tell_order
from outbox.models import WebhookEvent

MAX_UNITS = 100_000
# Without letters and digits that are mistaken for one another on the telephone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class RiskVerdict:
    """What the caller knows about the risk of an order.

    score: in [0, 1]. version: of the model that judged, empty for a rule. reasons: codes that have
    names. details: what the caller wants to find again on the order; plain JSON.
    """

    score: float
    is_held: bool = False
    reasons: tuple[str, ...] = ()
    version: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineRequest:
    """Units of one SKU that a customer wants."""

    sku_id: int
    quantity: int
    is_promoted: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """What a customer agreed to at the checkout: how it comes, what is taken off, how it is paid.

    codes: of discounts, as they were typed. payment_due_at: None where it is sent before the money
    is here.
    """

    shipping_method: ShippingMethod | None = None
    codes: tuple[str, ...] = ()
    payment_provider: str = ""
    ships_before_payment: bool = False
    payment_due_at: datetime | None = None
    note: str = ""


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
    terms: Terms | None = None,
    shipping_minor: int = 0,
    discount_minor: int = 0,
    tax_minor: int = 0,
    seen_total_minor: int | None = None,
    seen_codes: Collection[str] | None = None,
    held_by: str = "",
    placed_at: datetime | None = None,
) -> Order:
    """Place an order with the prices of this moment, or leave nothing behind.

    terms: delivery, discounts and taxes are worked out by the rules of this moment, and the
    discounts count as used. Without terms the three amounts are those given.
    idempotency_key: of the checkout; the same key with the same contents is the same order.
    seen_total_minor: what the customer was shown; another total is not taken in silence.
    seen_codes: of discounts that were a part of that total; None for all of the terms.
    held_by: whose reservations become the order's, such as "cart:77".
    Raises EmptyBasketError, WrongUnitsError, NotForSaleError, PriceChangedError,
    CodeNoLongerAppliesError, IdempotencyConflictError, DeliveryImpossibleError,
    DiscountUsedUpError and inventory's InsufficientStockError.
    """
    wanted = _merge(lines)
    digest = _digest(
        customer, wanted, delivery, terms or (shipping_minor, discount_minor, tax_minor)
    )
    if repeated := _repeated(idempotency_key, digest):
        return repeated
    moment = placed_at or timezone.now()
    try:
        with transaction.atomic():
            skus = _skus_for_sale(wanted)
            if terms is None:
                priced = _as_given(
                    wanted, skus, shipping=shipping_minor, discount=discount_minor, tax=tax_minor
                )
            else:
                priced = _as_quoted(wanted, terms, delivery, customer, moment)
            if seen_total_minor is not None and priced.totals.total != seen_total_minor:
                _check_codes(priced, seen_codes)
                raise PriceChangedError(seen_minor=seen_total_minor, now_minor=priced.totals.total)
            order = _add_order(
                customer, delivery, risk, priced, terms or Terms(), moment, idempotency_key, digest
            )
            _add_lines(order, wanted, skus, priced.lines)
            if held_by:
                hand_over_reservations(owner=held_by, to=reservation_owner(order))
            _set_aside(order, wanted)
            # After the stock, in this order everywhere: two that cross could wait for each other.
            use_discounts(
                order=order,
                applied=priced.discounts,
                customer=customer,
                email=delivery.email,
            )
            tell_order(order, WebhookEvent.ORDER_PLACED)
    except IntegrityError:
        # Two sent the same checkout at once: the other one's order is this order.
        if repeated := _repeated(idempotency_key, digest):
            return repeated
        raise
    return order


@dataclass(frozen=True, slots=True)
class _Priced:
    """lines: by SKU, where they were quoted."""

    totals: Totals
    currency: str
    tax_included_minor: int = 0
    lines: Mapping[int, QuotedLine] = field(default_factory=dict)
    discounts: tuple[AppliedDiscount, ...] = ()
    rejected_codes: tuple[RejectedCode, ...] = ()
    breakdown: Mapping[str, Any] = field(default_factory=dict)


def _as_given(
    lines: Sequence[LineRequest],
    skus: Mapping[int, Sku],
    *,
    shipping: int,
    discount: int,
    tax: int,
) -> _Priced:
    totals = add_up(
        ((line.quantity, skus[line.sku_id].price_minor) for line in lines),
        shipping=shipping,
        discount=discount,
        tax=tax,
    )
    return _Priced(totals=totals, currency=next(iter(skus.values())).currency)


def _as_quoted(
    lines: Sequence[LineRequest],
    terms: Terms,
    delivery: Delivery,
    customer: User | None,
    moment: datetime,
) -> _Priced:
    # A name on the breakdown is what the customer reads on the order later.
    with translation.override(delivery.language or translation.get_language()):
        quote = quote_cart(
            lines=[QuoteLine(line.sku_id, line.quantity) for line in lines],
            country=delivery.country,
            shipping_method=terms.shipping_method,
            codes=terms.codes,
            customer=customer,
            email=delivery.email,
            now=moment,
        )
        breakdown = quote.as_breakdown()
    totals = Totals(
        goods=quote.goods_minor,
        shipping=quote.shipping_minor,
        discount=quote.discount_minor,
        tax=quote.tax_minor,
    )
    return _Priced(
        totals=totals,
        currency=quote.currency,
        tax_included_minor=quote.tax_included_minor,
        lines={line.sku_id: line for line in quote.lines},
        discounts=quote.discounts,
        rejected_codes=quote.rejected_codes,
        breakdown=breakdown,
    )


def _check_codes(priced: _Priced, seen: Collection[str] | None) -> None:
    """Of a total that is another one: the code is told where one that was shown has ended."""
    for code, reason in priced.rejected_codes:
        if seen is None or code in seen:
            raise CodeNoLongerAppliesError(code, reason=reason)


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
    amounts: Terms | tuple[int, int, int],
) -> str:
    contents: dict[str, Any] = {
        "customer": None if customer is None else customer.pk,
        "lines": [(line.sku_id, line.quantity) for line in lines],
        "email": delivery.email,
        "country": delivery.country,
        "address": dict(delivery.address),
    }
    if isinstance(amounts, Terms):
        method = amounts.shipping_method
        contents["terms"] = (
            None if method is None else method.pk,
            amounts.codes,
            amounts.payment_provider,
            amounts.note,
        )
    else:
        contents["amounts"] = amounts
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
    priced: _Priced,
    terms: Terms,
    placed_at: datetime,
    key: str,
    digest: str,
) -> Order:
    totals = priced.totals
    order = Order.objects.create(
        number=_number(placed_at),
        customer=customer,
        email=delivery.email or (customer.email if customer else "") or "",
        status=Order.Status.HELD if risk.is_held else Order.Status.PLACED,
        currency=priced.currency,
        goods_minor=totals.goods,
        shipping_minor=totals.shipping,
        discount_minor=totals.discount,
        tax_minor=totals.tax,
        tax_included_minor=priced.tax_included_minor,
        total_minor=totals.total,
        breakdown=dict(priced.breakdown),
        payment_provider=terms.payment_provider,
        ships_before_payment=terms.ships_before_payment,
        payment_due_at=terms.payment_due_at,
        note=terms.note,
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


def _add_lines(
    order: Order,
    lines: Sequence[LineRequest],
    skus: Mapping[int, Sku],
    quoted: Mapping[int, QuotedLine],
) -> None:
    with translation.override(order.language or translation.get_language()):
        OrderLine.objects.bulk_create(
            _line(order, position, line, skus[line.sku_id], quoted.get(line.sku_id))
            for position, line in enumerate(lines, start=1)
        )


def _line(
    order: Order, position: int, line: LineRequest, sku: Sku, quoted: QuotedLine | None
) -> OrderLine:
    return OrderLine(
        order=order,
        position=position,
        sku_id=line.sku_id,
        sku_code=sku.code,
        name=f"{sku.product.name} {sku.name}".strip()[:255],
        quantity=line.quantity,
        unit_price_minor=quoted.unit_price_minor if quoted else sku.price_minor,
        discount_minor=quoted.discount_minor if quoted else 0,
        tax_minor=quoted.tax_minor if quoted else 0,
        tax_basis_points=quoted.tax_basis_points if quoted else 0,
        is_promoted=line.is_promoted or (quoted is not None and quoted.is_promoted),
    )
