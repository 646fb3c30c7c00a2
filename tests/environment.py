"""The environment that tests run in, set before the settings are read.

Imported by the package itself, so before anything of the shop. Without TEST_DATABASE_URL the tests
run on a SQLite file, since an in-memory database has no lock errors to find; without TEST_REDIS_URL
on the shop's own Valkey.
Each process of a parallel run has its own folder, server and database.
"""

import os
import tempfile
from pathlib import Path

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
WORKER_NUMBER = int(WORKER.removeprefix("gw"))
VAR_DIR = Path(tempfile.mkdtemp(prefix="shop-tests-"))
EMBEDDED_VALKEY = not os.environ.get("TEST_REDIS_URL")

os.environ["DJANGO_SETTINGS_MODULE"] = "ecomsite.settings"
os.environ["VAR_DIR"] = str(VAR_DIR)
os.environ["SECRET_KEY"] = "for the tests only, and long enough to pass the deployment check"
os.environ["LANGUAGE_CODE"] = "en"
os.environ["SHOP_NAME"] = "Zhanggui"
os.environ["DEBUG"] = "0"
os.environ["OMP_NUM_THREADS"] = "1"
# The browser of the tests keeps an event loop in this thread; nothing here is asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
os.environ.pop("DATABASE_URL", None)
os.environ.pop("REDIS_URL", None)
if url := os.environ.get("TEST_DATABASE_URL"):
    os.environ["DATABASE_URL"] = url
if url := os.environ.get("TEST_REDIS_URL"):
    # A database number for each process, so that they do not empty each other's queues.
    os.environ["REDIS_URL"] = f"{url.rstrip('/')}/{WORKER_NUMBER + 8}"
