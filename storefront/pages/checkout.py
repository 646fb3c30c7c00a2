"""What the steps of the checkout show."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customers.models import User
from customers.postal import address_lines
from orders.models import Checkout
from orders.services import checkout as service
from orders.services import payments
from orders.services.carts import CartContents
from orders.services.payments import ProviderChoice
from orders.services.quotes import Quote
from storefront.pages import cart as cart_pages
from storefront.pages.cart import ShownLine


@dataclass(frozen=True, slots=True)
class CheckoutPage:
    """The sums beside every step. contents.checkout is there from the second step on."""

    contents: CartContents
    lines: Sequence[ShownLine]
    quote: Quote

    @property
    def address(self) -> list[str]:
        written = self.contents.checkout.address if self.contents.checkout else {}
        return address_lines(written)


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """The last step. reserved_until: None where nothing is set aside for the cart any more."""

    contents: CartContents
    checkout: Checkout
    lines: Sequence[ShownLine]
    quote: Quote
    choices: tuple[ProviderChoice, ...]
    reserved_until: datetime | None

    @property
    def address(self) -> list[str]:
        return address_lines(self.checkout.address)

    @property
    def phone(self) -> str:
        return str(self.checkout.address.get("phone", ""))


def checkout_page(*, contents: CartContents, customer: User | None) -> CheckoutPage:
    return CheckoutPage(
        contents=contents,
        lines=cart_pages.shown_lines(contents),
        quote=cart_pages.quote(contents=contents, customer=customer, is_binding=True),
    )


def review_page(*, contents: CartContents, checkout: Checkout, customer: User | None) -> ReviewPage:
    quote = cart_pages.quote(contents=contents, customer=customer, is_binding=True)
    return ReviewPage(
        contents=contents,
        checkout=checkout,
        lines=cart_pages.shown_lines(contents),
        quote=quote,
        choices=payments.available_providers(
            country=str(checkout.address.get("country", "")),
            currency=quote.currency,
            total_minor=quote.total_minor,
        ),
        reserved_until=service.reserved_until(cart=contents.cart),
    )
