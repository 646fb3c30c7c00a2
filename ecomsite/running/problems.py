"""What can keep the shop from starting, in sentences that say what to do about it."""

import errno
from pathlib import Path


class StartError(Exception):
    """The shop cannot start; the message is one sentence for the person who started it."""


FULL_DISK = {errno.ENOSPC, errno.EDQUOT}
NOT_WRITABLE = {errno.EROFS, errno.EACCES, errno.EPERM}


def explain_os_error(error: OSError, path: Path) -> StartError:
    """The sentence for a failed write under `path`."""
    if error.errno in FULL_DISK:
        return StartError(
            f"The disk that holds {path} is full: free some space, or set VAR_DIR to a folder "
            "on another disk."
        )
    if error.errno in NOT_WRITABLE:
        return StartError(
            f"{path} cannot be written by this user ({error.strerror}): "
            "set VAR_DIR to a folder that can."
        )
    return StartError(f"{path} cannot be used: {error.strerror or error}.")
