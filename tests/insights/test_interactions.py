"""Behaviour on its way from a page to a row."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from redis import Redis

from customers.models import Consent
from insights import buffer
from insights.errors import PurchaseEventError, TooManyEventsError
from insights.models import Interaction
from insights.services import InteractionEvent, flush_interactions, record_interactions
from insights.tasks import flush_interactions as flush_job
from tests.factories import A_MOMENT, make_product, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _empty_buffer() -> Iterator[None]:
    client = buffer._client()
    client.delete(buffer.WAITING, buffer.BATCHES)
    yield
    client.delete(buffer.WAITING, buffer.BATCHES)


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
    return client.post(
        reverse("insights:interaction-list"),
        {"events": list(events)},
        content_type="application/json",
        headers=headers or None,
    )


def view_of(product: Any, **fields: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": "view", "product": product.pk, **fields}


def test_an_event_is_buffered_first_and_stored_whole_by_the_job() -> None:
    product, customer = make_product(), make_user()
    event = make_event(
        kind=Interaction.Kind.CLICK,
        customer_id=customer.pk,
        product_id=product.pk,
        placement="product.similar",
        position=3,
        query="茶杯",
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
    assert (stored.placement, stored.position, stored.query) == ("product.similar", 3, "茶杯")
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
        assert [len(lot) for lot in lots] == [2]
        record_interactions(events=[make_event()])
        raise RuntimeError("power cut")


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
    willing, unwilling = make_user(), make_user()
    for customer, answers in ((willing, (False, True)), (unwilling, (True, False))):
        for answer in answers:
            Consent.objects.create(
                user=customer, purpose=Consent.Purpose.ANALYTICS, is_granted=answer
            )
    record_interactions(
        events=[make_event(customer_id=willing.pk), make_event(customer_id=unwilling.pk)]
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


def test_a_page_reports_and_the_visitor_keeps_one_random_name(client: Client) -> None:
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
    customer = make_user()
    client.force_login(customer)
    report(client, view_of(make_product()))
    flush_interactions()
    assert Interaction.objects.get().customer == customer


def test_a_forged_visitor_name_is_not_taken_over(client: Client) -> None:
    client.cookies["visitor"] = "x' OR 1=1"
    answer = report(client, view_of(make_product()))
    assert len(answer.cookies["visitor"].value) == 32


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Googlebot/2.1"},
        {"sec-gpc": "1"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_robots_other_sites_and_those_who_do_not_want_it_leave_no_trace(
    client: Client, headers: dict[str, str]
) -> None:
    answer = report(client, view_of(make_product()), **headers)
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0})
    assert "visitor" not in answer.cookies
    assert buffer.waiting() == 0


def test_what_staff_do_teaches_nothing(client: Client) -> None:
    client.force_login(make_staff())
    assert report(client, view_of(make_product())).json() == {"accepted": 0}


@pytest.mark.parametrize(
    "fault",
    [
        {"id": "17"},
        {"kind": "waved"},
        {"product": -1},
        {"product": 2**64},
        {"position": 40_000},
        {"placement": "x" * 61},
        {"query": "x" * 201},
    ],
)
def test_a_malformed_event_is_refused_and_nothing_of_the_message_is_kept(
    client: Client, fault: dict[str, Any]
) -> None:
    product = make_product()
    answer = report(client, view_of(product), view_of(product) | fault)
    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid"
    assert buffer.waiting() == 0


def test_too_many_events_are_refused_with_a_sentence(client: Client) -> None:
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
def test_with_the_buffer_down_the_page_still_gets_its_answer(client: Client) -> None:
    answer = report(client, view_of(make_product()))
    assert (answer.status_code, answer.json()) == (202, {"accepted": 0})


def test_a_report_costs_no_query(client: Client, django_assert_num_queries: Any) -> None:
    product = make_product()
    with django_assert_num_queries(0):
        report(client, view_of(product))
