"""Whatever keeps the shop from starting is said in one sentence, and the exit code tells."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running.observing import free_port, processes_of, run


def refused(folder: Path, **environment: str) -> str:
    """Try to start the shop; returns the one sentence that it says."""
    environment = {"VAR_DIR": str(folder), "PORT": str(free_port()), **environment}
    ended = run("-m", "ecomsite.running", **environment)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    said = ended.stderr.replace("The shop has not been started.\n", "")
    assert said.count("\n") == 1, said
    assert processes_of(folder) == {}
    return said.strip()


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = refused(tmp_path, PORT=str(port))

    assert said == (
        f"Port {port} on 127.0.0.1 is in use by another program: stop that program, or choose "
        "another port with PORT=8001 make run."
    )


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8０"])
def test_a_port_that_is_none(port: str, tmp_path: Path) -> None:
    assert refused(tmp_path, PORT=port).startswith("PORT must be a number from 1 to 65535")


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_a_host_that_is_elsewhere(host: str, tmp_path: Path) -> None:
    assert refused(tmp_path, HOST=host) == f"HOST “{host}” is not an address of this machine."


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "var").touch()

    assert refused(tmp_path / "var").startswith(f"{tmp_path / 'var'} cannot be used:")


def test_a_folder_that_cannot_be_written() -> None:
    # Not even root may write here.
    said = refused(Path("/proc/1/shop"))

    assert said.startswith("/proc/1/shop cannot be")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None or os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)])
    if mounted.returncode != 0:
        pytest.skip("this machine lets nobody mount a disk")
    yield disk
    subprocess.run([umount, str(disk)], check=True)


def test_a_disk_that_is_full(small_disk: Path) -> None:
    (small_disk / "rubbish").write_bytes(bytes(900_000))

    said = refused(small_disk / "var")

    assert said.startswith(f"The disk that holds {small_disk / 'var'} is full: 0 MB are free")


def test_a_disk_without_a_byte_left(small_disk: Path) -> None:
    (small_disk / "var").mkdir()
    with pytest.raises(OSError, match="No space"), (small_disk / "rubbish").open("wb") as file:
        file.write(bytes(2_000_000))

    assert refused(small_disk / "var").startswith(f"The disk that holds {small_disk / 'var'}")


def test_a_disk_that_is_read_only(small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)

    said = refused(small_disk / "var")

    assert said == (
        f"{small_disk / 'var'} cannot be written by this user (Read-only file system): "
        "set VAR_DIR to a folder that can."
    )


@pytest.mark.parametrize("url", ["nonsense", "mysql://a:b@127.0.0.1/shop", "postgres://a:b@host/"])
def test_a_database_url_that_names_no_database(url: str, tmp_path: Path) -> None:
    said = refused(tmp_path, DATABASE_URL=url)

    assert said.startswith("DATABASE_URL names no database that the shop can use")
    assert not (tmp_path / "shop.sqlite3").exists()


def test_a_database_server_that_does_not_answer(tmp_path: Path) -> None:
    said = refused(tmp_path, DATABASE_URL=f"postgres://shop:pass@127.0.0.1:{free_port()}/shop")

    assert said.startswith("The database of DATABASE_URL does not answer: ")
    assert "Connection refused" in said
    assert "pass@" not in said
    assert not (tmp_path / "shop.sqlite3").exists()


def test_a_database_in_a_folder_that_is_missing(tmp_path: Path) -> None:
    said = refused(tmp_path, DATABASE_URL=f"sqlite:///{tmp_path}/missing/shop.sqlite3")

    assert said.startswith(f"The database {tmp_path}/missing/shop.sqlite3 cannot be used")


def test_a_database_file_that_is_something_else(tmp_path: Path) -> None:
    (tmp_path / "shop.sqlite3").write_text("This is a letter, and not a short one." * 100)

    said = refused(tmp_path)

    assert said.startswith(f"The database {tmp_path / 'shop.sqlite3'} cannot be used: file is not")
    assert (tmp_path / "shop.sqlite3").read_text().startswith("This is a letter")


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1:6379/0", "redis://"])
def test_a_redis_url_that_names_no_server(url: str, tmp_path: Path) -> None:
    assert refused(tmp_path, REDIS_URL=url).startswith("REDIS_URL names no server")


def test_a_redis_server_that_does_not_answer(tmp_path: Path) -> None:
    said = refused(tmp_path, REDIS_URL=f"redis://:word@127.0.0.1:{free_port()}/0")

    assert said.startswith("The server of REDIS_URL does not answer: ")
    assert "word" not in said.split("See that")[0]
    assert not (tmp_path / "valkey").exists()


def test_a_command_without_a_secret(tmp_path: Path) -> None:
    ended = run("manage.py", "check", VAR_DIR=str(tmp_path), DEBUG="0")

    assert ended.returncode == 1
    assert ended.stderr == (
        "There is no secret key: set SECRET_KEY, or let `make run` write one to var/secret.\n"
    )
