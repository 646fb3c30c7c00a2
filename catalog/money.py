"""Amounts of money for people to read."""

from functools import lru_cache

from django.utils.formats import number_format
from django.utils.translation import get_language

# Symbol and number of decimals; others are shown as "12.34 XYZ".
_CURRENCIES = {
    "CNY": ("¥", 2),
    "EUR": ("€", 2),
    "GBP": ("£", 2),
    "HKD": ("HK$", 2),
    "JPY": ("JP¥", 0),
    "USD": ("US$", 2),
}


def format_money(amount_minor: int, currency: str) -> str:
    """1999 CNY -> "¥19.99", with the separators of the active language."""
    return _formatted(amount_minor, currency, get_language())


# Prices come up again on every page, and a number takes as long to format as a card to fill.
@lru_cache(maxsize=10_000)
def _formatted(amount_minor: int, currency: str, _language: str | None) -> str:
    symbol, decimals = _CURRENCIES.get(currency, ("", 2))
    sign = "-" if amount_minor < 0 else ""
    whole, fraction = divmod(abs(amount_minor), 10**decimals)
    # From integers, so that no amount is rounded on the way.
    plain = f"{whole}.{fraction:0{decimals}}" if decimals else str(whole)
    number = number_format(plain, decimal_pos=decimals, force_grouping=True)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}"


def decimals(currency: str) -> int:
    """Digits behind the point: 2 for CNY, 0 for JPY."""
    return _CURRENCIES.get(currency, ("", 2))[1]


def plain_amount(amount_minor: int, currency: str) -> str:
    """1999 CNY -> "19.99", as machines read it in every language."""
    places = decimals(currency)
    whole, fraction = divmod(amount_minor, 10**places)
    return f"{whole}.{fraction:0{places}}" if places else str(whole)
