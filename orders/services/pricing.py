"""What a cart costs: prices, discounts, delivery and taxes in one quote."""

from collections.abc import Sequence
from datetime import datetime
from itertools import islice

from django.conf import settings
from django.utils.translation import gettext as _

from catalog.money import format_money
from customers.models import User
from orders.algorithms.totals import Settlement, settle
from orders.errors import DeliveryImpossibleError
from orders.models import ShippingMethod
from orders.services.goods import Goods, read_goods
from orders.services.offers import OfferBook, read_offers
from orders.services.quotes import (
    AppliedDiscount,
    Quote,
    QuotedLine,
    QuoteLine,
    RejectedCode,
    TaxLine,
)
from orders.services.selling_rules import DeliveryRules, selling_rules
from orders.services.shipping import ShippingOffer, free_delivery_from, methods_for

__all__ = ["Quote", "QuoteLine", "QuotedLine", "RejectedCode", "quote_cart"]

MAX_HINTS = 2


def quote_cart(
    *,
    lines: Sequence[QuoteLine],
    country: str,
    shipping_method: ShippingMethod | None,
    codes: Sequence[str],
    customer: User | None,
    email: str = "",
    now: datetime,
    is_binding: bool = True,
) -> Quote:
    """Price a cart with everything that is due and everything that is taken off.

    country: two letters, empty for the shop's own. shipping_method: None until one is chosen;
    delivery then costs nothing yet. codes: as they were typed.
    is_binding: reads every rule from the tables, as when an order is placed. A page that only
    shows a cart says False and reads them from memory: one statement, with codes at most four.
    Raises WrongUnitsError, NotForSaleError, and DeliveryImpossibleError for a method that does not
    bring this cart there.
    """
    rules = selling_rules(is_binding=is_binding)
    place = country or settings.SHOP_COUNTRY
    goods = read_goods(lines)
    currency = goods[0].currency if goods else settings.CURRENCY
    shipping = None
    if shipping_method is not None:
        shipping = _shipping(shipping_method, goods, currency, rules.delivery, place, now)
    book = read_offers(
        goods=goods,
        currency=currency,
        codes=codes,
        rules=rules,
        customer=customer,
        email=email,
        now=now,
    )
    zone = rules.tax_zone(place)
    settlement = settle(
        book.items,
        [rules.tax_rate(zone, one.tax_class_id) for one in goods],
        shipping=shipping.price_minor if shipping else 0,
        shipping_rate=rules.tax_rate(zone, shipping.method.tax_class_id) if shipping else None,
        offers=list(book.offers.values()),
        is_tax_included=zone is None or zone.prices_include_tax,
    )
    hints = (*_delivery_hint(settlement, currency, rules.delivery, place), *book.hints())
    return _quote(goods, book, settlement, shipping, tuple(islice(hints, MAX_HINTS)))


def _shipping(
    method: ShippingMethod,
    goods: Sequence[Goods],
    currency: str,
    rules: DeliveryRules,
    place: str,
    now: datetime,
) -> ShippingOffer:
    offers = methods_for(
        country=place,
        weight_grams=_weight(goods),
        goods_minor=sum(one.item.goods for one in goods),
        currency=currency,
        now=now,
        rules=rules,
    )
    for offer in offers:
        if offer.method.pk == method.pk:
            return offer
    raise DeliveryImpossibleError(place, method=method.name)


def _weight(goods: Sequence[Goods]) -> int:
    return sum(one.weight_grams * one.units for one in goods)


def _delivery_hint(
    settlement: Settlement, currency: str, rules: DeliveryRules, place: str
) -> tuple[str, ...]:
    free_from = free_delivery_from(country=place, currency=currency, rules=rules)
    goods = settlement.totals.goods
    is_free = any(one.offer.benefit == "free_shipping" for one in settlement.reductions)
    if free_from is None or not 0 < goods < free_from or is_free:
        return ()
    amount = format_money(free_from - goods, currency)
    return (_("%(amount)s more for free delivery.") % {"amount": amount},)


def _quote(
    goods: Sequence[Goods],
    book: OfferBook,
    settlement: Settlement,
    shipping: ShippingOffer | None,
    hints: tuple[str, ...],
) -> Quote:
    totals = settlement.totals
    applied = tuple(
        AppliedDiscount(
            discount_id=reduction.offer.key,
            name=book.discounts[reduction.offer.key].name,
            code=book.discounts[reduction.offer.key].code or "",
            amount_minor=reduction.amount,
        )
        for reduction in settlement.reductions
    )
    return Quote(
        lines=_lines(goods, settlement),
        goods_minor=totals.goods,
        discount_minor=totals.discount,
        shipping_minor=totals.shipping,
        shipping_full_minor=shipping.price_minor if shipping else 0,
        tax_minor=totals.tax,
        tax_included_minor=settlement.tax_included,
        shipping_tax_minor=settlement.shipping_tax,
        total_minor=totals.total,
        currency=book.currency,
        discounts=applied,
        taxes=tuple(
            TaxLine(
                name=one.rate.name,
                basis_points=one.rate.basis_points,
                base_minor=one.base,
                amount_minor=one.tax,
                is_included=settlement.is_tax_included,
            )
            for one in settlement.taxes
        ),
        rejected_codes=tuple(book.rejected({one.discount_id for one in applied})),
        hints=hints,
        weight_grams=_weight(goods),
        shipping=shipping,
    )


def _lines(goods: Sequence[Goods], settlement: Settlement) -> tuple[QuotedLine, ...]:
    return tuple(
        QuotedLine(
            sku_id=one.sku_id,
            quantity=one.units,
            unit_price_minor=one.price_minor,
            goods_minor=settled.goods,
            discount_minor=settled.discount,
            tax_minor=settled.tax,
            tax_basis_points=settled.rate.basis_points if settled.rate else 0,
            is_promoted=one.is_reduced,
        )
        for one, settled in zip(goods, settlement.lines, strict=True)
    )
