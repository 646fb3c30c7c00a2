"""The nightly runs of what draws from a history, from orders to an answer on a page."""

from datetime import timedelta
from mmap import mmap
from pathlib import Path

import numpy as np
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone
from pytest_django import Settings

from catalog.models import Product
from learning import serving
from learning.models import DriftReport, GateResult, ModelVersion, TrainingRun
from learning.services import monitoring, training
from orders.models import Order, OrderLine
from recommendations.pipelines import item_graphs, item_neighbours, next_item, repeat
from tests.factories import make_product
from tests.recommendations.factories import AS_OF, PER_THEME, record_themed_shop

pytestmark = pytest.mark.django_db

DRAWN_FROM_HISTORY = [item_neighbours.PIPELINE, next_item.PIPELINE]
ALL = [*DRAWN_FROM_HISTORY, repeat.PIPELINE]


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_loaded", {})


def keys(products: list[Product]) -> np.ndarray:
    return np.array([product.pk for product in products], dtype=np.int64)


def record_habits() -> list[Product]:
    """120 people who keep buying the same three things, beside one that is new each time."""
    products = record_themed_shop(n_customers=120)
    random = np.random.default_rng(3)
    habits: dict[int | None, list[Product]] = {}
    lines = list(OrderLine.objects.select_related("order").order_by("order_id", "position"))
    skus = {product.pk: product.skus.get() for product in products}
    for line in lines:
        own = habits.setdefault(
            line.order.customer_id,
            [products[at] for at in random.choice(len(products), size=3, replace=False)],
        )
        if line.position < len(own):
            line.sku = skus[own[line.position].pk]
    OrderLine.objects.bulk_update(lines, ["sku"], batch_size=500)
    return products


@pytest.mark.parametrize("name", DRAWN_FROM_HISTORY)
def test_what_goes_with_a_history_is_learned_published_and_served(name: str) -> None:
    products = record_themed_shop(n_customers=120)
    run = training.retrain(name, as_of=AS_OF)
    assert run.status == TrainingRun.Status.PUBLISHED, run.message
    served = serving.load(name)
    assert served.version == run.version
    history = keys(products[20:24])
    found = served.model.candidates(history, most=5)
    themes = [
        int(np.flatnonzero(keys(products) == each)[0]) // PER_THEME for each in found.product_ids
    ]
    assert themes.count(2) >= 4
    assert set(found.because.tolist()) <= set(history.tolist())
    assert (np.diff(found.scores) <= 0).all()


def test_what_is_bought_again_is_learned_published_and_served() -> None:
    record_habits()
    run = training.retrain(repeat.PIPELINE, as_of=AS_OF)
    assert run.version is not None
    assert run.version.metrics["ndcg_at_10"] > 0.5
    gates = {gate.metric: gate for gate in run.version.gates.all()}
    assert set(gates) == {"ndcg_at_10", "ndcg_gain_low", "hit_rate_at_10"}
    model = serving.load_version(run.version)
    orders = Order.objects.filter(customer=Order.objects.order_by("pk")[0].customer)
    baskets = [
        np.array(order.lines.values_list("sku__product_id", flat=True))
        for order in orders.order_by("placed_at")
    ]
    found = model.candidates(baskets, most=10)
    bought, times = np.unique(np.concatenate(baskets), return_counts=True)
    often = set(bought[times >= 5].tolist())
    assert often <= set(found.product_ids[:4].tolist())
    own = np.isin(found.product_ids, bought)
    assert (found.because[own] == found.product_ids[own]).all()


@pytest.mark.parametrize("name", ALL)
def test_a_version_says_what_it_reached_for_whom(name: str) -> None:
    record_themed_shop(n_customers=120)
    version = training.retrain(name, as_of=AS_OF).version
    assert version is not None
    for figure in ("coverage_at_10", "popularity_bias", "diversity", "ndcg_gain_low"):
        assert figure in version.metrics
    assert version.baseline_metrics["ndcg_gain"] == 0.0
    assert version.parameters["tries"] >= 3
    assert version.group_metrics["customers: two orders or more before"]["customers"] >= 50
    assert any(group.startswith("language: ") for group in version.group_metrics)


@pytest.mark.parametrize("name", ALL)
def test_a_tiny_shop_is_told_what_it_lacks_and_gets_no_answer(name: str) -> None:
    products = record_themed_shop(n_customers=10)
    run = training.retrain(name, as_of=AS_OF)
    assert run.status == TrainingRun.Status.NOT_ENOUGH_DATA
    assert run.message.startswith("Not enough data: 10 of 100 ")
    served = serving.load(name)
    assert served.is_baseline
    asked = [keys(products[:2])] if name == repeat.PIPELINE else keys(products[:2])
    assert len(served.model.candidates(asked, most=5)) == 0


