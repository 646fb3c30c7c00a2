"""Looks at real processes, sockets and ports from outside."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def wait_for(condition: Callable[[], bool], what: str, *, seconds: float = 90.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.05)


def processes_of(folder: Path, *, variable: str = "VAR_DIR") -> dict[int, str]:
    """Command lines by process id of all that were started for `folder`.

    Their environment says so; Valkey writes its title over that, and names the folder in it.
    """
    marker = os.fsencode(f"{variable}={folder}")
    found = {}
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            words = (process / "cmdline").read_bytes().replace(b"\0", b" ").strip()
            environment = (process / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if words and (marker in environment or b"unixsocket:" + os.fsencode(folder) in words):
            found[int(process.name)] = words.decode()
    return found


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def bare_environment() -> dict[str, str]:
    """Our own environment without what the tests or a person set for a shop."""
    kept = {"PATH", "HOME", "USER", "TMPDIR"}
    return {"LC_ALL": "C.UTF-8"} | {key: os.environ[key] for key in kept & os.environ.keys()}


def start(*arguments: str, output: Path, **environment: str) -> subprocess.Popen[bytes]:
    with output.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env={**bare_environment(), **environment},
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env={**bare_environment(), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
