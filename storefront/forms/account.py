"""Forms of the account that allauth brings, without the placeholders that repeat their labels."""

from typing import Any

from allauth.account import forms as account_forms
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.mfa.base import forms as second_factor_forms
from allauth.mfa.totp import forms as totp_forms
from django import forms
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

MAX_PASSWORD = 256
MAX_CODE = 32


class Plain(forms.Form):
    """Labels say what a field is; no password or code is longer than one could be."""

    code_label = _("Code from the email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                field.label = _("Email address")
                continue
            if not isinstance(field, forms.CharField):
                continue
            field.max_length = MAX_CODE if name == "code" else MAX_PASSWORD
            field.validators.append(forms.CharField(max_length=field.max_length).validators[0])
            field.widget.attrs["maxlength"] = str(field.max_length)
            if name == "code":
                field.label = self.code_label
                field.widget.attrs["autocapitalize"] = "characters"


class LoginForm(Plain, account_forms.LoginForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["remember"].label = _("Stay logged in on this device")


class SignupForm(Plain, account_forms.SignupForm):
    def try_save(self, request: HttpRequest) -> Any:
        """Hashing takes most of the time: without it for addresses that have an account, the
        clock would tell which ones have."""
        if self.account_already_exists:
            make_password(self.cleaned_data["password1"])
        return super().try_save(request)


class AddEmailForm(Plain, account_forms.AddEmailForm):
    pass


class ChangePasswordForm(Plain, account_forms.ChangePasswordForm):
    pass


class SetPasswordForm(Plain, account_forms.SetPasswordForm):
    pass


class ResetPasswordForm(Plain, account_forms.ResetPasswordForm):
    def save(self, request: HttpRequest, **options: Any) -> str:
        """Customers of an imported history have no row yet that the code could confirm."""
        for user in self.users:
            sync_user_email_address(user)
        address: str = super().save(request, **options)
        return address


class ResetPasswordKeyForm(Plain, account_forms.ResetPasswordKeyForm):
    pass


class ReauthenticateForm(Plain, account_forms.ReauthenticateForm):
    pass


class ConfirmEmailForm(Plain, account_forms.ConfirmEmailVerificationCodeForm):
    pass


class ConfirmResetForm(Plain, account_forms.ConfirmPasswordResetCodeForm):
    pass


class SecondFactorForm(Plain, second_factor_forms.AuthenticateForm):
    code_label = _("Code of the app, or a recovery code")


class SecondFactorAgainForm(Plain, second_factor_forms.ReauthenticateForm):
    code_label = _("Code of the app, or a recovery code")


class ActivateTotpForm(Plain, totp_forms.ActivateTOTPForm):
    code_label = _("Code of the app")