@pytest.mark.parametrize("name", ALL)
def test_an_empty_shop_is_no_error(name: str) -> None:
    assert training.retrain(name, as_of=AS_OF).status == TrainingRun.Status.NOT_ENOUGH_DATA


@pytest.mark.parametrize("name", ALL)
def test_the_same_orders_teach_the_same(name: str) -> None:
    record_themed_shop(n_customers=120)
    first = training.retrain(name, as_of=AS_OF)
    second = training.retrain(name, as_of=AS_OF)
    assert first.version is not None
    assert second.version is not None
    assert second.fingerprint == first.fingerprint
    assert second.version.sha256 == first.version.sha256


def test_orders_without_a_pattern_do_not_pass_the_gate() -> None:
    products = record_themed_shop(n_customers=120)
    drawn = np.random.default_rng(5)
    skus = [product.skus.get() for product in products]
    lines = list(OrderLine.objects.order_by("pk"))
    for line in lines:
        line.sku = skus[drawn.integers(len(skus))]
    OrderLine.objects.bulk_update(lines, ["sku"], batch_size=500)
    for name in DRAWN_FROM_HISTORY:
        run = training.retrain(name, as_of=AS_OF)
        assert run.status == TrainingRun.Status.REJECTED
        assert run.version is not None
        assert run.version.gates.filter(metric="ndcg_gain_low", passed=False).exists()


@pytest.mark.parametrize("name", ALL)
def test_live_quality_is_measured_on_what_the_version_has_not_seen(name: str) -> None:
    record_themed_shop(n_customers=120)
    run = training.retrain(name, as_of=AS_OF - timedelta(days=25))
    # Here nobody has habits, so that what is bought again may have failed its gate.
    ModelVersion.objects.filter(pk=run.version.pk).update(
        status=ModelVersion.Status.ACTIVE, published_at=timezone.now()
    )
    # Something was put up for sale since: places have moved, keys have not.
    make_product(name_en="New", has_stock=True)
    report = monitoring.monitor(name, as_of=AS_OF)
    assert report is not None
    assert report.live["customers"] >= 50
    assert report.status in DriftReport.Status.values
    if run.status == TrainingRun.Status.PUBLISHED:
        assert monitoring.monitor(name, as_of=AS_OF - timedelta(days=25)) is None


def test_a_version_in_service_is_measured_without_the_days_that_are_held_out() -> None:
    record_themed_shop(n_customers=120)
    training.retrain(item_neighbours.PIPELINE, as_of=AS_OF)
    again = training.retrain(item_neighbours.PIPELINE, as_of=AS_OF).version
    assert again is not None
    assert again.previous_metrics["ndcg_at_10"] == again.metrics["ndcg_at_10"]
    references = set(again.gates.values_list("reference", flat=True))
    assert GateResult.Reference.ACTIVE in references


def test_what_is_served_lies_in_memory_that_processes_share() -> None:
    record_themed_shop(n_customers=120)
    training.retrain(item_neighbours.PIPELINE, as_of=AS_OF)
    serving._loaded.clear()
    model = serving.load(item_neighbours.PIPELINE).model
    base = model.graph.targets if len(model.graph.targets) else model.product_ids
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base.obj if isinstance(base, memoryview) else base, mmap)


def test_the_processes_of_a_scheduler_teach_the_same(settings: Settings, tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    record_themed_shop(n_customers=120)
    alone = training.retrain(item_neighbours.PIPELINE, as_of=AS_OF).version
    settings.DASK_SCHEDULER, settings.DASK_FOLDER = "local", tmp_path / "dask"
    together = training.retrain(item_neighbours.PIPELINE, as_of=AS_OF).version
    assert alone is not None
    assert together is not None
    assert together.sha256 == alone.sha256
    assert list((tmp_path / "dask").iterdir()) == []


def test_a_scheduler_without_its_packages_is_said(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_themed_shop(n_customers=120)
    settings.DASK_SCHEDULER = "tcp://127.0.0.1:1"
    monkeypatch.setattr(item_graphs, "find_spec", lambda _name: None)
    with pytest.raises(ImproperlyConfigured, match=r"install requirements-dask\.txt"):
        training.retrain(item_neighbours.PIPELINE, as_of=AS_OF)
    run = TrainingRun.objects.get()
    assert run.status == TrainingRun.Status.FAILED
    assert "DASK_SCHEDULER" in run.message
