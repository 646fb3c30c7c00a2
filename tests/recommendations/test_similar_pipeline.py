"""The nightly run of `recommendations.similar_products`, from orders to rows on a page."""

from datetime import timedelta

import numpy as np
import pytest

from insights.models import Interaction
from insights.services.visitors import Visitor
from learning import serving
from learning.models import Anomaly, DriftReport, GateResult, ModelVersion, TrainingRun
from learning.services import monitoring, publishing, training
from orders.models import Order, OrderLine
from recommendations.models import Reason, SimilarProduct
from recommendations.pipelines.similar import PIPELINE
from recommendations.services.histories import Context
from recommendations.services.placing import recommend_products
from tests.factories import make_product
from tests.insights.factories import make_interaction
from tests.recommendations.factories import AS_OF, PER_THEME, noon, record_themed_shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_loaded", {})


def rows() -> list[tuple[object, ...]]:
    return list(
        SimilarProduct.objects.order_by("product_id", "rank").values_list(
            "pk", "product_id", "similar_id", "rank", "score", "reason", "model_version_id"
        )
    )


def test_a_shop_whose_themes_go_together_gets_lists_with_reasons() -> None:
    products = record_themed_shop()
    run = training.retrain(PIPELINE, as_of=AS_OF)
    assert run.status == TrainingRun.Status.PUBLISHED, run.message
    first = products[0]
    listed = list(SimilarProduct.objects.to(first))
    assert [row.rank for row in listed] == list(range(1, len(listed) + 1))
    assert 10 <= len(listed) <= 20
    themes = [products.index(row.similar) // PER_THEME for row in listed[:8]]
    assert themes.count(0) >= 7
    best = listed[0]
    assert best.reason == Reason.BOUGHT_TOGETHER
    assert best.model_version == run.version
    together = (
        Order.objects.filter(lines__sku__product=first)
        .filter(lines__sku__product=best.similar)
        .distinct()
    )
    facts = best.explanation["facts"]
    if facts["unit"] == "basket":
        assert facts["together"] == together.count()
        assert facts["buyers"] == Order.objects.filter(lines__sku__product=first).count()
    else:
        with_first = set(
            Order.objects.filter(lines__sku__product=first).values_list("customer", flat=True)
        )
        with_best = set(
            Order.objects.filter(lines__sku__product=best.similar).values_list(
                "customer", flat=True
            )
        )
        assert facts["buyers"] == len(with_first)
        assert facts["together"] == len(with_first & with_best)
    assert sum(f["weight"] for f in best.explanation["factors"]) == pytest.approx(1, abs=2e-4)


def test_the_version_says_what_it_was_measured_against() -> None:
    record_themed_shop()
    version = training.retrain(PIPELINE, as_of=AS_OF).version
    assert version.metrics["ndcg_at_10"] > 1.5 * version.baseline_metrics["ndcg_at_10"]
    assert version.baseline_metrics["ndcg_gain"] == 0.0
    assert version.metrics["ndcg_gain_low"] > 0
    assert version.parameters["tries"] == 2 * 2 * 4 + 4 + 3
    assert set(version.gates.values_list("metric", "reference")) == {
        ("ndcg_at_10", GateResult.Reference.BASELINE),
        ("ndcg_gain_low", GateResult.Reference.FIXED),
        ("coverage_at_10", GateResult.Reference.FIXED),
    }
    assert version.group_metrics["customers: known"]["customers"] >= 50


def test_a_second_run_on_the_same_orders_learns_the_same_and_changes_no_list() -> None:
    record_themed_shop()
    first = training.retrain(PIPELINE, as_of=AS_OF)
    before = rows()
    second = training.retrain(PIPELINE, as_of=AS_OF)
    assert second.fingerprint == first.fingerprint
    assert second.version.sha256 == first.version.sha256
    assert second.version.previous_metrics["ndcg_at_10"] == first.version.metrics["ndcg_at_10"]
    assert [row[1:6] for row in rows()] == [row[1:6] for row in before]


def test_publishing_again_writes_nothing() -> None:
    record_themed_shop()
    version = training.retrain(PIPELINE, as_of=AS_OF).version
    before = rows()
    publishing.publish_version(version=version, as_of=AS_OF)
    assert rows() == before


def test_rolling_back_brings_the_earlier_lists_back() -> None:
    record_themed_shop(n_customers=120)
    training.retrain(PIPELINE, as_of=AS_OF - timedelta(days=30))
    before = rows()
    training.retrain(PIPELINE, as_of=AS_OF)
    publishing.roll_back(name=PIPELINE, as_of=AS_OF)
    assert [row[1:] for row in rows()] == [row[1:] for row in before]


def test_a_tiny_shop_is_told_what_it_lacks_and_still_has_a_row() -> None:
    products = record_themed_shop(n_customers=10)
    run = training.retrain(PIPELINE, as_of=AS_OF)
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert run.message == "Not enough data: 60 of 100 orders of two or more products."
    assert not SimilarProduct.objects.exists()
    row = recommend_products(
        placement="product.similar",
        visitor=Visitor(),
        context=Context(product_id=products[0].pk, category_id=products[0].category_id),
    )
    assert row.served_by == "branch:category_popular"
    assert len(row.shown) == 6


def test_orders_without_a_pattern_do_not_pass_the_gate() -> None:
    products = record_themed_shop()
    drawn = np.random.default_rng(5)
    lines = list(OrderLine.objects.order_by("pk"))
    skus = [product.skus.get() for product in products]
    for line in lines:
        line.sku = skus[drawn.integers(len(skus))]
    OrderLine.objects.bulk_update(lines, ["sku"], batch_size=500)
    run = training.retrain(PIPELINE, as_of=AS_OF)
    assert run.status == TrainingRun.Status.REJECTED
    assert run.version.gates.filter(metric="ndcg_gain_low", passed=False).exists()
    assert not SimilarProduct.objects.exists()


def test_nothing_later_than_the_day_is_learned() -> None:
    record_themed_shop()
    earlier = training.retrain(PIPELINE, as_of=AS_OF - timedelta(days=60))
    Order.objects.filter(placed_at__gt=noon(AS_OF - timedelta(days=60))).delete()
    again = training.retrain(PIPELINE, as_of=AS_OF - timedelta(days=60))
    assert earlier.last_day is not None
    assert earlier.last_day <= AS_OF - timedelta(days=60)
    assert again.fingerprint == earlier.fingerprint


def test_cancelled_orders_and_withdrawn_products_teach_nothing() -> None:
    products = record_themed_shop()
    whole = training.retrain(PIPELINE, as_of=AS_OF)
    Order.objects.filter(number="T000000").update(status=Order.Status.CANCELLED)
    products[3].status = "withdrawn"
    products[3].save()
    run = training.retrain(PIPELINE, as_of=AS_OF)
    assert (run.rows or 0) < (whole.rows or 0)
    anomaly = Anomaly.objects.get(run=run, check_name="product not for sale")
    assert anomaly.handling == Anomaly.Handling.DROPPED
    assert anomaly.rows > 0
    assert not SimilarProduct.objects.filter(product=products[3]).exists()
    assert not SimilarProduct.objects.filter(similar=products[3]).exists()


def test_a_new_product_is_put_beside_those_it_is_like() -> None:
    products = record_themed_shop()
    new = make_product(name_en="Thing 12 deluxe", category=products[12].category, has_stock=True)
    training.retrain(PIPELINE, as_of=AS_OF)
    best = SimilarProduct.objects.to(new)[0]
    assert best.reason == Reason.SIMILAR_CONTENT
    assert best.similar.category == new.category


def test_a_robot_is_left_out_and_reported() -> None:
    products = record_themed_shop(n_themes=25)
    for number, product in enumerate(products):
        make_interaction(
            kind=Interaction.Kind.VIEW,
            visitor_key="robot",
            product=product,
            occurred_at=noon(AS_OF) + timedelta(seconds=number),
        )
    run = training.retrain(PIPELINE, as_of=AS_OF)
    anomaly = Anomaly.objects.get(run=run, check_name="visit of a robot")
    assert (anomaly.rows, anomaly.handling) == (250, Anomaly.Handling.DROPPED)


def test_live_quality_is_measured_on_orders_the_version_has_not_seen() -> None:
    record_themed_shop(n_customers=120)
    version = training.retrain(PIPELINE, as_of=AS_OF - timedelta(days=25)).version
    report = monitoring.monitor(PIPELINE, as_of=AS_OF)
    assert report is not None
    assert report.version == version
    assert report.status == DriftReport.Status.STEADY
    assert report.live["customers"] >= 50
    assert monitoring.monitor(PIPELINE, as_of=AS_OF - timedelta(days=25)) is None


def test_a_version_whose_file_was_swapped_serves_no_more() -> None:
    record_themed_shop()
    version = training.retrain(PIPELINE, as_of=AS_OF).version
    ModelVersion.objects.filter(pk=version.pk).update(sha256="0" * 64)
    served = serving.load(PIPELINE)
    assert served.is_baseline
    assert served.model.graph_for(np.arange(3)).neighbours(0, limit=5) == []
