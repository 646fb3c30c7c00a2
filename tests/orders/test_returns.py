"""Goods that come back: who may send what, what becomes of it, and what is paid for it."""

import io
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.base import ContentFile
from django.utils import timezone
from PIL import Image

from catalog.errors import PhotoRefusedError
from catalog.services import pictures
from inventory.models import StockLevel
from orders.errors import (
    EmptyBasketError,
    NotAllowedNowError,
    RefundTooLargeError,
    ReturnTooLateError,
    TooManyPhotosError,
    WrongUnitsError,
)
from orders.models import Order, OrderLine, Refund, ReturnPhoto, ReturnRequest, Shipment
from orders.services import fulfilment, payments, return_photos, returns
from orders.services.returns import ReturnItem
from outbox.models import Email
from tests.factories import make_sku, make_staff, make_stock_level
from tests.orders.factories import place_and_capture

pytestmark = pytest.mark.django_db


def make_shipped(units: int = 3, *, price_minor: int = 1000, key: str = "s1") -> OrderLine:
    sku = make_sku(price_minor=price_minor)
    make_stock_level(sku=sku, on_hand=units)
    order = place_and_capture({sku: units})
    fulfilment.ship_order(order=order, key=key)
    return order.lines.get()


def ask(line: OrderLine, units: int, *, key: str = "r1", **also: Any) -> ReturnRequest:
    return returns.request_return(
        order=line.order, items=[ReturnItem(line.pk, units, "size")], key=key, **also
    )


def receive(
    line: OrderLine, units: int, *, key: str = "r1", damaged: bool = False
) -> ReturnRequest:
    request = returns.approve_return(request=ask(line, units, key=key))
    ids = list(request.lines.values_list("pk", flat=True)) if damaged else []
    return returns.receive_return(request=request, damaged_line_ids=ids)


def test_a_return_walks_from_the_wish_to_the_money() -> None:
    line, staff = make_shipped(3), make_staff()
    request = ask(line, 2, note="too small")
    assert (request.reason, request.lines.get().reason) == ("too small", "size")
    returns.approve_return(request=request, user=staff, answer="Send it to Hangzhou.")
    returns.receive_return(request=request, user=staff)
    refund = returns.refund_return(request=request, amount_minor=2000, user=staff)
    assert request.status == "received"
    payments.mark_refund_sent(refund=refund)
    request.refresh_from_db()
    line.order.refresh_from_db()
    assert (request.status, line.order.refunded_minor) == ("refunded", 2000)
    steps = [(step.to_status, step.changed_by) for step in request.status_changes.all()]
    assert steps == [
        ("requested", None),
        ("approved", staff),
        ("received", staff),
        ("refunded", None),
    ]
    assert line.order.invoices.get(kind="credit_note").contents["lines"][0]["units"] == 2


def test_what_is_written_off_does_not_go_back_for_sale() -> None:
    line = make_shipped(3)
    receive(line, 1, key="r1")
    receive(line, 1, key="r2", damaged=True)
    assert StockLevel.objects.get().on_hand == 1
    line.refresh_from_db()
    assert line.quantity_returned == 2


def test_more_than_was_sent_cannot_come_back() -> None:
    line = make_shipped(2)
    ask(line, 1, key="r1")
    for units in (0, -1, 2):
        with pytest.raises(WrongUnitsError):
            ask(line, units, key=f"wrong{units}")
    other = make_shipped(1, key="s2")
    with pytest.raises(WrongUnitsError):
        returns.request_return(order=line.order, items=[ReturnItem(other.pk, 1)], key="foreign")
    with pytest.raises(EmptyBasketError):
        returns.request_return(order=line.order, items=[], key="nothing")
    assert ReturnRequest.objects.count() == 1


def test_the_time_to_send_goods_back_ends(settings: Any) -> None:
    settings.RETURN_WINDOW_DAYS = 30
    line = make_shipped(2)
    Shipment.objects.update(shipped_at=timezone.now() - timedelta(days=29, hours=23))
    ask(line, 1, key="r1")
    Shipment.objects.update(shipped_at=timezone.now() - timedelta(days=30, hours=1))
    with pytest.raises(ReturnTooLateError):
        ask(line, 1, key="r2")
    assert ReturnRequest.objects.count() == 1


