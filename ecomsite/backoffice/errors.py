"""What can go wrong in the nightly run."""

from django.utils.translation import gettext as _


class BackofficeError(Exception):
    """Base of every error of this app."""


class AlreadyOperatingError(BackofficeError):
    """Raised when a nightly run is under way in another process."""

    def __init__(self) -> None:
        super().__init__(_("A nightly run is under way already."))
