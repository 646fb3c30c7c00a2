"""The folder that holds the shop's state: writable, with room, with a key, and used once."""

import fcntl
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from ecomsite.running.language import _
from ecomsite.running.problems import StartError, explain_os_error

REPOSITORY = Path(__file__).resolve().parents[2]
# The first start writes about 100 MB: database, pictures, compressed static files.
ROOM_TO_START_BYTES = 256 * 1024 * 1024
# sun_path holds 108 bytes and ends in NUL.
LONGEST_SOCKET_PATH_BYTES = 107


def state_folder(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("VAR_DIR") or REPOSITORY / "var").absolute()


def prepare_folder(folder: Path) -> None:
    """Make the folder with its `run` and `log`, and see that it can be written and has room."""
    try:
        for part in (folder, folder / "run", folder / "log"):
            part.mkdir(parents=True, exist_ok=True)
        (folder / "run").chmod(0o700)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".probe-") as probe:
            probe.write(bytes(4096))
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise explain_os_error(error, folder) from error
    if free < ROOM_TO_START_BYTES:
        raise StartError(
            _(
                "The disk that holds %(path)s is full: %(free)d MB are free and the shop needs "
                "%(needed)d MB to start; free some space, or set VAR_DIR to a folder on another "
                "disk."
            )
            % {
                "path": folder,
                "free": free // 1024**2,
                "needed": ROOM_TO_START_BYTES // 1024**2,
            }
        )


def hold_folder(folder: Path) -> IO[str]:
    """Keep a second supervisor off this folder for as long as the returned file stays open."""
    path = folder / "run" / "supervisor.lock"
    try:
        lock = path.open("a+")
    except OSError as error:
        raise explain_os_error(error, path) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.seek(0)
        holder = lock.read().strip() or "unknown"
        lock.close()
        raise StartError(
            _(
                "The shop in %(path)s is running already (process %(holder)s): stop that one "
                "first, or set VAR_DIR to another folder."
            )
            % {"path": folder, "holder": holder}
        ) from None
    lock.truncate(0)
    lock.write(f"{os.getpid()}\n")
    lock.flush()
    return lock


def ensure_secret(folder: Path) -> None:
    """Write a random key to `secret` (0600) unless one is there.

    It is linked into place whole, so that a start that is cut short leaves no empty key.
    """
    path = folder / "secret"
    try:
        if path.is_file() and path.read_text().strip():
            return
        descriptor, draft = tempfile.mkstemp(dir=folder, prefix=".secret-")
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{secrets.token_urlsafe(64)}\n")
            file.flush()
            os.fsync(file.fileno())
        Path(draft).replace(path)
    except OSError as error:
        raise explain_os_error(error, path) from error


def valkey_socket(folder: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Where the embedded Valkey listens: in the folder, or somewhere shorter when that is deep."""
    path = folder / "run" / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH_BYTES:
        return path
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    if runtime := environment.get("XDG_RUNTIME_DIR"):
        path = Path(runtime) / f"shop-{name}" / "valkey.sock"
        if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH_BYTES:
            return path
    return Path("/tmp") / f"shop-{os.getuid()}-{name}" / "valkey.sock"  # noqa: S108  # made private below


def make_private(folder: Path) -> None:
    """Make a folder that only this user can enter; a stranger's folder of that name is refused."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise explain_os_error(error, folder) from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise StartError(
            _("%(path)s belongs to somebody else: remove it, or use a shorter VAR_DIR.")
            % {"path": folder}
        )
    folder.chmod(0o700)


def remove_socket(path: Path, folder: Path) -> None:
    """Remove the socket, and the short folder that was made for it outside `folder`."""
    path.unlink(missing_ok=True)
    if not path.is_relative_to(folder):
        path.parent.rmdir()
