"""What the pages of paying show: where an order's money stands, and what there is to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.conf import settings
from django.urls import reverse

from orders.models import Order, Payment, Refund
from orders.services import payments, repayments
from orders.services.payments.by_hand import BankTransfer, OnDelivery
from orders.services.payments.testing import Answer, TestProvider, is_switched_on


class Stage(StrEnum):
    """What an order's payment waits for."""

    CHOOSE = "choose"
    FORWARD = "forward"
    TEST = "test"
    TRANSFER = "transfer"
    ON_DELIVERY = "on_delivery"
    WAITING = "waiting"
    PAID = "paid"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class BankAccount:
    holder: str
    bank: str
    account: str
    code: str


@dataclass(frozen=True, slots=True)
class PaymentPage:
    """failure: why the try before did not succeed. forward_url: the page of the provider.

    due_minor: the total, less what was cancelled after a part was sent.
    """

    order: Order
    stage: Stage
    payment: Payment | None = None
    failure: str = ""
    forward_url: str = ""
    choices: Sequence[payments.ProviderChoice] = ()
    bank: BankAccount | None = None
    returned: Refund | None = None
    due_minor: int = 0

    @property
    def provider_title(self) -> str:
        return payments.provider_title(self.payment.provider) if self.payment else ""

    @property
    def chosen(self) -> str:
        """The way to pay that is marked: the one of before if it is still offered."""
        codes = [choice.code for choice in self.choices]
        before = self.order.payment_provider
        return before if before in codes else next(iter(codes), "")

    @property
    def answers(self) -> list[tuple[str, str]]:
        return [(str(value), str(label)) for value, label in Answer.choices]

    @property
    def is_waiting(self) -> bool:
        return self.stage == Stage.WAITING

    @property
    def is_settled(self) -> bool:
        """There is nothing to do for the customer on the page of paying."""
        return self.stage in (Stage.PAID, Stage.CANCELLED)

    @property
    def can_choose(self) -> bool:
        """The order still waits for its money, and another way may be taken."""
        return bool(self.choices)


def payment_page(*, order: Order, is_back: bool = False) -> PaymentPage:
    """is_back: the customer comes from the page of the provider and has been there."""
    tries = list(order.payments.order_by("-pk")[:20])
    if order.status == Order.Status.CANCELLED:
        returned = Refund.objects.filter(payment__order=order, is_superfluous=True).first()
        return PaymentPage(order=order, stage=Stage.CANCELLED, returned=returned)
    if order.paid_at is not None:
        captured = next((one for one in tries if one.state == Payment.State.CAPTURED), None)
        return PaymentPage(
            order=order, stage=Stage.PAID, payment=captured, due_minor=_paid(order, captured)
        )
    known = next((one for one in tries if one.state in _OPEN), None)
    last = tries[0] if tries else None
    is_failed = known is None and last is not None and last.state == Payment.State.FAILED
    failure = last.failure if last is not None and is_failed else known.failure if known else ""
    stage = _stage(order, known, is_back=is_back)
    return PaymentPage(
        order=order,
        stage=stage,
        payment=known,
        failure=failure,
        forward_url=str(known.next_step.get("url", "")) if known else "",
        choices=_choices(order, known),
        bank=_bank() if stage == Stage.TRANSFER else None,
        due_minor=known.amount_minor if known else repayments.due_minor(order=order),
    )


def next_page(*, payment: Payment) -> str:
    """Where a customer goes on whose payment was just begun."""
    settled = payment.state == Payment.State.CAPTURED
    manual = payment.provider in (BankTransfer.code, OnDelivery.code)
    name = "order-thanks" if settled or (manual and payment.state in _OPEN) else "payment-detail"
    return reverse(f"storefront:{name}", kwargs={"number": payment.order.number})


_OPEN = (Payment.State.STARTED, Payment.State.PENDING, Payment.State.AUTHORISED)


def _stage(order: Order, payment: Payment | None, *, is_back: bool) -> Stage:
    if payment is None:
        return Stage.ON_DELIVERY if order.status in _SENT else Stage.CHOOSE
    is_test = payment.provider == TestProvider.code
    if payment.state == Payment.State.STARTED or (is_test and not is_switched_on()):
        # Its provider did not answer, and the button tries again; or it is no longer there.
        return Stage.CHOOSE
    if payment.provider == BankTransfer.code:
        return Stage.TRANSFER
    if payment.provider == OnDelivery.code:
        return Stage.ON_DELIVERY
    if payment.state == Payment.State.AUTHORISED:
        return Stage.WAITING
    if is_test and "comes_at" not in payment.next_step:
        return Stage.TEST
    if payment.next_step.get("url") and not is_back:
        return Stage.FORWARD
    return Stage.WAITING


_SENT = (Order.Status.PART_SHIPPED, Order.Status.SHIPPED, Order.Status.COMPLETED)


def _choices(order: Order, payment: Payment | None) -> tuple[payments.ProviderChoice, ...]:
    if order.status in _SENT or (payment and payment.state == Payment.State.AUTHORISED):
        return ()
    return payments.available_providers(
        country=order.country, currency=order.currency, total_minor=order.total_minor
    )


def _paid(order: Order, captured: Payment | None) -> int:
    return captured.captured_minor if captured else order.total_minor


def _bank() -> BankAccount:
    return BankAccount(
        holder=settings.BANK_ACCOUNT_HOLDER,
        bank=settings.BANK_NAME,
        account=settings.BANK_ACCOUNT,
        code=settings.BANK_CODE,
    )
