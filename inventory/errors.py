"""What can go wrong in stock and purchasing."""

from django.utils.translation import gettext as _


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
