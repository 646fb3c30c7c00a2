"""Who may do what: each view says it for each method, and one permission class reads it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from customers.models import User
from ecomsite.api.models import ApiToken


@dataclass(frozen=True, slots=True)
class Access:
    """scope: what a token must have been made for; a session needs none.

    permission: of staff; empty for what customers may. is_for_guests: nobody has to log in.
    """

    scope: str = ""
    permission: str = ""
    is_for_guests: bool = False


PUBLIC: Final = Access(is_for_guests=True)


class ScopedPermission(BasePermission):
    """Views of the API have `access`; those of apps further down have their own classes."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        by_method: Mapping[str, Access] = getattr(view, "access", {})
        method = "GET" if request.method == "HEAD" else str(request.method)
        access = by_method.get(method)
        if access is None:
            # No such method: the view says so itself, to those who are known.
            return True
        if isinstance(request.auth, ApiToken) and access.scope not in {"", *request.auth.scopes}:
            raise PermissionDenied(
                _("This token was not made for “%(scope)s”.") % {"scope": access.scope},
                code="scope_missing",
            )
        if access.is_for_guests:
            return True
        if not isinstance(request.user, User):
            return False
        if not access.permission:
            return True
        return request.user.is_staff and request.user.has_perm(access.permission)
