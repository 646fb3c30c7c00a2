"""Pages count themselves, with and without consent, with and without JavaScript."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Consent
from insights import buffer
from insights.models import Interaction, TrafficHour, Visit
from insights.services.page_log import page_log
from insights.services.recording import flush_interactions
from insights.services.traffic import store_counts
from orders.models import CartLine
from tests.factories import make_product, make_sku, make_staff, make_stock_level, make_user

pytestmark = pytest.mark.django_db
A_BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"


@pytest.fixture(autouse=True)
def _empty_buffer() -> Iterator[None]:
    page_log.hand_over()
    buffer._client().flushdb()
    yield
    page_log.hand_over()
    buffer._client().flushdb()


def browser(*, answer: str | None = None) -> Client:
    client = Client(headers={"user-agent": A_BROWSER})
    if answer is not None:
        client.cookies["consent"] = answer
        client.cookies["visitor"] = "0123456789abcdef" * 2
    return client


def stored() -> None:
    page_log.hand_over()
    flush_interactions()
    store_counts()


def counts() -> dict[tuple[str, str], int]:
    return {(row.counted, row.page): row.count for row in TrafficHour.objects.all()}


def test_pages_of_a_visitor_who_allows_nothing_are_only_counted() -> None:
    make_product(slug="cup")
    for client in (browser(), browser(answer="-"), browser(answer="-p")):
        client.get("/en/products/cup/")
    stored()
    assert counts() == {("pages", "product"): 3}
    assert not Interaction.objects.exists()
    assert not Visit.objects.exists()


def test_a_view_without_javascript_is_stored_and_begins_a_visit() -> None:
    product = make_product(slug="cup")
    browser(answer="-a").get(
        "/en/products/cup/?utm_source=newsletter&utm_medium=email&utm_campaign=May",
        headers={"referer": "https://www.baidu.com/"},
    )
    stored()
    view = Interaction.objects.get()
    assert (view.kind, view.product, view.page, view.language) == ("view", product, "product", "en")
    visit = Visit.objects.get()
    assert (visit.source, visit.referrer, visit.campaign) == ("email", "newsletter", "May")
    assert (visit.device, visit.entry_page) == ("phone", "product")
    assert counts() == {("pages", "product"): 1, ("followed", "product"): 1}


def test_the_beacon_and_the_log_of_pages_count_a_view_and_a_search_once() -> None:
    make_product(name_en="Blue cup", slug="cup")
    client = browser(answer="-a")
    page = client.get("/en/search/", {"q": "nowhere"}).content.decode()
    found = re.search(r'data-page="([0-9a-f]{32})" data-page-kind="search" data-followed', page)
    assert found is not None
    assert 'data-results="0"' in page
    page_id = found.group(1)
    answer = client.post(
        reverse("insights:interaction-list"),
        {
            "page": {"kind": "search"},
            "events": [
                {"id": page_id, "kind": "view"},
                {"id": f"{page_id[:-1]}1", "kind": "search", "query": "nowhere", "results": 0},
            ],
        },
        content_type="application/json",
    )
    assert answer.json() == {"accepted": 2}
    stored()
    assert sorted(Interaction.objects.values_list("kind", "query", "n_results")) == [
        ("search", "nowhere", 0),
        ("view", "", None),
    ]
    assert Visit.objects.get().n_views == 1


def test_a_page_that_is_kept_gives_every_visitor_an_id_of_its_own() -> None:
    make_product(slug="cup")
    ids = {
        re.search(r'data-page="([0-9a-f]+)"', browser().get("/en/products/cup/").content.decode())[
            1
        ]  # type: ignore[index]  # it is there
        for _visitor in range(3)
    }
    assert len(ids) == 3


def test_the_cart_is_followed_without_javascript() -> None:
    sku = make_sku(price_minor=1000)
    make_stock_level(sku=sku, on_hand=9)
    client = browser(answer="-a")
    client.post("/en/cart/lines/add/", {"sku": sku.pk, "quantity": 2})
    line = CartLine.objects.get()
    client.post("/en/cart/lines/remove/", {"line": line.pk})
    stored()
    events = Interaction.objects.order_by("pk").values_list("kind", "product", "quantity")
    assert list(events) == [
        ("add_to_cart", sku.product_id, 2),
        ("remove_from_cart", sku.product_id, 2),
    ]
    assert Visit.objects.get().added_to_cart


def test_robots_parts_of_pages_staff_and_pages_that_failed_are_no_views() -> None:
    make_product(slug="cup")
    Client(headers={"user-agent": "Googlebot/2.1"}).get("/en/products/cup/")
    client = browser(answer="-a")
    client.get("/en/products/cup/", headers={"HX-Request": "true"})
    client.get("/en/products/cup/", headers={"Sec-Purpose": "prefetch"})
    client.get("/en/products/nothing/")
    client.get("/en/search/suggestions/?q=cup")
    staff = browser(answer="-a")
    staff.force_login(make_staff())
    staff.get("/en/products/cup/")
    stored()
    assert not Interaction.objects.exists()
    assert counts() == {("robots", "product"): 1}


def test_counts_that_are_stored_again_are_not_added_up() -> None:
    make_product(slug="cup")
    client = browser()
    for _round in range(2):
        client.get("/en/products/cup/")
        stored()
    assert store_counts() == 0
    assert counts() == {("pages", "product"): 2}


def test_no_page_asks_the_database_for_statistics(django_assert_num_queries: Any) -> None:
    make_product(slug="cup")
    browser(answer="-a").get("/en/search/")
    with django_assert_num_queries(0):
        browser(answer="-a").get("/en/search/")


def test_the_bar_asks_until_it_is_answered_and_works_by_a_form_alone() -> None:
    make_product(slug="cup")
    client = browser()
    page = client.get("/en/products/cup/").content.decode()
    assert 'id="consent-bar"' in page
    assert "data-followed" not in page
    answer = client.post("/en/privacy/", {"answer": "all", "next": "/en/products/cup/"})
    assert (answer.status_code, answer["Location"]) == (302, "/en/products/cup/")
    assert client.cookies["consent"].value == "-ap"
    assert re.fullmatch(r"[0-9a-f]{32}", client.cookies["visitor"].value)
    page = client.get("/en/products/cup/").content.decode()
    assert 'id="consent-bar"' not in page
    assert "data-followed" in page


def test_a_no_is_kept_and_takes_the_name_of_the_browser_away() -> None:
    client = browser(answer="-ap")
    client.post("/en/privacy/", {"answer": "none"})
    assert client.cookies["consent"].value == "-"
    assert client.cookies["visitor"].value == ""
    assert 'id="consent-bar"' not in client.get("/en/search/").content.decode()


def test_each_purpose_can_be_chosen_and_answered_in_place() -> None:
    client = browser()
    answer = client.post(
        "/en/privacy/",
        {"answer": "chosen", "personalisation": "on"},
        headers={"HX-Request": "true"},
    )
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer["HX-Trigger"] == "consent-refused"
    assert client.cookies["consent"].value == "-p"


def test_global_privacy_control_is_a_no_that_nobody_is_asked_about() -> None:
    make_product(slug="cup")
    client = browser(answer="-ap")
    page = client.get("/en/products/cup/", headers={"Sec-GPC": "1"}).content.decode()
    assert "data-followed" not in page
    assert (
        'id="consent-bar"' not in browser().get("/en/", headers={"Sec-GPC": "1"}).content.decode()
    )
    stored()
    assert not Interaction.objects.exists()


def test_a_customer_answers_for_the_account_and_the_browser_alike() -> None:
    customer = make_user()
    client = browser()
    client.force_login(customer)
    client.post("/en/privacy/", {"answer": "all"})
    said = set(Consent.objects.filter(user=customer).values_list("purpose", "is_granted"))
    assert said == {("analytics", True), ("personalisation", True)}
    client.post("/en/account/consents/", {"marketing": "on"})
    assert client.cookies["consent"].value == "-"
    assert not Consent.objects.filter(user=customer, purpose="analytics").first().is_granted  # type: ignore[union-attr]  # it is there


def test_an_answer_that_is_none_changes_nothing() -> None:
    client = browser()
    assert client.post("/en/privacy/", {"answer": "perhaps"}).status_code == 200
    assert "consent" not in client.cookies
