"""Codes and offers of the demo shop, so that a cart has something to try."""

from datetime import timedelta

from django.conf import settings

from catalog.models import Category
from ecomsite.demo.loading.clock import Clock
from ecomsite.demo.trade import DAY, Trade
from orders.models import Discount

_HELD_FOR = timedelta(days=180)


def load_offers(trade: Trade, clock: Clock) -> None:
    """A code for a first order, a code for free delivery, and an offer that needs none."""
    opened = clock.moment(trade.end - 30 * DAY)
    terms = {
        "currency": settings.CURRENCY,
        "starts_at": opened,
        "ends_at": clock.moment(trade.end) + _HELD_FOR,
    }
    Discount.objects.create(
        name_zh_hans="新客九折",
        name_en="10 % off your first order",
        code="WELCOME10",
        benefit=Discount.Benefit.PERCENT,
        benefit_value=10,
        condition=Discount.Condition.AMOUNT,
        condition_value=10_000,
        use_limit_per_customer=1,
        **terms,
    )
    Discount.objects.create(
        name_zh_hans="免运费",
        name_en="Free delivery",
        code="FREESHIP",
        benefit=Discount.Benefit.FREE_SHIPPING,
        is_combinable=True,
        use_limit=500,
        **terms,
    )
    tea = Discount.objects.create(
        name_zh_hans="茶与茶具满三件，最低价一件免费",
        name_en="Three pieces of tea or teaware, the cheapest one free",
        benefit=Discount.Benefit.CHEAPEST_FREE,
        condition=Discount.Condition.UNITS,
        condition_value=3,
        includes_reduced=False,
        is_combinable=True,
        **terms,
    )
    tea.categories.set(Category.objects.filter(slug="tea"))
