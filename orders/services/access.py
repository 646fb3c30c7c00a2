"""Looking after an order without an account: a code to the order's email address proves it.

Whoever asks gets the same answer, in the same time, whether the order and the address belong
together or not.
"""

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from customers.models import User
from learning.jobs import send_on_commit
from orders.errors import WrongCodeError
from orders.models import Order, OrderAccessCode
from outbox.services.emails import queue_email

CODE_HOLDS = timedelta(minutes=10)
MAX_ATTEMPTS = 5
CODE_DIGITS = 6
# To one address, whatever number of visitors ask for it.
MAX_CODES_AN_HOUR = 5
KEPT_FOR = timedelta(days=1)
SWEPT_AT_ONCE = 200


@transaction.atomic
def request_access(*, email: str, number: str, language: str) -> str:
    """Note that somebody wants to see an order; returns the token that their browser keeps."""
    token = secrets.token_urlsafe(32)
    row = OrderAccessCode.objects.create(
        token=token,
        email=email.lower(),
        number=number,
        language=language,
        expires_at=timezone.now() + CODE_HOLDS,
    )
    send_on_commit("orders.send_access_code", row.pk)
    return token


def attach_guest_orders(*, customer: User, email: str) -> int:
    """Give a customer the orders that guests placed under an address; returns how many.

    email: one that the customer has proved to be theirs; what was only typed proves nothing.
    """
    if not email.strip():
        return 0
    return Order.objects.filter(customer=None, email__iexact=email.strip()).update(
        customer=customer
    )


@transaction.atomic
def send_access_code(*, request_id: int) -> bool:
    """Write the letter with the code if order and address belong together."""
    row = OrderAccessCode.objects.filter(pk=request_id).first()
    if row is None or row.state != OrderAccessCode.State.WAITING:
        return False
    order = _order_of(email=row.email, number=row.number)
    if order is not None and _is_too_often(row):
        order = None
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}"
    # The minutes count from when the letter is written, not from when the page was sent.
    claimed = OrderAccessCode.objects.filter(pk=row.pk, state=OrderAccessCode.State.WAITING).update(
        state=OrderAccessCode.State.ANSWERED,
        order=order,
        code_hash=_hash(row.token, code) if order else "",
        expires_at=timezone.now() + CODE_HOLDS,
    )
    if not claimed or order is None:
        return False
    queue_email(
        kind="order_access_code",
        to=row.email,
        language=order.language or row.language,
        template="orders/letters/access_code",
        context={
            "order": order,
            "code": code,
            "minutes": int(CODE_HOLDS.total_seconds() // 60),
        },
        key=f"order_access_code:{row.pk}",
        reference=order.number,
        user=order.customer,
        is_confidential=True,
    )
    return True


def enter_access_code(*, token: str, code: str) -> Order:
    """The order that the code proves; each code opens once.

    Raises WrongCodeError for a code that is wrong, used or late, after too many attempts, and for
    a request that matched nothing.
    """
    now = timezone.now()
    counted = (
        OrderAccessCode.objects.open(now)
        .filter(token=token, attempts__lt=MAX_ATTEMPTS)
        .update(attempts=F("attempts") + 1)
    )
    row = OrderAccessCode.objects.filter(token=token).select_related("order").first()
    expected = row.code_hash if row is not None else ""
    is_right = constant_time_compare(expected, _hash(token, code))
    if not counted or not is_right or row is None or row.order is None:
        raise WrongCodeError
    used = OrderAccessCode.objects.open(now).filter(pk=row.pk).update(used_at=now)
    if not used:
        raise WrongCodeError
    return row.order


def sweep_access_codes() -> int:
    """Answer requests whose job was lost, and forget those of yesterday."""
    now = timezone.now()
    OrderAccessCode.objects.filter(created_at__lt=now - KEPT_FOR).delete()
    waiting = OrderAccessCode.objects.waiting().order_by("created_at")
    ids = list(waiting.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    for request_id in ids:
        send_on_commit("orders.send_access_code", request_id, expires_seconds=60)
    return len(ids)


def _order_of(*, email: str, number: str) -> Order | None:
    of_address = Q(email__iexact=email) | Q(email="", customer__email__iexact=email)
    return Order.objects.select_related("customer").filter(of_address, number=number).first()


def _is_too_often(row: OrderAccessCode) -> bool:
    since = timezone.now() - timedelta(hours=1)
    mailed = OrderAccessCode.objects.filter(
        email=row.email, created_at__gte=since, order__isnull=False
    )
    return mailed.count() >= MAX_CODES_AN_HOUR


def _hash(token: str, code: str) -> str:
    """Keyed with the shop's secret: six digits would be guessed from a plain hash at once."""
    return salted_hmac("orders.access", f"{token}:{code}", algorithm="sha256").hexdigest()
