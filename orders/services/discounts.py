"""Codes and automatic offers: which of them somebody may use, and counting that they did.

A customer is an account together with its email address: a guest who orders under the address of
an account counts as that account, and what somebody bought as a guest counts once they register.
"""

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import count

from django.db import transaction
from django.db.models import CharField, F, Q, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext as _

from catalog.services.versions import renew_shop_version
from customers.models import User
from orders.errors import DiscountUsedUpError
from orders.models import Discount, DiscountUse, Order
from orders.services.quotes import AppliedDiscount

MAX_CODE = 40
MAX_CODES = 10


def normalise_code(text: str) -> str:
    """As codes are stored: "　ｓｐｒｉｎｇ 10" -> "SPRING10". Empty for what cannot be a code."""
    # Bounded before it is looked at: half of a megabyte is no code.
    folded = unicodedata.normalize("NFKC", text[: 4 * MAX_CODE])
    code = "".join(folded.split()).upper()
    return code if len(code) <= MAX_CODE and code.isprintable() else ""


def normalise_codes(texts: Iterable[str]) -> tuple[str, ...]:
    """Different ones in the order in which they came, at most MAX_CODES."""
    codes = dict.fromkeys(code for text in texts if (code := normalise_code(text)))
    return tuple(codes)[:MAX_CODES]


def refusal(discount: Discount, *, currency: str, used_by_customer: int, now: datetime) -> str:
    """Why it may not be used at all, whatever is in the cart; empty when it may."""
    if not discount.is_active:
        return _("This code is not valid.")
    if discount.starts_at is not None and discount.starts_at > now:
        return _("This code is not valid yet.")
    if discount.ends_at is not None and discount.ends_at <= now:
        return _("This code has expired.")
    if discount.currency != currency:
        return _("This code is for prices in %(currency)s.") % {"currency": discount.currency}
    if discount.use_limit is not None and discount.times_used >= discount.use_limit:
        return _("This code has been used up.")
    limit = discount.use_limit_per_customer
    if limit is not None and used_by_customer >= limit:
        return _("This code has already been used as often as it may be.")
    return ""


def uses_by_customer(
    *, discounts: Iterable[Discount], customer: User | None, email: str
) -> Mapping[int, int]:
    """How often the customer has used each of those that are limited per customer."""
    limited = [one.pk for one in discounts if one.use_limit_per_customer is not None]
    used_by = _used_by(customer, email)
    if not limited or used_by is None:
        return {}
    uses = DiscountUse.objects.filter(used_by, discount_id__in=limited).order_by()
    return Counter(uses.values_list("discount_id", flat=True))


@transaction.atomic
def use_discounts(
    *, order: Order, applied: Sequence[AppliedDiscount], customer: User | None, email: str
) -> None:
    """Count that an order uses its discounts, within every limit however many order at once.

    Belongs into the transaction that places the order, after its stock was set aside: of a discount
    that everybody uses the row stays locked until the end. Asking twice for one order counts once.
    Raises DiscountUsedUpError; then nothing was counted.
    """
    wanted = sorted((one for one in applied if one.amount_minor), key=lambda one: one.discount_id)
    if not wanted:
        return
    known = set(DiscountUse.objects.filter(order=order).values_list("discount_id", flat=True))
    key = _customer_key(order, customer, email)
    for one in wanted:
        if one.discount_id not in known:
            _use(one, order, customer, email, key)


@transaction.atomic
def give_back(order: Order) -> int:
    """Let others use the discounts of an order that was cancelled; returns how many.

    After the stock was released, as when it was placed. Twice changes nothing.
    """
    given = 0
    uses = DiscountUse.objects.filter(order=order).order_by("discount_id")
    for use_id, discount_id in uses.values_list("pk", "discount_id"):
        deleted, _rows = DiscountUse.objects.filter(pk=use_id).delete()
        if deleted:
            Discount.objects.filter(pk=discount_id, times_used__gt=0).update(
                times_used=F("times_used") - 1
            )
            given += 1
    if given:
        renew_shop_version()
    return given


def _use(
    applied: AppliedDiscount, order: Order, customer: User | None, email: str, key: str
) -> None:
    # The row is ours from here to the end of the transaction: nobody counts beside us.
    is_counted = (
        Discount.objects.usable(order.placed_at)
        .filter(pk=applied.discount_id)
        .update(times_used=F("times_used") + 1)
    )
    if not is_counted:
        raise DiscountUsedUpError(applied.name)
    use_limit, limit = Discount.objects.values_list("use_limit", "use_limit_per_customer").get(
        pk=applied.discount_id
    )
    uses = DiscountUse.objects.filter(discount_id=applied.discount_id)
    used_by = _used_by(customer, email)
    if limit is not None and used_by is not None and uses.filter(used_by).count() >= limit:
        raise DiscountUsedUpError(applied.name)
    taken = set(uses.filter(customer_key=key).values_list("ordinal", flat=True))
    DiscountUse.objects.create(
        discount_id=applied.discount_id,
        order=order,
        customer=customer,
        customer_key=key,
        # What an earlier use gave back is free again.
        ordinal=next(number for number in count(1) if number not in taken),
        amount_minor=applied.amount_minor,
    )
    if use_limit is not None:
        # Pages offer it from memory until they hear that it may be used up.
        renew_shop_version()


def _used_by(customer: User | None, email: str) -> Q | None:
    """Uses of one customer, whichever of account and address they were kept under."""
    address = email.strip()
    if customer is not None:
        addresses = {address.lower(), (customer.email or "").lower()} - {""}
        keys = [_account_key(customer), *(_address_key(one) for one in sorted(addresses))]
        return Q(customer_key__in=keys)
    if not address:
        return None
    account = (
        User.objects.filter(email__iexact=address)
        .order_by("pk")
        .annotate(key=Concat(Value("user:"), Cast("pk", CharField())))
        .values("key")[:1]
    )
    return Q(customer_key=_address_key(address.lower())) | Q(customer_key=Subquery(account))


def _customer_key(order: Order, customer: User | None, email: str) -> str:
    """Under which name a use is kept: the account, also that of a guest's address."""
    address = email.strip()
    if customer is None and address:
        customer = User.objects.filter(email__iexact=address).order_by("pk").first()
    if customer is not None:
        return _account_key(customer)
    return _address_key(address.lower()) if address else f"order:{order.pk}"


def _account_key(customer: User) -> str:
    return f"user:{customer.pk}"


def _address_key(address: str) -> str:
    """Hashed, so that a use does not keep the address of somebody who was erased."""
    return f"email:{hashlib.sha256(address.encode()).hexdigest()}"
