"""`python -m ecomsite.running.prepare`: everything between an empty folder and an open shop.

Runs in a process of its own before the shop's processes: looks whether database and broker
answer, brings the schema up to date, gathers static files, installs the models that ship with
the project and makes the demo shop when there is nothing to sell yet.
"""

import hashlib
import io
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import django
import psycopg
import redis
from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from ecomsite.running.language import _
from ecomsite.running.place import state_folder
from ecomsite.running.problems import StartError, explain_os_error
from learning.errors import LearningError
from learning.jobs import send_on_commit

ANSWER_WITHIN_SECONDS = 5
DATABASE_SCHEMES = {"postgres", "postgresql", "psql", "pgsql", "sqlite"}
# The pages of the REST framework, which answers in JSON alone here.
NOT_SERVED = ["rest_framework"]
BROKER_SCHEMES = {"redis", "rediss"}


def main(environment: Mapping[str, str] = os.environ) -> int:
    try:
        prepare(environment)
    except StartError as problem:
        sys.stderr.write(f"{problem}\n")
    except CommandError as problem:
        sys.stderr.write(f"{problem}\n")
    except DatabaseError as error:
        sys.stderr.write(f"{explain_database_error(error)}\n")
    except OSError as error:
        sys.stderr.write(f"{explain_os_error(error, state_folder(environment))}\n")
    else:
        return 0
    return 1


def prepare(environment: Mapping[str, str]) -> None:
    check_urls(environment)
    try:
        django.setup()
    except ImproperlyConfigured as error:
        raise StartError(str(error)) from None
    # The person at the terminal reads what was done, not each event of it.
    logging.getLogger().setLevel(logging.WARNING)
    check_database()
    if settings.REDIS_URL:
        check_broker(settings.REDIS_URL)
    step("Database schema    数据库结构", migrate)
    step("Static files       静态文件", collect_static_files)
    step("Shipped models     随附模型", install_models)
    if environment.get("DEMO_SHOP", "1") != "0" and shop_is_empty():
        step("Demo shop          示例店铺", make_demo_shop)
    ask_for_the_first_night()


def step(title: str, work: Callable[[], bool]) -> None:
    """Do one thing, and say so when there was something to do."""
    began = time.monotonic()
    if work():
        sys.stdout.write(f"  {title}   {time.monotonic() - began:.1f} s\n")
        sys.stdout.flush()


def check_urls(environment: Mapping[str, str]) -> None:
    """Refuse what the settings would fail on with less to say."""
    if url := environment.get("DATABASE_URL"):
        parts = _split("DATABASE_URL", url)
        if parts.scheme not in DATABASE_SCHEMES or not parts.path.strip("/"):
            raise StartError(
                _(
                    "DATABASE_URL names no database that the shop can use: write "
                    "postgres://user:password@host:5432/name or sqlite:////folder/shop.sqlite3."
                )
            )
    if url := environment.get("REDIS_URL"):
        parts = _split("REDIS_URL", url)
        if parts.scheme not in BROKER_SCHEMES or not parts.hostname:
            raise StartError(
                _(
                    "REDIS_URL names no server that the shop can use: write "
                    "redis://:password@host:6379/0, or leave it out to use the embedded Valkey."
                )
            )


def _split(variable: str, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # reading it is what refuses it
    except ValueError as error:
        raise StartError(
            _("%(variable)s cannot be read: %(reason)s.") % {"variable": variable, "reason": error}
        ) from None
    return parts


def check_database() -> None:
    if connection.vendor != "postgresql":
        connection.ensure_connection()
        return
    # Django would wait for minutes where nothing answers at all.
    parameters = connection.get_connection_params()
    parameters["connect_timeout"] = ANSWER_WITHIN_SECONDS
    try:
        psycopg.connect(**parameters).close()
    except psycopg.Error as error:
        raise StartError(
            _(
                "The database of DATABASE_URL does not answer: %(reason)s. See that the server "
                "runs, and that host, port, name, user and password are right."
            )
            % {"reason": first_line(error)}
        ) from None


def check_broker(url: str) -> None:
    client = redis.Redis.from_url(
        url, socket_connect_timeout=ANSWER_WITHIN_SECONDS, socket_timeout=ANSWER_WITHIN_SECONDS
    )
    try:
        client.ping()
    except redis.RedisError as error:
        raise StartError(
            _(
                "The server of REDIS_URL does not answer: %(reason)s. See that it runs and that "
                "host, port and password are right, or leave REDIS_URL out to use the embedded "
                "Valkey."
            )
            % {"reason": first_line(error)}
        ) from None
    finally:
        client.close()


def explain_database_error(error: DatabaseError) -> str:
    reason = first_line(error)
    if connection.vendor != "sqlite":
        return _("The database of DATABASE_URL refused to work: %(reason)s.") % {"reason": reason}
    path = connection.settings_dict["NAME"]
    if "full" in reason:
        return _("The disk that holds %(path)s is full: free some space and start again.") % {
            "path": path
        }
    return _(
        "The database %(path)s cannot be used: %(reason)s. See that the file and its folder "
        "belong to this user, or set DATABASE_URL."
    ) % {"path": path, "reason": reason}


def first_line(error: Exception) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__).rstrip(". ")


def migrate() -> bool:
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", interactive=False, verbosity=0)
    return True


def collect_static_files() -> bool:
    """Gather and compress static files, unless nothing changed since the last time."""
    if settings.DEBUG:
        return False
    mark = Path(settings.STATIC_ROOT) / ".collected"
    fingerprint = _static_fingerprint()
    if mark.is_file() and mark.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, ignore_patterns=NOT_SERVED)
    mark.write_text(fingerprint)
    return True


def _static_fingerprint() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list(NOT_SERVED):
            found = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def install_models() -> bool:
    """Install what ships with the program; without it the shop works on its baselines."""
    said = io.StringIO()
    try:
        call_command("install_models", stdout=said)
    except LearningError as error:
        sys.stderr.write(f"{error}\n")
    return bool(said.getvalue().strip())


def shop_is_empty() -> bool:
    return not apps.get_model("catalog", "Product")._default_manager.exists()


def make_demo_shop() -> bool:
    call_command("seed_demo", stdout=io.StringIO())
    return True


def ask_for_the_first_night() -> None:
    """Leave it to the workers that start next, so that the dashboard is full without waiting."""
    if not shop_is_empty() and not apps.get_model("backoffice", "NightlyRun").objects.exists():
        send_on_commit("backoffice.operate")


if __name__ == "__main__":
    sys.exit(main())
