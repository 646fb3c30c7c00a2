"""What the shop asks of a payment provider, and what it gets told.

A provider only speaks to its service: it changes no row. The services around it write the row
before the call and the outcome after it, with no transaction open in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from django.utils.functional import Promise

from orders.models import Payment, Refund


@dataclass(frozen=True, slots=True)
class Started:
    """A payment that the provider knows of.

    reference: the provider's name of it. next_step: what the customer's page needs to go on, such
    as {"url": ...} of a hosted page.
    """

    reference: str
    state: Payment.State
    next_step: Mapping[str, str] = field(default_factory=dict)
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a payment stands at its provider.

    amount_minor, currency: what was authorised or captured.
    movement: the provider's name of the money itself, where it differs from the payment's.
    """

    state: Payment.State
    amount_minor: int = 0
    currency: str = ""
    movement: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Refunded:
    """How a refund stands at its provider: done, being sent, or failed."""

    reference: str
    state: Refund.State
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A message of a provider whose signature was good, in the words of the shop.

    standing: of a payment, refunded: of a refund; neither where the message is of no concern.
    payment_key, refund_key: the shop's own keys, which the provider was given along.
    reference, movement: the provider's names, for what carries no key of ours.
    """

    event_id: str
    kind: str
    standing: Standing | None = None
    refunded: Refunded | None = None
    payment_key: str = ""
    refund_key: str = ""
    reference: str = ""
    movement: str = ""
    amount_minor: int = 0
    currency: str = ""


class PaymentProvider(Protocol):
    """One way to pay.

    Calls raise ProviderUnavailableError when their outcome is unknown and ProviderRefusedError
    when the provider said no. Each carries `payment.idempotency_key` or `refund.send_key`, so that
    the same call twice is one payment or one refund.
    """

    @property
    def code(self) -> str:
        """As it stands in rows and in the address of its webhook."""

    @property
    def title(self) -> str | Promise: ...

    @property
    def text(self) -> str | Promise:
        """One sentence for the customer who chooses."""

    @property
    def is_manual(self) -> bool:
        """People say when money came and went; nobody else can be asked."""

    @property
    def ships_before_payment(self) -> bool: ...

    @property
    def time_to_pay(self) -> timedelta:
        """How long an order waits for the money before it is given up."""

    def is_offered(self, *, country: str, currency: str, total_minor: int) -> bool: ...

    def start(self, payment: Payment, *, return_url: str) -> Started: ...

    def look_up(self, payment: Payment) -> Standing:
        """Ask how a payment stands that has a reference."""

    def capture(self, payment: Payment) -> Standing:
        """Take the money that was authorised."""

    def cancel(self, payment: Payment) -> Standing:
        """Let the payment no longer happen; says CAPTURED where it did already."""

    def refund(self, refund: Refund) -> Refunded: ...

    def find_refund(self, refund: Refund) -> Refunded | None:
        """Ask how a refund stands; None where the provider never got it."""

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        """Raises UntrustedEventError unless the provider signed it a short while ago."""


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """A way to pay, as the checkout offers it."""

    code: str
    title: str
    text: str
    ships_before_payment: bool
    is_test: bool = False
