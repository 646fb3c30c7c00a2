"""The ways to pay that this shop has: settings name them, and each is loaded on first use."""

from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string

from orders.errors import UnknownProviderError
from orders.services.payments.protocol import PaymentProvider, ProviderChoice

TEST_CODE = "test"
SEEN_BY_STAFF = "seen_by_staff"
# Whatever the settings say: money that staff saw is booked as a payment of its own.
_ALWAYS_THERE = "orders.services.payments.by_hand.SeenByStaff"


def get_provider(code: str) -> PaymentProvider:
    """Raises UnknownProviderError."""
    for path in [*settings.PAYMENT_PROVIDERS, _ALWAYS_THERE]:
        provider = _load(path)
        if provider.code == code:
            return provider
    raise UnknownProviderError(code)


def offered_provider(
    code: str, *, country: str, currency: str, total_minor: int
) -> PaymentProvider:
    """The provider if it is offered for such an order. Raises UnknownProviderError."""
    provider = get_provider(code)
    if not provider.is_offered(country=country, currency=currency, total_minor=total_minor):
        raise UnknownProviderError(code)
    return provider


def available_providers(
    *, country: str, currency: str, total_minor: int
) -> tuple[ProviderChoice, ...]:
    """The ways to pay such an order, in the order of the settings."""
    providers = [_load(path) for path in settings.PAYMENT_PROVIDERS]
    return tuple(
        ProviderChoice(
            code=provider.code,
            title=str(provider.title),
            text=str(provider.text),
            ships_before_payment=provider.ships_before_payment,
            is_test=provider.code == TEST_CODE,
        )
        for provider in providers
        if provider.is_offered(country=country, currency=currency, total_minor=total_minor)
    )


def payment_due_at(code: str, *, now: datetime | None = None) -> datetime | None:
    """Until when an order waits for the money; None where it is sent before that."""
    provider = get_provider(code)
    if provider.ships_before_payment or provider.time_to_pay == timedelta(0):
        return None
    return (now or timezone.now()) + provider.time_to_pay


def provider_title(code: str) -> str:
    """What a way to pay is called, also one that the shop no longer has."""
    try:
        return str(get_provider(code).title)
    except UnknownProviderError:
        return code


def is_by_hand(code: str) -> bool:
    """Whether people say when its money came and went; so it is where nobody can be asked."""
    try:
        return get_provider(code).is_manual
    except UnknownProviderError:
        return True


@cache
def _load(path: str) -> PaymentProvider:
    provider: PaymentProvider = import_string(path)()
    return provider
