"""The calls to Stripe; see `stripe_checkout`, which loads this module on the first of them."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import stripe
import structlog
from django.conf import settings
from django.utils import translation

from orders.errors import ProviderRefusedError, ProviderUnavailableError, UntrustedEventError
from orders.models import Payment, Refund
from orders.services.payments.protocol import ProviderEvent, Refunded, Standing, Started

logger = structlog.get_logger(__name__)

CODE = "stripe"
SIGNATURE_HEADER = "Stripe-Signature"
TOLERANCE_SECONDS = 300
TIMEOUT_SECONDS = 15
SESSION_HOLDS = timedelta(hours=1)

P = ParamSpec("P")
T = TypeVar("T")

_INTENT_STATES = {
    "succeeded": Payment.State.CAPTURED,
    "requires_capture": Payment.State.AUTHORISED,
    "canceled": Payment.State.CANCELLED,
}
_REFUND_STATES = {
    "succeeded": Refund.State.DONE,
    "failed": Refund.State.FAILED,
    "canceled": Refund.State.FAILED,
}


def _as_our_errors(call: Callable[P, T]) -> Callable[P, T]:
    """Tell apart a no of Stripe from a call of which nobody knows what became."""

    @wraps(call)
    def called(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return call(*args, **kwargs)
        except (
            stripe.APIConnectionError,
            stripe.RateLimitError,
            stripe.APIError,
            # A wrong key is mended by the owner; until then nothing is lost.
            stripe.AuthenticationError,
            stripe.PermissionError,
        ) as error:
            raise ProviderUnavailableError(CODE, reason=_reason(error)) from error
        except stripe.StripeError as error:
            # 409: the same call is being answered at this moment.
            if error.http_status == 409:
                raise ProviderUnavailableError(CODE, reason=_reason(error)) from error
            raise ProviderRefusedError(CODE, reason=_reason(error)) from error

    return called


@_as_our_errors
def start(payment: Payment, return_url: str) -> Started:
    """Open a session for one sum: the order with its discounts and taxes stands in the shop."""
    order = payment.order
    mark = {"payment": payment.idempotency_key}
    with translation.override(order.language or settings.LANGUAGE_CODE):
        name = translation.gettext("Order %(number)s") % {"number": order.number}
    session = _client().v1.checkout.sessions.create(
        params={
            "mode": "payment",
            "client_reference_id": order.number,
            "metadata": mark,
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": payment.currency.lower(),
                        "unit_amount": payment.amount_minor,
                        "product_data": {"name": name},
                    },
                }
            ],
            "payment_intent_data": {
                "metadata": mark,
                "description": name,
                "capture_method": "manual"
                if payment.captures_later or settings.STRIPE_CAPTURE == "manual"
                else "automatic",
            },
            "locale": "zh" if order.language.startswith("zh") else "en",
            # From the row, so that a repeated call says the same.
            "expires_at": int((payment.created_at + SESSION_HOLDS).timestamp()),
            "success_url": return_url,
            "cancel_url": f"{return_url}{'&' if '?' in return_url else '?'}back=1",
            **({"customer_email": order.email} if order.email else {}),
        },
        options={"idempotency_key": payment.idempotency_key},
    )
    return Started(
        reference=session.id, state=Payment.State.PENDING, next_step={"url": session.url or ""}
    )


@_as_our_errors
def look_up(payment: Payment) -> Standing:
    return _standing_of_session(_session(payment))


@_as_our_errors
def capture(payment: Payment) -> Standing:
    intent = _client().v1.payment_intents.capture(
        _intent_id(payment), options={"idempotency_key": f"{payment.idempotency_key}:capture"}
    )
    return _standing_of_intent(_plain(intent))


@_as_our_errors
def cancel(payment: Payment) -> Standing:
    """Close the session, or give back what was authorised. What was paid stays paid."""
    client = _client()
    session = _session(payment)
    if session["status"] == "open":
        try:
            client.v1.checkout.sessions.expire(payment.reference)
        except stripe.InvalidRequestError as error:
            # Paid, or expired, a moment ago: what it is now is asked for below.
            logger.info("stripe_session_not_open", payment=payment.pk, reason=_reason(error))
    elif (standing := _standing_of_session(session)).state == Payment.State.AUTHORISED:
        client.v1.payment_intents.cancel(standing.movement)
    return _standing_of_session(_session(payment))


@_as_our_errors
def refund(refund: Refund) -> Refunded:
    made = _client().v1.refunds.create(
        params={
            "payment_intent": _intent_id(refund.payment),
            "amount": refund.amount_minor,
            "metadata": {"refund": refund.key, "payment": refund.payment.idempotency_key},
        },
        options={"idempotency_key": refund.send_key},
    )
    return _refunded(_plain(made))


@_as_our_errors
def find_refund(refund: Refund) -> Refunded | None:
    made = _client().v1.refunds.list(
        params={"payment_intent": _intent_id(refund.payment), "limit": 100}
    )
    ours = [
        one for one in _plain(made)["data"] if (one["metadata"] or {}).get("refund") == refund.key
    ]
    # Of several rounds the one that went well counts.
    ours.sort(key=lambda one: _refunded(one).state == Refund.State.FAILED)
    return _refunded(ours[0]) if ours else None


def read_event(headers: Mapping[str, str], body: bytes) -> ProviderEvent:
    try:
        # Without a secret anybody could sign.
        if not settings.STRIPE_WEBHOOK_SECRET:
            raise UntrustedEventError(CODE)
        text = body.decode()
        stripe.WebhookSignature.verify_header(
            text,
            headers.get(SIGNATURE_HEADER, ""),
            settings.STRIPE_WEBHOOK_SECRET,
            TOLERANCE_SECONDS,
        )
        event = json.loads(text)
        return _told(str(event["id"]), str(event["type"]), event["data"]["object"])
    except (
        stripe.SignatureVerificationError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
    ) as error:
        raise UntrustedEventError(CODE) from error


def _told(event_id: str, kind: str, about: dict[str, Any]) -> ProviderEvent:
    mark = about.get("metadata") or {}
    payment_key = str(mark.get("payment") or "")
    if about.get("object") == "refund":
        return ProviderEvent(
            event_id=event_id,
            kind=kind,
            payment_key=payment_key,
            movement=str(about.get("payment_intent") or ""),
            refund_key=str(mark.get("refund") or ""),
            refunded=_refunded(about),
            amount_minor=int(about["amount"]),
            currency=str(about["currency"]).upper(),
        )
    standing = None
    # An account may serve other tills: what bears no mark of ours is none of our business.
    if payment_key and kind.startswith("checkout.session."):
        standing = _standing_of_session_event(kind, about)
    elif payment_key and kind in (
        "payment_intent.succeeded",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
    ):
        standing = _standing_of_intent(about)
    return ProviderEvent(
        event_id=event_id,
        kind=kind,
        payment_key=payment_key,
        reference=str(about["id"]) if about.get("object") == "checkout.session" else "",
        movement=standing.movement if standing else "",
        standing=standing,
    )


def _standing_of_session_event(kind: str, session: dict[str, Any]) -> Standing | None:
    states = {
        "checkout.session.async_payment_succeeded": Payment.State.CAPTURED,
        "checkout.session.async_payment_failed": Payment.State.FAILED,
        "checkout.session.expired": Payment.State.CANCELLED,
    }
    if kind == "checkout.session.completed":
        is_paid = session.get("payment_status") == "paid"
        state = Payment.State.CAPTURED if is_paid else Payment.State.PENDING
    elif kind in states:
        state = states[kind]
    else:
        return None
    failure = translation.gettext("the payment did not succeed")
    return Standing(
        state=state,
        amount_minor=int(session.get("amount_total") or 0),
        currency=str(session.get("currency") or "").upper(),
        movement=str(session.get("payment_intent") or ""),
        failure=failure if state == Payment.State.FAILED else "",
    )


def _standing_of_session(session: dict[str, Any]) -> Standing:
    intent = session["payment_intent"]
    if intent:
        standing = _standing_of_intent(intent)
        if standing.state != Payment.State.PENDING or session["status"] != "expired":
            return standing
    if session["status"] == "expired":
        return Standing(Payment.State.CANCELLED)
    return Standing(Payment.State.PENDING)


def _standing_of_intent(intent: dict[str, Any]) -> Standing:
    # A card that was declined leaves it waiting for another card.
    state = _INTENT_STATES.get(intent["status"], Payment.State.PENDING)
    amounts = {
        Payment.State.CAPTURED: "amount_received",
        Payment.State.AUTHORISED: "amount_capturable",
    }
    return Standing(
        state=state,
        amount_minor=int(intent[amounts.get(state, "amount")] or 0),
        currency=str(intent["currency"]).upper(),
        movement=str(intent["id"]),
    )


def _refunded(made: dict[str, Any]) -> Refunded:
    reason = made.get("failure_reason")
    return Refunded(
        reference=str(made["id"]),
        state=_REFUND_STATES.get(made["status"], Refund.State.SENDING),
        failure=str(reason or ""),
    )


def _session(payment: Payment) -> dict[str, Any]:
    session = _client().v1.checkout.sessions.retrieve(
        payment.reference, params={"expand": ["payment_intent"]}
    )
    return _plain(session)


def _intent_id(payment: Payment) -> str:
    return payment.movement or look_up(payment).movement


def _plain(answer: stripe.StripeObject) -> dict[str, Any]:
    known: dict[str, Any] = answer.to_dict()
    return known


def _client() -> stripe.StripeClient:
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_BASE},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
        max_network_retries=1,
    )


def _reason(error: stripe.StripeError) -> str:
    return str(error.user_message or error)[:255]
