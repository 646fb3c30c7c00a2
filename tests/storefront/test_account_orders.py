"""The page of one order: for its customer, and for a guest who proved that it is theirs."""

from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from PIL import Image

from customers.models import User
from inventory.models import StockLevel
from orders.models import Order, OrderAccessCode, ReturnRequest
from orders.services import access
from orders.services.fulfilment import ship_order
from outbox.models import Email
from storefront.order_proof import PROOF_HOLDS
from tests.factories import make_order, make_sku, make_stock_level, make_user
from tests.orders.factories import place, place_and_pay

pytestmark = pytest.mark.django_db
STEPS = ["order-detail", "order-cancel", "order-return"]
GUEST = "li@example.org"


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user(language="en")
    client.force_login(user)
    return user


def a_picture() -> bytes:
    written = BytesIO()
    Image.new("RGB", (320, 240), "teal").save(written, "PNG")
    return written.getvalue()


def of(step: str, order: Order) -> str:
    return reverse(f"storefront:{step}", args=[order.number])


def sent_order(customer: User | None, *, units: int = 2) -> Order:
    order = place_and_pay({make_stock_level(on_hand=units).sku: units})
    Order.objects.filter(pk=order.pk).update(customer=customer, email=GUEST)
    ship_order(order=order, key="parcel", carrier="SF", tracking_number="SF100200")
    return Order.objects.get(pk=order.pk)


def prove(client: Client, order: Order) -> Any:
    client.post(reverse("storefront:order-access"), {"email": order.email, "number": order.number})
    for row in OrderAccessCode.objects.waiting():
        access.send_access_code(request_id=row.pk)
    letter = Email.objects.order_by("pk").last()
    assert letter is not None
    (code,) = [word for word in letter.text.split() if word.isdigit() and len(word) == 6]
    return client.post(reverse("storefront:order-access-code"), {"code": code})


def answers_of(client: Client, order: Order) -> list[Any]:
    return [
        client.get(of("order-detail", order)),
        client.post(of("order-cancel", order)),
        client.get(of("order-return", order)),
        client.post(of("order-return", order), {}),
    ]


def test_a_customer_sees_their_order_with_its_parcel(client: Client, customer: User) -> None:
    order = sent_order(customer)
    page = client.get(of("order-detail", order)).content.decode()
    for words in (order.number, "SF100200", order.lines.get().name, "Shipped"):
        assert words in page


@pytest.mark.usefixtures("customer")
def test_the_orders_of_others_do_not_exist_for_a_customer(client: Client) -> None:
    for theirs in (make_order(customer=make_user()), make_order(email=GUEST)):
        assert [answer.status_code for answer in answers_of(client, theirs)] == [404] * 4
        theirs.refresh_from_db()
        assert theirs.status == Order.Status.PLACED
    nobodys = Order(number="NONE")
    assert [answer.status_code for answer in answers_of(client, nobodys)] == [404] * 4


def test_visitors_are_asked_to_prove_an_order_whether_it_exists_or_not(client: Client) -> None:
    for order in (make_order(number="ZG1", email=GUEST), Order(number="NONE")):
        wanted = f"{reverse('storefront:order-access')}?{urlencode({'number': order.number})}"
        assert [answer["Location"] for answer in answers_of(client, order)] == [wanted] * 4
    assert Order.objects.get().status == Order.Status.PLACED


def test_a_guest_proves_their_order_and_no_other(client: Client) -> None:
    order, other = sent_order(None), make_order(email=GUEST)
    answer = prove(client, order)
    assert answer["Location"] == of("order-detail", order)
    assert client.get(answer["Location"]).status_code == 200
    assert client.get(of("order-detail", other)).status_code == 302
    assert Client().get(of("order-detail", order)).status_code == 302


def test_the_proof_of_a_guest_ends(client: Client) -> None:
    order = sent_order(None)
    prove(client, order)
    with time_machine.travel(timezone.now() + PROOF_HOLDS + timedelta(seconds=1)):
        assert client.get(of("order-detail", order)).status_code == 302


def test_asking_gets_the_same_answer_whether_it_matches_or_not(client: Client) -> None:
    make_order(number="ZG1", email=GUEST)
    pages = []
    for number in ("ZG1", "NONE"):
        browser = Client()
        answer = browser.post(
            reverse("storefront:order-access"), {"email": GUEST, "number": number}
        )
        wrong = browser.post(answer["Location"], {"code": "000000"})
        pages.append((answer.status_code, answer["Location"], wrong.context["form"].errors["code"]))
    assert pages[0] == pages[1]


