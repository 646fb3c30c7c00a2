"""Cards and wallets at Stripe, on its own page (Checkout Sessions).

The customer leaves for Stripe and comes back. So no card number and no script of others ever
reaches a page of the shop, whose content policy stays closed. The package is only loaded when
Stripe is called: it takes a second and pages that offer a choice need none of it.
"""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Protocol, cast

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from orders.models import Payment, Refund
from orders.services.payments.protocol import ProviderEvent, Refunded, Standing, Started


class _Calls(Protocol):
    """What `stripe_calls` holds."""

    def start(self, payment: Payment, return_url: str) -> Started: ...
    def look_up(self, payment: Payment) -> Standing: ...
    def capture(self, payment: Payment) -> Standing: ...
    def cancel(self, payment: Payment) -> Standing: ...
    def refund(self, refund: Refund) -> Refunded: ...
    def find_refund(self, refund: Refund) -> Refunded | None: ...
    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent: ...


def _calls() -> _Calls:
    return cast("_Calls", import_module("orders.services.payments.stripe_calls"))


class StripeCheckout:
    code = "stripe"
    title = _("Card or wallet")
    text = _("You pay on the page of Stripe and come back to us.")
    is_manual = False
    ships_before_payment = False
    # Sessions live for a day at most; what is set aside shall not wait longer for a card.
    time_to_pay = timedelta(hours=1)

    def is_offered(self, *, country: str, currency: str, total_minor: int) -> bool:
        return total_minor > 0 and bool(settings.STRIPE_SECRET_KEY)

    def start(self, payment: Payment, *, return_url: str) -> Started:
        return _calls().start(payment, return_url)

    def look_up(self, payment: Payment) -> Standing:
        return _calls().look_up(payment)

    def capture(self, payment: Payment) -> Standing:
        return _calls().capture(payment)

    def cancel(self, payment: Payment) -> Standing:
        return _calls().cancel(payment)

    def refund(self, refund: Refund) -> Refunded:
        return _calls().refund(refund)

    def find_refund(self, refund: Refund) -> Refunded | None:
        return _calls().find_refund(refund)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        return _calls().read_event(headers, body)