def test_the_same_request_sent_twice_is_one() -> None:
    line = make_shipped(2)
    assert ask(line, 1) == ask(line, 1)
    assert ReturnRequest.objects.count() == 1


def test_no_more_is_paid_back_than_the_units_cost() -> None:
    line = make_shipped(3)
    Order.objects.update(discount_minor=100, total_minor=2900)
    OrderLine.objects.update(discount_minor=100)
    line.order.refresh_from_db()
    request = receive(line, 1)
    assert returns.suggested_refund(request=request).amount_minor == 966
    for amount in (967, 0, -1):
        with pytest.raises(RefundTooLargeError):
            returns.refund_return(request=request, amount_minor=amount)
    assert not Refund.objects.exists()
    returns.refund_return(request=request, amount_minor=500)
    with pytest.raises(NotAllowedNowError):
        returns.refund_return(request=request, amount_minor=1)


def test_nothing_is_paid_back_before_the_goods_are_here() -> None:
    request = ask(make_shipped(1), 1)
    with pytest.raises(NotAllowedNowError):
        returns.refund_return(request=request, amount_minor=1)
    returns.approve_return(request=request)
    with pytest.raises(NotAllowedNowError):
        returns.refund_return(request=request, amount_minor=1)
    assert not Refund.objects.exists()


def test_a_refused_return_tells_why_and_frees_the_units() -> None:
    line = make_shipped(1)
    request = ask(line, 1)
    returns.refuse_return(request=request, answer="It was used.")
    letter = Email.objects.get(kind="return_refused")
    assert "It was used." in letter.text
    with pytest.raises(NotAllowedNowError):
        returns.approve_return(request=request)
    ask(line, 1, key="again")


def test_photos_are_taken_in_made_ready_and_limited(photo_bytes: bytes) -> None:
    taken = return_photos.take_in_all([photo_bytes, photo_bytes])
    assert len(taken) == 1
    request = ask(make_shipped(1), 1, photos=taken)
    photo = ReturnPhoto.objects.get(request=request)
    assert (photo.state, str(photo.file.name).startswith("returns/")) == ("uploaded", True)
    return_photos.prepare_photo(photo=photo)
    assert (photo.state, sorted(photo.renditions)) == ("ready", ["large", "medium", "small"])
    with pytest.raises(TooManyPhotosError):
        return_photos.take_in_all([photo_bytes] * 6)


def test_photos_whose_job_was_lost_are_swept(photo_bytes: bytes) -> None:
    taken = return_photos.take_in_all([photo_bytes])
    ask(make_shipped(1), 1, photos=taken)
    assert return_photos.sweep_photos() == 0
    assert return_photos.sweep_photos(older_than=timedelta(0)) == 1
    ReturnPhoto.objects.update(attempts=pictures.MAX_ATTEMPTS)
    assert return_photos.sweep_photos(older_than=timedelta(0)) == 0


def test_files_of_returns_that_were_never_sent_in_are_swept(photo_bytes: bytes) -> None:
    ask(make_shipped(1), 1, photos=return_photos.take_in_all([photo_bytes]))
    kept = ReturnPhoto.objects.get()
    return_photos.prepare_photo(photo=kept)
    names = {str(size["name"]) for size in kept.renditions.values()}
    storage = kept.file.storage
    # As a request that died between the file and its row leaves it.
    stray = storage.save("returns/2026/11/stray.webp", ContentFile(b"x"))
    assert return_photos.delete_orphans() == 0
    with time_machine.travel(timezone.now() + pictures.ORPHAN_AFTER + timedelta(hours=1)):
        assert return_photos.delete_orphans() == 1
    assert not storage.exists(stray)
    assert all(storage.exists(name) for name in names)


def test_too_many_photos_are_refused_before_one_is_decoded() -> None:
    # None of these is a photo: whoever looked at one would say so.
    with pytest.raises(TooManyPhotosError):
        return_photos.take_in_all([b"no photo"] * (return_photos.MAX_PHOTOS + 1))
    with pytest.raises(PhotoRefusedError):
        return_photos.take_in_all([b"no photo"])
    assert not ReturnPhoto.objects.exists()


@pytest.fixture
def photo_bytes() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (900, 700), (120, 40, 60)).save(file, "JPEG")
    return file.getvalue()
