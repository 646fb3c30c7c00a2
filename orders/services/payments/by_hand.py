"""Ways to pay of which people say when the money came: transfer, on delivery, seen, nothing due."""

from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.errors import UntrustedEventError
from orders.models import Payment, Refund
from orders.services.payments.protocol import ProviderEvent, Refunded, Standing, Started


class _ByHand:
    """Nobody to call: the row itself is all that is known."""

    code: str
    title: str | Promise
    text: str | Promise
    is_manual = True
    ships_before_payment = False
    time_to_pay = timedelta(0)

    def start(self, payment: Payment, *, return_url: str) -> Started:
        return Started(reference="", state=Payment.State.PENDING)

    def look_up(self, payment: Payment) -> Standing:
        return Standing(Payment.State(payment.state), payment.amount_minor, payment.currency)

    def capture(self, payment: Payment) -> Standing:
        return Standing(Payment.State.CAPTURED, payment.amount_minor, payment.currency)

    def cancel(self, payment: Payment) -> Standing:
        return Standing(Payment.State.CANCELLED)

    def refund(self, refund: Refund) -> Refunded:
        """Staff send the money and say so."""
        return Refunded(reference="", state=Refund.State.SENDING)

    def find_refund(self, refund: Refund) -> Refunded | None:
        return Refunded(reference=refund.reference, state=Refund.State(refund.state))

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        raise UntrustedEventError(self.code)


class BankTransfer(_ByHand):
    """To the shop's account, with the number of the order as reference."""

    code = "bank_transfer"
    title = _("Bank transfer")
    text = _("You send the money to our account; we send the goods when it is here.")

    @property
    def time_to_pay(self) -> timedelta:  # type: ignore[override]  # of the settings
        return timedelta(days=settings.BANK_TRANSFER_DAYS)

    def is_offered(self, *, country: str, currency: str, total_minor: int) -> bool:
        return (
            total_minor > 0
            and bool(settings.BANK_ACCOUNT)
            and currency in settings.BANK_TRANSFER_CURRENCIES
        )


class OnDelivery(_ByHand):
    """To the courier, who brings the goods first."""

    code = "on_delivery"
    title = _("Pay on delivery")
    text = _("You pay the courier, in cash or by telephone, when the parcel is at your door.")
    ships_before_payment = True

    def is_offered(self, *, country: str, currency: str, total_minor: int) -> bool:
        limit = settings.ON_DELIVERY_MAX_MINOR
        return (
            total_minor > 0
            and currency == settings.CURRENCY
            and country in settings.ON_DELIVERY_COUNTRIES
            and (not limit or total_minor <= limit)
        )


class SeenByStaff(_ByHand):
    """Money that staff saw without a payment that awaited it; no customer chooses it."""

    code = "seen_by_staff"
    title = _("Booked by staff")
    text = _("Staff saw the money and booked it.")

    def is_offered(self, *, country: str, currency: str, total_minor: int) -> bool:
        return False


class NothingDue(_ByHand):
    """Where discounts leave nothing to pay, the order is paid as it is placed."""

    code = "nothing_due"
    title = _("Nothing to pay")
    text = _("Your discounts cover the whole order.")

    def is_offered(self, *, country: str, currency: str, total_minor: int) -> bool:
        return total_minor == 0

    def start(self, payment: Payment, *, return_url: str) -> Started:
        return Started(reference="", state=Payment.State.CAPTURED)
