"""How the accounts of allauth are those of this shop: names, letters, secrets, logging in."""

import base64
import hashlib
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import get_random_string
from django.utils.encoding import force_bytes

from customers.models import User
from orders.services.access import attach_guest_orders
from storefront import consent, guests
from storefront.letters import queue_account_letter

NAME_CHARACTERS = "abcdefghijkmnpqrstuvwxyz23456789"


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Every letter about accounts is a row of the outbox."""
        user = context.get("user")
        queue_account_letter(
            name=template_prefix.rpartition("/")[2],
            to=email,
            user=user if isinstance(user, User) else None,
            code=str(context.get("code", "")),
            address=str(context.get("ip", "")),
        )

    def send_notification_mail(
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        words = {**(context or {}), "user": user}
        super().send_notification_mail(template_prefix, user, words, email)

    def populate_username(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Customers log in by email; their name in the table tells nothing of them."""
        if isinstance(user, User) and not user.username:
            user.username = f"customer-{get_random_string(12, NAME_CHARACTERS)}"

    def save_user(
        self, request: HttpRequest, user: AbstractBaseUser, form: BaseForm, commit: bool = True
    ) -> AbstractBaseUser:
        if isinstance(user, User):
            user.language = translation.get_language() or settings.LANGUAGE_CODE
        saved: AbstractBaseUser = super().save_user(request, user, form, commit)
        return saved

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """What was ordered as a guest under an address is shown to who proved that it is theirs."""
        is_confirmed: bool = super().confirm_email(request, email_address)
        if is_confirmed and isinstance(email_address.user, User):
            attach_guest_orders(customer=email_address.user, email=email_address.email)
        return is_confirmed

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """What the guest had put aside comes along."""
        guest = guests.read_guest(request)
        super().login(request, user)
        if isinstance(user, User):
            guests.join_guest(customer=user, guest=guest)

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **options: Any
    ) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **options)
        if isinstance(user, User):
            guests.forget_guest(response, customer=user)
            consent.remember_answer(request, response, customer=user)
            guests.remember_language(response, language=user.language)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The account, in the customer's own language."""
        language = getattr(request.user, "language", "") or translation.get_language()
        with translation.override(language):
            return reverse("storefront:account-detail")

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        return reverse("storefront:account-detail")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        return reverse("storefront:home")

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("storefront:account-detail")


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are encrypted with the shop's key before they are stored."""

    def encrypt(self, text: str) -> str:
        return _ciphers().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _ciphers().decrypt(encrypted_text.encode()).decode()

    def get_totp_issuer(self) -> str:
        return str(settings.SHOP_NAME)

    def _get_site_name(self) -> str:
        return urlsplit(settings.SHOP_URL).hostname or str(settings.SHOP_NAME)


def _ciphers() -> MultiFernet:
    """Of the present key, then of those it replaced."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(
            base64.urlsafe_b64encode(hashlib.sha256(b"second factor" + force_bytes(key)).digest())
        )
        for key in keys
    )
