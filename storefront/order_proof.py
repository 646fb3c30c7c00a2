"""Which orders this browser may look after: a customer's own, and those proved by a code.

The proof of a guest lies in the session and holds for one order and for a while.
"""

from datetime import timedelta

from django.http import Http404, HttpRequest
from django.utils import timezone

from orders.models import Order

PROOF_HOLDS = timedelta(hours=2)
MOST_PROOFS = 10
_SESSION_KEY = "proved_orders"


class ProofMissingError(Exception):
    """Raised when a visitor without an account asks for an order that they did not prove."""


def prove_order(request: HttpRequest, *, order: Order) -> None:
    """Let this browser look after an order: it was just placed here, or its code was entered."""
    proofs = _fresh_proofs(request)
    proofs[str(order.pk)] = (timezone.now() + PROOF_HOLDS).timestamp()
    newest = sorted(proofs.items(), key=lambda proof: proof[1])[-MOST_PROOFS:]
    request.session[_SESSION_KEY] = dict(newest)


def read_order(request: HttpRequest, *, number: str) -> Order:
    """The order of this number if the visitor may see it.

    Raises ProofMissingError for visitors who are not logged in, whether there is such an order or
    not; Http404 for customers.
    """
    order = Order.objects.filter(number=number).first()
    if order is not None:
        if request.user.is_authenticated and order.customer_id == request.user.pk:
            return order
        if str(order.pk) in _fresh_proofs(request):
            return order
    if request.user.is_authenticated:
        raise Http404
    raise ProofMissingError


def _fresh_proofs(request: HttpRequest) -> dict[str, float]:
    now = timezone.now().timestamp()
    proofs: dict[str, float] = request.session.get(_SESSION_KEY, {})
    return {pk: until for pk, until in proofs.items() if until > now}
