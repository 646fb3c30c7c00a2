"""What can go wrong in orders."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


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


class SoldOutError(OrdersError):
    """Raised when not a single unit of something is left to put in a cart."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(_("“%(name)s” is sold out at the moment.") % {"name": name})


class NotAQuantityError(OrdersError):
    """Raised when what somebody typed cannot be read as a number of units."""

    def __init__(self, typed: str, *, allowed: int) -> None:
        self.typed = typed
        self.allowed = allowed
        super().__init__(
            _("Please enter a whole number between 1 and %(allowed)d.") % {"allowed": allowed}
        )


class CartFullError(OrdersError):
    """Raised when a cart has as many different things in it as it may have."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(_("A cart holds at most %(most)d different products.") % {"most": most})


class CartChangedError(OrdersError):
    """Raised when a cart is no longer what the page said: ordered, merged or changed meanwhile."""

    def __init__(self) -> None:
        super().__init__(_("Your cart has changed in the meantime. Please look at it once more."))


class CodeRefusedError(OrdersError):
    """Raised when the code of a discount does not apply to a cart."""

    def __init__(self, code: str, *, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(
            _("“%(code)s” could not be applied. %(reason)s") % {"code": code, "reason": reason}
        )


@dataclass(frozen=True, slots=True)
class ShortLine:
    """A line of a cart of which fewer units are left than it asks for."""

    sku_id: int
    name: str
    wanted: int
    possible: int

    def __str__(self) -> str:
        if not self.possible:
            return _("“%(name)s” is sold out at the moment.") % {"name": self.name}
        return ngettext(
            "Only %(possible)d of “%(name)s” is left; you asked for %(wanted)d.",
            "Only %(possible)d of “%(name)s” are left; you asked for %(wanted)d.",
            self.possible,
        ) % {"possible": self.possible, "name": self.name, "wanted": self.wanted}


class CartShortError(OrdersError):
    """Raised when a cart asks for more than can be set aside; nothing of it was."""

    def __init__(self, lines: Sequence[ShortLine]) -> None:
        self.lines = tuple(lines)
        super().__init__(" ".join(str(line) for line in self.lines))


class NoDeliveryError(OrdersError):
    """Raised when the shop delivers nothing to a country."""

    def __init__(self, country: str) -> None:
        self.country = country
        super().__init__(_("We do not deliver to this country or region yet."))


class PriceChangedError(OrdersError):
    """Raised when the total is no longer the one that the customer saw."""

    def __init__(self, *, seen_minor: int, now_minor: int) -> None:
        self.seen_minor = seen_minor
        self.now_minor = now_minor
        super().__init__(_("Prices have changed; please look at the new total."))


class CodeNoLongerAppliesError(OrdersError):
    """Raised when the code of a discount that the customer was shown ended meanwhile."""

    def __init__(self, code: str, *, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(
            _("The code “%(code)s” no longer applies. %(reason)s Please look at the new total.")
            % {"code": code, "reason": reason}
        )


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


class DeliveryImpossibleError(OrdersError):
    """Raised when a shipping method does not bring this cart to this country."""

    def __init__(self, country: str, *, method: str) -> None:
        self.country = country
        self.method = method
        super().__init__(
            _("“%(method)s” is not possible for this delivery; please choose another one.")
            % {"method": method}
        )


class DiscountUsedUpError(OrdersError):
    """Raised when a discount was taken for the last time before this order could take it."""

    def __init__(self, discount: str) -> None:
        self.discount = discount
        super().__init__(
            _("“%(discount)s” can no longer be used; please look at the new total.")
            % {"discount": discount}
        )


class WrongCodeError(OrdersError):
    """Raised when a code opens no order, for whichever reason: the visitor learns none."""

    def __init__(self) -> None:
        super().__init__(_("This code does not open an order. Codes expire; ask for a new one."))


class ReturnTooLateError(OrdersError):
    """Raised when goods are to be sent back after the time for it."""

    def __init__(self, sku: str, *, days: int) -> None:
        self.sku = sku
        self.days = days
        super().__init__(
            _("%(sku)s could be sent back for %(days)d days; they are over.")
            % {"sku": sku, "days": days}
        )


class EmptyNoteError(OrdersError):
    """Raised when a note without a word is to be kept."""

    def __init__(self) -> None:
        super().__init__(_("Please write what your colleagues should know."))


class StaffDiscountError(OrdersError):
    """Raised when staff take more off an order than they may."""

    def __init__(self, *, most: str) -> None:
        self.most = most
        super().__init__(
            _("At most %(most)s can be taken off the goods of this order.") % {"most": most}
        )


class TooManyPhotosError(OrdersError):
    """Raised when a return is to have more photos than it may."""

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(_("A return has at most %(limit)d photos.") % {"limit": limit})


class PaymentError(OrdersError):
    """Base of what can go wrong when money moves."""


class UnknownProviderError(PaymentError):
    """Raised for a way to pay that the shop does not have or does not offer for this order."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(_("This way to pay is not offered for this order."))


class AlreadyPaidError(PaymentError):
    """Raised when an order whose money is here is to be paid again."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(_("Order %(number)s is paid already.") % {"number": number})


class WrongAmountError(PaymentError):
    """Raised when other money came than was asked for."""

    def __init__(self, *, expected: str, came: str) -> None:
        self.expected = expected
        self.came = came
        super().__init__(
            _("%(came)s came, but %(expected)s is due.") % {"came": came, "expected": expected}
        )


class RefundTooLargeError(PaymentError):
    """Raised when more is to be paid back than is left of what was paid."""

    def __init__(self, *, asked: str, possible: str) -> None:
        self.asked = asked
        self.possible = possible
        super().__init__(
            _("%(asked)s cannot be paid back; %(possible)s is left of what was paid.")
            % {"asked": asked, "possible": possible}
        )


class ProviderUnavailableError(PaymentError):
    """Raised when nobody knows what became of a call to a provider; asking again tells."""

    def __init__(self, code: str, *, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(_("The payment service does not answer. Please try again in a moment."))


class ProviderRefusedError(PaymentError):
    """Raised when a provider said no; nothing was done there."""

    def __init__(self, code: str, *, reason: str) -> None:
        self.code = code
        self.reason = reason
        super().__init__(_("The payment service refuses: %(reason)s") % {"reason": reason})


class UntrustedEventError(PaymentError):
    """Raised for a message that its provider did not sign, or signed too long ago."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(_("The signature of this message is not valid."))
