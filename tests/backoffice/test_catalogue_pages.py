"""Working on products, photos and categories."""

import pytest
from django.apps import apps
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from catalog.models import Category, Product, ProductPhoto, Sku
from ecomsite.backoffice import roles
from tests.backoffice.factories import make_member
from tests.catalog.algorithms.pictures import make_jpeg
from tests.factories import (
    make_category,
    make_product,
    make_sku,
    make_staff,
    make_stock_level,
    make_user,
)

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


@pytest.fixture(autouse=True)
def _editor(client: Client) -> None:
    client.force_login(make_member(roles.CATALOGUE_EDITOR))


def save_category(client: Client, category: Category | None = None, **data: str) -> None:
    page = (
        reverse("admin:catalog_category_add")
        if category is None
        else reverse("admin:catalog_category_change", args=[category.pk])
    )
    answer = client.post(page, {"photo_labels": "[]", **data}, headers=ENGLISH)
    assert answer.status_code == 302, answer.context["adminform"].form.errors


def test_uploaded_photos_belong_to_the_product_and_bad_ones_are_named(client: Client) -> None:
    product = make_product()
    answer = client.post(
        reverse("admin:catalog_product_photos", args=[product.pk]),
        {
            "photos": [
                SimpleUploadedFile("cup.jpg", make_jpeg(seed=1)),
                SimpleUploadedFile("notes.jpg", b"no picture at all"),
            ]
        },
        headers=ENGLISH,
        follow=True,
    )
    said = [str(message) for message in answer.context["messages"]]
    assert said[0].startswith("notes.jpg: This is not a picture the shop can read.")
    assert said[1].startswith("1 photo taken in")
    assert ProductPhoto.objects.get().product == product


def test_a_photo_beyond_the_limit_is_named(client: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 100
    answer = client.post(
        reverse("admin:catalog_product_photos", args=[make_product().pk]),
        {"photos": [SimpleUploadedFile("cup.jpg", make_jpeg(seed=1))]},
        headers=ENGLISH,
        follow=True,
    )
    (said,) = [str(message) for message in answer.context["messages"]]
    assert said == "cup.jpg: The file is too large."
    assert not ProductPhoto.objects.exists()


def test_a_withdrawn_product_takes_photos_from_those_only_who_may_change_it(
    client: Client,
) -> None:
    product = make_product(status=Product.Status.WITHDRAWN)
    page = reverse("admin:catalog_product_photos", args=[product.pk])
    helper = make_staff()
    helper.user_permissions.add(Permission.objects.get(codename="add_productphoto"))
    editor = make_member(roles.CATALOGUE_EDITOR)
    for user, status in [(helper, 403), (editor, 302)]:
        client.force_login(user)
        answer = client.post(page, {"photos": [SimpleUploadedFile("cup.jpg", make_jpeg())]})
        assert answer.status_code == status
    assert ProductPhoto.objects.get().uploaded_by == editor


def test_a_new_price_reaches_the_card_of_its_product(client: Client) -> None:
    sku = make_sku(price_minor=1999)
    answer = client.post(
        reverse("admin:catalog_sku_change", args=[sku.pk]),
        {
            "product": sku.product_id,
            "code": sku.code,
            "price_minor": "14.99",
            "currency": "CNY",
            "is_active": "on",
            "position": "0",
        },
    )
    assert answer.status_code == 302
    assert Product.objects.get().price_from_minor == 1499
    history = apps.get_model("catalog.HistoricalSku").objects.filter(id=sku.pk)
    assert list(history.values_list("price_minor", flat=True)) == [1499, 1999]


def test_a_category_is_added_below_another_and_moved_to_the_top(client: Client) -> None:
    kitchen = make_category(slug="kitchen")
    save_category(client, name_en="Cups", slug="cups", parent=str(kitchen.pk))
    cups = Category.objects.get(slug="cups")
    assert cups.is_child_of(kitchen)
    save_category(client, cups, name_en="Cups", slug="cups", parent="")
    assert Category.objects.get(slug="cups").is_root()


def test_a_category_cannot_be_moved_below_itself(client: Client) -> None:
    kitchen = make_category(slug="kitchen")
    save_category(client, name_en="Cups", slug="cups", parent=str(kitchen.pk))
    cups = Category.objects.get(slug="cups")
    answer = client.post(
        reverse("admin:catalog_category_change", args=[kitchen.pk]),
        {"name_en": "Kitchen", "slug": "kitchen", "photo_labels": "[]", "parent": str(cups.pk)},
        headers=ENGLISH,
    )
    assert "A category cannot lie below itself." in answer.content.decode()
    assert Category.objects.get(slug="kitchen").is_root()


def test_products_are_published_and_withdrawn_in_one_go(client: Client) -> None:
    products = [make_product(status="draft", published_at=None) for _number in range(3)]
    page = reverse("admin:catalog_product_changelist")
    chosen = [product.pk for product in products[:2]]
    client.post(page, {"action": "publish_selected", "_selected_action": chosen})
    statuses = Product.objects.order_by("pk").values_list("status", flat=True)
    assert list(statuses) == ["published", "published", "draft"]
    assert Product.objects.filter(published_at__isnull=False).count() == 2
    client.post(page, {"action": "withdraw_selected", "_selected_action": chosen[:1]})
    assert Product.objects.get(pk=chosen[0]).status == "withdrawn"


def test_the_page_of_a_product_shows_what_is_in_stock(client: Client) -> None:
    level = make_stock_level(on_hand=12, reserved=5)
    page = client.get(
        reverse("admin:catalog_product_change", args=[level.sku.product_id]), headers=ENGLISH
    ).content.decode()
    cells = page.split(level.sku.code, 1)[1].split("</tr>")[0]
    assert [number for number in ("12", "5", "7") if f">{number}</td>" in cells] == ["12", "5", "7"]


def test_prices_brought_in_a_file_are_previewed_and_then_kept(client: Client) -> None:
    sku = make_sku(price_minor=1999)
    table = (
        "code,product,price_minor,currency,is_active\r\n"
        f"{sku.code},{sku.product.code},2599,CNY,1\r\n"
    )
    preview = client.post(
        reverse("admin:catalog_sku_import"),
        {"import_file": SimpleUploadedFile("skus.csv", table.encode()), "format": "0"},
    )
    assert Sku.objects.get().price_minor == 1999
    confirm = preview.context["confirm_form"]
    client.post(reverse("admin:catalog_sku_process_import"), confirm.initial)
    assert Sku.objects.get().price_minor == 2599
    assert Product.objects.get().price_from_minor == 2599


def test_a_buyer_may_take_a_list_along_but_bring_none(client: Client) -> None:
    client.force_login(make_member(roles.BUYER))
    assert client.get(reverse("admin:catalog_sku_export")).status_code == 200
    assert client.get(reverse("admin:catalog_sku_import")).status_code == 403


def test_a_name_in_an_exported_list_is_no_formula(client: Client) -> None:
    make_product(name_en='=HYPERLINK("https://example.org")')
    answer = client.post(reverse("admin:catalog_product_export"), {"format": "0", "resource": "0"})
    table = answer.content.decode()
    assert "HYPERLINK" in table
    assert "=HYPERLINK" not in table


def test_chinese_names_have_the_family_name_first() -> None:
    assert str(make_user(last_name="王", first_name="小明")) == "王小明"
    assert str(make_user(last_name="Hart", first_name="Zoe")) == "Zoe Hart"
