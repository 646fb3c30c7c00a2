"""The whole shop as `make run` starts it: real processes, looked at from outside."""

import http.client
import json
import os
import shutil
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from ecomsite.running import place, valkey
from tests.running.observing import (
    free_port,
    port_is_free,
    processes_of,
    run,
    start,
    wait_for,
)

OPEN = "The shop is open"


class Shop:
    """A shop without goods on a port of its own."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.output = folder.with_name("output")
        self.socket = place.valkey_socket(folder, {})
        self.process: subprocess.Popen[bytes] = start(
            "-m",
            "ecomsite.running",
            output=self.output,
            VAR_DIR=str(folder),
            PORT=str(self.port),
            DEMO_SHOP="0",
            **environment,
        )

    def said(self) -> str:
        return self.output.read_text()

    def wait_until_open(self) -> None:
        wait_for(lambda: OPEN in self.said() or self.process.poll() is not None, "the shop to open")
        assert OPEN in self.said(), self.said()

    def get(self, path: str) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def processes(self) -> dict[int, str]:
        return processes_of(self.folder)

    def process_id(self, words: str) -> int:
        """The first process of those that were started with these words."""
        return min(pid for pid, line in self.processes().items() if words in line)

    def left_nothing(self) -> bool:
        return self.processes() == {} and not self.socket.exists() and port_is_free(self.port)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all, since a database takes seconds to make."""
    return tmp_path_factory.mktemp("shop") / "var"


@pytest.fixture
def no_process_left(folder: Path) -> Iterator[None]:
    yield
    for pid in processes_of(folder):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.usefixtures("no_process_left")
def test_the_shop_opens_survives_its_web_server_and_closes(folder: Path) -> None:
    shop = Shop(folder)
    shop.wait_until_open()

    assert f"http://127.0.0.1:{shop.port}/" in shop.said()
    assert shop.get("/healthz") == (200, "ok\n")
    wait_for(lambda: shop.get("/readyz")[0] == 200, "every part to be ready")
    assert json.loads(shop.get("/readyz")[1])["ready"] is True
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((folder / "shop.sqlite3").stat().st_mode) & 0o007 == 0

    again = run("-m", "ecomsite.running", VAR_DIR=str(folder), PORT=str(free_port()))
    assert (again.returncode, again.stderr) == (
        1,
        f"The shop in {folder} is running already (process {shop.process.pid}): stop that one "
        "first, or set VAR_DIR to another folder.\n",
    )

    first = shop.process_id("gunicorn")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: "web ended by signal SIGKILL; starting it again" in shop.said(), "the news")
    wait_for(lambda: shop.get("/healthz")[0] == 200, "the web server to be back")
    assert first not in shop.processes()

    shop.process.send_signal(signal.SIGTERM)

    assert shop.process.wait(timeout=40) == 0
    assert shop.left_nothing()


@pytest.mark.usefixtures("no_process_left")
def test_a_supervisor_that_is_killed_takes_everything_with_it(folder: Path) -> None:
    shop = Shop(folder)
    shop.wait_until_open()
    wait_for(lambda: shop.get("/readyz")[0] == 200, "every part to be ready")
    lines = " ".join(shop.processes().values())
    assert all(word in lines for word in ("valkey-server", "gunicorn", "celery", "beat"))

    shop.process.kill()

    wait_for(shop.left_nothing, "every process, the socket and the port to go", seconds=25)

    again = Shop(folder)
    again.wait_until_open()
    again.process.send_signal(signal.SIGINT)
    assert again.process.wait(timeout=40) == 0
    assert again.left_nothing()


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    """A server of the owner's, on TCP."""
    port = free_port()
    words = valkey.command(socket_path=tmp_path / "s", data_folder=tmp_path / "data").replace(
        "--port 0", f"--port {port} --bind 127.0.0.1"
    )
    with subprocess.Popen(f"exec {words}", shell=True, stdout=subprocess.DEVNULL) as server:  # noqa: S602
        wait_for(lambda: valkey.answers(tmp_path / "s"), "the owner's server")
        yield f"redis://127.0.0.1:{port}/0"
        server.terminate()


@pytest.mark.usefixtures("no_process_left")
def test_with_a_redis_url_no_embedded_server_starts(folder: Path, redis_url: str) -> None:
    shutil.rmtree(folder / "valkey", ignore_errors=True)
    shop = Shop(folder, REDIS_URL=redis_url)
    shop.wait_until_open()

    wait_for(lambda: shop.get("/readyz")[0] == 200, "every part to be ready")
    assert "valkey-server" not in " ".join(shop.processes().values())
    assert not (folder / "valkey").exists()
    assert not shop.socket.exists()

    shop.process.terminate()
    assert shop.process.wait(timeout=40) == 0
    assert shop.left_nothing()


@pytest.fixture
def database_url() -> Iterator[str]:
    """A new database on the PostgreSQL server that the tests were given."""
    given = os.environ.get("TEST_DATABASE_URL", "")
    if not given.startswith("postgres"):
        pytest.skip("TEST_DATABASE_URL names no PostgreSQL server")
    name = f"shop_opens_{os.getpid()}"
    with psycopg.connect(given, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield f"{given.rpartition('/')[0]}/{name}"
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_on_servers_of_the_owner_nothing_is_embedded(
    folder: Path, tmp_path: Path, database_url: str, redis_url: str
) -> None:
    shop = Shop(
        tmp_path / "var",
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        STATIC_ROOT=str(folder / "static"),
    )
    shop.wait_until_open()

    wait_for(lambda: shop.get("/readyz")[0] == 200, "every part to be ready")
    assert list(shop.folder.rglob("*.sqlite3*")) == []
    assert not (shop.folder / "valkey").exists()

    shop.process.terminate()
    assert shop.process.wait(timeout=40) == 0
    assert shop.left_nothing()


def test_a_deep_folder_keeps_its_socket_elsewhere_and_removes_it(
    folder: Path, tmp_path: Path
) -> None:
    deep = tmp_path / ("deep" * 20) / "var"
    deep.mkdir(parents=True)
    shop = Shop(deep, STATIC_ROOT=str(folder / "static"))
    shop.wait_until_open()

    assert shop.socket.is_socket()
    assert not shop.socket.is_relative_to(tmp_path)

    shop.process.terminate()
    assert shop.process.wait(timeout=40) == 0
    assert shop.left_nothing()
    assert not shop.socket.parent.exists()
