"""The Celery application; its settings are the `CELERY_*` lines of `settings.py`."""

import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

from ecomsite.running.heartbeat import Heartbeat

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ecomsite.settings")

app = Celery("ecomsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["worker"].add(Heartbeat)
app.autodiscover_tasks()
