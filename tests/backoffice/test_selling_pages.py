"""Setting taxes, delivery and discounts."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from ecomsite.backoffice import roles
from orders.models import Discount, DiscountUse, ShippingMethod, TaxRate
from orders.services.pricing import QuoteLine, quote_cart
from tests.backoffice.factories import make_member
from tests.factories import make_order, make_product, make_sku
from tests.orders.selling import (
    default_tax_class,
    forget_defaults,
    make_discount,
    make_shipping_method,
    make_shipping_zone,
    make_tax_zone,
)

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _manager(client: Client) -> None:
    forget_defaults()
    client.force_login(make_member(roles.MANAGER))


def discount_form(**fields: Any) -> dict[str, Any]:
    return {
        "name_en": "Spring",
        "name_zh_hans": "春季优惠",
        "code": "",
        "currency": "CNY",
        "is_active": "on",
        "benefit": "percent",
        "benefit_percent": "10",
        "condition": "always",
        "priority": "100",
        **fields,
    }


def add_discount(client: Client, **fields: Any) -> dict[str, list[str]]:
    """The errors of the form; empty when it was saved."""
    answer = client.post(
        reverse("admin:orders_discount_add"), discount_form(**fields), headers=ENGLISH
    )
    return {} if answer.status_code == 302 else dict(answer.context["adminform"].form.errors)


def test_a_code_is_kept_as_customers_will_be_understood_to_type_it(client: Client) -> None:
    assert add_discount(client, code=" ｓpring 10 ") == {}
    assert Discount.objects.get().code == "SPRING10"
    assert add_discount(client, code="Spring10") == {
        "code": ["There is a discount with this code already."]
    }


def test_amounts_of_a_discount_are_typed_in_the_major_unit(client: Client) -> None:
    assert (
        add_discount(
            client,
            benefit="amount",
            benefit_amount="19.90",
            condition="amount",
            condition_amount="99",
        )
        == {}
    )
    discount = Discount.objects.get()
    assert (discount.benefit_value, discount.condition_value) == (1_990, 9_900)
    page = client.get(reverse("admin:orders_discount_change", args=[discount.pk]))
    form = page.context["adminform"].form
    assert 'value="19.90"' in str(form["benefit_amount"])
    assert 'value="99.00"' in str(form["condition_amount"])


def test_a_value_that_is_not_chosen_does_not_linger(client: Client) -> None:
    assert add_discount(client, benefit="free_shipping", benefit_percent="10") == {}
    discount = Discount.objects.get()
    assert (discount.code, discount.benefit_value, discount.condition_value) == (None, 0, 0)


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"benefit_percent": ""}, "benefit_percent"),
        ({"benefit_percent": "101"}, "benefit_percent"),
        ({"benefit": "amount", "benefit_amount": "0"}, "benefit_amount"),
        ({"benefit": "amount", "benefit_amount": "12.345"}, "benefit_amount"),
        ({"condition": "units"}, "condition_units"),
        ({"condition": "amount", "condition_amount": "NaN"}, "condition_amount"),
        ({"code": "x" * 41}, "code"),
        ({"currency": "C1"}, "currency"),
        ({"name_en": "", "name_zh_hans": ""}, "__all__"),
        (
            {
                "starts_at_0": "2026-03-02",
                "starts_at_1": "10:00:00",
                "ends_at_0": "2026-03-02",
                "ends_at_1": "09:00:00",
            },
            "ends_at",
        ),
    ],
)
def test_a_discount_that_makes_no_sense_is_not_saved(
    client: Client, fields: dict[str, str], where: str
) -> None:
    assert list(add_discount(client, **fields)) == [where]
    assert not Discount.objects.exists()


def test_a_limit_below_what_was_used_is_refused(client: Client) -> None:
    discount = make_discount(times_used=5)
    page = reverse("admin:orders_discount_change", args=[discount.pk])
    answer = client.post(page, discount_form(use_limit="4"), headers=ENGLISH)
    errors = answer.context["adminform"].form.errors
    assert errors == {"use_limit": ["It was used 5 times already."]}


def test_a_discount_about_a_product_is_about_that_product(client: Client) -> None:
    product = make_product()
    assert add_discount(client, products=[product.pk]) == {}
    assert list(Discount.objects.get().products.all()) == [product]


def test_a_method_with_its_steps_is_set_in_the_major_unit(client: Client) -> None:
    zone = make_shipping_zone()
    answer = client.post(
        reverse("admin:orders_shippingmethod_add"),
        {
            "zone": zone.pk,
            "name_en": "Parcel",
            "days_min": "1",
            "days_max": "3",
            "is_active": "on",
            "position": "0",
            "currency": "jpy",
            "free_from_minor": "9900",
            "rates-TOTAL_FORMS": "2",
            "rates-INITIAL_FORMS": "0",
            "rates-0-from_weight_grams": "0",
            "rates-0-from_amount_minor": "0",
            "rates-0-price_minor": "800",
            "rates-1-from_weight_grams": "3000",
            "rates-1-from_amount_minor": "0",
            "rates-1-price_minor": "1200",
        },
        headers=ENGLISH,
    )
    assert answer.status_code == 302, answer.context["errors"]
    method = ShippingMethod.objects.get()
    assert (method.currency, method.free_from_minor) == ("JPY", 9_900)
    assert list(method.rates.values_list("from_weight_grams", "price_minor")) == [
        (0, 800),
        (3_000, 1_200),
    ]


def test_steps_are_shown_in_the_currency_of_their_method(client: Client) -> None:
    method = make_shipping_method([(0, 0, 1_050)])
    page = client.get(reverse("admin:orders_shippingmethod_change", args=[method.pk]))
    assert 'value="10.50"' in page.content.decode()


def test_a_tax_rate_is_set_in_per_cent_for_chosen_countries(client: Client) -> None:
    answer = client.post(
        reverse("admin:orders_taxzone_add"),
        {
            "name": "Iberia",
            "countries": ["ES", "PT"],
            "prices_include_tax": "on",
            "position": "0",
            "rates-TOTAL_FORMS": "1",
            "rates-INITIAL_FORMS": "0",
            "rates-0-tax_class": default_tax_class().pk,
            "rates-0-name_en": "IVA",
            "rates-0-basis_points": "5.5",
        },
        headers=ENGLISH,
    )
    assert answer.status_code == 302, answer.context["errors"]
    rate = TaxRate.objects.get()
    assert (rate.basis_points, rate.zone.countries) == (550, ["ES", "PT"])


def test_what_staff_save_is_on_the_next_page_a_customer_sees(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    sku = make_sku(price_minor=1_000)

    def shown() -> int:
        return quote_cart(
            lines=[QuoteLine(sku.pk, 1)],
            country="CN",
            shipping_method=None,
            codes=(),
            customer=None,
            now=timezone.now(),
            is_binding=False,
        ).total_minor

    assert shown() == 1_000
    with django_capture_on_commit_callbacks(execute=True):
        assert add_discount(client) == {}
    assert shown() == 900


def test_lists_cost_the_same_however_many_rows_they_have(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        make_tax_zone({default_tax_class(): 1300}, name=f"Zone {number}")
        make_shipping_method()
        discount = make_discount(code=f"CODE{number}", products=[make_product()])
        DiscountUse.objects.create(
            discount=discount,
            order=make_order(),
            customer_key=f"user:{number}",
            ordinal=1,
            amount_minor=100,
        )
    for model in ("discount", "discountuse", "shippingmethod", "shippingzone", "taxzone"):
        with django_assert_max_num_queries(15, info=model):
            answer = client.get(reverse(f"admin:orders_{model}_changelist"), headers=ENGLISH)
        assert answer.status_code == 200, model
    use = DiscountUse.objects.first()
    assert use is not None
    page = client.get(reverse("admin:orders_discountuse_change", args=[use.pk]), headers=ENGLISH)
    assert "¥1.00" in page.content.decode()


@pytest.mark.parametrize(
    ("role", "page", "status"),
    [
        (roles.SUPPORT_AGENT, "discount_changelist", 200),
        (roles.SUPPORT_AGENT, "discount_add", 403),
        (roles.SUPPORT_AGENT, "taxzone_changelist", 403),
        (roles.BUYER, "discount_changelist", 403),
        (roles.MANAGER, "discountuse_changelist", 200),
        (roles.MANAGER, "discountuse_add", 403),
        (roles.MANAGER, "taxzone_changelist", 200),
        (roles.MANAGER, "shippingzone_changelist", 200),
        (roles.MANAGER, "shippingmethod_changelist", 200),
    ],
)
def test_who_may_see_and_set_what(client: Client, role: str, page: str, status: int) -> None:
    make_tax_zone({default_tax_class(): 1300})
    make_shipping_method()
    make_discount(code="X")
    client.force_login(make_member(role))
    assert client.get(reverse(f"admin:orders_{page}")).status_code == status
