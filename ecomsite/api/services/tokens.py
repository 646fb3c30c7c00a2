"""Making, finding and revoking the tokens of programs."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from customers.models import User
from ecomsite.api import scopes as known_scopes
from ecomsite.api.errors import ScopeBeyondPersonError, UnknownScopeError
from ecomsite.api.models import ApiToken

# Leaked tokens are found by it.
BEGINS_WITH = "zg_"
LENGTH = 46
# A write for each request would cost more than the request.
USE_NOTED_EVERY = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """secret: what the program sends; nobody can read it again."""

    token: ApiToken
    secret: str


def issue_token(
    *,
    name: str,
    user: User,
    scopes: Sequence[str],
    created_by: User | None = None,
    expires_at: datetime | None = None,
) -> IssuedToken:
    """Raises UnknownScopeError, and ScopeBeyondPersonError for a customer with scopes of staff."""
    for scope in scopes:
        if scope not in known_scopes.SCOPES:
            raise UnknownScopeError(scope)
        if scope != known_scopes.SHOP and not user.is_staff:
            raise ScopeBeyondPersonError(scope)
    if not scopes:
        raise UnknownScopeError("")
    secret = f"{BEGINS_WITH}{secrets.token_urlsafe(32)}"
    token = ApiToken.objects.create(
        name=name.strip()[:80],
        prefix=secret[:9],
        sha256=_hash(secret),
        scopes=known_scopes.known(scopes),
        user=user,
        created_by=created_by,
        expires_at=expires_at,
    )
    return IssuedToken(token, secret)


def find_token(*, secret: str) -> ApiToken | None:
    """The token if it may be used now; notes that it was, every few minutes."""
    if len(secret) != LENGTH or not secret.startswith(BEGINS_WITH) or not secret.isascii():
        return None
    now = timezone.now()
    token = ApiToken.objects.usable(now).filter(sha256=_hash(secret)).select_related("user").first()
    if token is None:
        return None
    if token.last_used_at is None or now - token.last_used_at > USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=token.pk, last_used_at=token.last_used_at).update(
            last_used_at=now
        )
    return token


def revoke_token(*, token: ApiToken) -> bool:
    """Nothing is let in by it any more; False when that was done before."""
    return bool(
        ApiToken.objects.filter(pk=token.pk, revoked_at__isnull=True).update(
            revoked_at=timezone.now()
        )
    )


def _hash(secret: str) -> str:
    # A secret of 256 random bits needs no slow hash.
    return hashlib.sha256(secret.encode()).hexdigest()
