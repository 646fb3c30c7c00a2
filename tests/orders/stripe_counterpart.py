"""A Stripe on loopback: localstripe, with what it lacks of Stripe and this shop uses.

Run as a program: `python stripe_counterpart.py PORT WEBHOOK_URL WEBHOOK_SECRET`. Added to
localstripe are Checkout Sessions on top of its own payment intents, idempotency keys, and faults
that a test asks for.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from localstripe import resources, server
from localstripe.errors import UserError
from localstripe.webhooks import register_webhook, schedule_webhook

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
# Nothing of it shall outlive the tests.
resources.Store.dump_to_disk = lambda self: None
ANSWERS: dict[str, tuple[str, int, bytes]] = {}
# What the next calls to a path end with: a status, or 0 for an answer that never arrives.
FAULTS: dict[str, list[int]] = {}


class CheckoutSession(resources.StripeObject):  # type: ignore[misc]  # it carries no types
    object = "checkout.session"
    _id_prefix = "cs_test_"

    def __init__(self, **asked: Any) -> None:
        super().__init__()
        item = asked["line_items"][0]["price_data"]
        self.amount_total = int(item["unit_amount"]) * int(asked["line_items"][0]["quantity"])
        self.currency = item["currency"]
        self.client_reference_id = asked["client_reference_id"]
        self.customer_email = asked.get("customer_email")
        self.expires_at = int(asked["expires_at"])
        self.metadata = asked["metadata"]
        self.payment_intent: str | None = None
        self.status = "open"
        self.success_url = asked["success_url"]
        self.cancel_url = asked["cancel_url"]
        self.url = f"https://checkout.example/{self.id}"
        self._intent_data = asked["payment_intent_data"]

    @property
    def payment_status(self) -> str:
        if self.payment_intent is None:
            return "unpaid"
        intent = resources.PaymentIntent._api_retrieve(self.payment_intent)
        return "paid" if intent.status == "succeeded" else "unpaid"

    @classmethod
    def _api_expire(cls, id: str, **_data: Any) -> "CheckoutSession":
        session: CheckoutSession = cls._api_retrieve(id)
        if session.status != "open":
            raise UserError(400, "Only Checkout Sessions with a status of open can be expired.")
        session.status = "expired"
        schedule_webhook(resources.Event("checkout.session.expired", session))
        return session

    @classmethod
    def _api_pay(cls, id: str, card: str, **_data: Any) -> "CheckoutSession":
        """What the customer does on the page of Stripe."""
        session: CheckoutSession = cls._api_retrieve(id)
        if session.status != "open":
            raise UserError(400, "This session is closed.")
        method = resources.PaymentMethod(
            type="card",
            card={"number": card, "exp_month": "12", "exp_year": "2030", "cvc": "123"},
        )
        capture = session._intent_data["capture_method"]
        intent = resources.PaymentIntent._api_create(
            amount=session.amount_total,
            currency=session.currency,
            payment_method=method.id,
            metadata=dict(session._intent_data["metadata"]),
            capture_method="manual" if capture == "manual" else "automatic",
        )
        session.payment_intent = intent.id
        resources.PaymentIntent._api_confirm(intent.id)
        session.status = "complete"
        if intent.status == "requires_capture":
            schedule_webhook(resources.Event("payment_intent.amount_capturable_updated", intent))
        schedule_webhook(resources.Event("checkout.session.completed", session))
        return session


def _amount_received(intent: Any) -> int:
    return int(intent.amount) if intent.status == "succeeded" else 0


def _amount_capturable(intent: Any) -> int:
    return int(intent.amount) if intent.status == "requires_capture" else 0


resources.PaymentIntent.amount_received = property(_amount_received)
resources.PaymentIntent.amount_capturable = property(_amount_capturable)


@web.middleware
async def keep_answers(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The same key and body gets the same answer, the same key with another body none."""
    key = request.headers.get("Idempotency-Key")
    if request.method != "POST" or not key:
        return await handler(request)
    body = (await request.read()).decode()
    said = f"{request.path}?{body}"
    if key in ANSWERS:
        asked, status, answer = ANSWERS[key]
        if asked != said:
            error = {"error": {"type": "idempotency_error", "message": "Keys are for one call."}}
            return web.json_response(error, status=400)
        return web.Response(status=status, body=answer, content_type="application/json")
    response = await handler(request)
    if response.status < 500 and isinstance(response, web.Response) and response.text:
        ANSWERS[key] = (said, response.status, response.text.encode())
    return response


@web.middleware
async def break_down(request: web.Request, handler: Handler) -> web.StreamResponse:
    faults = FAULTS.get(request.path, [])
    if not faults:
        return await handler(request)
    fault = faults.pop(0)
    if fault:
        error = {"error": {"type": "api_error", "message": "broken for the test"}}
        return web.json_response(error, status=fault)
    # It is done, and nobody hears of it.
    await handler(request)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def set_faults(request: web.Request) -> web.Response:
    told = json.loads(await request.read())
    FAULTS[told["path"]] = list(told["faults"])
    return web.Response()


def say_ready(_text: str) -> None:
    """To the tests, which wait for this line: the port is open."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()


def main(port: int, webhook_url: str, secret: str) -> None:
    sessions = "/v1/checkout/sessions"
    application = server.app
    application.middlewares.insert(0, keep_answers)
    application.middlewares.insert(0, break_down)
    for method, path, answer in (
        ("POST", "/v1/checkout/sessions/{id}/expire", CheckoutSession._api_expire),
        ("POST", "/v1/checkout/sessions/{id}/_pay", CheckoutSession._api_pay),
    ):
        application.router.add_route(method, path, server.api_extra(answer, path))
    application.router.add_post(sessions, server.api_create(CheckoutSession, sessions))
    application.router.add_get(f"{sessions}/{{id}}", server.api_retrieve(CheckoutSession, sessions))
    application.router.add_post("/_config/faults", set_faults)
    register_webhook("shop", webhook_url, secret, None)
    web.run_app(application, host="127.0.0.1", port=port, print=say_ready)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
