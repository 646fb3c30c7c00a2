"""What can go wrong in stock and purchasing."""

from collections.abc import Sequence
from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


class InventoryError(Exception):
    """Base of every error of this app."""


class InsufficientStockError(InventoryError):
    """Raised when more is asked for than is free to promise."""

    def __init__(self, sku_code: str, *, requested: int, available: int) -> None:
        self.sku_code = sku_code
        self.requested = requested
        self.available = available
        super().__init__(
            _("Only %(available)d of %(sku)s are free; %(requested)d were asked for.")
            % {"available": available, "sku": sku_code, "requested": requested}
        )


class NothingReservedError(InventoryError):
    """Raised when goods are to be shipped for an owner that has none set aside."""

    def __init__(self, owner: str) -> None:
        self.owner = owner
        super().__init__(_("Nothing is set aside for %(owner)s.") % {"owner": owner})


class NotAllowedNowError(InventoryError):
    """Raised when a purchase order is not in the state that a step needs."""

    def __init__(self, order: str, *, status: str, step: str) -> None:
        self.order = order
        self.status = status
        super().__init__(
            _("%(order)s is “%(status)s”; it cannot be changed to “%(step)s” now.")
            % {"order": order, "status": status, "step": step}
        )


class EmptyOrderError(InventoryError):
    """Raised when a purchase order without a line to order is to be approved."""

    def __init__(self, order: str) -> None:
        self.order = order
        super().__init__(_("%(order)s has no line to order.") % {"order": order})


class OverReceiptError(InventoryError):
    """Raised when more arrives than was ordered."""

    def __init__(self, sku_code: str, *, open_units: int, arrived: int) -> None:
        self.sku_code = sku_code
        super().__init__(
            _("%(arrived)d of %(sku)s arrived, but only %(open)d are still to come.")
            % {"arrived": arrived, "sku": sku_code, "open": open_units}
        )


class ForeignLineError(InventoryError):
    """Raised when a delivery names a line that is not the order's, or names one twice."""

    def __init__(self, order: str) -> None:
        self.order = order
        super().__init__(
            _("Each line of a delivery must be a line of %(order)s, named once.") % {"order": order}
        )


class NothingOpenError(InventoryError):
    """Raised when the rest of something is to be closed and there is no rest."""

    def __init__(self, order: str) -> None:
        self.order = order
        super().__init__(_("Nothing of this is still to come for %(order)s.") % {"order": order})


class ChangedOrderError(InventoryError):
    """Raised when a draft is not any more what the person saw who approves it."""

    def __init__(self, order: str) -> None:
        self.order = order
        super().__init__(
            _("%(order)s was changed in the meantime; look at it again.") % {"order": order}
        )


class SecondPersonNeededError(InventoryError):
    """Raised when the person who approved first approves again."""

    def __init__(self, order: str) -> None:
        self.order = order
        super().__init__(
            _("%(order)s needs a second person; whoever approved it first cannot be both.")
            % {"order": order}
        )


class NoSupplierAddressError(InventoryError):
    """Raised when an order is to go by letter to a supplier who has no usable address."""

    def __init__(self, supplier: str) -> None:
        self.supplier = supplier
        super().__init__(
            _(
                "%(supplier)s has no email address. Download the order, bring it to the supplier "
                "and mark it as sent."
            )
            % {"supplier": supplier}
        )


class ImplausibleDayError(InventoryError):
    """Raised when a supplier is said to promise a day before the order, or years away."""

    def __init__(self, day: date) -> None:
        self.day = day
        super().__init__(
            _("%(day)s cannot be promised: it is before the order was sent, or years away.")
            % {"day": date_format(day, "SHORT_DATE_FORMAT")}
        )


class NothingArrivedError(InventoryError):
    """Raised when a delivery without a single unit is to be booked."""

    def __init__(self, order: str) -> None:
        self.order = order
        super().__init__(_("Nothing of %(order)s arrived: no units were given.") % {"order": order})


class NotAWholeNumberError(InventoryError):
    """Raised when what somebody typed as units cannot be read as a number of them."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        super().__init__(
            _("“%(typed)s” is not a whole number of units.") % {"typed": typed.strip()[:40]}
        )


class NotADayError(InventoryError):
    """Raised when what somebody typed as a day is none."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        super().__init__(_("“%(typed)s” is not a day.") % {"typed": typed.strip()[:40]})


class NotAnAmountError(InventoryError):
    """Raised when what somebody typed as a price is none."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        super().__init__(
            _("“%(typed)s” is not an amount of money.") % {"typed": typed.strip()[:40]}
        )


class WrongQuantityError(InventoryError):
    """Raised when an ordered quantity breaks the supplier's pack or minimum order."""

    def __init__(self, sku_code: str, *, quantity: int, pack: int, minimum: int) -> None:
        self.sku_code = sku_code
        self.quantity = quantity
        super().__init__(
            _(
                "%(quantity)d of %(sku)s cannot be ordered: packs hold %(pack)d, "
                "the minimum order is %(minimum)d."
            )
            % {"quantity": quantity, "sku": sku_code, "pack": pack, "minimum": minimum}
        )


