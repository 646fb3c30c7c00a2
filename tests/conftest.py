"""Real parts for every test: a database file, a Valkey server, a Celery worker."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.utils import translation
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from catalog.services.versions import forget_catalogue_version
from ecomsite.running import valkey
from tests import environment, migrated
from tests.browser.chromium import chromium as chromium

ROOT = Path(__file__).resolve().parent.parent

# A busy machine is slow to draw examples; that says nothing about the shop.
hypothesis_settings.register_profile(
    "shop", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("shop")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes() -> None:
    """Let each process of a parallel run read the settings after its own `environment`.

    With this variable inherited pytest-django reads them at once, with the folder and the Redis
    database of the process that started it: all would share one socket.
    """
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)


@pytest.fixture(scope="session", autouse=True)
def broker() -> Iterator[None]:
    """The shop's own Valkey on a private socket, unless TEST_REDIS_URL names another."""
    if not environment.EMBEDDED_VALKEY:
        redis.Redis.from_url(settings.REDIS_URL).flushdb()
        yield
        return
    settings.VALKEY_SOCKET.parent.mkdir(parents=True, exist_ok=True)
    command = valkey.command(
        socket_path=settings.VALKEY_SOCKET, data_folder=environment.VAR_DIR / "valkey"
    )
    server = subprocess.Popen(command, shell=True, stdout=subprocess.DEVNULL)  # noqa: S602
    try:
        with redis.Redis(unix_socket_path=str(settings.VALKEY_SOCKET)) as client:
            _wait_until_it_answers(client)
            yield
            client.shutdown(nosave=True)
        server.wait(timeout=10)
    finally:
        if server.poll() is None:
            server.kill()
        shutil.rmtree(environment.VAR_DIR, ignore_errors=True)


def _wait_until_it_answers(client: redis.Redis) -> None:
    retry = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), retries=200)
    retry.call_with_retry(
        client.ping,
        lambda _error: None,
    )


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """A SQLite database may be there before the migrations run; it goes with its folder."""
    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def shared_database(
    pytestconfig: pytest.Config, django_db_modify_db_settings: None
) -> migrated.SharedDatabase | None:
    """What an earlier run migrated, copied to where the database of this one will be."""
    if connection.vendor != "sqlite" or pytestconfig.cache is None:
        return None
    database = Path(connection.settings_dict["TEST"]["NAME"])
    shared = migrated.SharedDatabase.of(database, pytestconfig.cache.mkdir("migrated"))
    shared.take()
    return shared


@pytest.fixture(scope="session")
def django_db_setup(shared_database: migrated.SharedDatabase | None, django_db_setup: None) -> None:
    """pytest-django's own, after which the next run need not migrate."""
    if shared_database is not None:
        shared_database.give()


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    yield
    cache.clear()
    forget_catalogue_version()


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """A page asked for in Chinese leaves its language behind in the process."""
    with translation.override("en"):
        yield


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: pytest.FixtureRequest) -> None:
    """Uploads and model files of one test are not seen by the next."""
    settings.MEDIA_ROOT = tmp_path / "media"  # type: ignore[attr-defined]  # pytest-django's wrapper
    storages = dict(settings.STORAGES)  # type: ignore[attr-defined]
    storages["models"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(tmp_path / "models"), "base_url": None},
    }
    # Names of static files without hashes: nothing was collected for the tests.
    storages["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = storages  # type: ignore[attr-defined]


@pytest.fixture
def celery_worker(transactional_db: None) -> Iterator[None]:
    """A real worker on the real broker, in a thread of this process so that it sees the test's
    database and settings."""
    current_app.loader.import_default_modules()
    queues = ["default", "inference", "training"]
    with current_app.connection_for_write() as connection:
        # The stubs know channels in general, not those of Redis.
        channel: Any = connection.default_channel
        for queue in queues:
            # What earlier tests sent is about rows that are gone.
            channel.queue_purge(queue)
    with start_worker(current_app, queues=queues, perform_ping_check=False, shutdown_timeout=30):
        yield


@pytest.fixture
def named_jobs() -> dict[str, str]:
    """Every job that the shop sends by name, and a file that does."""
    pattern = re.compile(r'(?:send_on_commit|send_now|signature|send_task)\(\s*"([a-z_.]+)"')
    apps = [path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"]
    return {
        name: str(path.relative_to(ROOT))
        for app in apps
        for path in sorted(app.rglob("*.py"))
        for name in pattern.findall(path.read_text(encoding="utf-8"))
    }
