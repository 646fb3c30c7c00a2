"""Reports of behaviour: what the night sums up, and what staff see of it."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from insights.models import (
    CohortMonth,
    FunnelDay,
    Interaction,
    PathDay,
    PurchaseDelay,
    SearchDay,
    Visit,
)
from insights.services.rolling_up import roll_up
from tests.factories import make_order, make_staff, make_user
from tests.insights.factories import make_interaction, make_visit

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 20)
STEPS = ("visits", "saw_product", "added_to_cart", "began_checkout", "bought")


def at(hour: int, *, day: date = DAY) -> datetime:
    return timezone.make_aware(datetime.combine(day, datetime.min.time())) + timedelta(hours=hour)


def make_day() -> None:
    """Four visits and a program's: one ordered, one only filled the cart."""
    customer = make_user()
    make_order(customer=customer, placed_at=at(1, day=DAY - timedelta(days=9)))
    make_visit(started_at=at(9), source=Visit.Source.SEARCH, path="home")
    make_visit(
        started_at=at(10),
        source=Visit.Source.SEARCH,
        path="home product cart",
        saw_product=True,
        added_to_cart=True,
    )
    make_visit(
        started_at=at(11),
        source=Visit.Source.EMAIL,
        path="cart checkout thanks",
        began_checkout=True,
        customer=customer,
        n_orders=1,
    )
    make_visit(started_at=at(12), path="home")
    make_visit(started_at=at(13), path="home", robot=Visit.Robot.RATE, n_views=500)


def steps(**conditions: Any) -> list[tuple[Any, ...]]:
    return list(
        FunnelDay.objects.filter(**conditions)
        .order_by("source")
        .values_list(
            "source",
            "audience",
            "visits",
            "saw_product",
            "added_to_cart",
            "began_checkout",
            "bought",
        )
    )


def test_a_night_sums_up_the_day_and_a_second_one_changes_nothing() -> None:
    make_day()
    for _night in range(2):
        roll_up(as_of=DAY)
        assert steps() == [
            ("direct", "unknown", 1, 0, 0, 0, 0),
            ("email", "returning", 1, 1, 1, 1, 1),
            ("search", "unknown", 2, 1, 1, 0, 0),
        ]
        assert list(
            PathDay.objects.order_by("-visits", "path").values_list("path", "visits", "bought")
        ) == [
            ("home", 2, 0),
            ("cart checkout thanks", 1, 1),
            ("home product cart", 1, 0),
        ]


def test_a_day_is_that_of_the_shops_clock() -> None:
    make_visit(started_at=at(0))
    make_visit(started_at=at(24) - timedelta(seconds=1))
    make_visit(started_at=at(24))
    roll_up(as_of=DAY)
    assert [row.visits for row in FunnelDay.objects.filter(day=DAY)] == [2]


def test_searches_are_summed_whatever_their_case_and_without_programs() -> None:
    robot = make_visit(robot=Visit.Robot.RATE)
    for words, n_results, visitor in (
        ("Teapot", 0, "a"),
        (" teapot", 0, "b"),
        ("teapot", 7, "a"),
        ("茶壶", 0, "c"),
    ):
        make_interaction(
            kind=Interaction.Kind.SEARCH,
            query=words,
            n_results=n_results,
            visitor_key=visitor,
            occurred_at=at(9),
            language="en",
        )
    make_interaction(
        kind=Interaction.Kind.SEARCH, query="teapot", n_results=0, visit=robot, occurred_at=at(9)
    )
    roll_up(as_of=DAY)
    rows = SearchDay.objects.values_list("words", "searches", "visitors", "without_result")
    assert set(rows) == {("teapot", 3, 2, 2), ("茶壶", 1, 1, 1)}


def test_the_time_to_purchase_counts_from_the_first_visit_of_the_browser() -> None:
    for key, days_before in (("a", 0), ("b", 2), ("c", 20), ("d", None)):
        if days_before is not None:
            make_visit(
                visitor_key=key,
                started_at=at(8) - timedelta(days=days_before),
                source=Visit.Source.SOCIAL,
            )
        make_visit(visitor_key=key, started_at=at(20), n_orders=1)
    roll_up(as_of=DAY)
    found = PurchaseDelay.objects.filter(day=DAY).values_list("within", "source", "visits")
    assert set(found) == {
        ("day", "social", 1),
        ("3days", "social", 1),
        ("month", "social", 1),
        ("visit", "direct", 1),
    }


