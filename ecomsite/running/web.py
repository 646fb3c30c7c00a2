"""Settings of gunicorn: `gunicorn --config ecomsite/running/web.py ecomsite.wsgi`."""

import os
import signal
from pathlib import Path
from typing import Any

from ecomsite.running.children import die_with_parent

_host = os.environ.get("HOST") or "127.0.0.1"
bind = f"{f'[{_host}]' if ':' in _host else _host}:{os.environ.get('PORT') or '8000'}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = int(os.environ.get("WEB_THREADS") or 4)
# Loaded once and forked: half the start, and the workers share its memory.
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 5
# A worker that waits for a disk is not dead: its heartbeat file lives in memory.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
accesslog = None
errorlog = "-"


def post_fork(server: Any, worker: Any) -> None:
    die_with_parent(server.pid, signal.SIGTERM)