class UnusableAddressError(InventoryError):
    """Raised when a letter is asked for to something that is no email address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(_("Please enter an email address that letters can be sent to."))


class BatchMismatchError(InventoryError):
    """Raised when goods of a known batch come with another expiry."""

    def __init__(self, code: str, *, expires_on: date, typed: date) -> None:
        self.code = code
        super().__init__(
            _("Batch %(batch)s expires on %(known)s, not on %(typed)s.")
            % {
                "batch": code,
                "known": date_format(expires_on, "SHORT_DATE_FORMAT"),
                "typed": date_format(typed, "SHORT_DATE_FORMAT"),
            }
        )


class NotExpiredError(InventoryError):
    """Raised when goods are to be written off as expired that are not, or are gone."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(_("Batch %(batch)s has nothing expired on hand.") % {"batch": code})


class StepNotAllowedError(InventoryError):
    """Raised when a transfer or a count is not in the state that a step needs."""

    def __init__(self, number: str, *, status: str) -> None:
        self.number = number
        super().__init__(
            _("%(number)s is “%(status)s”; this cannot be done now.")
            % {"number": number, "status": status}
        )


class UnknownSkuError(InventoryError):
    """Raised when nothing in the shop has the code or barcode that was scanned or typed."""

    def __init__(self, typed: str) -> None:
        self.typed = typed
        super().__init__(_("Nothing is known by “%(typed)s”.") % {"typed": typed.strip()[:60]})


class EmptyTransferError(InventoryError):
    """Raised when a transfer without a line is to be sent."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(_("%(number)s has no line.") % {"number": number})


class SameWarehouseError(InventoryError):
    """Raised when goods are to go from a warehouse to itself."""

    def __init__(self) -> None:
        super().__init__(_("A transfer goes from one warehouse to another."))


class ShortReceiptError(InventoryError):
    """Raised when fewer units arrive than left and nobody says why."""

    def __init__(self, sku_code: str, *, sent: int, arrived: int) -> None:
        self.sku_code = sku_code
        super().__init__(
            _("%(sent)d of %(sku)s left and %(arrived)d arrived: say why.")
            % {"sent": sent, "sku": sku_code, "arrived": arrived}
        )


class NothingToCountError(InventoryError):
    """Raised when no SKU of a warehouse is due."""

    def __init__(self, warehouse: str) -> None:
        self.warehouse = warehouse
        super().__init__(_("Nothing in %(warehouse)s is due.") % {"warehouse": warehouse})


class NotCountedError(InventoryError):
    """Raised when a count is to be closed while lines wait for somebody to count them."""

    def __init__(self, number: str, *, n_lines: int) -> None:
        self.number = number
        super().__init__(
            ngettext(
                "%(n)d line of %(number)s is still to be counted.",
                "%(n)d lines of %(number)s are still to be counted.",
                n_lines,
            )
            % {"n": n_lines, "number": number}
        )


class OwnCountError(InventoryError):
    """Raised when somebody who counted is to approve what they counted."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(
            _("You counted lines of %(number)s yourself: somebody else must approve it.")
            % {"number": number}
        )


class CountBelowReservedError(InventoryError):
    """Raised when fewer units were counted than orders and carts hold."""

    def __init__(self, sku_code: str, *, left: int, reserved: int, owners: Sequence[str]) -> None:
        self.sku_code = sku_code
        self.owners = tuple(owners)
        super().__init__(
            _(
                "%(left)d of %(sku)s would be left, but %(reserved)d are set aside for %(owners)s. "
                "Release or cancel some of them, or count again."
            )
            % {"left": left, "sku": sku_code, "reserved": reserved, "owners": ", ".join(owners)}
        )


class PriceMovedError(InventoryError):
    """Raised when a price is to be changed that is no longer what it was."""

    def __init__(self, sku_code: str) -> None:
        self.sku_code = sku_code
        super().__init__(
            _("The price of %(sku)s was changed in the meantime; look at it again.")
            % {"sku": sku_code}
        )


class PriceOutOfBoundsError(InventoryError):
    """Raised when a price is asked for that lies below cost or floor, or is none."""

    def __init__(self, sku_code: str, *, lowest: int, asked: int) -> None:
        self.sku_code = sku_code
        self.lowest = lowest
        self.asked = asked
        super().__init__(
            _("%(sku)s may not cost less than %(lowest)d minor units; %(asked)d were asked for.")
            % {"sku": sku_code, "lowest": lowest, "asked": asked}
        )


class NotRunningError(InventoryError):
    """Raised when a markdown plan is to be stopped that does not run."""

    def __init__(self, plan: str, *, state: str) -> None:
        self.plan = plan
        self.state = state
        super().__init__(
            _("The plan %(plan)s is “%(state)s”; it does not run.") % {"plan": plan, "state": state}
        )


class NoBarcodeError(InventoryError):
    """Raised when a picture shows no code that can be read."""

    def __init__(self) -> None:
        super().__init__(
            _("No barcode can be read on this picture: go closer, and avoid reflections.")
        )


class TooManyLabelsError(InventoryError):
    """Raised when more labels are asked for than a printer should get at once."""

    def __init__(self, *, most: int) -> None:
        self.most = most
        super().__init__(_("At most %(most)d labels can be printed at once.") % {"most": most})
