"""What can go wrong in people."""

from django.utils.translation import gettext as _


class CustomersError(Exception):
    """Base of every error of this app."""


class TooManyAddressesError(CustomersError):
    """Raised when an address book is full."""

    def __init__(self, allowed: int) -> None:
        self.allowed = allowed
        super().__init__(
            _("An address book holds %(allowed)d addresses; please remove one first.")
            % {"allowed": allowed}
        )


class StaffAccountError(CustomersError):
    """Raised when staff ask to be erased: what they did has to stay told to somebody."""

    def __init__(self) -> None:
        super().__init__(
            _("Accounts of staff are not erased from here; please ask whoever runs the shop.")
        )
