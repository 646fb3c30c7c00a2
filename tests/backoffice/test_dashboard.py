"""The first page of the back office."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from ecomsite.backoffice import roles
from ecomsite.backoffice.dashboard.purchasing import read_drafts, read_shortages
from ecomsite.backoffice.dashboard.reviews import read_mood
from ecomsite.backoffice.dashboard.sales import read_sales
from ecomsite.backoffice.waiting import Waiting, count_waiting
from inventory.models import DemandForecast, PurchaseOrder, PurchaseOrderLine, TotalForecast
from inventory.services.stock import default_warehouse
from learning.models import DriftReport
from tests.backoffice.factories import (
    fill_lists,
    make_active_version,
    make_anomaly,
    make_member,
    make_night,
    make_photo_proposal,
    make_review_proposal,
)
from tests.factories import A_DAY, make_demand_day, make_offer, make_stock_level, make_user

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


def make_forecast(*, units: float, on_hand: int, cover_days: int = 7) -> DemandForecast:
    """Seven days of `units` in all, with so much in stock."""
    level = make_stock_level(on_hand=on_hand, warehouse=default_warehouse())
    return DemandForecast.objects.create(
        sku=level.sku,
        warehouse=level.warehouse,
        as_of=A_DAY,
        horizon_days=7,
        units=units,
        cover_days=cover_days,
    )


def make_draft(*, n_lines: int) -> PurchaseOrder:
    offer = make_offer()
    order = PurchaseOrder.objects.create(
        number=f"PO-{offer.pk}", supplier=offer.supplier, warehouse=default_warehouse()
    )
    for _number in range(n_lines):
        line = make_offer(supplier=offer.supplier)
        PurchaseOrderLine.objects.create(
            order=order, sku=line.sku, quantity=10, unit_cost_minor=250
        )
    return order


def open_page(client: Client) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        answer = client.get(reverse("admin:index"), headers=ENGLISH)
    assert answer.status_code == 200
    return len(queries)


def test_an_empty_shop_is_told_what_to_do(client: Client) -> None:
    client.force_login(make_member(roles.MANAGER))
    page = client.get(reverse("admin:index"), headers=ENGLISH).content.decode()
    for sentence in (
        "Nothing waits for your decision",
        "No sales yet. Import your orders, or wait for the first one.",
        "No drafts. The nightly run writes them when stock will not last.",
        "No reviews yet. Each one is read as soon as it is written.",
        "The shop has not worked a night yet.",
    ):
        assert sentence in page
    assert reverse("admin:orders_orderimport_changelist") in page


def test_the_page_costs_the_same_for_a_large_shop(client: Client) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    make_demand_day()
    make_draft(n_lines=1)
    make_forecast(units=14, on_hand=0)
    fill_lists(1)
    open_page(client)
    n_small = open_page(client)
    for _number in range(5):
        make_draft(n_lines=12)
        make_forecast(units=14, on_hand=0)
    fill_lists(30)
    assert open_page(client) == n_small
    assert n_small <= 25


def test_every_kind_of_decision_is_counted_in_one_query() -> None:
    make_photo_proposal()
    make_photo_proposal(needs_person=False)
    make_photo_proposal(status="accepted")
    make_review_proposal()
    make_anomaly()
    make_anomaly(seen_at="2026-03-02T10:00Z")
    make_draft(n_lines=1)
    version = make_active_version()
    make_active_version(pipeline="catalog.photo_category", damaged_at="2026-03-02T10:00Z")
    DriftReport.objects.create(version=version, measured_on=A_DAY, status="alarm")
    with CaptureQueriesContext(connection) as queries:
        waiting = count_waiting()
    assert waiting == Waiting(
        purchase_orders=1, photos=1, reviews=1, anomalies=1, drift=1, damaged=1
    )
    assert len(queries) == 1


def test_a_model_that_recovered_is_no_alarm() -> None:
    version = make_active_version()
    DriftReport.objects.create(version=version, measured_on=A_DAY, status="alarm")
    DriftReport.objects.create(
        version=version, measured_on=A_DAY + timedelta(days=1), status="steady"
    )
    assert count_waiting().drift == 0


def test_what_runs_out_first_comes_first_and_what_lasts_is_left_out() -> None:
    lasts = make_forecast(units=7, on_hand=7)
    short = make_forecast(units=14, on_hand=3)
    out = make_forecast(units=7, on_hand=0)
    rows = read_shortages()
    assert [row.code for row in rows] == [out.sku.code, short.sku.code]
    assert [row.days_left for row in rows] == ["0", "1.5"]
    assert [row.is_out for row in rows] == [True, False]
    assert lasts.sku.code not in {row.code for row in rows}


def test_a_shortage_says_what_is_on_its_way() -> None:
    forecast = make_forecast(units=14, on_hand=0)
    offer = make_offer(sku=forecast.sku)
    order = PurchaseOrder.objects.create(
        number="PO-1",
        supplier=offer.supplier,
        warehouse=default_warehouse(),
        status=PurchaseOrder.Status.SENT,
    )
    PurchaseOrderLine.objects.create(
        order=order, sku=forecast.sku, quantity=30, quantity_received=10, unit_cost_minor=100
    )
    assert [row.on_order for row in read_shortages()] == ["20"]


def test_a_draft_shows_its_cost_and_number_of_lines() -> None:
    make_draft(n_lines=3)
    (draft,) = read_drafts()
    assert (draft.n_lines, draft.cost) == ("3", "¥75.00")


def test_sales_are_held_against_the_newest_forecast_made_before_them() -> None:
    version = make_active_version()
    for days_back, units in ((2, 4), (1, 9), (0, 5)):
        make_demand_day(day=A_DAY - timedelta(days=days_back), units=units)
    for as_of, lower in ((A_DAY - timedelta(days=9), 100), (A_DAY - timedelta(days=3), 3)):
        for days_back in (2, 1, 0):
            TotalForecast.objects.create(
                model_version=version,
                as_of=as_of,
                day=A_DAY - timedelta(days=days_back),
                units=lower + 2,
                lower_units=lower,
                upper_units=lower + 4,
            )
    sales = read_sales()
    assert sales.last_day == A_DAY
    assert (sales.n_within, sales.n_forecast) == (2, 3)
    assert sales.units_last_week == 18


def test_reviews_count_as_staff_corrected_them() -> None:
    make_review_proposal(sentiment="positive")
    make_review_proposal(sentiment="positive", corrected_sentiment="negative", status="corrected")
    make_review_proposal(sentiment="positive", status="rejected")
    mood = read_mood()
    assert mood.n_reviews == 2
    assert mood.positive_share == 0.5


def test_last_night_says_what_failed(client: Client) -> None:
    client.force_login(make_member(roles.MANAGER))
    make_night()
    page = client.get(reverse("admin:index"), headers=ENGLISH).content.decode()
    assert "records: 40" in page
    assert "retrain: Demand per SKU and day" in page
    assert "OSError: full" in page


def test_a_model_stands_beside_its_baseline_and_its_live_quality(client: Client) -> None:
    client.force_login(make_member(roles.MANAGER))
    version = make_active_version(pipeline="support.review_sentiment")
    DriftReport.objects.create(
        version=version, measured_on=A_DAY, status="watch", live={"accuracy": 0.87}
    )
    models = client.get(reverse("admin:index")).context["dashboard"].models
    (row,) = [row for row in models if row.title and row.version]
    assert (row.promised, row.baseline, row.live) == ("0.91", "0.62", "0.87")
    # Past midnight in Shanghai.
    version.published_at = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
    version.save()
    models = client.get(reverse("admin:index")).context["dashboard"].models
    assert [row.since for row in models if row.version] == [date(2026, 3, 3)]
    assert row.state_tone == "warn"
