"""The built-in test provider: it moves no money, and otherwise does what a real one does.

Its page asks what shall happen. The answer reaches the shop as a signed message, by the way that
messages of real providers take.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext_lazy as _

from orders.errors import NotAllowedNowError, UntrustedEventError
from orders.models import Payment, Refund
from orders.services.payments import events
from orders.services.payments.protocol import ProviderEvent, Refunded, Standing, Started

SIGNATURE_HEADER = "Test-Signature"
TOLERANCE_SECONDS = 300
# A payment that "needs a moment" has come after so long.
MOMENT_SECONDS = 8


class Answer(TextChoices):
    """What the tester chooses."""

    SUCCEED = "succeed", _("The payment succeeds")
    FAIL = "fail", _("The payment fails")
    LATER = "later", _("The payment needs a moment")


class TestProvider:
    __test__ = False

    code = "test"
    title = _("Test payment")
    text = _("Moves no money: to try the shop out.")
    is_manual = False
    ships_before_payment = False
    time_to_pay = timedelta(hours=1)

    def is_offered(self, *, country: str, currency: str, total_minor: int) -> bool:
        return total_minor > 0 and is_switched_on()

    def start(self, payment: Payment, *, return_url: str) -> Started:
        digest = hashlib.sha256(payment.idempotency_key.encode()).hexdigest()[:24]
        return Started(reference=f"test_{digest}", state=Payment.State.PENDING)

    def look_up(self, payment: Payment) -> Standing:
        comes_at = payment.next_step.get("comes_at")
        if payment.state == Payment.State.PENDING and comes_at and comes_at <= time.time():
            came = Payment.State.AUTHORISED if payment.captures_later else Payment.State.CAPTURED
            return Standing(came, payment.amount_minor, payment.currency)
        return Standing(Payment.State(payment.state), payment.amount_minor, payment.currency)

    def capture(self, payment: Payment) -> Standing:
        return Standing(Payment.State.CAPTURED, payment.amount_minor, payment.currency)

    def cancel(self, payment: Payment) -> Standing:
        return Standing(Payment.State.CANCELLED)

    def refund(self, refund: Refund) -> Refunded:
        return Refunded(reference=f"test_refund_{refund.send_key}"[:120], state=Refund.State.DONE)

    def find_refund(self, refund: Refund) -> Refunded | None:
        return None

    def read_event(self, headers: Mapping[str, str], body: bytes) -> ProviderEvent:
        if not is_switched_on():
            raise UntrustedEventError(self.code)
        _check_signature(headers.get(SIGNATURE_HEADER, ""), body)
        try:
            told: dict[str, Any] = json.loads(body)
            return ProviderEvent(
                event_id=str(told["id"]),
                kind=str(told["kind"]),
                payment_key=str(told.get("payment", "")),
                reference=str(told.get("reference", "")),
                standing=_standing(told) if "state" in told else None,
                refunded=_refunded(told) if "refund_state" in told else None,
                refund_key=str(told.get("refund", "")),
                amount_minor=int(told.get("amount_minor", 0)),
                currency=str(told.get("currency", "")),
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UntrustedEventError(self.code) from error


def is_switched_on() -> bool:
    """Where no real money can be lost: told so, in development, or in the demo shop.

    Never beside a live account of a real provider.
    """
    if settings.STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_")):
        return False
    if settings.PAYMENT_TEST is not None:
        return bool(settings.PAYMENT_TEST)
    return settings.DEBUG or Path(settings.DEMO_MARKER).is_file()


def sign(body: bytes, *, at: int | None = None) -> str:
    """The header that the test provider sends along with a message."""
    moment = int(time.time()) if at is None else at
    return f"t={moment},v1={_signature(moment, body)}"


def message_of(payment: Payment, answer: Answer) -> bytes:
    """The message that an answer on the test page becomes."""
    came = "authorised" if payment.captures_later else "captured"
    states = {Answer.SUCCEED: came, Answer.FAIL: "failed", Answer.LATER: "pending"}
    told = {
        "id": f"{payment.idempotency_key}:{answer}",
        "kind": f"payment.{states[answer]}",
        "payment": payment.idempotency_key,
        "reference": payment.reference,
        "state": states[answer],
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "failure": str(_("The test payment was told to fail.")) if answer == Answer.FAIL else "",
    }
    return json.dumps(told).encode()


def answer_test(*, payment: Payment, answer: Answer) -> Payment:
    """Somebody chose on the test page what shall happen: it is told as providers tell it.

    Raises NotAllowedNowError for what is no open test payment.
    """
    payment.refresh_from_db()
    open_states = (Payment.State.STARTED, Payment.State.PENDING)
    if payment.provider != TestProvider.code or payment.state not in open_states:
        raise NotAllowedNowError(
            str(payment), status=payment.get_state_display(), step=str(answer.label)
        )
    if answer == Answer.LATER:
        step = {**payment.next_step, "comes_at": int(time.time()) + MOMENT_SECONDS}
        Payment.objects.filter(pk=payment.pk, state__in=open_states).update(next_step=step)
    body = message_of(payment, answer)
    events.receive_event(
        provider=TestProvider.code, headers={SIGNATURE_HEADER: sign(body)}, body=body
    )
    payment.refresh_from_db()
    return payment


def _standing(told: Mapping[str, Any]) -> Standing:
    return Standing(
        state=Payment.State(told["state"]),
        amount_minor=int(told.get("amount_minor", 0)),
        currency=str(told.get("currency", "")),
        failure=str(told.get("failure", "")),
    )


def _refunded(told: Mapping[str, Any]) -> Refunded:
    return Refunded(
        reference=str(told.get("refund_reference", "")),
        state=Refund.State(told["refund_state"]),
        failure=str(told.get("failure", "")),
    )


def _check_signature(header: str, body: bytes) -> None:
    parts = dict(part.split("=", 1) for part in header.split(",") if "=" in part)
    moment = parts.get("t", "")
    if not (moment.isascii() and moment.isdigit() and len(moment) <= 12):
        raise UntrustedEventError(TestProvider.code)
    if abs(time.time() - int(moment)) > TOLERANCE_SECONDS:
        raise UntrustedEventError(TestProvider.code)
    if not constant_time_compare(parts.get("v1", ""), _signature(int(moment), body)):
        raise UntrustedEventError(TestProvider.code)


def _signature(moment: int, body: bytes) -> str:
    signed = b"%d.%s" % (moment, body)
    key = salted_hmac("orders.test_provider", "", algorithm="sha256").digest()
    return hmac.new(key, signed, hashlib.sha256).hexdigest()
