import time

import pytest
from celery import current_app
from celery.contrib.testing.worker import start_worker
from django.core.cache import cache
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from ecomsite import health
from ecomsite.running.heartbeat import silent_queues, write_heartbeat

QUEUES = ["default", "inference", "training"]


def test_the_queues_are_those_that_jobs_go_to() -> None:
    assert health.queues() == QUEUES


def test_the_process_answers_whatever_name_it_is_asked_by(client: Client) -> None:
    answer = client.get("/healthz", headers={"host": "10.0.0.7"})

    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.django_db
def test_a_shop_whose_workers_all_live_is_ready(client: Client) -> None:
    write_heartbeat(QUEUES)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {
        "ready": True,
        "parts": {"database": "ok", "broker": "ok", "migrations": "ok", "workers": "ok"},
    }


@pytest.mark.django_db
def test_a_queue_that_nobody_works_on_is_named(client: Client) -> None:
    write_heartbeat(["default", "inference"])

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["parts"]["workers"] == "nobody works on: training"


def test_a_worker_that_fell_silent_counts_no_longer() -> None:
    cache.set("worker-heartbeat:default", time.time() - 31)
    cache.set("worker-heartbeat:inference", time.time() - 20)

    assert silent_queues(QUEUES) == ["default", "training"]


@pytest.mark.django_db
def test_a_migration_that_was_not_applied_makes_the_shop_unready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_heartbeat(QUEUES)
    monkeypatch.setitem(health._schema, "is_current", False)
    newest = MigrationLoader(connection).graph.leaf_nodes("support")[0]
    MigrationRecorder(connection).record_unapplied(*newest)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert "not applied" in answer.json()["parts"]["migrations"]


def test_a_worker_tells_that_it_lives(transactional_db: None) -> None:
    assert silent_queues(["default"]) == ["default"]

    with start_worker(current_app, perform_ping_check=False, shutdown_timeout=30):
        assert silent_queues(["default"]) == []
