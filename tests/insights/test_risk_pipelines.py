"""What is learned of risky orders goes through the gate, and judges the next order."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.utils import timezone

from insights.models import RiskAssessment, RiskRule
from insights.risk_pipelines import FEWEST_FRAUD, FEWEST_ORDERS
from learning import artefacts
from learning.models import ModelVersion, TrainingRun
from learning.services.training import retrain
from learning.serving import load
from orders.models import Order, OrderLine
from tests.factories import make_sku, make_user
from tests.insights.test_risk import buy

pytestmark = pytest.mark.django_db

ANOMALY, OUTCOME = "insights.order_anomaly", "insights.order_outcome"


@pytest.fixture(autouse=True)
def _test_payments(settings: Any) -> None:
    settings.PAYMENT_TEST = True


def add_orders(count: int) -> list[Order]:
    """A year of usual orders of forty customers."""
    rng = np.random.default_rng(5)
    sku = make_sku()
    people = [make_user() for _ in range(40)]
    now = timezone.now()
    for person in people:
        person.date_joined = now - timedelta(days=400)
        person.save()
    orders = Order.objects.bulk_create(
        Order(
            number=f"P{place:05}",
            customer=people[int(rng.integers(40))],
            email="li@example.org" if place % 7 else "",
            status=Order.Status.COMPLETED,
            currency="CNY",
            goods_minor=amount,
            total_minor=amount,
            language="en" if place % 3 else "zh-hans",
            country="CN" if place % 3 else "DE",
            placed_at=now - timedelta(days=365 * (count - place) / count + 1),
        )
        for place, amount in enumerate(rng.lognormal(7.5, 0.5, count).astype(int).tolist())
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=1,
            sku=sku,
            sku_code=sku.code,
            name="x",
            quantity=int(rng.integers(1, 5)),
            unit_price_minor=100,
        )
        for order in orders
    )
    return orders


def yesterday() -> date:
    return timezone.localdate() - timedelta(days=1)


def test_a_shop_with_few_orders_is_told_how_many_it_needs() -> None:
    add_orders(60)
    run = retrain(ANOMALY, as_of=yesterday())
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert f"60 of {FEWEST_ORDERS} orders" in run.message
    assert retrain(OUTCOME, as_of=yesterday()).status == TrainingRun.Status.NOT_ENOUGH_DATA
    # Rules judge alone, and no rarity is invented.
    buy()
    assert RiskAssessment.objects.get().rarity is None


def test_how_rare_an_order_is_is_learned_and_judges_the_next_one() -> None:
    add_orders(700)
    run = retrain(ANOMALY, as_of=yesterday())
    assert run.status == TrainingRun.Status.PUBLISHED, run.message
    version = ModelVersion.objects.get(pipeline=ANOMALY, status="active")
    assert version.metrics["planted_found"] > version.baseline_metrics["planted_found"]
    assert {"language:en", "language:zh", "customer:account"} <= set(version.group_metrics)
    RiskRule.objects.all().delete()
    buy(units=60)
    kept = RiskAssessment.objects.get()
    assert kept.model_version == version
    assert kept.rarity is not None
    assert kept.rarity > 0.99
    assert kept.explanation["factors"][0]["name"].startswith("rare.")


def test_outcomes_are_learned_from_once_there_are_enough() -> None:
    orders = add_orders(300)
    rng = np.random.default_rng(11)
    rows = []
    for place, order in enumerate(orders):
        # Rules saw half of the fraud; the rest shows in the amount.
        is_fraud = place % 5 == 0
        is_seen = is_fraud and place % 10 == 0
        amount = order.total_minor / 100 * (4 if is_fraud else 1) * float(rng.uniform(0.8, 1.2))
        rows.append(
            RiskAssessment(
                order=order,
                score=0.5 if is_seen else 0.05,
                rule_score=0.5 if is_seen else 0.05,
                facts={"amount": amount, "units": 2, "line_units": 2, "is_guest": is_fraud},
                outcome="chargeback" if is_fraud else "false_alarm",
                outcome_at=order.placed_at,
            )
        )
    RiskAssessment.objects.bulk_create(rows[: FEWEST_FRAUD * 5 - 5])
    run = retrain(OUTCOME, as_of=yesterday())
    assert f"{FEWEST_FRAUD - 1} of {FEWEST_FRAUD}" in run.message
    RiskAssessment.objects.bulk_create(rows[FEWEST_FRAUD * 5 - 5 :])
    for row in RiskAssessment.objects.select_related("order"):
        RiskAssessment.objects.filter(pk=row.pk).update(created_at=row.order.placed_at)
    run = retrain(OUTCOME, as_of=yesterday())
    assert run.status == TrainingRun.Status.PUBLISHED, run.message
    served = load(OUTCOME)
    assert served.version is not None
    assert served.version.metrics["auc"] >= 0.9
    buy(units=60)
    newest = RiskAssessment.objects.latest("pk")
    assert newest.model_version == served.version
    assert any(factor["name"].startswith("learned.") for factor in newest.explanation["factors"])


def test_no_address_stands_in_what_was_learned() -> None:
    add_orders(600)
    retrain(ANOMALY, as_of=yesterday())
    for version in ModelVersion.objects.all():
        assert b"example.org" not in artefacts.read(version)
    for run in TrainingRun.objects.all():
        assert "example.org" not in f"{run.message} {run.__dict__}"
