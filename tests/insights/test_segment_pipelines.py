"""Groups that the shop finds, and customers who are like those of a segment."""

from collections import Counter
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone, translation

from insights.algorithms.cluster_model import ClusterModel
from insights.algorithms.look_alike_model import LookAlikeModel
from insights.models import LookAlikeAudience, Segment, SegmentMembership
from insights.segment_pipelines import ClustersPipeline, LookAlikesPipeline
from insights.services import look_alikes, segment_nights, segment_refreshing
from insights.services.customer_features import end_of, read_customers
from insights.services.segment_titles import segment_title
from learning import serving
from learning.errors import AlreadyReviewedError
from learning.models import Decision, ModelVersion, TrainingRun
from learning.services import training
from orders.models import Order
from tests.factories import make_staff, make_user
from tests.insights.segment_factories import make_crowd, make_segment, ordered, say

pytestmark = pytest.mark.django_db
CLUSTERS, LOOK_ALIKES = ClustersPipeline.name, LookAlikesPipeline.name


def today() -> Any:
    return timezone.localdate()


def learn(name: str) -> ModelVersion:
    run = training.retrain(name, as_of=today())
    assert run.status == TrainingRun.Status.PUBLISHED, (run.status, run.message)
    return run.version


def test_two_kinds_of_customers_become_different_groups() -> None:
    crowd = make_crowd()
    version = learn(CLUSTERS)
    lovers = {customer.pk for customer in crowd["lovers"]}
    groups = Segment.objects.filter(kind=Segment.Kind.CLUSTER)
    assert sum(groups.values_list("size", flat=True)) == 240
    for group in groups:
        inside = set(group.memberships.values_list("customer_id", flat=True))
        share = len(inside & lovers) / len(inside)
        # Nobody of one kind is among those of the other.
        assert share in (0.0, 1.0), segment_title(group)
    membership = SegmentMembership.objects.filter(segment__kind="cluster").first()
    assert membership is not None
    assert membership.model_version == version
    assert membership.confidence is not None
    assert 0.5 <= membership.confidence <= 1.0
    assert membership.explanation["factors"][0]["weight"] > 0
    gates = {gate.metric: gate.passed for gate in version.gates.all()}
    assert gates == {"explained_share": True, "found_again": True, "smallest_share": True}
    assert {"language:en", "language:zh-hans", "customers:old"} <= set(version.group_metrics)


def test_groups_keep_their_number_and_their_members_over_nights() -> None:
    crowd = make_crowd()
    learn(CLUSTERS)
    before = dict(
        SegmentMembership.objects.filter(segment__kind="cluster").values_list(
            "customer_id", "segment__code"
        )
    )
    since = set(SegmentMembership.objects.values_list("customer_id", "since"))
    for number in range(10):
        fresh = make_user(username=f"fresh-{number}")
        for days in (3, 9, 15, 21, 27):
            ordered(fresh, days_ago=days + number, sku=crowd["tea"], units=2)
    learn(CLUSTERS)
    after = dict(
        SegmentMembership.objects.filter(segment__kind="cluster").values_list(
            "customer_id", "segment__code"
        )
    )
    assert len(after) == 250
    # The group of most of those who love tea is still called by its number.
    lovers = [customer.pk for customer in crowd["lovers"]]
    usual = [
        Counter(groups[key] for key in lovers).most_common(1)[0][0] for groups in (before, after)
    ]
    assert usual[0] == usual[1]
    stayed = {key for key, code in before.items() if after[key] == code}
    assert {(key, moment) for key, moment in since if key in stayed} <= set(
        SegmentMembership.objects.values_list("customer_id", "since")
    )


def test_a_night_without_training_puts_new_customers_into_groups() -> None:
    make_crowd()
    learn(CLUSTERS)
    newcomer = make_user()
    for days in (1, 2, 3, 4, 5):
        ordered(newcomer, days_ago=days, price=9000)
    assert not SegmentMembership.objects.filter(customer=newcomer).exists()
    segment_nights.refresh_segments(as_of=today() - timedelta(days=1))
    assert SegmentMembership.objects.filter(customer=newcomer, segment__kind="cluster").exists()


def test_who_refuses_to_be_profiled_is_in_no_group() -> None:
    crowd = make_crowd()
    refuser = crowd["lovers"][0]
    say(refuser, "personalisation", granted=False)
    learn(CLUSTERS)
    assert not SegmentMembership.objects.filter(customer=refuser).exists()


@pytest.mark.parametrize(("name", "said"), [(CLUSTERS, "200"), (LOOK_ALIKES, "0 of 1")])
def test_too_little_is_said_and_not_learned_from(name: str, said: str) -> None:
    ordered(make_user())
    run = training.retrain(name, as_of=today())
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert said in run.message
    assert serving.load(name).is_baseline


