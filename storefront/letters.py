"""Letters about accounts: what each says, and whether it carries a secret."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

from django.conf import settings
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import User
from outbox.services.emails import queue_email

NOT_YOU = _("If it was not you, you need not do anything.")
NOT_YOU_AFTERWARDS = _("If it was not you, set a new password at once and write to us.")
CODE_EXPIRES = _("Enter it on the page where you asked for it; it expires soon.")


@dataclass(frozen=True, slots=True)
class Words:
    """link: the name of the page that the letter leads to."""

    subject: Promise
    lines: tuple[Promise, ...]
    link: str = ""
    link_title: Promise | str = ""
    closing: Promise = field(default=NOT_YOU)


LETTERS: Mapping[str, Words] = {
    "email_confirmation_signup": Words(
        subject=_("Your code to confirm your address"),
        lines=(_("Welcome. This code confirms that the address is yours."), CODE_EXPIRES),
    ),
    "email_confirmation": Words(
        subject=_("Your code to confirm your address"),
        lines=(_("This code confirms that the address is yours."), CODE_EXPIRES),
    ),
    "account_already_exists": Words(
        subject=_("You already have an account"),
        lines=(
            _("Somebody, probably you, wanted to open an account with this address."),
            _("There is one already. If you forgot the password, set a new one."),
        ),
        link="account_reset_password",
        link_title=_("Reset your password"),
    ),
    "password_reset_code": Words(
        subject=_("Your code to set a new password"),
        lines=(_("With this code you can set a new password."), CODE_EXPIRES),
    ),
    "unknown_account": Words(
        subject=_("There is no account with this address"),
        lines=(
            _("Somebody, probably you, asked for a new password for this address."),
            _("There is no account with it. Perhaps you used another address."),
        ),
        link="account_signup",
        link_title=_("Create an account"),
    ),
    "password_changed": Words(
        subject=_("Your password was changed"),
        lines=(_("The password of your account was changed."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "password_reset": Words(
        subject=_("Your password was set anew"),
        lines=(_("A new password was set for your account by a code sent to this address."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "password_set": Words(
        subject=_("Your password was set"),
        lines=(_("A password was set for your account."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "email_changed": Words(
        subject=_("The address of your account was changed"),
        lines=(_("Your account now has another email address."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "email_confirm": Words(
        subject=_("An address was confirmed"),
        lines=(_("An email address of your account was confirmed."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "email_deleted": Words(
        subject=_("An address was removed"),
        lines=(_("An email address of your account was removed."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "totp_activated": Words(
        subject=_("The second factor is on"),
        lines=(_("Logging in to your account now asks for a code of your app."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "totp_deactivated": Words(
        subject=_("The second factor is off"),
        lines=(_("Logging in to your account no longer asks for a code of your app."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
    "recovery_codes_generated": Words(
        subject=_("New recovery codes"),
        lines=(_("New recovery codes were made for your account; the old ones no longer work."),),
        closing=NOT_YOU_AFTERWARDS,
    ),
}


def queue_account_letter(
    *, name: str, to: str, user: User | None, code: str = "", address: str = ""
) -> None:
    """Write a letter about an account, in its language, or else in that of the page.

    address: the network address that the step was taken from, where the letter tells of one.
    """
    words = LETTERS[name]
    language = user.language if user else translation.get_language()
    with translation.override(language):
        link = settings.SHOP_URL + reverse(words.link) if words.link else ""
    queue_email(
        kind=f"account.{name}",
        to=to,
        user=user,
        language=language or settings.LANGUAGE_CODE,
        template="storefront/letters/account",
        context={
            "words": words,
            "code": code,
            "link": link,
            "happened_at": timezone.now() if address else None,
            "address": address,
        },
        key=f"account.{name}:{uuid4().hex}",
        is_confidential=bool(code),
    )
