"""The rules of a placement: what may not come up, each under its own name.

`RULES` are asked in this order; the first that refuses a product is the one that staff are told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Final

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from recommendations.models import PlacementRule
from recommendations.services.facts import Facts
from recommendations.services.keeping import kept_settings
from recommendations.services.recommenders import Asked


class Rule(StrEnum):
    """Why a product was left out."""

    SUBJECT = "subject"
    NOT_PUBLISHED = "not_published"
    BANNED = "banned"
    IN_STOCK = "only_in_stock"
    PRICE = "price"
    BRANDS = "brands"
    CATEGORIES = "categories"
    OTHER_CATEGORY = "other_category"
    IN_CART = "not_in_cart"
    VIEWED = "not_viewed"
    BOUGHT = "not_bought"


RULE_WORDS: Final[Mapping[Rule, str | Promise]] = {
    Rule.SUBJECT: _("on the page already"),
    Rule.NOT_PUBLISHED: _("not published"),
    Rule.BANNED: _("banned by staff"),
    Rule.IN_STOCK: _("sold out"),
    Rule.PRICE: _("outside the prices"),
    Rule.BRANDS: _("brand not wanted"),
    Rule.CATEGORIES: _("category not wanted"),
    Rule.OTHER_CATEGORY: _("same category"),
    Rule.IN_CART: _("in the cart already"),
    Rule.VIEWED: _("just looked at"),
    Rule.BOUGHT: _("bought not long ago"),
}


@dataclass
class Sieve:
    """The rules of one row, with what they compare products to.

    facts: of the products that the row is about; those that come up are handed to `refusal`.
    """

    asked: Asked
    facts: Mapping[int, Facts]
    banned: frozenset[int] = field(default_factory=frozenset)

    def refusal(self, product: Facts) -> Rule | None:
        return next((rule for rule, refuses in RULES.items() if refuses(self, product)), None)

    @cached_property
    def subjects(self) -> frozenset[int]:
        context = self.asked.history.context
        here = [] if context.product_id is None else [context.product_id]
        return frozenset((*here, *context.shown))

    @cached_property
    def categories(self) -> frozenset[int]:
        """Of what the row is about."""
        context = self.asked.history.context
        about = [context.product_id] if context.product_id else self.asked.history.cart
        found = {self.facts[pk].category_id for pk in about if pk in self.facts}
        if context.product_id and context.category_id:
            found.add(context.category_id)
        return frozenset(found - {-1})

    @cached_property
    def prices(self) -> tuple[float, float]:
        """Lowest and highest that may come up, in minor units."""
        settings = self.asked.settings
        low = float(settings.price_min_minor or 0)
        high = float("inf") if settings.price_max_minor is None else settings.price_max_minor
        of_page = self.facts.get(self.asked.history.context.product_id or 0)
        if of_page is not None and of_page.price_minor:
            if settings.price_from_percent is not None:
                low = max(low, of_page.price_minor * settings.price_from_percent / 100)
            if settings.price_to_percent is not None:
                high = min(high, of_page.price_minor * settings.price_to_percent / 100)
        return low, high

    @cached_property
    def cart(self) -> frozenset[int]:
        return frozenset(self.asked.history.cart)

    @cached_property
    def viewed(self) -> frozenset[int]:
        return frozenset(self.asked.history.viewed)

    @cached_property
    def just_bought(self) -> frozenset[int]:
        days = self.asked.settings.not_bought_days
        return frozenset(
            each.product_id for each in self.asked.history.bought if each.days_ago < days
        )


def _price(sieve: Sieve, product: Facts) -> bool:
    low, high = sieve.prices
    if low <= 0 and high == float("inf"):
        return False
    # What has no price cannot be shown to lie within any.
    return not product.price_minor or not low <= product.price_minor <= high


def _brands(sieve: Sieve, product: Facts) -> bool:
    settings = sieve.asked.settings
    if not settings.brand_ids:
        return False
    return (product.brand_id in settings.brand_ids) != (settings.brands_are == "only")


def _categories(sieve: Sieve, product: Facts) -> bool:
    settings = sieve.asked.settings
    if not settings.category_ids:
        return False
    return (product.category_id in settings.category_ids) != (settings.categories_are == "only")


RULES: Final[Mapping[Rule, Callable[[Sieve, Facts], bool]]] = {
    Rule.SUBJECT: lambda sieve, product: product.product_id in sieve.subjects,
    Rule.NOT_PUBLISHED: lambda _sieve, product: not product.is_published,
    Rule.BANNED: lambda sieve, product: product.product_id in sieve.banned,
    Rule.IN_STOCK: lambda sieve, product: (
        sieve.asked.settings.only_in_stock and not product.has_stock
    ),
    Rule.PRICE: _price,
    Rule.BRANDS: _brands,
    Rule.CATEGORIES: _categories,
    Rule.OTHER_CATEGORY: lambda sieve, product: (
        sieve.asked.settings.other_category and product.category_id in sieve.categories
    ),
    Rule.IN_CART: lambda sieve, product: (
        sieve.asked.settings.not_in_cart and product.product_id in sieve.cart
    ),
    Rule.VIEWED: lambda sieve, product: (
        sieve.asked.settings.not_viewed and product.product_id in sieve.viewed
    ),
    Rule.BOUGHT: lambda sieve, product: (
        bool(sieve.asked.settings.not_bought_days) and product.product_id in sieve.just_bought
    ),
}


@dataclass(frozen=True, slots=True)
class StaffWord:
    product_id: int
    placement: str
    is_ban: bool
    starts_at: datetime | None
    ends_at: datetime | None

    def holds(self, placement: str, now: datetime) -> bool:
        return (
            self.placement in ("", placement)
            and (self.starts_at is None or self.starts_at <= now)
            and (self.ends_at is None or self.ends_at > now)
        )


def staff_words(placement: str) -> tuple[list[int], frozenset[int]]:
    """Products pinned here, the newest pin first, and those banned here or everywhere."""
    now = timezone.now()
    words: Sequence[StaffWord] = [
        word for word in kept_settings("rules", make=_read_words) if word.holds(placement, now)
    ]
    banned = frozenset(word.product_id for word in words if word.is_ban)
    pinned = [word.product_id for word in words if not word.is_ban]
    return list(dict.fromkeys(pk for pk in pinned if pk not in banned)), banned


def _read_words() -> list[StaffWord]:
    rows = PlacementRule.objects.order_by("-created_at", "-pk").values_list(
        "product_id", "placement__code", "kind", "starts_at", "ends_at"
    )
    return [
        StaffWord(product_id, code or "", kind == PlacementRule.Kind.BAN, starts_at, ends_at)
        for product_id, code, kind, starts_at, ends_at in rows
    ]