def test_an_empty_shop_has_no_groups() -> None:
    assert segment_nights.refresh_segments(as_of=today()) == {"grouped": 0, "segments": 0}
    assert len(read_customers(moment=end_of(today()))) == 0


def make_seed() -> Segment:
    """Half of those who love tea: the other half is like them."""
    crowd = make_crowd()
    segment = make_segment(
        {"field": "country", "among": ["CN"]}, seeks_look_alikes=True, name_en="Some lovers"
    )
    now = timezone.now()
    SegmentMembership.objects.bulk_create(
        SegmentMembership(segment=segment, customer=customer, since=now)
        for customer in crowd["lovers"][:70]
    )
    Segment.objects.filter(pk=segment.pk).update(size=70, refreshed_at=now)
    return segment


def test_customers_like_those_of_a_segment_are_proposed_and_become_one() -> None:
    seed = make_seed()
    version = learn(LOOK_ALIKES)
    assert version.metrics["auc"] > 0.7
    assert version.metrics["auc"] > version.baseline_metrics["auc"]
    # The rule speaks of where they live: the model is not told.
    parameters = version.parameters[f"segment_{seed.pk}"]
    assert parameters["left_out"] == ["person"]
    audience = LookAlikeAudience.objects.get()
    assert (audience.seed, audience.status, audience.size) == (seed, "proposed", 70)
    best = [one.customer for one in audience.customers.order_by("rank")[:30]]
    assert all(int(customer.username.split("-")[1]) % 2 == 0 for customer in best)
    assert not SegmentMembership.objects.filter(segment=seed, customer__in=best).exists()
    factors = audience.customers.earliest("rank").explanation["factors"]
    assert factors
    assert not any(one["name"].startswith(("language", "region")) for one in factors)

    staff = make_staff()
    made = look_alikes.accept_audience(audience=audience, user=staff, size=20)
    assert made.memberships.count() == 20
    assert made.memberships.filter(model_version=version).count() == 20
    with translation.override("en"):
        assert segment_title(made) == "Like “Some lovers”"
    segment_refreshing.refresh_segment(segment=made)
    assert made.memberships.count() == 20
    audience.refresh_from_db()
    assert (audience.status, audience.corrected_size, audience.segment) == ("corrected", 20, made)
    with pytest.raises(AlreadyReviewedError):
        look_alikes.accept_audience(audience=audience, user=staff)
    assert Segment.objects.filter(kind=Segment.Kind.LOOK_ALIKE).count() == 1
    assert Decision.objects.filter(action=Decision.Action.CORRECT, user=staff).count() == 1
    # Whoever was asked a moment ago is not asked again the next night.
    pipeline = LookAlikesPipeline()
    model = serving.load(LOOK_ALIKES).model
    assert pipeline.publish(version=version, model=model, as_of=today()) == 0


def test_publishing_twice_leaves_one_open_proposal() -> None:
    make_seed()
    version = learn(LOOK_ALIKES)
    model = serving.load(LOOK_ALIKES).model
    LookAlikesPipeline().publish(version=version, model=model, as_of=today())
    states = sorted(LookAlikeAudience.objects.values_list("status", flat=True))
    assert states == ["proposed", "superseded"]


def test_members_drawn_by_lot_have_no_look_alikes() -> None:
    make_crowd()
    segment = make_segment({"field": "language", "among": ["en"]}, seeks_look_alikes=True)
    random = np.random.default_rng(3)
    keys = np.array(list(Order.objects.values_list("customer_id", flat=True).distinct()))
    now = timezone.now()
    SegmentMembership.objects.bulk_create(
        SegmentMembership(segment=segment, customer_id=int(key), since=now)
        for key in random.choice(np.unique(keys), 100, replace=False)
    )
    run = training.retrain(LOOK_ALIKES, as_of=today())
    assert run.status == TrainingRun.Status.REJECTED
    assert not LookAlikeAudience.objects.exists()


def test_a_stored_model_answers_as_the_learned_one() -> None:
    make_seed()
    table = read_customers(moment=end_of(today()))
    learn(CLUSTERS)
    learn(LOOK_ALIKES)
    groups: ClusterModel = serving.load(CLUSTERS).model
    again = ClusterModel.from_bytes(groups.to_bytes())
    assert np.array_equal(again.assign(table).slots, groups.assign(table).slots)
    assert again.traits() == groups.traits()
    alike: LookAlikeModel = serving.load(LOOK_ALIKES).model
    copy = LookAlikeModel.from_bytes(alike.to_bytes())
    features = alike.layout.features(table)
    for key, one in alike.seeds.items():
        assert np.array_equal(copy.seeds[key].scores(features), one.scores(features))
