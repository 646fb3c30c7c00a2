"""How an order may be delivered, for how much and until when."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone

from orders.algorithms.shipping_steps import add_working_days, price_of
from orders.models import ShippingMethod
from orders.services.selling_rules import DeliveryRules, delivery_rules


@dataclass(frozen=True, slots=True)
class ShippingOffer:
    """A method with its price for one cart, and the days between which it arrives."""

    method: ShippingMethod
    price_minor: int
    days_min: int
    days_max: int
    earliest_on: date
    latest_on: date


@dataclass(frozen=True, slots=True)
class DeliveryPromise:
    """What a product page says. free_from_minor: None where delivery is never free."""

    earliest_on: date
    latest_on: date
    price_minor: int
    free_from_minor: int | None
    currency: str
    method: str


def methods_for(
    *,
    country: str,
    weight_grams: int,
    goods_minor: int,
    currency: str,
    now: datetime | None = None,
    rules: DeliveryRules | None = None,
) -> tuple[ShippingOffer, ...]:
    """What the zone of the country offers for such a parcel; nothing where we do not deliver.

    country: two letters, empty for the shop's own. goods_minor: before discounts, so that a
    discount never makes delivery dearer. rules: as pages may show them, unless given.
    """
    rules = rules or delivery_rules()
    zone = rules.zone(country or settings.SHOP_COUNTRY)
    if zone is None:
        return ()
    moment = now or timezone.now()
    offers = []
    for method in rules.methods.get(zone.pk, ()):
        price = _price(method, rules, weight_grams, goods_minor)
        if method.currency == currency and price is not None:
            offers.append(_offer(method, price, moment))
    return tuple(offers)


def delivery_promise(
    *,
    country: str = "",
    weight_grams: int = 0,
    goods_minor: int = 0,
    currency: str = "",
    now: datetime | None = None,
) -> DeliveryPromise | None:
    """The cheapest way to bring one product, of equally cheap ones the fastest.

    No statement once the process knows the rules. None where we do not deliver.
    """
    offers = methods_for(
        country=country,
        weight_grams=weight_grams,
        goods_minor=goods_minor,
        currency=currency or settings.CURRENCY,
        now=now,
    )
    if not offers:
        return None
    best = min(offers, key=lambda offer: (offer.price_minor, offer.latest_on, offer.method.pk))
    return DeliveryPromise(
        earliest_on=best.earliest_on,
        latest_on=best.latest_on,
        price_minor=best.price_minor,
        free_from_minor=best.method.free_from_minor,
        currency=best.method.currency,
        method=best.method.name,
    )


def free_delivery_from(*, country: str, currency: str, rules: DeliveryRules) -> int | None:
    """The lowest amount of goods from which some method of the zone costs nothing."""
    zone = rules.zone(country or settings.SHOP_COUNTRY)
    if zone is None:
        return None
    amounts = [
        method.free_from_minor
        for method in rules.methods.get(zone.pk, ())
        if method.currency == currency and method.free_from_minor is not None
    ]
    return min(amounts, default=None)


def _price(
    method: ShippingMethod, rules: DeliveryRules, weight_grams: int, goods_minor: int
) -> int | None:
    """None where no step is reached: the method does not take such a parcel."""
    price = price_of(rules.steps.get(method.pk, ()), weight=weight_grams, amount=goods_minor)
    if price is None:
        return None
    is_free = method.free_from_minor is not None and goods_minor >= method.free_from_minor
    return 0 if is_free else price


def _offer(method: ShippingMethod, price: int, moment: datetime) -> ShippingOffer:
    local = timezone.localtime(moment, timezone.get_default_timezone())
    # What comes in after the parcels of the day were fetched leaves with those of the next one.
    start = local.date()
    if local.hour >= settings.DISPATCH_CUTOFF_HOUR:
        start += timedelta(days=1)
    return ShippingOffer(
        method=method,
        price_minor=price,
        days_min=method.days_min,
        days_max=method.days_max,
        earliest_on=add_working_days(start, method.days_min, is_working=is_working_day),
        latest_on=add_working_days(start, method.days_max, is_working=is_working_day),
    )


def is_working_day(day: date) -> bool:
    """Neither a weekend nor a public holiday of HOLIDAY_COUNTRY; a weekend that is worked in
    exchange for a holiday, as in China, is one."""
    return day in _working_days(settings.HOLIDAY_COUNTRY, day.year)


@lru_cache(maxsize=16)
def _working_days(country: str, year: int) -> frozenset[date]:
    days = [date(year, 1, 1) + timedelta(days=number) for number in range(366)]
    if not country:
        return frozenset(day for day in days if day.weekday() < 5)
    import holidays  # noqa: PLC0415  # not paid for by the start of a process

    name, _, subdivision = country.partition("-")
    known = holidays.country_holidays(name, subdiv=subdivision or None, years=year)
    return frozenset(day for day in days if known.is_working_day(day))
