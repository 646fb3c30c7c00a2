"""The nightly run."""

from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from catalog.models import PhotoClassification
from ecomsite.backoffice.errors import AlreadyOperatingError
from ecomsite.backoffice.models import NightlyRun
from ecomsite.backoffice.services import nightly
from inventory.models import DemandForecast, PurchaseOrder, PurchaseOrderLine
from learning import registry
from learning.claims import claimant
from learning.models import Decision, ModelVersion, TrainingRun
from support.models import Review, ReviewClassification
from tests.factories import make_review
from tests.learning import toys

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 2)


def counts() -> dict[str, int]:
    models = (
        Decision,
        DemandForecast,
        ModelVersion,
        PhotoClassification,
        PurchaseOrder,
        PurchaseOrderLine,
        ReviewClassification,
        TrainingRun,
    )
    return {model.__name__: model._default_manager.count() for model in models}


def test_a_night_classifies_what_lies_there_and_says_what_it_did() -> None:
    make_review(text="Broken after two days, a waste of money, very disappointed.", stars=1)
    run = nightly.operate(as_of=TODAY)
    assert run.status == NightlyRun.Status.DONE
    assert ReviewClassification.objects.get().sentiment == "negative"
    told = {stage["stage"]: stage["counts"] for stage in run.stages}
    assert told["classify_reviews"] == {"classified": 1}
    assert told["install_shipped_models"] == {"installed": 2}
    assert told["retrain inventory.demand"]["outcome"] == "not_enough_data"


def test_the_second_run_of_a_night_changes_nothing() -> None:
    make_review()
    nightly.operate(as_of=TODAY)
    before = counts()
    nightly.operate(as_of=TODAY)
    assert counts() == before


def test_two_runs_at_once_do_not_do_the_work_twice() -> None:
    make_review()
    # The claim of a process that is alive: this one.
    NightlyRun.objects.create(as_of=TODAY, **claimant())
    with pytest.raises(AlreadyOperatingError):
        nightly.operate(as_of=TODAY)
    assert Review.objects.unclassified().count() == 1


def test_a_run_whose_process_died_does_not_hold_up_the_next() -> None:
    dead = NightlyRun.objects.create(as_of=TODAY, **{**claimant(), "process_id": 2**22 + 1})
    assert nightly.operate(as_of=TODAY).status == NightlyRun.Status.DONE
    dead.refresh_from_db()
    assert dead.status == NightlyRun.Status.LOST


def test_a_stage_that_fails_is_told_and_the_others_still_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(registry._registrations, toys.NAME, toys.REGISTRATION)
    monkeypatch.setattr(toys.WORLD, "numbers", [5.0, 5.0, 5.0, 5.0])
    monkeypatch.setattr(toys.WORLD, "breaks_at", "train")
    make_review()
    run = nightly.operate(as_of=TODAY)
    assert run.status == NightlyRun.Status.DONE_WITH_FAILURES
    errors = {stage["stage"]: stage["error"] for stage in run.stages if "error" in stage}
    assert errors == {"retrain toys.mean": "RuntimeError: the power failed"}
    assert Review.objects.unclassified().count() == 0


def test_the_command_prints_what_was_done_and_what_waits() -> None:
    printed = StringIO()
    call_command("operate", as_of=TODAY, stdout=printed)
    assert "draft_purchase_orders" in printed.getvalue()
    assert "waiting for people" in printed.getvalue()


def test_the_command_says_when_a_run_is_under_way() -> None:
    NightlyRun.objects.create(as_of=TODAY, **claimant())
    with pytest.raises(CommandError, match="under way"):
        call_command("operate", as_of=TODAY)


def test_a_night_looks_at_the_last_whole_day() -> None:
    assert nightly.last_whole_day() == timezone.localdate() - timedelta(days=1)
