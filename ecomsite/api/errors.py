"""What can go wrong with the API itself."""

from django.utils.translation import gettext as _


class ApiError(Exception):
    """Base of every error of this app; refused with status 409 unless it says another one."""

    status_code = 409


class InProgressError(ApiError):
    """Raised while another request with the same key is being worked on."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(_("A request with this key is being worked on. Ask again in a moment."))


class IdempotencyConflictError(ApiError):
    """Raised when a key that stands for one request comes with another."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(_("This key was already sent with other contents."))


class IdempotencyKeyRequiredError(ApiError):
    """Raised for a request that must not be done twice and comes without a usable key."""

    status_code = 400

    def __init__(self) -> None:
        super().__init__(
            _("Send a header Idempotency-Key of 8 to 80 letters, digits, “-”, “_”, “.” or “:”.")
        )


class InvalidCursorError(ApiError):
    """Raised for a cursor that no list of this kind gave out."""

    status_code = 400

    def __init__(self) -> None:
        super().__init__(_("This cursor does not belong to this list."))


class TooLargeError(ApiError):
    """Raised for a body that is larger than any request needs."""

    status_code = 413

    def __init__(self, *, limit: int) -> None:
        self.limit = limit
        super().__init__(_("A request has at most %(limit)d bytes.") % {"limit": limit})


class UnknownScopeError(ApiError):
    """Raised when a token is to be made for something that nobody knows, or for nothing."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(
            _("There is no scope “%(scope)s”.") % {"scope": scope}
            if scope
            else _("A token needs at least one scope.")
        )


class ScopeBeyondPersonError(ApiError):
    """Raised when somebody who is not staff is to get a token for matters of staff."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(_("“%(scope)s” is for staff only.") % {"scope": scope})