def test_after_an_order_the_time_to_purchase_counts_anew() -> None:
    for days_before, n_orders in ((30, 0), (20, 1), (2, 0), (0, 1)):
        make_visit(
            visitor_key="a", started_at=at(9) - timedelta(days=days_before), n_orders=n_orders
        )
    roll_up(as_of=DAY)
    assert list(PurchaseDelay.objects.values_list("within", "visits")) == [("3days", 1)]


def test_cohorts_follow_customers_from_the_month_of_their_first_order() -> None:
    loyal, once = make_user(), make_user()
    for customer, months in ((loyal, (2, 3, 3, 5)), (once, (2,))):
        for month in months:
            placed = at(9, day=date(2026, month, 10))
            make_order(customer=customer, placed_at=placed, goods_minor=1_000, total_minor=1_000)
    make_order(customer=once, placed_at=at(9, day=date(2026, 4, 2)), status="cancelled")
    make_order(placed_at=at(9, day=date(2026, 2, 2)))
    roll_up(as_of=DAY)
    cells = CohortMonth.objects.values_list("months_later", "customers", "orders", "revenue_minor")
    assert list(cells) == [(0, 2, 2, 2_000), (1, 1, 2, 2_000), (3, 1, 1, 1_000)]
    assert {row.first_month for row in CohortMonth.objects.all()} == {date(2026, 2, 1)}


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True))
    return client


def page(client: Client, name: str, **query: Any) -> str:
    answer = client.get(reverse("admin:insights_behaviour_report", args=[name]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_funnel_is_shown_whole_and_by_what_brought_the_visits(manager: Client) -> None:
    make_day()
    roll_up(as_of=DAY)
    shown = page(manager, "funnel")
    assert "25.00 %" in shown
    assert "search engine" in shown
    assert "Not enough data to see a drop of conversion: 0 of 28 days" in shown
    only_search = page(manager, "funnel", source="search")
    assert "email letter</td>" not in only_search


def test_a_report_is_the_same_as_a_file(manager: Client) -> None:
    make_day()
    roll_up(as_of=DAY)
    answer = manager.get(
        reverse("admin:insights_behaviour_report", args=["paths"]), {"export": "csv"}
    )
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]  # it streams
    assert lines == [
        "\ufeffpath,visits,bought",
        "home page,2,0",
        "cart page → checkout page → order placed,1,1",
        "home page → product page → cart page,1,0",
    ]


@pytest.mark.parametrize("name", ["funnel", "paths", "cohorts", "searches", "time"])
def test_an_empty_shop_and_a_filter_that_makes_no_sense_are_told_in_words(
    manager: Client, name: str
) -> None:
    shown = page(manager, name, days="900", source="nowhere", segment="x", language="'")
    assert "zg-empty" in shown


def test_the_last_minutes_are_shown_and_asked_for_again(manager: Client) -> None:
    visit = make_visit(started_at=timezone.now() - timedelta(minutes=2), minutes=1)
    make_interaction(visit=visit, page="product", occurred_at=timezone.now() - timedelta(minutes=1))
    whole = manager.get(reverse("admin:insights_live")).content.decode()
    assert "every 5s" in whole
    part = manager.get(reverse("admin:insights_live"), headers={"HX-Request": "true"})
    shown = part.content.decode()
    assert "<html" not in shown
    assert "product page" in shown


def test_who_may_not_see_visits_sees_no_report(client: Client) -> None:
    client.force_login(make_staff())
    for name in ("insights_behaviour", "insights_live"):
        assert client.get(reverse(f"admin:{name}")).status_code == 403


def test_a_report_costs_the_same_for_many_visits(
    manager: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(40):
        make_visit(
            started_at=at(9), path=f"home product{number}", source=list(Visit.Source)[number % 6]
        )
    roll_up(as_of=DAY)
    page(manager, "funnel")
    with django_assert_max_num_queries(14):
        page(manager, "funnel")
