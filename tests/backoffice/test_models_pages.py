"""Publishing, rolling back, retraining and looking at models."""

from datetime import date

import pytest
from celery import Celery, current_app
from django.core.files.storage import storages
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from ecomsite.backoffice import roles
from learning import registry, serving
from learning.models import Decision, ModelVersion
from learning.services import training
from learning.tasks import sweep_stale_rows
from tests.backoffice.factories import make_anomaly, make_member
from tests.learning import toys

TODAY = date(2026, 3, 2)
ENGLISH = {"accept-language": "en"}


@pytest.fixture
def _toy_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._registrations, toys.NAME, toys.REGISTRATION)
    monkeypatch.setattr(serving, "_loaded", {})
    toys.WORLD.numbers = [4.0, 6.0, 5.0, 5.0]
    toys.WORLD.published = []
    toys.WORLD.breaks_at = ""


def learn(numbers: list[float]) -> ModelVersion:
    toys.WORLD.numbers = numbers
    version: ModelVersion = training.retrain(toys.NAME, as_of=TODAY).version
    return version


def act(client: Client, action: str, version: ModelVersion) -> list[str]:
    """Carry out an action of the list of versions; returns what the page says."""
    answer = client.post(
        reverse("admin:learning_modelversion_changelist"),
        {"action": action, "_selected_action": [version.pk]},
        headers=ENGLISH,
        follow=True,
    )
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_shop")
def test_a_manager_rolls_back_and_the_rows_follow_by_the_sweep(client: Client) -> None:
    first = learn([4.0, 6.0, 5.0, 5.0])
    second = learn([6.0, 6.0, 6.0, 6.0])
    manager = make_member(roles.MANAGER)
    client.force_login(manager)
    assert act(client, "roll_back_selected", second) == [f"{first} serves again."]
    first.refresh_from_db()
    assert first.status == ModelVersion.Status.ACTIVE
    assert serving.load(toys.NAME).model == toys.MeanModel(5.0)
    decision = Decision.objects.filter(action="roll_back").get()
    assert (decision.user, decision.version) == (manager, first)
    # The request answers at once; what pages read is made anew by a job.
    assert toys.WORLD.published == [6.0]
    sweep_stale_rows()
    assert toys.WORLD.published == [5.0]


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_shop")
def test_a_rejected_version_is_not_published_and_the_page_says_why(client: Client) -> None:
    active = learn([4.0, 6.0, 5.0, 5.0])
    rejected = learn([40.0, 40.0, 5.0, 5.0])
    client.force_login(make_member(roles.MANAGER))
    (said,) = act(client, "publish_selected", rejected)
    assert "cannot be published" in said
    active.refresh_from_db()
    assert active.status == ModelVersion.Status.ACTIVE


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_shop")
def test_a_version_whose_file_was_swapped_is_not_published(client: Client) -> None:
    first = learn([4.0, 6.0, 5.0, 5.0])
    second = learn([6.0, 6.0, 6.0, 6.0])
    with storages["models"].open(first.file, "wb") as stored:
        stored.write(b'{"value": 9.0}')
    client.force_login(make_member(roles.MANAGER))
    (said,) = act(client, "publish_selected", first)
    assert "cannot be published" in said
    second.refresh_from_db()
    assert second.status == ModelVersion.Status.ACTIVE


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_shop")
def test_retraining_from_the_page_is_asked_of_a_worker(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    version = learn([4.0, 6.0, 5.0, 5.0])
    manager = make_member(roles.MANAGER)
    client.force_login(manager)
    with django_capture_on_commit_callbacks(execute=True):
        act(client, "retrain_selected", version)
    # The worker of training takes it from the broker; here it is taken by hand.
    with current_app.connection_for_read() as connection:
        message = connection.SimpleQueue("training").get(timeout=5)
    (name, _as_of, user_id), _kwargs, _embedded = message.payload
    message.ack()
    assert message.headers["task"] == "learning.retrain"
    assert (name, user_id) == (toys.NAME, manager.pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_shop")
def test_a_retrain_that_could_not_be_asked_for_is_not_promised(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = learn([4.0, 6.0, 5.0, 5.0])
    dead = Celery("dead", set_as_current=False)
    dead.config_from_object("django.conf:settings", namespace="CELERY")
    dead.conf.update(broker_url="redis://127.0.0.1:1/0")
    monkeypatch.setattr("learning.jobs.current_app", dead)
    client.force_login(make_member(roles.MANAGER))
    assert act(client, "retrain_selected", version) == [
        "“Mean of numbers” is not being retrained: the job queue does not answer."
    ]


@pytest.mark.django_db
@pytest.mark.usefixtures("_toy_shop")
def test_the_page_of_a_version_shows_figures_gate_and_what_it_learned_from(client: Client) -> None:
    version = learn([4.0, 6.0, 5.0, 5.0])
    client.force_login(make_member(roles.MANAGER))
    page = client.get(
        reverse("admin:learning_modelversion_change", args=[version.pk]), headers=ENGLISH
    ).content.decode()
    assert "Mean of numbers, version 1" in page
    assert "≤ 10" in page
    run = client.get(
        reverse("admin:learning_trainingrun_change", args=[version.run_id]), headers=ENGLISH
    ).content.decode()
    assert reverse("admin:learning_modelversion_change", args=[version.pk]) in run


@pytest.mark.django_db
def test_an_anomaly_that_was_seen_waits_no_more(client: Client) -> None:
    manager = make_member(roles.MANAGER)
    client.force_login(manager)
    seen, other = make_anomaly(), make_anomaly()
    client.post(
        reverse("admin:learning_anomaly_changelist"),
        {"action": "mark_as_seen", "_selected_action": [seen.pk]},
    )
    seen.refresh_from_db()
    other.refresh_from_db()
    assert seen.seen_by == manager
    assert other.seen_at is None
