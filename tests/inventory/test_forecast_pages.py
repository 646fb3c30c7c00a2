"""What staff read on the pages of forecasts."""

import csv
import io
from datetime import timedelta
from math import prod
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Sku
from ecomsite.backoffice import roles
from inventory.models import (
    CategoryForecast,
    DemandForecast,
    ForecastAccuracy,
    StockClass,
    TotalForecast,
)
from inventory.services import forecasts
from inventory.services.class_matrix import read_class_matrix
from inventory.services.events import switch_events
from inventory.services.forecast_days import read_forecast_days
from inventory.services.shop_outlook import sales_by_day, shares_of_categories
from tests.backoffice.factories import make_member
from tests.factories import (
    make_category,
    make_demand_day,
    make_offer,
    make_product,
    make_sku,
    make_stock_level,
    make_user,
)
from tests.inventory.factories import (
    LAST_DAY,
    learn_demand,
    make_demand_history,
    make_event,
    make_forecast,
)

pytestmark = pytest.mark.django_db
MOST_QUERIES = 15
LIST = "admin:inventory_demandforecast_changelist"
SHOP = "admin:inventory_totalforecast_changelist"
CHANGES = "admin:inventory_forecast_changes"
ACCURACY = "admin:inventory_forecastaccuracy_changelist"
CLASSES = "admin:inventory_stockclass_changelist"
PAGES = (LIST, SHOP, CHANGES, ACCURACY, CLASSES)


@pytest.fixture
def buyer(client: Client) -> Client:
    """A browser in which a buyer is logged in and reads English."""
    client.force_login(make_member(roles.BUYER))
    client.cookies["django_language"] = "en"
    return client


def page_of(forecast: DemandForecast) -> str:
    return reverse("admin:inventory_demandforecast_change", args=[forecast.pk])


def text_of(answer: Any) -> str:
    """As a browser shows it: entities read, blanks as blanks."""
    assert answer.status_code == 200
    body: str = answer.content.decode()
    for entity, sign in (("&#x27;", "'"), ("&quot;", '"'), ("\N{NO-BREAK SPACE}", " ")):
        body = body.replace(entity, sign)
    return body


def rows_of(answer: Any) -> list[list[str]]:
    """The lines of a CSV file."""
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def make_total(*, units: float = 10.0, n_days: int = 2) -> None:
    for number in range(1, n_days + 1):
        TotalForecast.objects.create(
            as_of=LAST_DAY,
            day=LAST_DAY + timedelta(days=number),
            units=units,
            lower_units=units / 2,
            upper_units=units * 2,
        )


def make_category_forecast(category: Category, daily: list[float]) -> CategoryForecast:
    return CategoryForecast.objects.create(
        category=category,
        as_of=LAST_DAY,
        units=sum(daily),
        daily_units=daily,
        lower_units=[units / 2 for units in daily],
        upper_units=[units * 2 for units in daily],
    )


def make_below(parent: Category, name: str) -> Category:
    below: Category = Category.objects.add_child(
        parent, {"name_en": name, "name_zh_hans": name, "slug": name.lower().replace(" ", "-")}
    )
    parent.refresh_from_db()
    return below


def make_accuracy(**fields: Any) -> ForecastAccuracy:
    return ForecastAccuracy.objects.create(
        **{
            "measured_on": LAST_DAY,
            "made_on": LAST_DAY - timedelta(days=7),
            "days": 7,
            "skus": 40,
            "units_expected": 280.0,
            "units_sold": 300.0,
            "wape": 0.25,
            "bias": -0.0667,
            "covered_90": 0.91,
            "covered_95": 0.8,
            "covered_99": None,
            "baseline_wape": 0.5,
            **fields,
        }
    )


def make_class(sku: Sku, cell: str, **fields: Any) -> StockClass:
    return StockClass.objects.create(
        **{
            "sku": sku,
            "worth": cell[0],
            "steadiness": cell[1],
            "revenue_minor": 1000,
            "as_of": LAST_DAY,
            **fields,
        }
    )


