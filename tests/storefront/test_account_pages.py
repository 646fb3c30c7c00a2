"""The customer's own pages."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from customers.models import Address, Consent, User
from customers.services.addresses import AddressDetails, add_address
from support.models import Review
from tests.factories import (
    A_MOMENT,
    make_order,
    make_product,
    make_review,
    make_sku,
    make_stock_level,
    make_user,
)
from tests.orders.factories import place_and_pay

pytestmark = pytest.mark.django_db
HOME = {
    "recipient": "李雷",
    "phone": "+86 21 5555 0100",
    "country": "CN",
    "region": "上海",
    "city": "上海",
    "line": "人民路 1 号",
    "postal_code": "200000",
}
PAGES = [
    "storefront:account-detail",
    "storefront:order-list",
    "storefront:own-review-list",
    "storefront:address-list",
    "storefront:address-add",
    "storefront:consent-change",
    "storefront:profile-change",
]


@pytest.fixture
def customer(client: Client) -> User:
    user = make_user(language="en", first_name="Lei", last_name="Li")
    client.force_login(user)
    return user


def address_of(user: User, recipient: str = "Li Lei") -> Address:
    details = AddressDetails(recipient=recipient, line="Park Road 1", city="London", country="GB")
    return add_address(user=user, details=details)


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_of_an_account_ask_visitors_to_log_in(client: Client, name: str) -> None:
    answer = client.get(reverse(name))
    assert answer.status_code == 302
    assert answer["Location"] == f"{reverse('account_login')}?next={reverse(name)}"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("name", PAGES)
@pytest.mark.usefixtures("customer")
def test_the_pages_of_an_account_open_and_are_nobody_elses_to_keep(
    client: Client, name: str, language: str
) -> None:
    with translation.override(language):
        answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]


def test_looking_at_the_account_writes_nothing(client: Client, customer: User) -> None:
    address_of(customer)
    for name in PAGES:
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(name))
        written = [query["sql"] for query in queries if not query["sql"].startswith("SELECT")]
        assert written == []


def test_an_address_is_added(client: Client, customer: User) -> None:
    answer = client.post(reverse("storefront:address-add"), HOME)
    assert answer["Location"] == reverse("storefront:address-list")
    address = Address.objects.get()
    assert (address.user, address.recipient, address.country) == (customer, "李雷", "CN")
    assert address.is_default
    assert "China" in client.get(reverse("storefront:address-list")).content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("recipient", ""),
        ("recipient", "x" * 121),
        ("recipient", "a\x00b"),
        ("line", "x" * 100_000),
        ("country", "XX"),
        ("country", "China"),
        ("country", ""),
    ],
)
@pytest.mark.usefixtures("customer")
def test_an_address_that_makes_no_sense_is_refused(client: Client, field: str, value: str) -> None:
    answer = client.post(reverse("storefront:address-add"), {**HOME, field: value})
    assert answer.status_code == 200
    assert field in answer.context["form"].errors
    assert Address.objects.count() == 0


def test_an_address_is_corrected(client: Client, customer: User) -> None:
    address = address_of(customer)
    client.post(reverse("storefront:address-change", args=[address.pk]), HOME)
    address.refresh_from_db()
    assert (address.recipient, address.city, address.is_default) == ("李雷", "上海", True)


def test_an_imported_address_shows_its_country_chosen(client: Client, customer: User) -> None:
    address = address_of(customer)
    Address.objects.filter(pk=address.pk).update(country="China")
    form = client.get(reverse("storefront:address-change", args=[address.pk])).context["form"]
    assert form["country"].value() == "CN"


def test_the_default_is_chosen_and_an_address_removed(client: Client, customer: User) -> None:
    first, second = address_of(customer, "first"), address_of(customer, "second")
    client.post(reverse("storefront:address-make-default", args=[second.pk]))
    assert Address.objects.get(is_default=True) == second
    client.post(reverse("storefront:address-delete", args=[second.pk]))
    assert Address.objects.get() == first
    assert Address.objects.get().is_default


@pytest.mark.parametrize("step", ["address-change", "address-delete", "address-make-default"])
@pytest.mark.usefixtures("customer")
def test_nobody_touches_the_address_of_another(client: Client, step: str) -> None:
    theirs = address_of(make_user())
    url = reverse(f"storefront:{step}", args=[theirs.pk])
    assert client.post(url, HOME).status_code == 404
    if step == "address-change":
        assert client.get(url).status_code == 404
    theirs.refresh_from_db()
    assert theirs.recipient == "Li Lei"


@pytest.mark.parametrize("step", ["address-delete", "address-make-default"])
def test_a_look_changes_no_address(client: Client, customer: User, step: str) -> None:
    address_of(customer, "first")
    second = address_of(customer, "second")
    answer = client.get(reverse(f"storefront:{step}", args=[second.pk]))
    assert answer.status_code == 405
    assert Address.objects.get(is_default=True).recipient == "first"


def test_the_newest_consent_counts(client: Client, customer: User) -> None:
    url = reverse("storefront:consent-change")
    client.post(url, {"marketing": "on", "analytics": "on"})
    client.post(url, {"analytics": "on"})
    form = client.get(url).context["form"]
    assert form.initial == {"personalisation": False, "analytics": True, "marketing": False}
    assert Consent.objects.filter(user=customer).count() == 3


def test_the_language_of_the_account_becomes_that_of_its_pages(
    client: Client, customer: User
) -> None:
    answer = client.post(
        reverse("storefront:profile-change"),
        {"first_name": "雷", "last_name": "李", "language": "zh-hans"},
    )
    customer.refresh_from_db()
    assert (customer.get_full_name(), customer.language) == ("李雷", "zh-hans")
    assert answer["Location"].startswith("/zh-hans/")
    assert client.cookies["django_language"].value == "zh-hans"


@pytest.mark.usefixtures("customer")
def test_a_language_that_the_shop_does_not_speak_is_refused(client: Client) -> None:
    answer = client.post(reverse("storefront:profile-change"), {"language": "xx"})
    assert answer.status_code == 200
    assert "language" in answer.context["form"].errors


def test_orders_are_listed_newest_first_page_by_page(client: Client, customer: User) -> None:
    for number in range(25):
        make_order(
            customer=customer, number=f"ZG{number:02}", placed_at=A_MOMENT + timedelta(hours=number)
        )
    make_order(customer=make_user(), number="THEIRS")
    url, seen = reverse("storefront:order-list"), []
    while url:
        page = client.get(url).context["page"]
        seen.append([order.number for order in page.orders])
        url = f"{reverse('storefront:order-list')}?after={page.older}" if page.older else ""
    assert [len(numbers) for numbers in seen] == [10, 10, 5]
    assert [number for page in seen for number in page] == [f"ZG{n:02}" for n in range(24, -1, -1)]


@pytest.mark.parametrize("cursor", ["x", "\x00", "1" * 5000, "-1", "１"])
def test_a_cursor_that_is_not_ours_begins_at_the_beginning(
    client: Client, customer: User, cursor: str
) -> None:
    order = make_order(customer=customer)
    page = client.get(reverse("storefront:order-list"), {"after": cursor}).context["page"]
    assert [shown.number for shown in page.orders] == [order.number]


def test_a_list_of_orders_costs_the_same_for_few_and_many(
    client: Client, customer: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(10):
        make_order(customer=customer, lines={make_sku(): 1, make_sku(): 2})
    with django_assert_max_num_queries(7):
        client.get(reverse("storefront:order-list"))


def test_products_that_one_has_wait_for_a_review(client: Client, customer: User) -> None:
    bought, reviewed = make_sku(), make_sku()
    order = make_order(customer=customer, lines={bought: 1, reviewed: 1})
    order.lines.update(quantity_shipped=1)
    make_review(product=reviewed.product, author=customer)
    make_review(product=make_product())
    unsent = make_order(customer=customer, lines={make_sku(): 1})
    page = client.get(reverse("storefront:own-review-list")).context["page"]
    assert [product.pk for product in page.waiting] == [bought.product_id]
    assert [review.author for review in page.written] == [customer]
    assert unsent.lines.get().quantity_shipped == 0
    assert Review.objects.count() == 2


def test_a_paid_order_stands_on_the_overview(client: Client, customer: User) -> None:
    level = make_stock_level(on_hand=2)
    order = place_and_pay({level.sku: 1})
    type(order).objects.filter(pk=order.pk).update(customer=customer)
    page = client.get(reverse("storefront:account-detail")).content.decode()
    assert order.number in page
    assert "Paid" in page
