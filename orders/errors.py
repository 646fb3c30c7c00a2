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


class EmptyBasketError(OrdersError):
    """Raised when an order without a line is to be placed."""

    def __init__(self) -> None:
        super().__init__(_("There is nothing to order."))


class NotForSaleError(OrdersError):
    """Raised when a SKU that is not sold (any more) is ordered."""

    def __init__(self, sku: str) -> None:
        self.sku = sku
        super().__init__(_("%(sku)s is not for sale.") % {"sku": sku})


class WrongUnitsError(OrdersError):
    """Raised when the number of units asked for makes no sense."""

    def __init__(self, sku: str, *, units: int, allowed: int) -> None:
        self.sku = sku
        self.units = units
        self.allowed = allowed
        super().__init__(
            _("%(units)d of %(sku)s: between 1 and %(allowed)d are possible.")
            % {"units": units, "sku": sku, "allowed": allowed}
        )


class PriceChangedError(OrdersError):
    """Raised when the total is no longer the one that the customer saw."""

    def __init__(self, *, seen_minor: int, now_minor: int) -> None:
        self.seen_minor = seen_minor
        self.now_minor = now_minor
        super().__init__(_("Prices have changed; please look at the new total."))


class IdempotencyConflictError(OrdersError):
    """Raised when a key that stands for one order is sent with another."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(_("This checkout was already sent with other contents."))


class NotAllowedNowError(OrdersError):
    """Raised when an order or a return is not in the state that a step needs."""

    def __init__(self, subject: str, *, status: str, step: str) -> None:
        self.subject = subject
        self.status = status
        self.step = step
        super().__init__(
            _("%(subject)s is “%(status)s”; it cannot become “%(step)s” now.")
            % {"subject": subject, "status": status, "step": step}
        )