def explained(**factors: float) -> dict[str, Any]:
    return {
        "unit": "factor",
        "factors": [
            {"name": name, "value": value, "direction": "none", "weight": value}
            for name, value in factors.items()
        ],
    }


def test_the_factors_of_every_day_multiply_to_the_number_shown(buyer: Client) -> None:
    skus = make_demand_history()
    learn_demand()
    make_event(
        kind="promotion",
        name="Spring sale",
        factor=1.5,
        starts_on=LAST_DAY + timedelta(days=3),
        ends_on=LAST_DAY + timedelta(days=4),
    )
    make_event(
        kind="closure", starts_on=LAST_DAY + timedelta(days=9), ends_on=LAST_DAY + timedelta(days=9)
    )
    forecasts.refresh_forecasts(as_of=LAST_DAY)
    forecast = DemandForecast.objects.in_force().get(sku=skus[0])
    days = read_forecast_days(forecast=forecast).days
    for day, units in zip(days, forecast.daily_units, strict=True):
        assert prod(day.factors.values()) == pytest.approx(units, abs=1e-6)
        assert day.is_as_planned
    assert [event.name for event in days[2].events] == ["Spring sale"]
    assert days[2].factors["promotion"] == 1.5
    assert days[8].units == 0.0
    text = text_of(buyer.get(page_of(forecast), {"day": days[2].day.isoformat()}))
    assert "Spring sale" in text
    assert "× 1.500" in text
    assert "Plans or prices changed" not in text


def test_plans_made_since_the_night_are_told_beside_the_number_they_will_change(
    buyer: Client,
) -> None:
    skus = make_demand_history()
    learn_demand()
    forecast = DemandForecast.objects.in_force().get(sku=skus[0])
    make_event(
        kind="promotion",
        factor=2.0,
        starts_on=LAST_DAY + timedelta(days=1),
        ends_on=LAST_DAY + timedelta(days=28),
    )
    days = read_forecast_days(forecast=forecast).days
    assert not any(day.is_as_planned for day in days)
    assert sum(day.product for day in days) == pytest.approx(2 * forecast.units)
    assert "Plans or prices changed since" in text_of(buyer.get(page_of(forecast)))


def test_an_event_of_another_category_is_no_plan_of_the_sku() -> None:
    toys, lamps = make_category(name_en="Toys"), make_category(name_en="Lamps")
    under = make_below(lamps, "Desk lamps")
    sku = make_sku(product=make_product(category=under))
    forecast = make_forecast(sku=sku)
    span: dict[str, Any] = {"starts_on": LAST_DAY, "ends_on": LAST_DAY + timedelta(days=2)}
    make_event(name="Toys week", categories=[toys], **span)
    make_event(name="Lamps week", categories=[lamps], **span)
    make_event(name="All week", **span)
    make_event(name="Just this", skus=[sku], **span)
    make_event(name="Just another", skus=[make_sku()], **span)
    make_event(name="Called off", is_active=False, **span)
    first, second, third = read_forecast_days(forecast=forecast).days[:3]
    names = ["All week", "Just this", "Lamps week"]
    assert sorted(event.name for event in first.events) == names
    assert sorted(event.name for event in second.events) == names
    assert third.events == []


def test_the_page_of_a_sku_says_how_long_its_stock_lasts_and_how_forecasts_did(
    buyer: Client,
) -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=5, warehouse=make_forecast(
        sku=sku, as_of=LAST_DAY - timedelta(days=7), is_current=False
    ).warehouse)  # fmt: skip
    make_demand_day(sku=sku, day=LAST_DAY, units=14)
    forecast = make_forecast(sku=sku, explanation=explained(level=1.0, weekday=28.0))
    text = text_of(buyer.get(page_of(forecast)))
    assert "5 units are free; they last until 6 March 2026." in text
    # 7 expected against 14 sold.
    assert "50 %" in text
    assert "28.000" in text


