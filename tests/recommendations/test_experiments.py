"""Experiments: who meets what, what is counted, what is said, and what a person decides."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from insights.models import Interaction
from learning.models import Decision
from recommendations.errors import ExperimentStepError
from recommendations.models import Experiment, ExperimentReading, Placement
from recommendations.services import experiments_speed
from recommendations.services.experiments import Arm, arm_for
from recommendations.services.experiments_reading import read_experiment, read_experiments
from recommendations.services.experiments_running import adopt, plan_visitors, start, stop
from recommendations.services.experiments_words import Standing, judge
from tests.factories import make_order, make_product, make_staff, make_user
from tests.recommendations.experiments import (
    PLACEMENT,
    START,
    interaction,
    make_experiment,
    make_running,
    send_visitors,
    visitor,
)

pytestmark = pytest.mark.django_db

SECOND_DAY = date(2026, 3, 3)


def _arm(key: str, customer_id: int | None = None) -> Arm:
    arm = arm_for(placement=PLACEMENT, visitor_key=key, customer_id=customer_id)
    assert arm is not None
    return arm


def _reading(experiment: Experiment, metric: str = "clicked") -> ExperimentReading:
    return ExperimentReading.objects.filter(day__experiment=experiment, metric=metric).latest(
        "day__day"
    )


def test_a_visitor_meets_an_arm_from_the_start_to_the_stop(
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    experiment, staff = make_experiment(settings={"limit": 4}), make_staff()
    assert arm_for(placement=PLACEMENT, visitor_key=visitor(1)) is None
    with django_capture_on_commit_callbacks(execute=True):
        start(experiment=experiment, user=staff)
    arms = {_arm(visitor(n)).key for n in range(50)}
    assert arms == {"a", "b"}
    one = arm_for(placement=PLACEMENT, visitor_key=visitor(1))
    assert one == arm_for(placement=PLACEMENT, visitor_key=visitor(1))
    assert arm_for(placement="product.similar", visitor_key=visitor(1)) is None
    with django_capture_on_commit_callbacks(execute=True):
        stop(experiment=experiment, user=staff)
    assert arm_for(placement=PLACEMENT, visitor_key=visitor(1)) is None


def test_a_customer_keeps_her_arm_on_every_device() -> None:
    make_running()
    devices = {_arm(visitor(n), 7).key for n in range(40)}
    assert len(devices) == 1
    browsers = {_arm(visitor(n)).key for n in range(40)}
    assert browsers == {"a", "b"}


def test_nobody_without_a_name_takes_part() -> None:
    make_running()
    assert arm_for(placement=PLACEMENT, visitor_key="") is None


def test_asking_again_costs_no_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_running()
    arm_for(placement=PLACEMENT, visitor_key=visitor(1))
    with django_assert_num_queries(0):
        for n in range(20):
            arm_for(placement=PLACEMENT, visitor_key=visitor(n))


def test_one_experiment_runs_on_a_placement() -> None:
    make_running()
    second = make_experiment()
    with pytest.raises(ExperimentStepError, match="Another experiment"):
        start(experiment=second, user=make_staff())
    second.refresh_from_db()
    assert second.status == Experiment.Status.DRAFT
    with pytest.raises(IntegrityError), transaction.atomic():
        Experiment.objects.filter(pk=second.pk).update(status="running", started_at=START)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"settings": {"colour": "red"}}, "not known"),
        ({"settings": {"limit": 1000}}, "whole number"),
        ({"shares": (100,)}, "between two and"),
        ({"placement": "moon.surface"}, "no placement"),
        ({"placement": "product.similar", "method": "interleaving"}, "kept for all visitors"),
        ({"placement": "email.picks"}, "does not come back"),
        ({"method": "interleaving", "shares": (40, 30, 30)}, "exactly two arms"),
    ],
)
def test_what_makes_no_sense_does_not_start(change: dict[str, Any], problem: str) -> None:
    experiment = make_experiment(**change)
    with pytest.raises(ExperimentStepError, match=problem):
        start(experiment=experiment, user=make_staff())
    experiment.refresh_from_db()
    assert experiment.status == Experiment.Status.DRAFT


def test_only_visitors_whose_days_have_passed_are_counted() -> None:
    experiment, product = make_running(window_days=2), make_product()
    send_visitors(experiment, product, n=30, rates=(0.5, 0.5), days=3)
    read_experiment(experiment, as_of=date(2026, 3, 4))
    counted = [sum(day.counted.values()) for day in experiment.days.order_by("day")]
    seen = [sum(day.seen.values()) for day in experiment.days.order_by("day")]
    assert seen == [10, 20, 30]
    # First sights are at noon: two days are over on the second evening after.
    assert counted == [0, 0, 10]


def test_reading_twice_changes_nothing() -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=400, rates=(0.3, 0.5))
    read_experiments(as_of=SECOND_DAY)
    before = list(ExperimentReading.objects.order_by("metric").values_list("metric", "lower"))
    read_experiments(as_of=SECOND_DAY)
    assert (
        before
        == list(
            ExperimentReading.objects.filter(day__day=SECOND_DAY)
            .order_by("metric")
            .values_list("metric", "lower")
        )
        or len(before) == ExperimentReading.objects.count()
    )
    assert experiment.days.count() == 2


def test_a_better_arm_is_told_with_its_interval() -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=3000, rates=(0.10, 0.22))
    read_experiment(experiment, as_of=SECOND_DAY)
    row = _reading(experiment)
    assert row.control_visitors + row.arm_visitors == 3000
    assert row.lower is not None
    assert row.upper is not None
    assert 0 < row.lower < 0.12 < row.upper
    verdict = judge(experiment, row.arm, row.day)
    assert verdict.standing == Standing.BETTER
    assert "“Arm B” is better by" in verdict.text


def test_equal_arms_are_not_told_apart_and_a_few_days_are_named() -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=1500, rates=(0.2, 0.2), days=3, seed=4)
    read_experiment(experiment, as_of=date(2026, 3, 5))
    row = _reading(experiment)
    assert judge(experiment, row.arm, row.day).standing == Standing.OPEN
    assert row.lower is not None
    assert row.upper is not None
    assert row.lower < 0 < row.upper


def test_too_few_visitors_are_said_to_be_too_few() -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=60, rates=(0.2, 0.9))
    read_experiment(experiment, as_of=SECOND_DAY)
    row = _reading(experiment)
    assert row.difference is None
    verdict = judge(experiment, row.arm, row.day)
    assert verdict.text == "Too few visitors: 60 of about 2,000."


def test_lost_visitors_of_one_arm_stop_the_reading() -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=2000, rates=(0.1, 0.5))
    lost = Interaction.objects.filter(arm__endswith=":b").order_by("pk")[:400]
    Interaction.objects.filter(pk__in=list(lost.values_list("pk", flat=True))).delete()
    read_experiment(experiment, as_of=SECOND_DAY)
    day = experiment.days.latest("day")
    assert not day.ratio_holds
    verdict = judge(experiment, experiment.arms.get(key="b"), day)
    assert verdict.standing == Standing.BROKEN
    assert "better" not in verdict.text


def test_an_arm_that_chance_did_not_give_is_not_believed() -> None:
    experiment, product = make_running(), make_product()
    send_visitors(experiment, product, n=100, rates=(0.5, 0.5))
    forged = [
        interaction(
            "impression",
            visitor(n),
            START + timedelta(hours=1),
            arm=f"{experiment.key}:b",
            placement=PLACEMENT,
            product=product,
        )
        for n in range(5000, 5200)
    ]
    Interaction.objects.bulk_create(forged)
    read_experiment(experiment, as_of=SECOND_DAY)
    day = experiment.days.latest("day")
    theirs = sum(_arm(row.visitor_key).key == "b" for row in forged)
    assert day.refused == 200 - theirs
    assert sum(day.seen.values()) == 100 + theirs


def test_who_logs_in_half_way_counts_once_with_the_first_arm() -> None:
    experiment, product, customer = make_running(), make_product(), make_user()
    hers = _arm("", customer.pk).key
    key = next(visitor(n) for n in range(100) if _arm(visitor(n)).key != hers)
    other = "a" if hers == "b" else "b"
    shown = {"placement": PLACEMENT, "product": product, "position": 1}
    Interaction.objects.bulk_create(
        [
            interaction("impression", key, START, arm=f"{experiment.key}:{other}", **shown),
            interaction(
                "impression",
                key,
                START + timedelta(hours=1),
                arm=f"{experiment.key}:{hers}",
                customer=customer,
                **shown,
            ),
        ]
    )
    read_experiment(experiment, as_of=SECOND_DAY)
    day = experiment.days.latest("day")
    assert day.seen == {other: 1, hers: 0}
    assert day.crossed == 1


def test_orders_within_the_days_that_count_are_the_revenue() -> None:
    experiment, product, customer = make_running(), make_product(), make_user()
    arm = _arm("", customer.pk)
    shown = {"placement": PLACEMENT, "product": product, "customer": customer}
    interaction("impression", visitor(1), START, arm=arm.label, **shown).save()
    inside = make_order(customer=customer, placed_at=START + timedelta(hours=20))
    make_order(customer=customer, placed_at=START + timedelta(hours=30))
    make_order(customer=customer, placed_at=START - timedelta(hours=1))
    make_order(customer=customer, placed_at=START + timedelta(hours=2), status="cancelled")
    read_experiment(experiment, as_of=date(2026, 3, 4))
    row = _reading(experiment, "revenue")
    means = {"a": row.control_mean, "b": row.arm_mean}
    assert means == {"a": 0.0, "b": 0.0, arm.key: float(inside.total_minor)}


def test_an_order_of_somebody_who_was_not_logged_in_is_known_by_her_browser() -> None:
    experiment, product, guest = make_running(), make_product(), make_user()
    arm, moment = _arm(visitor(1)), START + timedelta(hours=3)
    shown = {"placement": PLACEMENT, "product": product}
    interaction("impression", visitor(1), START, arm=arm.label, **shown).save()
    make_order(customer=guest, placed_at=moment)
    interaction("purchase", visitor(1), moment, customer=guest, product=product).save()
    read_experiment(experiment, as_of=SECOND_DAY)
    row = _reading(experiment, "ordered")
    assert row.control_mean + row.arm_mean == 1.0


def test_adopting_writes_the_placement_and_the_log() -> None:
    experiment, staff = make_running(settings={"limit": 5}), make_staff()
    adopt(arm=experiment.arms.get(key="b"), user=staff, reason="More clicks")
    experiment.refresh_from_db()
    assert experiment.status == Experiment.Status.DECIDED
    assert experiment.stopped_at is not None
    assert Placement.objects.get(code=PLACEMENT).limit == 5
    decision = Decision.objects.get(action="accept", subject_id=experiment.pk)
    assert decision.user == staff
    assert decision.reason == "More clicks"
    with pytest.raises(ExperimentStepError):
        adopt(arm=experiment.arms.get(key="a"), user=staff)
    assert arm_for(placement=PLACEMENT, visitor_key=visitor(1)) is None


def test_a_draft_cannot_be_adopted() -> None:
    experiment = make_experiment(settings={"limit": 5})
    with pytest.raises(ExperimentStepError):
        adopt(arm=experiment.arms.get(key="b"), user=make_staff())
    assert not Placement.objects.filter(code=PLACEMENT, limit=5).exists()


def test_what_is_planned_follows_the_past_of_the_placement() -> None:
    experiment = make_experiment(planned_visitors=None, smallest_effect_percent=20)
    assert plan_visitors(experiment) == 5000


def test_slower_rows_of_an_arm_are_a_warning() -> None:
    for n in range(300):
        experiments_speed.count("key:a", 2.0 + n % 2)
        experiments_speed.count("key:b", 20.0 + n % 2)
    experiments_speed.hand_over()
    speed = experiments_speed.read_speed("key", ["a", "b", "c"], day=timezone.localdate())
    assert speed["a"]["n"] == 300
    assert 1 < speed["a"]["p95"] <= 3
    assert 13 < speed["b"]["p95"] <= 21
    assert "c" not in speed
    assert experiments_speed.is_slower(speed, control="a", arm="b")
    assert not experiments_speed.is_slower(speed, control="b", arm="a")
    cache.clear()


def test_past_behaviour_narrows_the_interval() -> None:
    experiment, product = make_running(), make_product()
    keen = [visitor(n) for n in range(0, 2000, 2)]
    Interaction.objects.bulk_create(
        interaction("click", key, START - timedelta(days=2), product=product) for key in keen
    )
    send_visitors(experiment, product, n=1, rates=(0, 0))
    rows = []
    for n in range(1, 2000):
        arm = _arm(visitor(n))
        shown = {"arm": arm.label, "placement": PLACEMENT, "product": product}
        rows.append(interaction("impression", visitor(n), START, **shown))
        if n % 2 == 0 or n % 10 == 1:
            rows.append(interaction("click", visitor(n), START + timedelta(minutes=1), **shown))
    Interaction.objects.bulk_create(rows)
    read_experiment(experiment, as_of=SECOND_DAY)
    row = _reading(experiment)
    # Clicks of 1 and 0.2 by halves: the past tells 1 - (0.08 / 0.24) of the variance.
    assert row.explained == pytest.approx(0.667, abs=0.03)
