"""What a browser's visitor allows: the cookie that the consent bar writes, and standing refusals.

The cookie is not signed: it is the visitor's own word, and forging it deceives nobody else.
"""

from collections.abc import Mapping
from typing import Final

from customers.models import Consent

COOKIE: Final = "consent"
COOKIE_SECONDS: Final = 180 * 24 * 3600
# What a visitor without an account can allow; letters by email want an address.
ASKED: Final = (Consent.Purpose.ANALYTICS, Consent.Purpose.PERSONALISATION)
_LETTERS: Final = {Consent.Purpose.ANALYTICS: "a", Consent.Purpose.PERSONALISATION: "p"}
_MOST_CHARACTERS: Final = 20


def is_refused_by_browser(headers: Mapping[str, str]) -> bool:
    """Global Privacy Control: a browser's standing no."""
    return headers.get("Sec-GPC") == "1"


def has_answered(cookie: str) -> bool:
    return cookie.startswith("-")


def is_allowed(cookie: str, purpose: str) -> bool:
    """Whether the answer holds this purpose; no answer is a no."""
    letter = _LETTERS.get(Consent.Purpose(purpose))
    return letter is not None and has_answered(cookie) and letter in cookie[:_MOST_CHARACTERS]


def written(wanted: Mapping[str, bool]) -> str:
    """The answer as the cookie holds it: a dash, and the letters of what is allowed."""
    return "-" + "".join(letter for purpose, letter in _LETTERS.items() if wanted.get(purpose))