def test_a_first_forecast_says_that_there_is_nothing_to_hold_it_against(buyer: Client) -> None:
    text = text_of(buyer.get(page_of(make_forecast())))
    assert "Not enough data: this is its first forecast." in text


def test_a_sku_without_a_forecast_says_how_many_days_are_missing(buyer: Client) -> None:
    sku = make_sku()
    make_demand_day(sku=sku, day=timezone.localdate() - timedelta(days=59), units=3)
    text = text_of(buyer.get(reverse("admin:inventory_forecast_sku", args=[sku.pk])))
    assert "Not enough data: 60 of 112 days of demand." in text
    forecast = make_forecast(sku=sku)
    answer = buyer.get(reverse("admin:inventory_forecast_sku", args=[sku.pk]))
    assert answer.headers["Location"] == page_of(forecast)


@pytest.mark.parametrize("page", [LIST, SHOP, CHANGES, CLASSES])
def test_a_shop_without_a_past_is_told_what_a_forecast_needs(buyer: Client, page: str) -> None:
    assert "Not enough data: 0 of 112 days of demand." in text_of(buyer.get(reverse(page)))


def test_accuracy_before_its_time_says_how_many_nights_are_missing(buyer: Client) -> None:
    assert "Not enough data: 0 of 112" in text_of(buyer.get(reverse(ACCURACY)))
    for back in (0, 3):
        make_forecast(as_of=LAST_DAY - timedelta(days=back))
    assert "Not enough data: 3 of 7 days since the first" in text_of(buyer.get(reverse(ACCURACY)))


def test_accuracy_shows_one_horizon_beside_its_baseline(buyer: Client) -> None:
    make_accuracy()
    make_accuracy(days=28, wape=0.75, made_on=LAST_DAY - timedelta(days=28))
    answer = buyer.get(reverse(ACCURACY))
    page = answer.context["page"]
    assert [row.days for row in page.newest] == ["7 days", "28 days"]
    # Half the error of a mean is a gain of half; three quarters is half as much again.
    assert "+50.0" in page.newest[0].gain
    assert "-50.0" in page.newest[1].gain
    assert [row.days for row in answer.context["cl"].result_list] == [7]
    longer = buyer.get(reverse(ACCURACY), {"horizon": "28"})
    assert [row.days for row in longer.context["cl"].result_list] == [28]
    odd = buyer.get(reverse(ACCURACY), {"horizon": "9; drop"})
    assert [row.days for row in odd.context["cl"].result_list] == [7]


def test_the_biggest_change_stands_first_with_the_factor_that_did_it(buyer: Client) -> None:
    steady, moved = make_sku(), make_sku()
    yesterday = LAST_DAY - timedelta(days=1)
    for sku, units, level in ((steady, 28.0, 1.0), (moved, 28.0, 1.0)):
        make_forecast(
            sku=sku,
            as_of=yesterday,
            units=units,
            is_current=False,
            explanation=explained(level=level, weekday=28.0),
        )
    make_forecast(sku=steady, units=29.0, explanation=explained(level=29 / 28, weekday=28.0))
    make_forecast(
        sku=moved, units=14.0, explanation=explained(level=1.0, weekday=28.0, promotion=0.5)
    )
    page = buyer.get(reverse(CHANGES)).context["page"]
    assert [(row.code, row.change) for row in page.rows] == [
        (moved.code, "-14.0"),
        (steady.code, "+1.0"),
    ]
    assert page.rows[0].reason == "promotions: 1.000 → 0.500"
    for query, found in (
        ({"direction": "up"}, [steady.code]),
        ({"q": moved.code}, [moved.code]),
        ({"direction": "sideways"}, [moved.code, steady.code]),
    ):
        page = buyer.get(reverse(CHANGES), query).context["page"]
        assert [row.code for row in page.rows] == found
    lines = rows_of(buyer.get(reverse(CHANGES), {"export": "csv"}))
    assert [line[0] for line in lines[1:]] == [moved.code, steady.code]
    assert lines[1][3:8] == ["28.0", "2026-03-01", "14.0", "-14.0", "promotions"]


