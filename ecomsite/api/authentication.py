"""Programs come with `Authorization: Bearer zg_...`, browsers with their session."""

from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from customers.models import User
from ecomsite.api.models import ApiToken
from ecomsite.api.services import tokens


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        kind, _space, secret = request.headers.get("Authorization", "").partition(" ")
        if kind.lower() != "bearer":
            return None
        token = tokens.find_token(secret=secret.strip())
        if token is None:
            raise AuthenticationFailed(_("This token is not valid, or no longer."))
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'
