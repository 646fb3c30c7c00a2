"""Facts of an order that is about to be placed: read in a fixed number of statements."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Any, Final

from django.db.models import F, Q
from django.utils import timezone
from django.utils.crypto import salted_hmac

from catalog.money import decimals
from customers.countries import country_code
from customers.models import User
from insights.algorithms.order_risk import mail_facts
from insights.models import RiskAssessment
from orders.models import CartLine, Order, Payment

# No condition looks further back; see `RiskCondition.hours`.
LOOKS_BACK: Final = timedelta(hours=720)
MOST_BEFORE: Final = 200
# With fewer orders nothing is said of what a customer usually spends.
FEWEST_FOR_USUAL: Final = 3
_NO_LETTER: Final = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Asked:
    """An order as its checkout describes it. device: what tells browsers apart, never stored."""

    customer: User | None
    email: str
    country: str
    language: str
    address: Mapping[str, str]
    total_minor: int
    currency: str
    quantities: Sequence[int]
    device: str = ""


@dataclass(frozen=True, slots=True)
class Keys:
    """Keyed hashes: the same person, telephone, house or device gives the same ones."""

    email: str = ""
    phone: str = ""
    address: str = ""
    device: str = ""


def keys_of(asked: Asked) -> Keys:
    address = asked.address
    house = _letters(f"{address.get('line', '')}{address.get('city', '')}{asked.country}")
    phone = "".join(one for one in address.get("phone", "") if one.isdigit())
    return Keys(
        email=_hash("email", asked.email.strip().lower()),
        # Shorter ones are extensions, or a way to get past the field.
        phone=_hash("phone", phone[-11:]) if len(phone) >= 6 else "",
        address=_hash("address", house) if address.get("line") else "",
        device=_hash("device", asked.device),
    )


def quantities_in(*, cart_id: int) -> tuple[list[int], str]:
    """Units of each line of a cart, and its currency."""
    rows = list(CartLine.objects.filter(cart=cart_id).values_list("quantity", "sku__currency"))
    return [quantity for quantity, _currency in rows], rows[0][1] if rows else ""


def told_facts(asked: Asked, *, usual_minor: int | None, now: datetime) -> dict[str, Any]:
    """What the checkout itself says; no statement."""
    customer, unit = asked.customer, 10 ** decimals(asked.currency)
    home = country_code(customer.country) if customer else ""
    facts: dict[str, Any] = {
        "amount": round(asked.total_minor / unit, 2),
        "units": sum(asked.quantities),
        "line_units": max(asked.quantities, default=0),
        "is_guest": customer is None,
        "country": asked.country.upper(),
        "language": asked.language.lower(),
        "hour": round(_hour(now), 2),
        **mail_facts(asked.email),
    }
    if usual_minor:
        facts["amount_times_usual"] = round(asked.total_minor / usual_minor, 2)
    if customer is not None:
        facts["account_age_hours"] = round(_hours(now - customer.date_joined), 2)
        if home:
            facts["country_differs"] = home != asked.country.upper()
        if customer.last_name or customer.first_name:
            facts["recipient_differs"] = not _is_same_name(
                asked.address.get("recipient", ""), customer
            )
    return facts


def read_past(asked: Asked, keys: Keys, *, now: datetime) -> dict[str, Any]:
    """What happened before: three statements."""
    before = _orders_before(asked)
    kept = [row for row in before if row["status"] != Order.Status.CANCELLED]
    facts: dict[str, Any] = {
        "orders_before": len(kept),
        "orders_same_email": _ages((row["placed_at"] for row in before), now),
    }
    amounts = [row["total_minor"] for row in kept if row["currency"] == asked.currency]
    if len(amounts) >= FEWEST_FOR_USUAL and (usual := median(amounts)) > 0:
        facts["amount_times_own"] = round(asked.total_minor / usual, 2)
    alike = _alike(keys, now)
    for name, key in (("phone", keys.phone), ("address", keys.address), ("device", keys.device)):
        same = [row for row in alike if key and row[f"{name}_key"] == key]
        facts[f"orders_same_{name}"] = _ages((row["created_at"] for row in same), now)
        if name == "phone":
            continue
        others = list(
            dict.fromkeys(row["email_key"] for row in same if row["email_key"] != keys.email)
        )
        facts[f"emails_same_{name}"] = [
            [_age(row["created_at"], now), others.index(row["email_key"])]
            for row in same
            if row["email_key"] != keys.email
        ]
    order_ids = {row["pk"] for row in before} | {row["order_id"] for row in alike}
    facts["failed_payments"] = _failed_payments(order_ids, now)
    return facts


def _orders_before(asked: Asked) -> list[Mapping[str, Any]]:
    """Of the account, or with the same address, newest first."""
    email = asked.email.strip()
    whose = Q(email__in={email, email.lower()}) if email else Q()
    if asked.customer is not None:
        whose |= Q(customer=asked.customer)
    if not whose:
        return []
    rows = Order.objects.filter(whose).order_by("-placed_at", "-pk")
    return _read(rows.values("pk", "placed_at", "total_minor", "currency", "status")[:MOST_BEFORE])


def _alike(keys: Keys, now: datetime) -> list[Mapping[str, Any]]:
    whose = Q()
    for name in ("phone_key", "address_key", "device_key"):
        if key := getattr(keys, name.removesuffix("_key")):
            whose |= Q(**{name: key})
    if not whose:
        return []
    rows = RiskAssessment.objects.filter(whose, created_at__gte=now - LOOKS_BACK)
    return _read(
        rows.order_by("-created_at", "-pk").values(
            "order_id", "email_key", "phone_key", "address_key", "device_key", "created_at"
        )[:MOST_BEFORE]
    )


def _read(rows: Any) -> list[Mapping[str, Any]]:
    return list(rows)


def _failed_payments(order_ids: set[int], now: datetime) -> list[float]:
    if not order_ids:
        return []
    failed = Payment.objects.filter(
        order__in=order_ids, state=Payment.State.FAILED, updated_at__gte=now - LOOKS_BACK
    )
    return _ages(failed.values_list(F("updated_at"), flat=True)[:MOST_BEFORE], now)


def _ages(moments: Any, now: datetime) -> list[float]:
    """In hours, youngest first; what is older than any condition looks back is left out."""
    oldest = _hours(LOOKS_BACK)
    return sorted(age for moment in moments if (age := _age(moment, now)) <= oldest)


def _age(moment: datetime, now: datetime) -> float:
    return round(max(0.0, _hours(now - moment)), 2)


def _hours(span: timedelta) -> float:
    return span.total_seconds() / 3600


def _hour(moment: datetime) -> float:
    local = timezone.localtime(moment)
    return local.hour + local.minute / 60


def _hash(kind: str, text: str) -> str:
    if not text:
        return ""
    return salted_hmac(f"insights.risk.{kind}", text, algorithm="sha256").hexdigest()[:32]


def _letters(text: str) -> str:
    return _NO_LETTER.sub("", text.casefold())


def _is_same_name(recipient: str, customer: User) -> bool:
    first, last = _letters(customer.first_name), _letters(customer.last_name)
    return _letters(recipient) in {first + last, last + first, last, first}
