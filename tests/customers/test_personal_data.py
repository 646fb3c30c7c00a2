"""A copy of all that the shop knows of somebody, and forgetting them."""

import json
import logging
import zipfile
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.errors import StaffAccountError
from customers.models import Address, Consent, DataRequest, User
from customers.services import personal_data, privacy
from insights.models import Interaction, RiskAssessment
from inventory.models import StockAlert
from learning.decisions import record_decision
from learning.models import Decision
from orders.models import Invoice, Order, OrderAccessCode, OrderLine
from orders.services import fulfilment
from outbox.models import Email
from storefront.models import ContactMessage
from support.models import Review
from tests.factories import make_product, make_review, make_sku, make_staff, make_stock_level
from tests.orders.checkouts import browser_of, make_checkout, only_shipping_method, send_order
from tests.orders.factories import place_and_capture
from tests.storefront.accounts import confirm_password, log_in, make_customer

pytestmark = pytest.mark.django_db

EMAIL = "hua.li.forgetme@example.org"
NAME = "Huali Zzyzx"


@pytest.fixture(autouse=True)
def _test_payments(settings: Any) -> None:
    settings.PAYMENT_TEST = True


def make_person() -> User:
    """Somebody of whom the shop knows something in every app."""
    user = make_customer(email=EMAIL, first_name="Huali", last_name="Zzyzx")
    EmailAddress.objects.update_or_create(
        user=user, email=EMAIL, defaults={"verified": True, "primary": True}
    )
    Address.objects.create(
        user=user, recipient=NAME, line="Zzyzx Road 1", city="Beijing", country="CN"
    )
    Consent.objects.create(user=user, purpose="personalisation", is_granted=True)
    sku = make_sku(price_minor=1000, product=make_product())
    make_stock_level(sku=sku, on_hand=50)
    order = place_and_capture({sku: 2}, customer=user)
    Order.objects.filter(pk=order.pk).update(
        email=EMAIL, shipping_address={"recipient": NAME, "line": "Zzyzx Road 1"}, note=NAME
    )
    order.refresh_from_db()
    fulfilment.ship_order(order=order, key="parcel-1")
    fulfilment.complete_order(order=Order.objects.get(pk=order.pk))
    RiskAssessment.objects.create(order=order, score=0.1, email_key="e" * 32)
    make_review(author=user, author_name=NAME, product=sku.product, text=f"{NAME} likes it.")
    browser = uuid4().hex
    for customer in (user, None):
        Interaction.objects.create(
            event_id=uuid4(),
            kind="view",
            visitor_key=browser,
            customer=customer,
            product=sku.product,
            occurred_at=timezone.now(),
        )
    StockAlert.objects.create(sku=sku, email=EMAIL, language="en")
    OrderAccessCode.objects.create(
        token=uuid4().hex,
        email=EMAIL,
        number=order.number,
        language="en",
        expires_at=timezone.now(),
    )
    ContactMessage.objects.create(
        name=NAME, email=EMAIL, subject="Hello", text="Hi", language="en", user=user
    )
    return user


def tables_naming(*words: str) -> set[str]:
    """Every table of the shop that still holds one of the words, in any column."""
    found = set()
    for model in apps.get_models():
        texts = [
            field.attname
            for field in model._meta.concrete_fields
            if isinstance(field, (models.CharField, models.TextField, models.JSONField))
        ]
        if not texts:
            continue
        for row in model._default_manager.values_list(*texts):
            text = json.dumps(row, default=str, ensure_ascii=False).lower()
            if any(word.lower() in text for word in words):
                found.add(model._meta.label)
    return found


def carry_out(request: DataRequest) -> DataRequest:
    privacy.carry_out(request_id=request.pk)
    request.refresh_from_db()
    return request


