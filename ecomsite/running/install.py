"""Makes `.venv` and installs the locks into it: `python3.11 ecomsite/running/install.py LOCK...`.

Runs on a bare Python 3.11, before anything is installed. uv installs in seconds what takes pip
minutes, so it is used when it is there or can be had.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
UV_LOCK = REPOSITORY / "requirements-setup.txt"
WANTED_PYTHON = (3, 11)
UV_OPTIONS = ["--python", str(PYTHON), "--require-hashes", "--quiet", "--compile-bytecode"]
PIP_OPTIONS = ["--require-hashes", "--quiet", "--disable-pip-version-check"]


class InstallError(Exception):
    """Installing cannot go on; the message is one sentence for the person at the terminal."""


def main(locks: list[str]) -> int:
    try:
        for name in locks:
            install(REPOSITORY / name)
    except InstallError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


def install(lock: Path) -> None:
    stamp = VENV / f".installed-{lock.stem}"
    wanted = hashlib.sha256(lock.read_bytes()).hexdigest()
    if PYTHON.exists() and stamp.is_file() and stamp.read_text() == wanted:
        return
    began = time.monotonic()
    ensure_venv()
    sys.stdout.write(f"Installing {lock.name} ... 正在安装……\n")
    sys.stdout.flush()
    uv = find_uv()
    if not (uv and succeeds([uv, "pip", "install", *UV_OPTIONS, "-r", str(lock)])) and not succeeds(
        [str(PYTHON), "-m", "pip", "install", *PIP_OPTIONS, "-r", str(lock)]
    ):
        raise InstallError(
            f"The packages of {lock.name} could not be installed: see the lines above, and that "
            "this machine reaches the Python package index."
        )
    stamp.write_text(wanted)
    sys.stdout.write(f"  {time.monotonic() - began:.1f} s\n")


def ensure_venv() -> None:
    if PYTHON.exists():
        return
    if sys.version_info[:2] != WANTED_PYTHON:
        raise InstallError(
            f"The shop is locked for Python 3.11, and this is {sys.version.split()[0]}: install "
            "Python 3.11 and run make PYTHON=/path/to/python3.11."
        )
    uv = shutil.which("uv")
    if succeeds([sys.executable, "-m", "venv", str(VENV)], quiet=True):
        return
    # Debian keeps pip for environments in a package of its own; uv brings its own.
    if uv and succeeds([sys.executable, "-m", "venv", "--clear", "--without-pip", str(VENV)]):
        return
    raise InstallError(
        f"{VENV} could not be made: see that this folder can be written, and on Debian and Ubuntu "
        "install python3.11-venv."
    )


def find_uv() -> str | None:
    """An uv that works: the machine's, or one from the package index inside the environment."""
    inside = str(VENV / "bin" / "uv")
    for candidate in (inside, shutil.which("uv")):
        if candidate and succeeds([candidate, "--version"], quiet=True):
            return candidate
    command = [str(PYTHON), "-m", "pip", "install", *PIP_OPTIONS, "-r", str(UV_LOCK)]
    if UV_LOCK.is_file() and succeeds(command, quiet=True):
        return inside
    return None


def succeeds(command: list[str], *, quiet: bool = False) -> bool:
    output = subprocess.DEVNULL if quiet else None
    # Behind a proxy that opens TLS, the machine's own list of certificates is the right one.
    environment = {"UV_SYSTEM_CERTS": "true", **os.environ}
    environment.pop("PYTHONPATH", None)
    try:
        return (
            subprocess.run(  # noqa: S603  # our own commands
                command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            ).returncode
            == 0
        )
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
