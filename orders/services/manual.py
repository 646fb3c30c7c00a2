"""Orders that staff place for a customer, as on the telephone."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from catalog.models import Sku
from catalog.money import format_money
from customers.models import User
from orders.errors import NotForSaleError, StaffDiscountError
from orders.models import Discount, Order, OrderAction, ShippingMethod
from orders.services import letters, payments
from orders.services.placing import Delivery, LineRequest, RiskVerdict, Terms, place_order
from orders.services.progress import record_action

# Staff who speak with the customer are the judgement.
_JUDGED_BY_STAFF = RiskVerdict(score=0.0, reasons=("placed by staff",))


def read_lines(text: str) -> list[LineRequest]:
    """One SKU a row with its units behind it: "TEA-0001 2". Units left out are 1.

    Raises NotForSaleError for a code that no SKU has, and ValueError for units that are none.
    """
    wanted: list[tuple[str, int]] = []
    for row in text.splitlines():
        words = row.split()
        if not words:
            continue
        units = words[-1] if len(words) > 1 else "1"
        code = " ".join(words[:-1]) if len(words) > 1 else words[0]
        if not (units.isascii() and units.isdecimal() and len(units) <= 6):
            raise ValueError(row[:80])
        wanted.append((code, int(units)))
    ids = dict(Sku.objects.filter(code__in=[code for code, _n in wanted]).values_list("code", "pk"))
    for code, _n in wanted:
        if code not in ids:
            raise NotForSaleError(code[:64])
    return [LineRequest(ids[code], units) for code, units in wanted]


@transaction.atomic
def place_manual_order(
    *,
    lines: Sequence[LineRequest],
    delivery: Delivery,
    shipping_method: ShippingMethod,
    provider: str,
    key: str,
    user: User,
    customer: User | None = None,
    discount_minor: int = 0,
    note: str = "",
    now: datetime | None = None,
) -> Order:
    """Place an order with the prices, taxes and stock of this moment; the customer gets a letter.

    discount_minor: off the goods, at most what staff may give. The payment is to be started after
    this transaction. Raises StaffDiscountError and what `place_order` raises.
    """
    known = Order.objects.filter(idempotency_key=f"manual:{key}").first()
    if known is not None:
        return known
    _check_discount(lines, discount_minor)
    codes = (_staff_discount(discount_minor),) if discount_minor else ()
    chosen = payments.get_provider(provider)
    order = place_order(
        customer=customer,
        lines=lines,
        risk=_JUDGED_BY_STAFF,
        delivery=delivery,
        idempotency_key=f"manual:{key}",
        terms=Terms(
            shipping_method=shipping_method,
            codes=codes,
            payment_provider=provider,
            ships_before_payment=chosen.ships_before_payment,
            payment_due_at=payments.payment_due_at(provider, now=now or timezone.now()),
            note=note,
        ),
    )
    record_action(order=order, kind=OrderAction.Kind.MANUAL, user=user)
    letters.write_confirmation(order=order)
    return order


def _check_discount(lines: Sequence[LineRequest], discount_minor: int) -> None:
    prices = dict(
        Sku.objects.filter(pk__in=[line.sku_id for line in lines]).values_list("pk", "price_minor")
    )
    goods = sum(prices.get(line.sku_id, 0) * line.quantity for line in lines)
    most = goods * settings.STAFF_DISCOUNT_MAX_PERCENT // 100
    if not 0 <= discount_minor <= most:
        raise StaffDiscountError(most=format_money(most, settings.CURRENCY))


def _staff_discount(amount_minor: int) -> str:
    """A code for this one order, so that the discount is taxed and shown as every other."""
    code = f"STAFF-{secrets.token_hex(6).upper()}"
    Discount.objects.create(
        name=_("Reduction by the shop"),
        code=code,
        benefit=Discount.Benefit.AMOUNT,
        benefit_value=amount_minor,
        is_combinable=True,
        currency=settings.CURRENCY,
        use_limit=1,
    )
    return code
