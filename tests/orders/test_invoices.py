"""Invoices and credit notes: one number after the other, whatever happens at once."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.models import Invoice, InvoiceSeries, Order
from orders.services import invoices, letters
from orders.services.documents import render_pdf
from outbox.models import Email
from tests.factories import make_order, make_sku, make_stock_level, make_user
from tests.orders.factories import place, place_and_pay

pytestmark = pytest.mark.django_db


def make_invoice(*, language: str = "en", name: str = "", lines: int = 1) -> Invoice:
    skus = {make_sku(price_minor=12900): 2 for _ in range(lines)}
    order = make_order(
        lines=skus,
        language=language,
        country="CN",
        email="buyer@example.org",
        shipping_address={"recipient": "张喆", "line": "建国路 88 号", "city": "北京"},
        breakdown={
            "taxes": [
                {
                    "name": "VAT",
                    "basis_points": 1300,
                    "base_minor": 22832,
                    "amount_minor": 2968,
                    "is_included": True,
                }
            ]
        },
    )
    if name:
        order.lines.update(name=name)
    return invoices.issue_invoice(order=order)


def signs_in(pdf: bytes) -> set[str]:
    """What a reader can copy from the pages: their signs, by the maps that its fonts carry."""
    signs = re.findall(rb"^<[0-9A-F]{4}> <([0-9A-F]{4,8})>$", pdf, re.M)
    return {bytes.fromhex(sign.decode()).decode("utf-16-be") for sign in signs}


def test_an_invoice_is_issued_once_with_the_next_number() -> None:
    first, second = make_invoice(), make_invoice()
    year = timezone.localdate().year
    assert (first.number, second.number) == (f"INV-{year}-000001", f"INV-{year}-000002")
    assert invoices.issue_invoice(order=first.order) == first
    assert Invoice.objects.count() == 2
    assert first.contents["lines"][0]["amount_minor"] == 25800


def test_paying_issues_the_invoice_of_the_order() -> None:
    sku = make_sku(price_minor=700)
    make_stock_level(sku=sku, on_hand=3)
    order = place_and_pay({sku: 3})
    invoice = order.invoices.get()
    assert (invoice.total_minor, invoice.contents["is_paid"]) == (2100, True)


def test_an_invoice_that_does_not_come_about_leaves_no_gap() -> None:
    make_invoice()
    with transaction.atomic():
        invoices.issue_invoice(order=make_order(lines={make_sku(): 1}))
        transaction.set_rollback(True)
    assert make_invoice().ordinal == 2
    assert InvoiceSeries.objects.get().last_number == 2


def test_each_year_and_each_kind_begins_anew() -> None:
    taken = [
        invoices.take_number(kind=kind, year=year)
        for kind, year in (
            ("invoice", 2026),
            ("invoice", 2026),
            ("credit_note", 2026),
            ("invoice", 2027),
        )
    ]
    assert taken == [1, 2, 1, 1]


@pytest.mark.django_db(transaction=True)
def test_thirty_at_once_get_the_numbers_from_1_to_30() -> None:
    sku = make_sku()
    orders = [make_order(lines={sku: 1}) for _ in range(36)]

    def issue(order: Order) -> int:
        try:
            with transaction.atomic():
                ordinal = invoices.issue_invoice(order=order).ordinal
                if order.pk in given_up:
                    raise RuntimeError
                return ordinal
        except RuntimeError:
            return 0
        finally:
            connections.close_all()

    given_up = {order.pk for order in orders[::6]}
    with ThreadPoolExecutor(12) as pool:
        ordinals = sorted(filter(None, pool.map(issue, orders)))
    assert ordinals == list(range(1, 31))
    assert InvoiceSeries.objects.get().last_number == 30


def test_a_document_is_small_and_its_words_can_be_copied() -> None:
    pdf = render_pdf(make_invoice(language="zh-hans", name="青花瓷盖碗茶杯", lines=3))
    assert pdf.startswith(b"%PDF-")
    assert len(pdf) < 150_000
    assert set("青花瓷盖碗茶杯张喆建国路北京") <= signs_in(pdf)


def test_a_long_order_in_english_fills_several_pages() -> None:
    pdf = render_pdf(make_invoice(name="Hand-painted porcelain tea bowl " * 4, lines=40))
    assert len(re.findall(rb"/Type /Page\b", pdf)) > 1
    assert len(pdf) < 150_000


def test_signs_that_no_font_has_do_not_stop_a_document() -> None:
    assert render_pdf(make_invoice(name="Łódź ☃ \x07 𓀀 cup")).startswith(b"%PDF-")


def test_the_letter_with_the_invoice_is_written_once() -> None:
    invoice = make_invoice()
    assert letters.mail_invoice(invoice=invoice)
    assert not letters.mail_invoice(invoice=Invoice.objects.get())
    email = Email.objects.get()
    assert (email.kind, email.reference) == ("order_paid", invoice.order.number)
    attachment = email.attachments.get()
    assert attachment.name == f"{invoice.number}.pdf"
    assert bytes(attachment.content or b"").startswith(b"%PDF-")


def test_invoices_whose_job_was_lost_are_swept(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(invoices, "send_on_commit", lambda *job, **_options: sent.append(job))
    invoice = make_invoice()
    letters.mail_invoice(invoice=make_invoice())
    sent.clear()
    assert invoices.sweep_unmailed() == 1
    assert sent == [("orders.mail_invoice", invoice.pk)]


def test_a_customer_reads_their_own_documents_alone(client: Client) -> None:
    sku = make_sku()
    make_stock_level(sku=sku, on_hand=9)
    customer, other = make_user(), make_user()
    order, foreign = place({sku: 1}, customer=customer), place({sku: 1}, customer=other)
    own = invoices.issue_invoice(order=order)
    theirs = invoices.issue_invoice(order=foreign)

    def address(number: str, invoice: Invoice) -> str:
        return reverse(
            "storefront:invoice-detail", kwargs={"number": number, "invoice": invoice.number}
        )

    assert client.get(address(order.number, own)).status_code == 302
    client.force_login(customer)
    answer = client.get(address(order.number, own))
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert "no-store" in answer["Cache-Control"]
    for number, invoice in ((foreign.number, theirs), (order.number, theirs)):
        assert client.get(address(number, invoice)).status_code == 404