def test_one_address_asks_ten_times_an_hour(client: Client) -> None:
    words = {"email": GUEST, "number": "ZG1"}
    answers = [client.post(reverse("storefront:order-access"), words) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [302] * 10 + [429]
    assert OrderAccessCode.objects.count() == 10


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\x00", "-12345", "x" * 9000])
def test_what_is_no_code_costs_no_attempt(client: Client, code: str) -> None:
    client.post(reverse("storefront:order-access"), {"email": GUEST, "number": "ZG1"})
    answer = client.post(reverse("storefront:order-access-code"), {"code": code})
    assert answer.status_code == 200
    assert "code" in answer.context["form"].errors
    assert OrderAccessCode.objects.get().attempts == 0


def test_a_code_may_be_written_with_spaces_and_wide_digits(client: Client) -> None:
    order = sent_order(None)
    client.post(reverse("storefront:order-access"), {"email": order.email, "number": order.number})
    access.send_access_code(request_id=OrderAccessCode.objects.get().pk)
    letter = Email.objects.get(kind="order_access_code")
    (code,) = [word for word in letter.text.split() if word.isdigit() and len(word) == 6]
    wide = "".join(chr(ord(digit) - ord("0") + ord("０")) for digit in code)
    answer = client.post(
        reverse("storefront:order-access-code"), {"code": f"{wide[:3]} {wide[3:]}"}
    )
    assert answer["Location"] == of("order-detail", order)


@pytest.mark.parametrize(
    "words",
    [
        {"email": "li", "number": "ZG1"},
        {"email": GUEST, "number": ""},
        {"email": GUEST, "number": "x" * 41},
        {"email": GUEST, "number": "\x00"},
        {"email": "x" * 100_000, "number": "ZG1"},
    ],
)
def test_nonsense_asks_for_nothing(client: Client, words: dict[str, str]) -> None:
    assert client.post(reverse("storefront:order-access"), words).status_code == 200
    assert OrderAccessCode.objects.count() == 0


def test_a_customer_cancels_what_was_not_sent(client: Client, customer: User) -> None:
    level = make_stock_level(on_hand=3)
    order = place({level.sku: 2}, customer=customer)
    client.post(of("order-cancel", order))
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED
    assert StockLevel.objects.get().reserved == 0
    assert [change.changed_by for change in order.status_changes.all()][-1] == customer


def test_what_was_sent_is_not_cancelled(client: Client, customer: User) -> None:
    order = sent_order(customer)
    client.post(of("order-cancel", order))
    order.refresh_from_db()
    assert order.status == Order.Status.SHIPPED


def test_a_look_cancels_nothing(client: Client, customer: User) -> None:
    order = make_order(customer=customer)
    assert client.get(of("order-cancel", order)).status_code == 405
    order.refresh_from_db()
    assert order.status == Order.Status.PLACED


def test_looking_at_an_order_writes_nothing(client: Client, customer: User) -> None:
    order = sent_order(customer)
    for step in ("order-detail", "order-return"):
        with CaptureQueriesContext(connection) as queries:
            client.get(of(step, order))
        assert [q["sql"] for q in queries if not q["sql"].startswith("SELECT")] == []


def test_the_page_of_an_order_costs_the_same_for_one_line_and_for_twenty(
    client: Client, customer: User, django_assert_max_num_queries: Any
) -> None:
    order = make_order(customer=customer, lines={make_sku(): 1 for _ in range(20)})
    with django_assert_max_num_queries(12):
        client.get(of("order-detail", order))


def ask_to_return(client: Client, order: Order, **changes: Any) -> Any:
    form = client.get(of("order-return", order)).context["form"]
    line = order.lines.get()
    words = {
        "key": form["key"].value(),
        f"units_{line.pk}": "1",
        f"reason_{line.pk}": "damaged",
        "note": "The lid is cracked.",
        **changes,
    }
    return client.post(of("order-return", order), words)


def test_a_customer_asks_to_send_something_back(client: Client, customer: User) -> None:
    order = sent_order(customer)
    answer = ask_to_return(client, order)
    assert answer["Location"] == of("order-detail", order)
    request = ReturnRequest.objects.get()
    assert request.status == ReturnRequest.Status.REQUESTED
    assert request.reason == "The lid is cracked."
    assert [(row.quantity, row.reason) for row in request.lines.all()] == [(1, "damaged")]


def test_a_guest_sends_something_back_too(client: Client) -> None:
    order = sent_order(None)
    prove(client, order)
    ask_to_return(client, order)
    assert ReturnRequest.objects.get().order == order


def test_the_same_form_twice_is_one_request(client: Client, customer: User) -> None:
    order = sent_order(customer)
    key = client.get(of("order-return", order)).context["form"]["key"].value()
    ask_to_return(client, order, key=key)
    ask_to_return(client, order, key=key)
    assert ReturnRequest.objects.count() == 1


def test_no_more_comes_back_than_was_sent(client: Client, customer: User) -> None:
    order = sent_order(customer, units=1)
    ask_to_return(client, order)
    answer = client.get(of("order-return", order))
    assert "Nothing can be sent back at present" in answer.content.decode()
    assert ReturnRequest.objects.count() == 1


@pytest.mark.parametrize("units", ["0", "3", "-1", "1e9", "１", "NaN", "x"])
def test_units_that_make_no_sense_are_refused(client: Client, customer: User, units: str) -> None:
    order = sent_order(customer)
    line = order.lines.get()
    answer = ask_to_return(client, order, **{f"units_{line.pk}": units})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert ReturnRequest.objects.count() == 0


def test_a_return_needs_a_reason(client: Client, customer: User) -> None:
    order = sent_order(customer)
    line = order.lines.get()
    answer = ask_to_return(client, order, **{f"reason_{line.pk}": ""})
    assert answer.context["form"].errors[f"reason_{line.pk}"] == ["Please say why."]
    assert ReturnRequest.objects.count() == 0


def test_photos_of_the_damage_come_along(client: Client, customer: User) -> None:
    order = sent_order(customer)
    photo = SimpleUploadedFile("lid.png", a_picture(), content_type="image/png")
    ask_to_return(client, order, photos=photo)
    taken = ReturnRequest.objects.get().photos.get()
    assert taken.state == "uploaded"
    assert "lid" not in str(taken.file.name)


def test_what_is_no_photo_is_refused_and_asks_for_nothing(client: Client, customer: User) -> None:
    order = sent_order(customer)
    file = SimpleUploadedFile("lid.png", b"<script>", content_type="image/png")
    answer = ask_to_return(client, order, photos=file)
    assert "photos" in answer.context["form"].errors
    assert ReturnRequest.objects.count() == 0


def test_after_a_month_nothing_can_be_sent_back(client: Client, customer: User) -> None:
    order = sent_order(customer)
    order.shipments.update(shipped_at=timezone.now() - timedelta(days=31))
    page = client.get(of("order-return", order)).content.decode()
    assert "Nothing can be sent back at present" in page
