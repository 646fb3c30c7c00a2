"""Behaviour on its way from a page to a row."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis import Redis

from customers.models import Consent
from insights import buffer
from insights.errors import PurchaseEventError, TooManyEventsError
from insights.models import Interaction
from insights.services.recording import InteractionEvent, flush_interactions, record_interactions
from insights.tasks import flush_interactions as flush_job
from tests.factories import A_MOMENT, make_product, make_staff, make_user

pytestmark = pytest.mark.django_db
A_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140"


@pytest.fixture(autouse=True)
def _empty_buffer() -> Iterator[None]:
    client = buffer._client()
    client.flushdb()
    yield
    client.flushdb()


@pytest.fixture
def _server_down(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Redis.from_url("unix:///nowhere/valkey.sock")
    monkeypatch.setattr(buffer, "_client", lambda: nowhere)


def make_event(**fields: Any) -> InteractionEvent:
    defaults: dict[str, Any] = {
        "event_id": uuid4(),
        "kind": Interaction.Kind.VIEW,
        "visitor_key": "visitor",
        "occurred_at": A_MOMENT,
    }
    return InteractionEvent(**{**defaults, **fields})


def report(client: Client, *events: dict[str, Any], **headers: str) -> Any:
    return send(client, {"events": list(events)}, **headers)


def send(client: Client, message: Any, **headers: str) -> Any:
    return client.post(
        reverse("insights:interaction-list"),
        message,
        content_type="application/json",
        headers={"user-agent": A_BROWSER, **headers},
    )


def allow_statistics(customer: Any, *answers: bool) -> None:
    for answer in answers or (True,):
        Consent.objects.create(user=customer, purpose=Consent.Purpose.ANALYTICS, is_granted=answer)


@pytest.fixture
def visitor(client: Client) -> Client:
    """A browser whose visitor allows statistics."""
    client.cookies["consent"] = "-a"
    return client


def view_of(product: Any, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "view", "product": product.pk, **fields}


def test_an_event_is_buffered_first_and_stored_whole_by_the_job() -> None:
    product, customer = make_product(), make_user()
    allow_statistics(customer)
    event = make_event(
        kind=Interaction.Kind.CLICK,
        customer_id=customer.pk,
        product_id=product.pk,
        page="product",
        placement="product.similar",
        position=3,
        source="recommendations.similar_products:4",
        arm="similar:b",
        query="茶杯",
        n_results=7,
        language="zh-hans",
    )
    assert record_interactions(events=[event]) == 1
    assert not Interaction.objects.exists()
    flush_job()
    stored = Interaction.objects.get()
    assert (stored.event_id, stored.kind, stored.customer, stored.product) == (
        event.event_id,
        "click",
        customer,
        product,
    )
    assert (stored.page, stored.placement, stored.position) == ("product", "product.similar", 3)
    assert (stored.source, stored.arm) == ("recommendations.similar_products:4", "similar:b")
    assert (stored.query, stored.n_results) == ("茶杯", 7)
    assert (stored.language, stored.occurred_at) == ("zh-hans", A_MOMENT)
    assert buffer.waiting() == 0


def test_an_event_sent_twice_is_stored_once() -> None:
    event = make_event()
    record_interactions(events=[event, event])
    flush_interactions()
    record_interactions(events=[event])
    assert flush_interactions() == 1
    assert Interaction.objects.count() == 1


def test_a_flush_that_dies_loses_nothing_and_what_came_meanwhile_waits() -> None:
    record_interactions(events=[make_event(), make_event()])
    with pytest.raises(RuntimeError, match="power cut"):
        _die_over_what_waits()
    assert flush_interactions() == 3
    assert Interaction.objects.count() == 3
    assert flush_interactions() == 0


def _die_over_what_waits() -> None:
    with buffer.taken() as lots:
        assert len(next(lots)) == 2
        record_interactions(events=[make_event()])
        raise RuntimeError("power cut")


def test_while_one_process_flushes_another_finds_nothing() -> None:
    record_interactions(events=[make_event()])
    with buffer.taken() as lots:
        assert len(next(lots)) == 1
        assert flush_interactions() == 0
    assert flush_interactions() == 1


def test_a_database_that_is_down_leaves_what_waits_and_the_heap_stays_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(buffer, "MOST_WAITING", 5)

    def down(*_args: Any, **_options: Any) -> Any:
        raise OperationalError("the database is down")

    with monkeypatch.context() as outage:
        outage.setattr(Interaction.objects, "bulk_create", down)
        for _minute in range(4):
            record_interactions(events=[make_event() for _number in range(4)])
            with pytest.raises(OperationalError):
                flush_interactions()
    heaps = [buffer.WAITING, *buffer._client().smembers(buffer.BATCHES)]
    assert sum(buffer._client().llen(heap) for heap in heaps) == 4 + 5
    assert flush_interactions() == 9
    assert Interaction.objects.count() == 9


def test_one_event_that_no_database_takes_does_not_hold_up_the_others() -> None:
    product = make_product()
    record_interactions(
        events=[make_event(), make_event(product_id=product.pk, position=2**40), make_event()]
    )
    assert flush_interactions() == 3
    assert Interaction.objects.count() >= 2
    assert flush_interactions() == 0


def test_more_than_one_lot_is_stored() -> None:
    for start in range(0, 1_250, 50):
        record_interactions(
            events=[
                make_event(occurred_at=A_MOMENT + timedelta(seconds=start + number))
                for number in range(50)
            ]
        )
    assert flush_interactions() == 1_250
    assert Interaction.objects.count() == 1_250


def test_the_buffer_is_bounded_and_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buffer, "MOST_WAITING", 3)
    for number in range(5):
        record_interactions(events=[make_event(position=number)])
    assert flush_interactions() == 3
    positions = Interaction.objects.order_by("position").values_list("position", flat=True)
    assert list(positions) == [2, 3, 4]


def test_events_of_products_and_people_that_are_gone_are_left_out() -> None:
    record_interactions(
        events=[make_event(product_id=999_999), make_event(customer_id=999_999), make_event()]
    )
    assert flush_interactions() == 3
    assert Interaction.objects.count() == 1


def test_the_last_word_on_statistics_decides() -> None:
    willing, unwilling, silent = make_user(), make_user(), make_user()
    allow_statistics(willing, False, True)
    allow_statistics(unwilling, True, False)
    customers = (willing, unwilling, silent)
    record_interactions(
        events=[
            make_event(customer_id=customer.pk, visitor_key=f"browser {customer.pk}")
            for customer in customers
        ]
    )
    flush_interactions()
    assert Interaction.objects.get().customer == willing


def test_what_another_version_of_the_program_left_is_skipped() -> None:
    buffer.put(['{"kind": "waved"}', "no json"])
    record_interactions(events=[make_event()])
    assert flush_interactions() == 3
    assert Interaction.objects.count() == 1


def test_a_page_cannot_claim_a_purchase_nor_flood_the_buffer() -> None:
    with pytest.raises(PurchaseEventError):
        record_interactions(events=[make_event(), make_event(kind=Interaction.Kind.PURCHASE)])
    with pytest.raises(TooManyEventsError):
        record_interactions(events=[make_event() for _ in range(51)])
    assert buffer.waiting() == 0


def test_nothing_is_kept_of_a_visitor_who_did_not_say_yes(client: Client) -> None:
    product = make_product()
    for answer in (None, "-", "-p", "a", "yes"):
        if answer is not None:
            client.cookies["consent"] = answer
        assert report(client, view_of(product)).json() == {"accepted": 0}
    assert "visitor" not in client.cookies
    assert buffer.waiting() == 0


def test_a_customer_who_says_no_is_followed_by_no_name_of_their_browser() -> None:
    customer = make_user()
    allow_statistics(customer)
    record_interactions(events=[make_event(customer_id=customer.pk)])
    flush_interactions()
    allow_statistics(customer, False)
    record_interactions(events=[make_event()])
    flush_interactions()
    assert Interaction.objects.count() == 1


def test_a_page_reports_and_the_visitor_keeps_one_random_name(visitor: Client) -> None:
    client = visitor
    product = make_product()
    answer = report(client, view_of(product), view_of(product, placement="product.similar"))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 2})
    cookie = answer.cookies["visitor"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    again = report(client, view_of(product))
    assert "visitor" not in again.cookies
    flush_interactions()
    assert set(Interaction.objects.values_list("visitor_key", flat=True)) == {cookie.value}


def test_a_customer_who_is_logged_in_is_known(client: Client) -> None:
    customer, other = make_user(), make_user()
    allow_statistics(customer)
    allow_statistics(other)
    client.force_login(customer)
    forged = {"customer": other.pk, "customer_id": other.pk, "visitor_key": "f" * 32}
    report(client, view_of(make_product(), **forged))
    flush_interactions()
    stored = Interaction.objects.get()
    assert stored.customer == customer
    assert stored.visitor_key != "f" * 32


def test_a_forged_visitor_name_is_not_taken_over(visitor: Client) -> None:
    client = visitor
    client.cookies["visitor"] = "x' OR 1=1"
    answer = report(client, view_of(make_product()))
    assert len(answer.cookies["visitor"].value) == 32


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Googlebot/2.1"},
        {"user-agent": "python-requests/2.32"},
        {"user-agent": ""},
        {"sec-gpc": "1"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_robots_other_sites_and_those_who_do_not_want_it_leave_no_trace(
    visitor: Client, headers: dict[str, str]
) -> None:
    client = visitor
    answer = report(client, view_of(make_product()), **headers)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0})
    assert "visitor" not in answer.cookies
    assert buffer.waiting() == 0


def test_what_staff_do_teaches_nothing(visitor: Client) -> None:
    client = visitor
    client.force_login(make_staff())
    assert report(client, view_of(make_product())).json() == {"accepted": 0}


@pytest.mark.parametrize(
    "fault",
    [
        {"id": "17"},
        {"id": 17},
        {"id": None},
        {"kind": ["view"]},
        {"product": 1.0},
        {"product": True},
        {"placement": {"a": 1}},
        {"at": "yesterday"},
        {"at": float("nan")},
        {"at": 10**400},
        {"kind": "waved"},
        {"product": -1},
        {"product": 2**64},
        {"position": 40_000},
        {"placement": "x" * 61},
        {"query": "x" * 201},
    ],
)
def test_a_malformed_event_is_refused_and_nothing_of_the_message_is_kept(
    visitor: Client, fault: dict[str, Any]
) -> None:
    client = visitor
    product = make_product()
    answer = report(client, view_of(product), view_of(product) | fault)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert buffer.waiting() == 0


@pytest.mark.parametrize("message", [[], 17, "[", {"events": 3}, {"events": [3]}, {"page": []}])
def test_what_is_no_message_is_refused(visitor: Client, message: Any) -> None:
    assert send(visitor, message).status_code == 400
    assert buffer.waiting() == 0


def test_clocks_of_1970_and_2100_are_set_by_that_of_the_shop(visitor: Client) -> None:
    product = make_product()
    hour_ms = 3_600_000
    for sent, at in (
        (10 * hour_ms, 10 * hour_ms - 60_000),
        (None, 0),
        (None, 4_102_444_800_000),
        (4_102_444_800_000, 0),
        (0, 4_102_444_800_000),
    ):
        message = {"events": [view_of(product, at=at)]} | ({} if sent is None else {"sent": sent})
        assert send(visitor, message).status_code == 202
    flush_interactions()
    now = timezone.now()
    ages = sorted(
        round((now - moment).total_seconds() / 60)
        for moment in Interaction.objects.values_list("occurred_at", flat=True)
    )
    assert ages == [0, 0, 1, 30, 30]


def test_words_that_tell_of_a_person_are_not_kept(visitor: Client) -> None:
    for words in ("mei@example.org", "call 138 0013 8000", "blue\x00cup\ud800", "茶杯 500"):
        report(visitor, {"id": str(uuid4()), "kind": "search", "query": words})
    flush_interactions()
    assert set(Interaction.objects.values_list("query", flat=True)) == {
        "…",
        "call …",
        "blue cup",
        "茶杯 500",
    }


def test_ten_thousand_events_of_one_client_are_cut_off_within_the_minute(visitor: Client) -> None:
    product = make_product()
    answers = [
        report(visitor, *[view_of(product) for _number in range(50)]) for _message in range(200)
    ]
    assert [answer.status_code for answer in answers] == [202] * 12 + [429] * 188
    assert answers[-1].json()["code"] == "too_often"
    assert answers[-1].headers["Retry-After"] == "60"
    assert buffer.waiting() == 600


def test_a_client_that_forgets_its_name_is_cut_off_by_its_address(
    visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buffer, "MOST_OF_ADDRESS", 3)
    product = make_product()
    codes = []
    for _message in range(5):
        visitor.cookies.pop("visitor", None)
        codes.append(report(visitor, view_of(product)).status_code)
    assert codes == [202, 202, 202, 429, 429]


def test_too_many_events_are_refused_with_a_sentence(visitor: Client) -> None:
    client = visitor
    product = make_product()
    answer = report(client, *[view_of(product) for _ in range(51)])
    assert answer.status_code == 409
    assert answer.json() == {
        "code": "too_many_events",
        "message": "At most 50 events may be sent at once.",
    }


def test_reading_the_endpoint_is_no_way_to_write(client: Client) -> None:
    assert client.get(reverse("insights:interaction-list")).status_code == 405


@pytest.mark.usefixtures("_server_down")
def test_with_the_buffer_down_the_page_still_gets_its_answer(visitor: Client) -> None:
    client = visitor
    answer = report(client, view_of(make_product()))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0})


def test_a_report_costs_no_query(visitor: Client, django_assert_num_queries: Any) -> None:
    client = visitor
    product = make_product()
    with django_assert_num_queries(0):
        report(client, view_of(product))
