import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from catalog.models import Product, ProductPhoto
from catalog.services import photos
from catalog.services.photo_classification import classify_photo
from customers.models import User
from ecomsite.throttling import Throttle
from tests.catalog.algorithms.pictures import make_jpeg
from tests.catalog.factories import publish_shipped_head
from tests.factories import make_product, make_staff, make_user

pytestmark = pytest.mark.django_db


def make_editor(*permissions: str, **fields: object) -> User:
    user = make_staff(**fields)
    names = permissions or ("add_productphoto", "view_productphoto")
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    return user


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def upload(client: APIClient, product: Product, content: bytes, name: str = "a.jpg"):  # type: ignore[no-untyped-def]  # DRF's test response has no public type
    address = reverse("catalog:product-photo-list", args=[product.code])
    return client.post(address, {"file": SimpleUploadedFile(name, content)}, format="multipart")


def test_an_editor_adds_a_photo_and_reads_what_was_seen() -> None:
    version = publish_shipped_head()
    product, editor = make_product(), make_editor()
    answer = upload(client_of(editor), product, make_jpeg(), name="../../etc/passwd.php")
    assert answer.status_code == 201
    assert (answer.data["state"], answer.data["classification"]) == ("uploaded", None)
    photo = ProductPhoto.objects.get(pk=answer.data["id"])
    assert (photo.product, photo.uploaded_by) == (product, editor)
    assert "passwd" not in str(photo.file.name)
    classify_photo(photo=photos.prepare_photo(photo=photo))
    seen = client_of(editor).get(reverse("catalog:photo-detail", args=[photo.pk])).data
    assert seen["state"] == "ready"
    assert set(seen["sizes"]) == {"small", "medium", "large"}
    assert seen["classification"]["model_version"] == str(version)
    assert seen["classification"]["heat_map"].endswith(".webp")


@pytest.mark.parametrize("who", ["nobody", "customer", "staff without the permission"])
def test_others_may_neither_add_nor_look(who: str) -> None:
    client = APIClient()
    if who != "nobody":
        user = make_user() if who == "customer" else make_staff()
        if who == "customer":
            user.user_permissions.add(Permission.objects.get(codename="add_productphoto"))
        client.force_login(user)
    product = make_product()
    photo = photos.add_photo(product=product, content=make_jpeg(seed=1))
    assert upload(client, product, make_jpeg()).status_code == 403
    address = reverse("catalog:photo-detail", args=[photo.pk])
    assert client.get(address).status_code == 403
    assert ProductPhoto.objects.count() == 1


def test_a_withdrawn_product_takes_photos_from_those_only_who_may_change_it() -> None:
    product = make_product(status=Product.Status.WITHDRAWN)
    assert upload(client_of(make_editor()), product, make_jpeg()).status_code == 403
    manager = make_editor("add_productphoto", "change_product")
    assert upload(client_of(manager), product, make_jpeg()).status_code == 201


def test_a_file_that_is_no_photo_is_refused_with_a_sentence() -> None:
    answer = upload(client_of(make_editor()), make_product(), b"<svg/>", name="a.jpg")
    assert (answer.status_code, answer.data["code"]) == (409, "photo_refused")
    assert answer.data["message"].startswith("This is not a picture")
    assert not ProductPhoto.objects.exists()


def test_an_upload_beyond_the_limit_is_refused_before_it_is_read(
    settings: pytest.FixtureRequest,
) -> None:
    settings.UPLOAD_MAX_BYTES = 10_000  # type: ignore[attr-defined]  # pytest-django's wrapper
    answer = upload(client_of(make_editor()), make_product(), bytes(100_000))
    assert answer.status_code == 413
    assert not ProductPhoto.objects.exists()


def test_a_form_without_a_file_says_what_is_missing() -> None:
    address = reverse("catalog:product-photo-list", args=[make_product().code])
    answer = client_of(make_editor()).post(address, {}, format="multipart")
    assert answer.status_code == 400
    assert "file" in answer.data["fields"]


def test_a_product_that_is_not_there_is_not_found() -> None:
    address = reverse("catalog:product-photo-list", args=["none"])
    answer = client_of(make_editor()).post(address, {}, format="multipart")
    assert answer.status_code == 404


@pytest.fixture
def dead_cache(settings: Settings) -> None:
    cache = {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {"default": cache}


@pytest.mark.usefixtures("dead_cache")
def test_photos_are_taken_while_the_cache_is_down() -> None:
    assert upload(client_of(make_editor()), make_product(), make_jpeg()).status_code == 201


def test_nobody_gets_more_requests_by_naming_another_address() -> None:
    asked = APIRequestFactory().get("/", headers={"x-forwarded-for": "203.0.113.9"})
    assert Throttle().get_ident(Request(asked)) == "127.0.0.1"


def test_uploads_are_counted() -> None:
    client, address = client_of(make_editor()), reverse("catalog:product-photo-list", args=["none"])
    answers = [client.post(address, {}, format="multipart").status_code for _ in range(121)]
    assert set(answers[:120]) == {404}
    assert answers[120] == 429
