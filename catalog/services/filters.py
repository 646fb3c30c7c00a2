"""What a customer narrows a shelf by, read from the address of a page.

Nothing in an address can fail: what is no brand slug, number or value is left out.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from django.conf import settings
from django.http import QueryDict

from catalog.money import decimals

ATTRIBUTE_PREFIX = "attr_"
MOST_VALUES = 30
MOST_ATTRIBUTES = 10
HIGHEST_PRICE_MINOR = 10**11
_SLUG = re.compile(r"[-\w]{1,120}", re.ASCII)
# Keys of attribute values may be Chinese.
_VALUE_KEY = re.compile(r"[-\w]{1,60}")
_AMOUNT = re.compile(r"(\d{1,9})(?:\.(\d{1,2}))?", re.ASCII)
_STEP = re.compile(r"(\d{1,11})-(\d{1,11})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Filters:
    """Bounds are inclusive; an empty tuple or None narrows nothing.

    attributes: keys of values by code of their attribute.
    min_rating: 1 to 5 stars.
    """

    brands: tuple[str, ...] = ()
    price_min_minor: int | None = None
    price_max_minor: int | None = None
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_stock: bool = False
    min_rating: int | None = None
    on_offer: bool = False

    @property
    def has_price(self) -> bool:
        return self.price_min_minor is not None or self.price_max_minor is not None

    @property
    def are_empty(self) -> bool:
        return not self.pairs()

    def pairs(self) -> list[tuple[str, str]]:
        """As fields of a form; `parse_filters` reads them back."""
        found = [("brand", slug) for slug in self.brands]
        if self.has_price:
            found.append(("price", price_value(self.price_min_minor, self.price_max_minor)))
        for code, values in sorted(self.attributes.items()):
            found += [(f"{ATTRIBUTE_PREFIX}{code}", value) for value in values]
        if self.in_stock:
            found.append(("stock", "1"))
        if self.min_rating is not None:
            found.append(("rating", str(self.min_rating)))
        if self.on_offer:
            found.append(("offer", "1"))
        return found

    def query(self) -> str:
        return urlencode(self.pairs())

    def without(self, code: str, value: str) -> "Filters":
        """The same without one option of a facet."""
        if code == "brand":
            return replace(self, brands=_less(self.brands, value))
        if code == "price":
            return replace(self, price_min_minor=None, price_max_minor=None)
        if code == "stock":
            return replace(self, in_stock=False)
        if code == "rating":
            return replace(self, min_rating=None)
        if code == "offer":
            return replace(self, on_offer=False)
        attribute = code.removeprefix(ATTRIBUTE_PREFIX)
        left = {**self.attributes, attribute: _less(self.attributes.get(attribute, ()), value)}
        return replace(self, attributes={code: values for code, values in left.items() if values})


def price_value(low: int | None, high: int | None) -> str:
    """Bounds as the value of an option: "5000-9999", "100000-"."""
    return f"{low or 0}-{'' if high is None else high}"


def parse_filters(query: QueryDict | Mapping[str, Sequence[str]]) -> Filters:
    """Read brand, price or price_min and price_max (as people write them), attr_CODE, stock,
    rating and offer; whatever is no such thing is passed over."""
    lists: Mapping[str, Sequence[str]] = (
        dict(query.lists()) if isinstance(query, QueryDict) else query
    )
    low, high = _price(lists)
    return Filters(
        brands=_known(lists.get("brand", ()), _SLUG),
        price_min_minor=low,
        price_max_minor=high,
        attributes=_attributes(lists),
        in_stock=_last(lists, "stock") == "1",
        min_rating=_rating(_last(lists, "rating")),
        on_offer=_last(lists, "offer") == "1",
    )


def _less(values: Iterable[str], value: str) -> tuple[str, ...]:
    return tuple(other for other in values if other != value)


def _last(lists: Mapping[str, Sequence[str]], name: str) -> str:
    values = lists.get(name) or ("",)
    return values[-1]


def _known(values: Sequence[str], pattern: re.Pattern[str]) -> tuple[str, ...]:
    fitting = (value for value in values[:MOST_VALUES] if pattern.fullmatch(value))
    return tuple(dict.fromkeys(fitting))


def _attributes(lists: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, values in lists.items():
        code = name.removeprefix(ATTRIBUTE_PREFIX)
        if code == name or not _SLUG.fullmatch(code) or len(found) == MOST_ATTRIBUTES:
            continue
        if keys := _known(values, _VALUE_KEY):
            found[code] = keys
    return found


def _price(lists: Mapping[str, Sequence[str]]) -> tuple[int | None, int | None]:
    low, high = _amount(_last(lists, "price_min")), _amount(_last(lists, "price_max"))
    if low is None and high is None and (step := _STEP.fullmatch(_last(lists, "price"))):
        low = int(step[1]) or None
        high = int(step[2]) if step[2] else None
    if low is not None and high is not None and low > high:
        low, high = high, low
    return low, high


def _amount(text: str) -> int | None:
    """ "19.9" -> 1990 minor units; None for what is no amount."""
    read = _AMOUNT.fullmatch(text.strip()[:20])
    if read is None:
        return None
    places = decimals(settings.CURRENCY)
    fraction = (read[2] or "")[:places].ljust(places, "0")
    return min(int(read[1] + fraction), HIGHEST_PRICE_MINOR)


def _rating(text: str) -> int | None:
    return int(text) if text in {"1", "2", "3", "4", "5"} else None
