"""What can go wrong in orders."""

from collections.abc import Sequence

from django.utils.translation import gettext as _


class OrdersError(Exception):
    """Base of every error of this app."""


class ImportRunningError(OrdersError):
    """Raised when an import is to begin while another one is at work."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(
            _("Import #%(number)d is still running; one at a time.") % {"number": number}
        )


class SeveralCurrenciesError(OrdersError):
    """Raised when a file of one currency is to hold orders in several."""

    def __init__(self, currencies: Sequence[str]) -> None:
        self.currencies = currencies
        super().__init__(
            _("Orders are in several currencies; name one of %(currencies)s.")
            % {"currencies": ", ".join(currencies)}
        )


class RefusedUploadError(OrdersError):
    """Raised when an uploaded file cannot be taken at all."""

    def __init__(self, file_name: str, *, reason: str) -> None:
        self.file_name = file_name
        self.reason = reason
        super().__init__(
            _("%(file)s was not taken: %(reason)s") % {"file": file_name, "reason": reason}
        )
