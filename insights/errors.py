"""What can go wrong in visitor behaviour."""

from django.utils.translation import gettext as _


class InsightsError(Exception):
    """Base of every error of this app."""


class TooManyEventsError(InsightsError):
    """Raised when one message carries more events than a page can make."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(_("At most %(count)d events may be sent at once.") % {"count": most})


class PurchaseEventError(InsightsError):
    """Raised when a page claims a purchase: only an order proves one."""

    def __init__(self) -> None:
        super().__init__(_("A purchase is recorded by its order, not by a page."))
