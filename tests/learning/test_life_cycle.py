"""What every learned model goes through."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from celery import current_app
from django.core.files.storage import storages
from django.core.management import call_command
from django.utils import timezone

from learning import artefacts, registry, serving
from learning.errors import AlreadyTrainingError, NotPublishableError
from learning.models import Anomaly, Decision, GateResult, ModelVersion, TrainingRun
from learning.services import publishing, training
from tests.factories import make_model_version, make_staff
from tests.learning import toys

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _toy_shop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(registry._registrations, toys.NAME, toys.REGISTRATION)
    monkeypatch.setattr(serving, "_loaded", {})
    toys.WORLD.numbers = [4.0, 6.0, 5.0, 5.0]
    toys.WORLD.published = []
    toys.WORLD.breaks_at = ""


def learn() -> TrainingRun:
    return training.retrain(toys.NAME, as_of=TODAY)


def test_a_good_model_is_published_with_its_figures_and_what_it_learned_from() -> None:
    run = learn()
    version = run.version
    assert run.status == TrainingRun.Status.PUBLISHED
    assert (run.rows, run.first_day, run.fingerprint) == (4, TODAY, "f" * 64)
    assert version.status == ModelVersion.Status.ACTIVE
    assert version.metrics == {"error": 0.0}
    assert version.baseline_metrics == {"error": 5.0}
    assert toys.WORLD.published == [5.0]
    assert serving.load(toys.NAME).model == toys.MeanModel(5.0)


def test_until_something_is_published_the_fallback_answers_and_says_so() -> None:
    served = serving.load(toys.NAME)
    assert served.model.value == 0.0
    assert served.is_baseline


def test_a_model_that_fails_its_gate_is_kept_rejected_and_never_served() -> None:
    learn()
    toys.WORLD.numbers = [40.0, 40.0, 5.0, 5.0]
    run = learn()
    assert run.status == TrainingRun.Status.REJECTED
    assert run.version.status == ModelVersion.Status.REJECTED
    failed = run.version.gates.filter(passed=False)
    assert {gate.reference for gate in failed} == {
        GateResult.Reference.FIXED,
        GateResult.Reference.BASELINE,
        GateResult.Reference.ACTIVE,
    }
    assert serving.load(toys.NAME).model.value == 5.0
    assert toys.WORLD.published == [5.0]
    assert Decision.objects.filter(action=Decision.Action.REFUSE).count() == 1
    with pytest.raises(NotPublishableError):
        publishing.publish_version(version=run.version, as_of=TODAY)


def test_the_active_version_holds_back_a_worse_one_within_its_slack() -> None:
    learn()
    toys.WORLD.numbers = [5.4, 5.4, 5.0, 5.0]
    assert learn().status == TrainingRun.Status.PUBLISHED
    toys.WORLD.numbers = [7.0, 7.0, 5.0, 5.0]
    assert learn().status == TrainingRun.Status.REJECTED


def test_too_little_data_is_said_and_not_scored() -> None:
    toys.WORLD.numbers = [1.0]
    run = learn()
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert run.message == "Not enough data: 1 of 4 numbers."
    assert not ModelVersion.objects.exists()


def test_what_was_odd_in_the_data_is_kept_with_examples() -> None:
    toys.WORLD.numbers = [-1.0, 5.0, 5.0, 5.0, 5.0]
    run = learn()
    anomaly = Anomaly.objects.get()
    assert (anomaly.run, anomaly.check_name, anomaly.rows) == (run, "negative", 1)
    assert anomaly.handling == Anomaly.Handling.DROPPED
    assert anomaly.examples == [-1.0]


def test_an_oddity_that_stays_waits_once_and_not_once_a_night() -> None:
    toys.WORLD.numbers = [-1.0, 5.0, 5.0, 5.0, 5.0]
    learn()
    elsewhere = Anomaly.objects.create(
        source="an import", check_name="negative", handling=Anomaly.Handling.KEPT, rows=1
    )
    second = learn()
    assert set(Anomaly.objects.open()) == {elsewhere, second.anomalies.get()}
    assert Anomaly.objects.filter(seen_at__isnull=False, seen_by=None).count() == 1


@pytest.mark.parametrize("stage", ["train", "publish"])
def test_a_run_that_breaks_leaves_the_rows_that_pages_read_as_they_were(stage: str) -> None:
    first = learn().version
    toys.WORLD.numbers = [5.2, 5.2, 5.0, 5.0]
    toys.WORLD.breaks_at = stage
    with pytest.raises(RuntimeError):
        learn()
    assert TrainingRun.objects.latest("pk").status == TrainingRun.Status.FAILED
    assert toys.WORLD.published == [5.0]
    if stage == "train":
        assert ModelVersion.objects.active().get() == first


def test_a_publication_that_died_after_the_switch_is_finished_by_the_sweep() -> None:
    toys.WORLD.breaks_at = "publish"
    with pytest.raises(RuntimeError):
        learn()
    toys.WORLD.breaks_at = ""
    assert publishing.refresh_stale_rows() == 1
    assert toys.WORLD.published == [5.0]
    assert publishing.refresh_stale_rows() == 0


def test_rows_made_anew_are_dated_by_what_was_learned_and_not_by_the_clock() -> None:
    version = learn().version
    toys.WORLD.numbers = [1.0]
    later = TODAY + timedelta(days=7)
    training.retrain(toys.NAME, as_of=later)
    forget_refresh(version)
    publishing.refresh_stale_rows()
    assert toys.WORLD.published_as_of == later


def test_a_damaged_version_does_not_hold_up_the_rows_of_the_others() -> None:
    version = learn().version
    forget_refresh(version)
    # Sorted before the toys, and without a file.
    make_model_version(
        pipeline="inventory.demand",
        number=1,
        status=ModelVersion.Status.ACTIVE,
        published_at=timezone.now(),
    )
    assert publishing.refresh_stale_rows() == 1
    version.refresh_from_db()
    assert version.refreshed_at is not None


def test_the_sweep_leaves_a_publication_alone_that_is_under_way() -> None:
    version = learn().version
    forget_refresh(version)
    running = training._begin(
        toys.NAME, as_of=TODAY, trigger=TrainingRun.Trigger.COMMAND, user_id=None
    )
    assert publishing.refresh_stale_rows() == 0
    # A process number that cannot exist: the run died.
    TrainingRun.objects.filter(pk=running.pk).update(process_id=2**22 + 1)
    assert publishing.refresh_stale_rows() == 1


def forget_refresh(version: ModelVersion) -> None:
    """As if the process had died between the switch and the rows."""
    ModelVersion.objects.filter(pk=version.pk).update(refreshed_at=None)


def test_jobs_that_publish_wait_their_turn_behind_the_training() -> None:
    for job in ("learning.retrain", "learning.sweep_stale_rows"):
        assert current_app.amqp.router.route({}, job)["queue"].name == "training"


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The toys as a pipeline whose first version comes with the program."""
    data = toys.MeanModel(3.0).to_bytes()
    (tmp_path / "mean.json").write_bytes(data)
    manifest = {
        "file": "mean.json",
        "format": "json",
        "sha256": hashlib.sha256(data).hexdigest(),
        "trained_on": "2026-01-01",
        "metrics": {"error": 2.0},
        "baseline_metrics": {"error": 5.0},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    registration = replace(toys.REGISTRATION, shipped=tmp_path)
    monkeypatch.setattr(registry, "_registrations", {toys.NAME: registration})


@pytest.mark.usefixtures("shipped")
def test_a_shipped_version_is_installed_where_nothing_was_ever_published() -> None:
    (version,) = publishing.install_shipped_versions(as_of=TODAY)
    assert ModelVersion.objects.active().get() == version
    assert toys.WORLD.published == [3.0]
    assert publishing.install_shipped_versions(as_of=TODAY) == []


@pytest.mark.usefixtures("shipped")
def test_an_installation_that_died_before_publishing_is_finished() -> None:
    (version,) = publishing.install_shipped_versions(as_of=TODAY)
    Decision.objects.all().delete()
    ModelVersion.objects.update(status=ModelVersion.Status.CANDIDATE, published_at=None)
    assert publishing.install_shipped_versions(as_of=TODAY) == [version]
    assert ModelVersion.objects.active().get() == version


@pytest.mark.usefixtures("shipped")
def test_a_rejected_attempt_does_not_keep_the_shipped_version_out() -> None:
    toys.WORLD.numbers = [40.0, 40.0, 5.0, 5.0]
    assert learn().status == TrainingRun.Status.REJECTED
    (version,) = publishing.install_shipped_versions(as_of=TODAY)
    assert version.number == 2


def test_a_pipeline_is_trained_by_one_process_at_a_time() -> None:
    running = training._begin(
        toys.NAME, as_of=TODAY, trigger=TrainingRun.Trigger.COMMAND, user_id=None
    )
    with pytest.raises(AlreadyTrainingError):
        learn()
    # A process number that cannot exist: the run died.
    TrainingRun.objects.filter(pk=running.pk).update(process_id=2**22 + 1)
    assert learn().status == TrainingRun.Status.PUBLISHED
    running.refresh_from_db()
    assert running.status == TrainingRun.Status.LOST


def test_a_damaged_file_is_refused_and_the_version_before_serves_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = learn().version
    toys.WORLD.numbers = [5.2, 5.2, 5.0, 5.0]
    second = learn().version
    path = storages["models"].path(second.file)
    with open(path, "wb") as file:
        file.write(b'{"value": 9999}')
    monkeypatch.setattr(serving, "_loaded", {})
    served = serving.load(toys.NAME)
    assert served.version == first
    assert served.model.value == 5.0
    second.refresh_from_db()
    assert second.damaged_at is not None
    with pytest.raises(NotPublishableError):
        publishing.publish_version(version=second, as_of=TODAY)


@pytest.mark.parametrize("content", [b"no JSON", b'{"mean": 5.2}'])
def test_a_file_of_another_layout_is_refused_like_a_damaged_one(
    monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    first = learn().version
    toys.WORLD.numbers = [5.2, 5.2, 5.0, 5.0]
    second = learn().version
    stored = artefacts.store(pipeline=toys.NAME, data=content, file_format="json")
    ModelVersion.objects.filter(pk=second.pk).update(
        file=stored.name, sha256=stored.sha256, size_bytes=stored.size_bytes
    )
    monkeypatch.setattr(serving, "_loaded", {})
    assert serving.load(toys.NAME).version == first
    second.refresh_from_db()
    assert second.damaged_at is not None


def test_with_every_file_gone_the_fallback_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    version = learn().version
    storages["models"].delete(version.file)
    monkeypatch.setattr(serving, "_loaded", {})
    assert serving.load(toys.NAME).is_baseline


def test_rolling_back_publishes_the_version_before_and_says_who_and_why() -> None:
    first = learn().version
    toys.WORLD.numbers = [5.2, 5.2, 5.0, 5.0]
    second = learn().version
    manager = make_staff()
    publishing.roll_back(name=toys.NAME, as_of=TODAY, user=manager, reason="odd in the shop")
    assert ModelVersion.objects.active().get() == first
    second.refresh_from_db()
    assert second.status == ModelVersion.Status.RETIRED
    assert toys.WORLD.published == [5.0]
    decision = Decision.objects.filter(action=Decision.Action.ROLL_BACK).get()
    assert (decision.user, decision.reason) == (manager, "odd in the shop")
    assert decision.proposed == {"instead_of": "toys.mean v2"}


def test_rolling_back_twice_goes_two_versions_back() -> None:
    first, second, _third = learn_versions(5.0, 5.2, 5.4)
    publishing.roll_back(name=toys.NAME, as_of=TODAY)
    assert ModelVersion.objects.active().get() == second
    publishing.roll_back(name=toys.NAME, as_of=TODAY)
    assert ModelVersion.objects.active().get() == first
    with pytest.raises(NotPublishableError):
        publishing.roll_back(name=toys.NAME, as_of=TODAY)


def test_no_version_that_was_rolled_back_stands_in_for_a_damaged_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second, _third = learn_versions(5.0, 5.2, 5.4)
    publishing.roll_back(name=toys.NAME, as_of=TODAY)
    storages["models"].delete(second.file)
    monkeypatch.setattr(serving, "_loaded", {})
    assert serving.load(toys.NAME).version == first


def learn_versions(*means: float) -> list[ModelVersion]:
    versions = []
    for mean in means:
        toys.WORLD.numbers = [mean, mean, 5.0, 5.0]
        versions.append(learn().version)
    return versions


def test_rolling_back_without_an_earlier_version_changes_nothing() -> None:
    version = learn().version
    with pytest.raises(NotPublishableError):
        publishing.roll_back(name=toys.NAME, as_of=TODAY)
    assert ModelVersion.objects.active().get() == version


def test_a_pipeline_is_due_by_its_rhythm() -> None:
    assert training.due(toys.NAME, as_of=TODAY)
    learn()
    assert not training.due(toys.NAME, as_of=TODAY)
    assert training.due(toys.NAME, as_of=TODAY + timedelta(days=1))


def test_the_commands_tell_what_is_active_and_how_good(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("retrain", toys.NAME, as_of=TODAY)
    call_command("models")
    printed = capsys.readouterr().out
    assert "toys.mean v1: active since" in printed
    assert "baseline 5" in printed
