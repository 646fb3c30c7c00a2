"""What the kinds of letters are called on staff pages."""

from django.utils.translation import gettext_lazy as _

from learning.wording import name_codes

name_codes(
    {
        "account.email_confirmation_signup": _("code to open an account"),
        "account.email_confirmation": _("code to confirm an address"),
        "account.account_already_exists": _("account exists already"),
        "account.password_reset_code": _("code for a new password"),
        "account.unknown_account": _("no account with this address"),
        "account.password_changed": _("password changed"),
        "account.password_reset": _("password set anew"),
        "account.password_set": _("password set"),
        "account.email_changed": _("address changed"),
        "account.email_confirm": _("address confirmed"),
        "account.email_deleted": _("address removed"),
        "account.totp_activated": _("second factor on"),
        "account.totp_deactivated": _("second factor off"),
        "account.recovery_codes_generated": _("new recovery codes"),
        "order_access_code": _("code to see an order"),
    }
)
