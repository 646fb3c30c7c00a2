"""The rules that import-linter cannot see."""

import ast
import subprocess
import sys

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db.models import ForeignKey, ManyToManyField, OneToOneField

from ecomsite.schedule import BEAT_SCHEDULE
from learning import registry

# From the bottom up; apps of one rung do not know each other.
RUNGS = [
    {"learning"},
    {"outbox"},
    {"catalog", "customers"},
    {"inventory"},
    {"orders"},
    {"support"},
    {"insights"},
    {"recommendations"},
    {"storefront"},
    {"backoffice", "api"},
]
RUNG_OF = {app: rung for rung, apps_of_rung in enumerate(RUNGS) for app in apps_of_rung}
HEAVY = (
    *("sklearn", "scipy", "onnxruntime", "pandas", "matplotlib", "jieba", "pypinyin"),
    *("fpdf", "fontTools", "dask", "pyarrow"),
)


def test_relations_follow_the_ladder() -> None:
    climbing = []
    for model in apps.get_models():
        if model._meta.app_label not in RUNG_OF:
            continue
        for field in model._meta.get_fields():
            if not isinstance(field, (ForeignKey, OneToOneField, ManyToManyField)):
                continue
            target = field.related_model
            # Who did something is asked everywhere: the user model is a setting of Django.
            if target._meta.label == settings.AUTH_USER_MODEL:
                continue
            app = target._meta.app_label
            if app not in RUNG_OF or app == model._meta.app_label:
                continue
            if RUNG_OF[app] >= RUNG_OF[model._meta.app_label]:
                climbing.append(f"{model._meta.label}.{field.name} -> {target._meta.label}")
    assert climbing == []


def test_every_job_that_is_sent_by_name_is_a_registered_task(named_jobs: dict[str, str]) -> None:
    # Of services, of the staff pages and of the start: else the search finds nothing any more.
    assert set(named_jobs) >= {
        "backoffice.operate",
        "catalog.classify_photo",
        "catalog.prepare_photo",
        "learning.retrain",
        "learning.sweep_stale_rows",
        "support.classify_review",
    }
    current_app.loader.import_default_modules()
    missing = {job: where for job, where in named_jobs.items() if job not in current_app.tasks}
    assert missing == {}


def test_every_scheduled_job_is_a_registered_task() -> None:
    current_app.loader.import_default_modules()
    scheduled = {entry["task"] for entry in BEAT_SCHEDULE.values()}
    assert scheduled - set(current_app.tasks) == set()


def test_the_shop_has_these_pipelines() -> None:
    assert [registration.name for registration in registry.registered()] == [
        "catalog.photo_category",
        "insights.affinity",
        "insights.churn",
        "insights.clusters",
        "insights.customer_value",
        "insights.look_alikes",
        "insights.order_anomaly",
        "insights.order_outcome",
        "insights.purchase",
        "insights.visit_purchase",
        "insights.writing_time",
        "inventory.demand",
        "inventory.elasticity",
        "inventory.price",
        "recommendations.item_neighbours",
        "recommendations.next_item",
        "recommendations.ranker",
        "recommendations.repeat",
        "recommendations.similar_products",
        "support.review_sentiment",
    ]


@pytest.mark.parametrize("registration", list(registry.registered()), ids=lambda r: r.name)
def test_every_registered_pipeline_loads(registration: registry.Registration) -> None:
    assert registration.load_pipeline().name == registration.name
    assert registration.load_fallback() is not None
    model_class = registration.load_model_class()
    assert callable(model_class.from_bytes)
    assert callable(model_class.to_bytes)


@pytest.mark.parametrize("registration", list(registry.registered()), ids=lambda r: r.name)
def test_a_served_model_loads_without_training_libraries(
    registration: registry.Registration,
) -> None:
    module, _, _ = registration.model.rpartition(".")
    assert _loaded_after(f"import {module}", ("sklearn", "scipy")) == []


def test_nothing_heavy_is_imported_when_the_web_process_starts() -> None:
    start = (
        "from ecomsite.wsgi import application\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
    )
    assert _loaded_after(start, HEAVY) == []


def _loaded_after(code: str, modules: tuple[str, ...]) -> list[str]:
    report = f"{code}\nimport sys\nprint([m for m in {modules!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(ast.literal_eval(done.stdout.splitlines()[-1]))
