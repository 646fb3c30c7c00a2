"""The token against forged forms, for pages that are filled in."""

import secrets
import string
from typing import Final

from django.http import HttpRequest
from django.middleware.csrf import get_token

# Those of Django's tokens; a letter is masked by counting on in them.
_LETTERS: Final = string.ascii_letters + string.digits
_PLACE: Final = {letter: place for place, letter in enumerate(_LETTERS)}
_LENGTH: Final = 32
_EVEN: Final = 256 - 256 % len(_LETTERS)
# Random bytes become letters, all as likely: the few left over are dropped.
_AS_LETTERS: Final = bytes(ord(_LETTERS[byte % len(_LETTERS)]) for byte in range(256))
_LEFT_OVER: Final = bytes(range(_EVEN, 256))


def form_token(request: HttpRequest) -> str:
    """As `get_token`, which asks the system for each letter and sends a known cookie again: that
    took a tenth of a kept page.

    A cookie lasts a year from when it was given, not from the last page.
    """
    secret = request.META.get("CSRF_COOKIE")
    if secret is None or request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
        return get_token(request)
    mask = _mask()
    return mask + "".join(
        [
            _LETTERS[(_PLACE[letter] + _PLACE[other]) % len(_LETTERS)]
            for letter, other in zip(secret, mask, strict=True)
        ]
    )


def _mask() -> str:
    letters = b""
    while len(letters) < _LENGTH:
        letters += secrets.token_bytes(2 * _LENGTH).translate(_AS_LETTERS, _LEFT_OVER)
    return letters[:_LENGTH].decode()