def test_a_single_night_has_nothing_to_compare_with(buyer: Client) -> None:
    make_forecast()
    assert "changes are told from the second night on" in text_of(buyer.get(reverse(CHANGES)))


def test_categories_share_what_the_shop_is_expected_to_sell() -> None:
    home = make_category(name_en="Home")
    lamps, rugs = (make_below(home, name) for name in ("Lamps", "Rugs"))
    make_total(units=10.0, n_days=2)
    make_category_forecast(home, [8.0, 8.0])
    make_category_forecast(lamps, [6.0, 6.0])
    make_category_forecast(rugs, [2.0, 2.0])
    lamp = make_sku(product=make_product(category=lamps))
    make_demand_day(sku=lamp, day=LAST_DAY, units=9)
    make_demand_day(sku=lamp, day=LAST_DAY - timedelta(days=28), units=50)
    (top,) = shares_of_categories(as_of=LAST_DAY)
    assert (top.category, top.units, top.share, top.sold_before) == (home, 16.0, 0.8, 9)
    below = shares_of_categories(as_of=LAST_DAY, parent=home)
    assert [(one.category, one.sold_before) for one in below] == [(lamps, 9), (rugs, 0)]
    assert [one.share for one in below] == pytest.approx([0.6, 0.2])
    span = {"first_day": LAST_DAY - timedelta(days=28), "last_day": LAST_DAY}
    assert sales_by_day(**span, category=rugs) == {}
    assert sum(sales_by_day(**span, category=home).values()) == 59


def test_a_category_is_shown_with_its_band_and_its_own_history(buyer: Client) -> None:
    home = make_category(name_en="Home")
    make_total()
    make_category_forecast(home, [8.0, 9.0])
    make_demand_day(sku=make_sku(product=make_product(category=home)), day=LAST_DAY, units=4)
    make_demand_day(day=LAST_DAY, units=7)
    lines = rows_of(buyer.get(reverse(SHOP), {"category": home.pk, "export": "days"}))
    assert lines[-3:] == [
        ["Home", "2026-03-01", "4"],
        ["Home", "2026-03-02", "", "8.0", "4.0", "16.0"],
        ["Home", "2026-03-03", "", "9.0", "4.5", "18.0"],
    ]
    whole = rows_of(buyer.get(reverse(SHOP), {"category": "x", "export": "days"}))
    assert whole[-3][2] == "11"
    shares = rows_of(buyer.get(reverse(SHOP), {"export": "categories"}))
    assert shares[1] == ["Home", "2026-03-01", "17.0", "0.85", "4"]


def test_nine_cells_say_how_much_lies_there_and_how_much_of_it_was_filled() -> None:
    dear, cheap, loose = make_sku(), make_sku(), make_sku()
    for sku, cell in ((dear, "AX"), (cheap, "CZ")):
        make_class(sku, cell)
        make_offer(sku=sku, unit_cost_minor=500)
    make_stock_level(sku=dear, on_hand=4)
    make_stock_level(sku=loose, on_hand=1)
    make_demand_day(sku=dear, day=LAST_DAY, units=10, units_filled=8)
    matrix = read_class_matrix(today=LAST_DAY + timedelta(days=365))
    assert matrix.rows[0][0].fill_rate is None
    matrix = read_class_matrix(today=LAST_DAY)
    assert (matrix.n_skus, matrix.as_of) == (2, LAST_DAY)
    first, last = matrix.rows[0][0], matrix.rows[2][2]
    assert (first.worth, first.steadiness, first.n_skus, first.fill_rate) == ("A", "X", 1, 0.8)
    assert (last.n_skus, last.value_minor, last.fill_rate) == (1, 0, None)


