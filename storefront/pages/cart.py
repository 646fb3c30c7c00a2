"""What the page of the cart shows: lines and what changed, sums, and what goes well with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from catalog.money import format_money
from catalog.services.cards import first_photos
from customers.models import User
from insights.services.visitors import Visitor
from orders.errors import DeliveryImpossibleError, ShortLine
from orders.models import ShippingMethod
from orders.services import pricing
from orders.services.carts import MOST_UNITS, CartContents, CartItem
from orders.services.pricing import Quote, QuoteLine
from recommendations.models import PlacementCode
from recommendations.services.histories import Context
from recommendations.services.placing import Row, recommend_products
from storefront.cards import Photo, photo_file, product_url
from storefront.stencils import stencil


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line as it is written; numbers that stand in forms are text."""

    line_id: str
    name: str
    variant: str
    url: str
    photo: Photo | None
    units: int
    fewer: str
    more: str
    price: str
    total: str
    is_for_sale: bool
    has_stock: bool
    warning: str
    change: str


@dataclass(frozen=True, slots=True)
class CartPage:
    contents: CartContents
    lines: Sequence[ShownLine]
    quote: Quote

    @property
    def country(self) -> str:
        return _country(self.contents)

    @property
    def has_codes(self) -> bool:
        return bool(self.contents.cart.codes or self.quote.rejected_codes)


def cart_page(*, contents: CartContents, customer: User | None) -> CartPage:
    return CartPage(
        contents=contents,
        lines=shown_lines(contents),
        quote=quote(contents=contents, customer=customer),
    )


def shown_lines(contents: CartContents) -> list[ShownLine]:
    """Asks the database once, for the photos."""
    photos = first_photos(list({item.sku.product_id: None for item in contents.items}))
    return [_shown(item, photos.get(item.sku.product_id)) for item in contents.items]


def quote(*, contents: CartContents, customer: User | None, is_binding: bool = False) -> Quote:
    """What the cart costs as far as it is known: without delivery until that was chosen."""
    checkout = contents.checkout
    method = checkout.shipping_method if checkout else None
    try:
        return _quote(contents, customer, method, is_binding)
    except DeliveryImpossibleError:
        # The cart grew, or the method was taken off: it is chosen anew on its step.
        return _quote(contents, customer, None, is_binding)


def _quote(
    contents: CartContents, customer: User | None, method: ShippingMethod | None, is_binding: bool
) -> Quote:
    return pricing.quote_cart(
        lines=[QuoteLine(item.sku.pk, item.line.quantity) for item in contents.for_sale],
        country=_country(contents),
        shipping_method=method,
        codes=contents.cart.codes,
        customer=customer,
        email=contents.checkout.email if contents.checkout else "",
        now=timezone.now(),
        is_binding=is_binding,
    )


def obstacles(contents: CartContents) -> list[str]:
    """Why the cart cannot be ordered as it is: a sentence for each line, by the product's name."""
    return [_obstacle(item) for item in contents.items if item.is_short or not item.is_for_sale]


def complements(contents: CartContents, *, visitor: Visitor) -> Row:
    """Products that go with what is in the cart."""
    return recommend_products(
        placement=PlacementCode.COMPLEMENT,
        visitor=visitor,
        context=Context(cart=[item.sku.product_id for item in contents.for_sale]),
    )


def _country(contents: CartContents) -> str:
    """Where it goes, once that was said; empty is the shop's own."""
    address = contents.checkout.address if contents.checkout else {}
    return str(address.get("country", ""))


def _shown(item: CartItem, renditions: Mapping[str, Any] | None) -> ShownLine:
    sku, units = item.sku, item.line.quantity
    most = min(item.possible, MOST_UNITS)
    return ShownLine(
        line_id=str(item.line.pk),
        name=str(sku.product),
        variant=sku.name,
        url=product_url(sku.product.slug) if item.is_for_sale else "",
        photo=photo_file(renditions, "small") if renditions else None,
        units=units,
        fewer=str(units - 1) if units > 1 else "",
        more=str(units + 1) if units < most else "",
        price=format_money(sku.price_minor, sku.currency),
        total=format_money(sku.price_minor * units, sku.currency),
        is_for_sale=item.is_for_sale,
        has_stock=item.possible > 0,
        warning=_warning(item),
        change=_change(item),
    )


def _obstacle(item: CartItem) -> str:
    name = f"{item.sku.product} {item.sku.name}".strip()
    if not item.is_for_sale:
        return _("“%(name)s” is no longer for sale.") % {"name": name}
    return str(
        ShortLine(
            sku_id=item.sku.pk,
            name=name,
            wanted=item.line.quantity,
            possible=max(0, item.possible),
        )
    )


def _warning(item: CartItem) -> str:
    """Why the line cannot be ordered as it is; empty when it can."""
    if not item.is_for_sale:
        return _("No longer for sale. Please take it out.")
    if not item.is_short:
        return ""
    if not item.possible:
        return _("Sold out in the meantime. Please take it out.")
    return ngettext("Only %(units)d is left.", "Only %(units)d are left.", item.possible) % {
        "units": item.possible
    }


def _change(item: CartItem) -> str:
    """That the price is another one than when it was put in the cart."""
    before, now = item.price_before_minor, item.sku.price_minor
    if before is None:
        return ""
    words = {
        "before": format_money(before, item.sku.currency),
        "now": format_money(now, item.sku.currency),
    }
    if now > before:
        return _("The price has risen from %(before)s to %(now)s since you put it here.") % words
    return _("The price has fallen from %(before)s to %(now)s since you put it here.") % words


def line_html(line: ShownLine, *, csrf: str) -> SafeString:
    """A line of the cart; of a stencil, since a cart has many and each has two forms."""
    form = stencil(
        "storefront/_cart_line.html",
        has_photo=line.photo is not None,
        has_link=bool(line.url),
        has_variant=bool(line.variant),
        is_for_sale=line.is_for_sale,
        has_stock=line.has_stock,
        has_fewer=bool(line.fewer),
        has_more=bool(line.more),
        has_warning=bool(line.warning),
        has_change=bool(line.change),
    )
    photo = line.photo or Photo("", 0, 0)
    return form.fill(
        csrf=csrf,
        line_id=line.line_id,
        name=line.name,
        initial=line.name[:1],
        variant=line.variant,
        url=line.url,
        photo_url=photo.url,
        photo_width=photo.width,
        photo_height=photo.height,
        units=line.units,
        fewer=line.fewer,
        more=line.more,
        price=line.price,
        total=line.total,
        warning=line.warning,
        change=line.change,
    )
