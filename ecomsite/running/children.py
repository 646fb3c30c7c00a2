"""Processes that cannot outlive the one that started them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

PR_SET_PDEATHSIG = 1
# Loaded here, because nothing should be loaded between fork and exec.
_libc: Any = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(parent: int, how: signal.Signals = signal.SIGTERM) -> None:
    """Ask the kernel to send `how` to this process when its parent ends, even by kill -9.

    parent: the process that this one expects as its parent; it may have died before we asked.
    Does nothing on systems other than Linux.
    """
    if _libc is None:
        return
    _libc.prctl(PR_SET_PDEATHSIG, int(how))
    if os.getppid() != parent:
        os.kill(os.getpid(), how)


def spawn(
    command: str,
    *,
    environment: Mapping[str, str],
    output: int | None = None,
    when_orphaned: signal.Signals = signal.SIGKILL,
    folder: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a shell command line in a session of its own.

    Its own session keeps Ctrl-C from it, so that the supervisor decides who stops when.
    output: file descriptor for what it prints; the supervisor's own when None.
    """
    return subprocess.Popen(  # noqa: S603  # lines of the Procfile
        ["/bin/sh", "-c", f"exec {command}"],
        env=dict(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=True,
        preexec_fn=_before_exec(os.getpid(), when_orphaned),
    )


def _before_exec(parent: int, when_orphaned: signal.Signals) -> Callable[[], None]:
    def before_exec() -> None:
        # The supervisor blocks signals to wait for them, and a mask is inherited.
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        die_with_parent(parent, when_orphaned)

    return before_exec


def signal_group(process: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Send `how` to everything that is left of a child's session."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