def unpacked(archive: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(BytesIO(archive)) as opened:
        return {
            name: json.loads(opened.read(name))
            for name in opened.namelist()
            if name.endswith(".json")
        }


def test_a_copy_holds_what_every_app_knows() -> None:
    user = make_person()
    request = carry_out(privacy.request_export(user=user))
    assert request.state == "done"
    archive = privacy.read_archive(user=user, request_id=request.pk, now=timezone.now())
    assert archive is not None
    found = unpacked(archive)
    assert found["customers.json"]["addresses"][0]["line"] == "Zzyzx Road 1"
    assert found["orders.json"]["orders"][0]["email"] == EMAIL
    assert found["orders.json"]["lines of orders"][0]["quantity"] == 2
    assert found["support.json"]["reviews"][0]["text"] == f"{NAME} likes it."
    assert len(found["insights.json"]["interactions"]) == 1
    assert len(found["insights.json"]["behaviour before logging in"]) == 1
    assert found["insights.json"]["risks of orders"][0]["score"] == 0.1
    assert found["storefront.json"]["messages to the shop"][0]["text"] == "Hi"
    assert found["inventory.json"]["stock alerts"][0]["email"] == EMAIL
    assert "outbox.json" in found
    letter = Email.objects.get(kind="data_ready")
    assert letter.to == EMAIL


def test_a_copy_holds_no_secret_of_the_shop_and_nothing_of_others() -> None:
    make_review(author=make_customer(email="other@example.org"), text="Not hers.")
    user = make_person()
    text = json.dumps(unpacked(privacy.make_archive(user)[0]))
    assert "pbkdf2" not in text
    assert "argon2" not in text
    assert user.password not in text
    assert "email_key" not in text
    assert "other@example.org" not in text
    assert "Not hers." not in text


def test_a_copy_is_its_owners_alone_and_for_a_week(settings: Any) -> None:
    user = make_person()
    request = carry_out(privacy.request_export(user=user))
    now = timezone.now()
    other = make_customer(email="other@example.org")
    assert privacy.read_archive(user=other, request_id=request.pk, now=now) is None
    late = now + timedelta(days=settings.RETENTION_EXPORT_DAYS, minutes=1)
    assert privacy.read_archive(user=user, request_id=request.pk, now=late) is None
    assert personal_data.forget_old(now=late)["copies_of_data"] == 1
    request.refresh_from_db()
    assert request.archive is None


def test_who_is_erased_stands_nowhere_any_more_and_sums_stay() -> None:
    user = make_person()
    before = Order.objects.get()
    carry_out(privacy.request_export(user=user))
    request = carry_out(privacy.request_erasure(user=user))
    assert (request.state, request.user, request.problem) == ("done", None, "")
    assert not User.objects.filter(pk=user.pk).exists()
    after = Order.objects.get()
    assert (after.total_minor, after.status, after.placed_at, after.country) == (
        before.total_minor,
        before.status,
        before.placed_at,
        before.country,
    )
    assert OrderLine.objects.get().quantity_shipped == 2
    assert (after.customer, after.email, after.shipping_address, after.note) == (None, "", {}, "")
    assert not Interaction.objects.exists()
    assert not RiskAssessment.objects.exists()
    assert not Review.objects.exists()
    # The letter that tells of it is on its way; it goes once it is sent.
    assert tables_naming(EMAIL, "zzyzx") <= {"outbox.Email", "orders.Invoice"}
    Email.objects.update(state="sent", sent_at=timezone.now())
    personal_data.forget_old(now=timezone.now())
    # Invoices are kept as they were issued.
    assert tables_naming(EMAIL, "zzyzx") <= {"orders.Invoice"}
    assert Invoice.objects.exists()


def test_every_table_about_a_person_is_known_to_erasure() -> None:
    """A relation that neither goes with the account nor lets go of it would stop an erasure."""
    protected = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if field.related_model is User
        and getattr(field.remote_field, "on_delete", None) is models.PROTECT
    }
    assert protected == {"orders.Order.customer"}
    labels = {holder.label for holder in personal_data.holders()}
    about = {model._meta.app_label for model in apps.get_models() if _is_about_a_person(model)}
    # Of these every row goes with the account, or only says who of the staff decided.
    assert about - labels <= {"account", "mfa", "admin", "catalog", "learning"}


def _is_about_a_person(model: Any) -> bool:
    return any(
        field.related_model is User and field.name in {"customer", "user", "author", "voter"}
        for field in model._meta.concrete_fields
    )


def test_what_is_under_way_comes_to_its_end_first() -> None:
    user = make_person()
    order = Order.objects.get()
    Order.objects.update(status="paid")
    request = carry_out(privacy.request_erasure(user=user))
    assert request.state == "waiting"
    assert order.number in request.problem
    assert User.objects.filter(pk=user.pk).exists()
    assert Review.objects.exists()
    Order.objects.update(status="completed")
    assert carry_out(request).state == "done"


def test_a_request_that_waits_is_one_and_can_be_withdrawn() -> None:
    user = make_person()
    Order.objects.update(status="paid")
    first = privacy.request_erasure(user=user)
    assert privacy.request_erasure(user=user) == first
    assert privacy.withdraw(request=first) is True
    assert privacy.withdraw(request=first) is False
    assert privacy.carry_out(request_id=first.pk) is None
    assert User.objects.filter(pk=user.pk).exists()


