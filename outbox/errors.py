"""What can go wrong in letters."""

from django.utils.translation import gettext as _


class OutboxError(Exception):
    """Base of every error of this app."""


class WrongAddressError(OutboxError):
    """Raised when a letter is to go to something that is no email address."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__(_("“%(address)s” is no email address.") % {"address": address[:100]})


class NotSendableError(OutboxError):
    """Raised when a letter that is on its way, or whose secret was wiped, is to go again."""

    def __init__(self, email: str, *, state: str) -> None:
        self.email = email
        self.state = state
        super().__init__(
            _("“%(email)s” is “%(state)s” and cannot be sent again.")
            % {"email": email, "state": state}
        )


class ForbiddenAddressError(OutboxError):
    """Raised for what is no address of a web server, or one of the shop's own network."""

    def __init__(self, url: str) -> None:
        self.url = url
        super().__init__(
            _("“%(url)s” is not called: it is no address of a web server on the internet.")
            % {"url": url[:200]}
        )


class CallFailedError(OutboxError):
    """Raised when a server elsewhere does not answer as a web server does, or not in time."""

    def __init__(self, host: str, *, reason: str) -> None:
        self.host = host
        self.reason = reason
        super().__init__(
            _("%(host)s did not answer: %(reason)s") % {"host": host, "reason": reason[:200]}
        )


class NotDeliverableError(OutboxError):
    """Raised when a message that is on its way, or whose address is off, is to go again."""

    def __init__(self, delivery: str, *, state: str) -> None:
        self.delivery = delivery
        self.state = state
        super().__init__(
            _("“%(delivery)s” is “%(state)s” and cannot be sent again now.")
            % {"delivery": delivery, "state": state}
        )
