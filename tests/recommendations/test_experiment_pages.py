"""Staff pages of experiments."""

import csv
import io
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from recommendations.models import Experiment
from recommendations.services.experiments_reading import read_experiment
from tests.factories import make_product, make_staff
from tests.recommendations.experiments import make_experiment, make_running, send_visitors

pytestmark = pytest.mark.django_db

LIST = "admin:recommendations_experiment_changelist"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True))
    return client


def _page(client: Client, experiment: Experiment) -> str:
    address = reverse("admin:recommendations_experiment_change", args=[experiment.pk])
    return client.get(address).content.decode()


def _step(client: Client, experiment: Experiment, step: str, **typed: Any) -> int:
    address = reverse(f"admin:recommendations_experiment_{step}", args=[experiment.pk])
    return client.post(address, typed).status_code


def _typed(**changes: Any) -> dict[str, Any]:
    arms = [("a", "As today", "on", "{}"), ("b", "Varied", "", '{"diversity": 0.8}')]
    typed = {
        "title": "More variety",
        "key": "more-variety",
        "hypothesis": "",
        "placement": "home.guess_you_like",
        "method": "ab",
        "metric": "clicked",
        "smallest_effect_percent": "20",
        "error_percent": "5",
        "window_days": "3",
        "traffic_percent": "100",
        "planned_visitors": "",
        "exploration_percent": "20",
        "arms-TOTAL_FORMS": "2",
        "arms-INITIAL_FORMS": "0",
    }
    for at, (key, name, is_control, settings) in enumerate(arms):
        typed |= {
            f"arms-{at}-key": key,
            f"arms-{at}-name": name,
            f"arms-{at}-share": "50",
            f"arms-{at}-settings": settings,
        }
        if is_control:
            typed[f"arms-{at}-is_control"] = is_control
    return {**typed, **changes}


def test_an_experiment_is_written_started_read_and_decided(manager: Client) -> None:
    answer = manager.post(reverse("admin:recommendations_experiment_add"), _typed())
    assert answer.status_code == 302
    experiment = Experiment.objects.get(key="more-variety")
    assert experiment.created_by is not None
    assert "It can start" in _page(manager, experiment)
    _step(manager, experiment, "start")
    experiment.refresh_from_db()
    assert experiment.status == Experiment.Status.RUNNING
    assert "No visitor has been counted yet." in _page(manager, experiment)
    _step(manager, experiment, "stop")
    arm = experiment.arms.get(key="b")
    _step(manager, experiment, "adopt", arm=arm.pk, reason="Looks better")
    experiment.refresh_from_db()
    assert experiment.adopted == arm
    assert "the placement is set up like “Varied”" in _page(manager, experiment)


def test_settings_that_make_no_sense_are_refused_where_they_are_typed(manager: Client) -> None:
    for settings in ('{"diversity": 7}', '["a"]', "{", '{"colour": 1}'):
        typed = _typed(**{"arms-1-settings": settings})
        answer = manager.post(reverse("admin:recommendations_experiment_add"), typed)
        assert answer.status_code == 200, settings
    assert not Experiment.objects.exists()


def test_what_runs_cannot_be_changed_or_deleted(manager: Client) -> None:
    experiment = make_running()
    address = reverse("admin:recommendations_experiment_change", args=[experiment.pk])
    assert manager.post(address, _typed(title="Other")).status_code == 403
    gone = reverse("admin:recommendations_experiment_delete", args=[experiment.pk])
    assert manager.post(gone, {"post": "yes"}).status_code == 403
    experiment.refresh_from_db()
    assert experiment.title == "More variety"


def test_the_result_page_says_it_in_words_and_numbers(
    manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=3000, rates=(0.10, 0.22), days=2)
    read_experiment(experiment, as_of=date(2026, 3, 6))
    with django_assert_max_num_queries(30):
        page = _page(manager, experiment)
    assert "“Arm B” is better by" in page
    assert "visitors who clicked" in page
    assert "<canvas" in page
    assert "Visitors are spread as planned" in page


def test_the_file_holds_every_evening(manager: Client) -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=600, rates=(0.3, 0.3))
    read_experiment(experiment, as_of=date(2026, 3, 4))
    address = reverse("admin:recommendations_experiment_export", args=[experiment.pk])
    answer = manager.get(address)
    text = b"".join(answer).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["day"] for row in rows} == {"2026-03-02", "2026-03-03", "2026-03-04"}
    last = next(row for row in rows if row["day"] == "2026-03-04" and row["metric"] == "clicked")
    assert int(last["control_visitors"]) + int(last["arm_visitors"]) == 600


def test_the_list_costs_the_same_for_many(
    manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    product = make_product()
    for number in range(8):
        experiment = make_experiment(placement=f"place.{number}")
        Experiment.objects.filter(pk=experiment.pk).update(
            status="running", started_at="2026-03-02T04:00Z"
        )
        experiment.refresh_from_db()
        send_visitors(experiment, product, n=40, rates=(0.3, 0.3), first=100 * number)
        read_experiment(experiment, as_of=date(2026, 3, 4))
    with django_assert_max_num_queries(24):
        page = manager.get(reverse(LIST)).content.decode()
    assert page.count("too few visitors") == 8


def test_who_may_only_look_cannot_act(client: Client) -> None:
    staff = make_staff()
    staff.user_permissions.add(Permission.objects.get(codename="view_experiment"))
    client.force_login(staff)
    experiment = make_running()
    for step in ("start", "stop", "read", "adopt"):
        assert _step(client, experiment, step, arm="1") == 403, step
    experiment.refresh_from_db()
    assert experiment.status == Experiment.Status.RUNNING
    assert "Adopt this arm" not in _page(client, experiment)


def test_looking_changes_nothing(manager: Client) -> None:
    experiment = make_running()
    for step in ("start", "stop", "read", "adopt"):
        address = reverse(f"admin:recommendations_experiment_{step}", args=[experiment.pk])
        assert manager.get(address).status_code == 302
    experiment.refresh_from_db()
    assert experiment.status == Experiment.Status.RUNNING
