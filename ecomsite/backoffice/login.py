"""How staff come in by name and password."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from unfold.forms import AuthenticationForm

from storefront.limits import is_too_often


class StaffLoginForm(AuthenticationForm):
    """Refuses guessing, and the password alone where somebody set up a second factor."""

    def clean(self) -> dict[str, Any]:
        if self.request is not None and is_too_often(
            self.request, form="staff-login", rate="10/minute"
        ):
            raise ValidationError(_("Too many attempts; please wait a minute."), code="throttled")
        cleaned: dict[str, Any] = super().clean()
        return cleaned

    def confirm_login_allowed(self, user: AbstractBaseUser) -> None:
        super().confirm_login_allowed(user)
        if is_mfa_enabled(user):
            raise ValidationError(
                _(
                    "This account asks for a second factor: log in at the shop with your email "
                    "address, then open the back office."
                ),
                code="second_factor",
            )