def test_a_cell_leads_to_its_skus_and_their_forecasts(buyer: Client) -> None:
    skus = [make_sku() for _ in range(3)]
    for sku, cell in zip(skus, ("AX", "AZ", "BX"), strict=True):
        make_class(sku, cell)
        make_forecast(sku=sku)
    page = buyer.get(reverse(CLASSES)).context["page"]
    cell = page.rows[0][2][0]
    assert (cell.name, cell.n_skus) == ("AX", "1")
    listed = buyer.get(cell.url).context["cl"].result_list
    assert [row.sku for row in listed] == [skus[0]]
    ahead = buyer.get(cell.forecasts).context["cl"].result_list
    assert [row.sku for row in ahead] == [skus[0]]
    everything = buyer.get(reverse(LIST), {"worth": "A' or 1"}).context["cl"].result_list
    assert len(everything) == 3


def test_no_cell_of_an_export_is_a_formula(buyer: Client) -> None:
    sku = make_sku(code="=1+1", product=make_product(name_en="@SUM(A1)", name_zh_hans="@SUM(A1)"))
    make_class(sku, "AX")
    make_forecast(sku=sku, as_of=LAST_DAY - timedelta(days=1), is_current=False, units=1.0)
    forecast = make_forecast(sku=sku)
    for address in (
        reverse(LIST),
        reverse(CHANGES),
        reverse(CLASSES),
        page_of(forecast),
    ):
        lines = rows_of(buyer.get(address, {"export": "csv"}))
        assert lines[1][0] == "'=1+1", address
        assert not any(cell[:1] in {"=", "@"} for line in lines for cell in line), address


@pytest.mark.parametrize("page", [*PAGES, "admin:inventory_calendarevent_month"])
def test_who_may_not_see_forecasts_sees_no_page_of_them(client: Client, page: str) -> None:
    client.force_login(make_member(roles.SUPPORT_AGENT))
    for query in ({}, {"export": "csv"}, {"export": "days"}):
        assert client.get(reverse(page), query).status_code == 403


def test_who_may_not_see_forecasts_sees_no_sku(client: Client) -> None:
    forecast = make_forecast()
    client.force_login(make_member(roles.SUPPORT_AGENT))
    sku_page = reverse("admin:inventory_forecast_sku", args=[forecast.sku_id])
    for address in (page_of(forecast), f"{page_of(forecast)}?export=csv", sku_page):
        assert client.get(address).status_code == 403


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_every_page_of_forecasts_is_read_in_at_most_fifteen_queries(
    client: Client, language: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    skus = make_demand_history()
    learn_demand()
    for back in (1, 0):
        forecasts.refresh_forecasts(as_of=LAST_DAY - timedelta(days=back))
    category = make_category()
    for place, sku in enumerate(skus):
        make_class(sku, "AX" if place % 2 else "CZ")
        make_stock_level(sku=sku, on_hand=place)
        make_event(
            name=f"Sale {place}",
            starts_on=LAST_DAY,
            ends_on=LAST_DAY + timedelta(days=9),
            categories=[category],
            skus=[sku],
        )
    make_accuracy()
    forecast = DemandForecast.objects.in_force().get(sku=skus[0])
    client.force_login(make_member(roles.MANAGER))
    client.cookies["django_language"] = language
    events = "admin:inventory_calendarevent_changelist"
    month = f"{reverse('admin:inventory_calendarevent_month')}?month=2026-03"
    for address in (*map(reverse, (*PAGES, events)), page_of(forecast), month):
        # What a process keeps is kept: content types, the model.
        client.get(address)
        with django_assert_max_num_queries(MOST_QUERIES, info=address):
            assert client.get(address).status_code == 200


def test_switching_an_event_off_is_noted_and_done_once() -> None:
    event = make_event()
    assert switch_events(event_ids=[event.pk], is_active=False) == 1
    assert switch_events(event_ids=[event.pk], is_active=False) == 0
    event.refresh_from_db()
    assert not event.is_active
    assert event.history.count() == 2


def test_charts_can_be_read_without_seeing_them(buyer: Client) -> None:
    make_total()
    text = text_of(buyer.get(reverse(SHOP)))
    assert 'role="img" aria-label="The whole shop: units requested in 91 days, and 20.0' in text
    assert "2 Mar 2026" in text
    assert make_user().has_perm("inventory.view_totalforecast") is False
