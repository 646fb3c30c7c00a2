"""What can go wrong in visitor behaviour."""

from collections.abc import Mapping

from django.utils.translation import gettext as _


class InsightsError(Exception):
    """Base of every error of this app."""


class TooManyEventsError(InsightsError):
    """Raised when one message carries more events than a page can make."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(_("At most %(count)d events may be sent at once.") % {"count": most})


class TooOftenError(InsightsError):
    """Raised when one client sends more events in a minute than people make."""

    status_code = 429

    def __init__(self) -> None:
        super().__init__(_("That was too often. Please try again in a minute."))


class UnreadableEventError(InsightsError):
    """Raised when a message of events is not what this shop's pages send."""

    status_code = 400

    def __init__(self, field: str) -> None:
        self.field = field
        super().__init__(_("Some of this is not valid."))


class PurchaseEventError(InsightsError):
    """Raised when a page claims a purchase: only an order proves one."""

    def __init__(self) -> None:
        super().__init__(_("A purchase is recorded by its order, not by a page."))


class NotHeldError(InsightsError):
    """Raised when staff decide on an order that is not held any more."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(_("Order %(number)s is not held any more.") % {"number": number})


class OutcomeKnownError(InsightsError):
    """Raised when an order has the outcome already that staff tell."""

    def __init__(self, number: str) -> None:
        self.number = number
        super().__init__(_("Order %(number)s has that outcome already.") % {"number": number})


class InvalidRuleError(InsightsError):
    """Raised for a rule of a segment that cannot be kept. problems: by the place in the tree."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__(" ".join(self.problems.values()))


class CircularRuleError(InsightsError):
    """Raised when a segment would be made of itself."""

    def __init__(self) -> None:
        super().__init__(_("A segment cannot be made of itself."))


class TooManySegmentsError(InsightsError):
    """Raised when staff make more segments than a shop can keep an eye on."""

    def __init__(self, most: int) -> None:
        self.most = most
        super().__init__(_("At most %(count)d segments can be made by hand.") % {"count": most})


class SegmentTooSmallError(InsightsError):
    """Raised when a group is too small to be shown, exported or written to."""

    def __init__(self, floor: int) -> None:
        self.floor = floor
        super().__init__(
            _("There are fewer than %(n)d customers; so small a group is not handed out.")
            % {"n": floor}
        )
