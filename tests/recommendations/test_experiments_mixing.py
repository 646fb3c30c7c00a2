"""Rows that hold two rankings, and what is estimated from rows filled by chance."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pytest

from insights.models import Interaction
from insights.services.visitors import Visitor
from recommendations.models import Experiment, PolicyEstimate
from recommendations.services.experiments_mixing import Mixing, mixing_for, would_show
from recommendations.services.experiments_reading import read_experiment
from recommendations.services.experiments_words import Standing, judge, judge_estimate
from recommendations.services.histories import Context
from recommendations.services.placing import recommend_products
from recommendations.services.propensity import with_propensity
from tests.factories import make_product
from tests.recommendations.experiments import (
    PLACEMENT,
    START,
    interaction,
    make_running,
    send_visitors,
    visitor,
)

pytestmark = pytest.mark.django_db

SECOND_DAY = date(2026, 3, 3)


def _mixing(number: int) -> Mixing:
    mixing = mixing_for(placement=PLACEMENT, visitor_key=visitor(number))
    assert mixing is not None
    return mixing


def test_a_shared_row_tells_whose_each_product_is() -> None:
    experiment = make_running(method="interleaving")
    row = _mixing(1).fill(first=[1, 2, 3, 4], second=[5, 6, 7, 8], limit=4)
    assert Counter(each.label for each in row) == {
        f"{experiment.key}:a": 2,
        f"{experiment.key}:b": 2,
    }
    assert all(each.is_of_other == (each.product_id > 4) for each in row)
    assert all(each.chance is None for each in row)


def test_chances_are_what_they_say() -> None:
    experiment = make_running(method="rehearsal", exploration_percent=40)
    shown: Counter[tuple[int, int]] = Counter()
    told: dict[tuple[int, int], float] = {}
    n_rows = 6000
    for n in range(n_rows):
        row = _mixing(n).fill(first=[1, 2, 3], second=[3, 4, 5], limit=3)
        assert [each.label for each in row] == [f"{experiment.key}:t{pk}" for pk in (3, 4, 5)]
        for at, each in enumerate(row):
            shown[each.product_id, at] += 1
            told[each.product_id, at] = each.chance or 0.0
    assert len(told) == 15
    assert told[1, 0] == pytest.approx(0.6 + 0.4 / 5)
    assert told[5, 0] == pytest.approx(0.4 / 5)
    for place, chance in told.items():
        assert shown[place] / n_rows == pytest.approx(chance, abs=0.03)
    assert sum(told[pk, 1] for pk in range(1, 6)) == pytest.approx(1.0)


@pytest.mark.parametrize("label", ["", "key:a", "key:t", "key:t-1", "key:t" + "9" * 30, "key:t1x"])
def test_other_labels_tell_of_no_product(label: str) -> None:
    assert would_show(label) is None


def test_nothing_is_mixed_where_visitors_meet_one_arm() -> None:
    make_running(method="ab")
    assert mixing_for(placement=PLACEMENT, visitor_key=visitor(1)) is None
    assert mixing_for(placement="product.similar", visitor_key=visitor(1)) is None


def test_visitors_prefer_the_ranking_that_they_click() -> None:
    experiment, product = make_running(method="interleaving"), make_product()
    generator = np.random.default_rng(3)
    rows = []
    for n in range(1500):
        for arm, rate in (("a", 0.05), ("b", 0.10)):
            shown = {"arm": f"{experiment.key}:{arm}", "placement": PLACEMENT, "product": product}
            rows.append(interaction("impression", visitor(n), START, **shown))
            if generator.random() < rate:
                later = START + timedelta(minutes=2)
                rows.append(interaction("click", visitor(n), later, **shown))
    Interaction.objects.bulk_create(rows)
    read_experiment(experiment, as_of=SECOND_DAY)
    day = experiment.days.latest("day")
    verdict = judge(experiment, experiment.arms.get(key="b"), day)
    assert verdict.standing == Standing.BETTER
    assert "of the clicks in shared rows" in verdict.text


def _rehearse(experiment: Experiment, *, n: int, rates: dict[int, float]) -> float:
    """Rows of three places from five products; returns what the other ranking truly earns."""
    generator = np.random.default_rng(1)
    products = {rank: make_product().pk for rank in range(1, 6)}
    rank_of = {pk: rank for rank, pk in products.items()}
    rows = []
    for number in range(n):
        row = _mixing(number).fill(
            first=[products[rank] for rank in (1, 2, 3)],
            second=[products[rank] for rank in (5, 4, 3)],
            limit=3,
        )
        for position, each in enumerate(row, start=1):
            shown = {
                "arm": each.label,
                "source": with_propensity("branch:popular", each.chance),
                "placement": PLACEMENT,
                "product_id": each.product_id,
                "position": position,
            }
            rows.append(interaction("impression", visitor(number), START, **shown))
            if generator.random() < rates[rank_of[each.product_id]]:
                later = START + timedelta(minutes=1)
                rows.append(interaction("click", visitor(number), later, **shown))
    Interaction.objects.bulk_create(rows, batch_size=2000)
    return (rates[5] + rates[4] + rates[3]) / 3


def test_what_the_other_ranking_would_have_earned_is_found_without_showing_it() -> None:
    experiment = make_running(method="rehearsal", exploration_percent=50)
    truth = _rehearse(experiment, n=2500, rates={1: 0.05, 2: 0.05, 3: 0.05, 4: 0.20, 5: 0.25})
    read_experiment(experiment, as_of=SECOND_DAY)
    found = {row.estimator: row for row in PolicyEstimate.objects.all()}
    for name in ("ips", "snips", "dr"):
        lower, upper = found[name].lower, found[name].upper
        assert lower is not None
        assert upper is not None
        assert lower < truth < upper, name
        assert found[name].logged < 0.11 < lower
    # What today's row earns at its place in the log, though half of the rows were random.
    today = found["today"]
    assert today.lower is not None
    assert today.upper is not None
    assert today.lower < 0.05 < today.upper
    gain = found["gain"].value
    assert gain == pytest.approx(truth - 0.05, abs=0.03)
    arm = experiment.arms.get(key="b")
    verdict = judge_estimate(experiment, arm, list(found.values()))
    assert verdict.standing == Standing.BETTER


def test_a_small_log_says_that_it_is_small() -> None:
    experiment = make_running(method="rehearsal", exploration_percent=20)
    _rehearse(experiment, n=40, rates=dict.fromkeys(range(1, 6), 0.2))
    read_experiment(experiment, as_of=SECOND_DAY)
    rows = list(PolicyEstimate.objects.all())
    assert all(row.value is None for row in rows)
    verdict = judge_estimate(experiment, experiment.arms.get(key="b"), rows)
    assert verdict.text.startswith("Not enough data")


def test_chances_that_the_shop_did_not_give_are_refused() -> None:
    experiment, product = make_running(method="rehearsal"), make_product()
    shown = {"placement": PLACEMENT, "product": product, "position": 1}
    label = f"{experiment.key}:t{product.pk}"
    Interaction.objects.bulk_create(
        [
            interaction("impression", visitor(1), START, arm=label, source="x@0.0000001", **shown),
            interaction("impression", visitor(2), START, arm=label, source="x", **shown),
            interaction(
                "impression",
                visitor(3),
                START,
                arm=f"{experiment.key}:nonsense",
                source="x@0.5",
                **shown,
            ),
        ]
    )
    read_experiment(experiment, as_of=SECOND_DAY)
    assert experiment.days.latest("day").refused == 3
    assert not PolicyEstimate.objects.exists()


@pytest.mark.parametrize("method", ["ab", "interleaving", "rehearsal"])
def test_pages_show_and_tell_what_is_compared(method: str) -> None:
    for _number in range(6):
        make_product(has_stock=True, price_from_minor=1000)
    experiment = make_running(
        method=method, exploration_percent=100, settings={"limit": 4, "fewest": 1}
    )
    row = recommend_products(
        placement=PLACEMENT, visitor=Visitor(key=visitor(1), language="en"), context=Context()
    )
    assert row.shown
    assert all(each.arm.startswith(f"{experiment.key}:") for each in row.shown)
    if method == "rehearsal":
        assert all("@" in each.source for each in row.shown)


def test_visitors_who_take_no_part_see_the_placement_as_it_is() -> None:
    experiment, product = make_running(traffic_percent=1), make_product()
    send_visitors(experiment, product, n=100, rates=(1.0, 1.0))
    assert Interaction.objects.filter(kind="impression").count() < 10
