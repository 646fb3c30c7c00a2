"""What can keep the shop from starting, in sentences that say what to do about it."""

import errno
from pathlib import Path

from ecomsite.running.language import _


class StartError(Exception):
    """The shop cannot start; the message is one sentence for the person who started it."""


FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}


def explain_os_error(error: OSError, path: Path) -> StartError:
    """The sentence for a failed write under `path`."""
    if error.errno in FULL_DISK:
        return StartError(
            _(
                "The disk that holds %(path)s is full: free some space, or set VAR_DIR to a folder "
                "on another disk."
            )
            % {"path": path}
        )
    if error.errno in NOT_WRITABLE:
        return StartError(
            _(
                "%(path)s cannot be written by this user (%(reason)s): set VAR_DIR to a folder "
                "that can."
            )
            % {"path": path, "reason": error.strerror}
        )
    return StartError(
        _("%(path)s cannot be used: %(reason)s.")
        % {"path": path, "reason": error.strerror or error}
    )
