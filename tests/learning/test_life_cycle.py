"""What every learned model goes through."""

from datetime import date, timedelta

import pytest
from django.core.files.storage import storages
from django.core.management import call_command

from learning import registry, serving
from learning.errors import AlreadyTrainingError, NotPublishableError
from learning.models import Anomaly, Decision, GateResult, ModelVersion, TrainingRun
from learning.services import publishing, training
from tests.factories import make_staff
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
    assert publishing.refresh_stale_rows(as_of=TODAY) == 1
    assert toys.WORLD.published == [5.0]
    assert publishing.refresh_stale_rows(as_of=TODAY) == 0


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