def test_an_erasure_that_fails_half_way_leaves_everything(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = make_person()
    request = privacy.request_erasure(user=user)

    def fails(_user: User) -> int:
        raise RuntimeError("broken")

    monkeypatch.setattr("customers.privacy.erase_personal_data", fails)
    for _attempt in range(privacy.MOST_ATTEMPTS):
        privacy.carry_out(request_id=request.pk)
    request.refresh_from_db()
    assert request.state == "failed"
    assert Review.objects.exists()
    assert Order.objects.get().email == EMAIL
    monkeypatch.undo()
    assert privacy.retry(request=request) is True
    assert carry_out(request).state == "done"


def test_staff_are_not_erased_by_themselves() -> None:
    with pytest.raises(StaffAccountError):
        privacy.request_erasure(user=make_staff())
    assert not DataRequest.objects.exists()


def test_orders_of_a_guest_belong_to_who_proved_the_address() -> None:
    user = make_person()
    Order.objects.update(customer=None)
    assert EMAIL in json.dumps(unpacked(privacy.make_archive(user)[0])["orders.json"])
    EmailAddress.objects.update(verified=False)
    assert "orders" not in unpacked(privacy.make_archive(user)[0]).get("orders.json", {})


def test_what_was_decided_stays_told_but_not_of_whom() -> None:
    user = make_person()
    review = Review.objects.get()
    decision = record_decision(action=Decision.Action.ACCEPT, subject=review)
    Decision.objects.filter(pk=decision.pk).update(subject_label=f"segment: {user}")
    carry_out(privacy.request_erasure(user=user))
    decision.refresh_from_db()
    assert decision.subject_label == "–"


def logged_in(user: User) -> Client:
    client = Client()
    log_in(client, user)
    confirm_password(client)
    return client


def test_the_page_asks_for_the_password_once_more() -> None:
    user = make_person()
    client = Client()
    client.force_login(user)
    for name in ("data-requests", "data-export", "data-erase"):
        address = reverse(f"storefront:{name}")
        answer = client.get(address) if name == "data-requests" else client.post(address)
        assert answer.status_code == 302
        assert "reauthenticate" in answer["Location"]
    assert not DataRequest.objects.exists()


def test_a_customer_asks_fetches_and_is_erased_on_the_page() -> None:
    user = make_person()
    client = logged_in(user)
    page = reverse("storefront:data-requests")
    assert client.get(page).status_code == 200
    assert client.post(reverse("storefront:data-export"))["Location"] == page
    request = carry_out(DataRequest.objects.get())
    answer = client.get(reverse("storefront:data-download", args=[request.pk]))
    assert answer["Content-Type"] == "application/zip"
    assert "no-store" in answer["Cache-Control"]
    assert unpacked(answer.content)["customers.json"]["account"][0]["email"] == EMAIL
    client.post(reverse("storefront:data-erase"))
    assert not DataRequest.objects.filter(kind="erasure").exists()
    client.post(reverse("storefront:data-erase"), {"sure": "yes"})
    carry_out(DataRequest.objects.get(kind="erasure"))
    # The browser is nobody's now.
    assert client.get(page).status_code == 302


def test_a_request_of_another_is_not_there() -> None:
    request = carry_out(privacy.request_export(user=make_person()))
    other = logged_in(make_customer(email="other@example.org"))
    assert other.get(reverse("storefront:data-download", args=[request.pk])).status_code == 404
    assert other.post(reverse("storefront:data-withdraw", args=[request.pk])).status_code == 404


def test_a_night_forgets_what_was_kept_long_enough(settings: Any) -> None:
    make_person()
    now = timezone.now()
    assert sum(personal_data.forget_old(now=now).values()) == 0
    told = {"score": 0.1, "details": {"keys": {"email": "e" * 32}}}
    Order.objects.update(risk=told, placed_at=now)
    late = now + timedelta(days=settings.RETENTION_INTERACTION_DAYS + 1)
    counts = personal_data.forget_old(now=late)
    assert counts["interactions"] == 2
    assert counts["risk_keys"] == 1
    assert counts["access_codes"] == 1
    assert Order.objects.get().risk == {"score": 0.1}
    assert not Interaction.objects.exists()
    assert RiskAssessment.objects.get().email_key == ""
    # Nothing the second time.
    assert sum(personal_data.forget_old(now=late).values()) == 0


def test_no_address_of_a_customer_reaches_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    sku = make_sku(price_minor=1000, product=make_product())
    make_stock_level(sku=sku, on_hand=50)
    checkout = make_checkout({sku: 1}, method=only_shipping_method(), email=EMAIL)
    send_order(browser_of(checkout.cart), checkout, total_minor=1800)
    user = make_customer(email=f"x.{EMAIL}")
    client = logged_in(user)
    client.get(reverse("storefront:account-detail"))
    carry_out(privacy.request_export(user=user))
    carry_out(privacy.request_erasure(user=user))
    assert Order.objects.get().email == EMAIL
    said = [
        f"{record.getMessage()} {record.__dict__}"
        for record in caplog.records
        # Statements of the database are only told to who asks for them.
        if not record.name.startswith("django.db")
    ]
    assert said
    assert not [line for line in said if EMAIL in line]
