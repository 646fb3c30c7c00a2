"""Wish lists: of customers in the shop, of guests in their browsers."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Product
from orders.models import CartLine, WishListItem
from orders.services import wishes
from tests.factories import make_product, make_sku, make_stock_level, make_user

pytestmark = pytest.mark.django_db
LIST = "/en/wish-list/"


def add(client: Client, product: Product, **fields: Any) -> Any:
    return client.post("/en/wish-list/add/", {"product": product.pk, **fields})


def read(client: Client) -> str:
    return client.get(LIST).content.decode().split("<main")[1].split("</main>")[0]


def test_a_guests_wishes_stand_in_the_browser_the_newest_first(client: Client) -> None:
    cup, mug = make_product(name_en="Cup"), make_product(name_en="Mug")
    add(client, cup)
    answer = add(client, mug, next=f"/en/products/{mug.slug}/")
    assert answer.headers["Location"] == f"/en/products/{mug.slug}/"
    page = read(client)
    assert page.index("Mug</span>") < page.index("Cup</span>")
    assert WishListItem.objects.count() == 0
    client.post("/en/wish-list/remove/", {"product": mug.pk})
    page = read(client)
    assert "Cup</span>" in page
    assert "Mug</span>" not in page


def test_a_customers_wishes_stand_in_the_shop(client: Client) -> None:
    customer, product = make_user(), make_product(name_en="Cup")
    client.force_login(customer)
    add(client, product)
    add(client, product)
    assert WishListItem.objects.get().user == customer
    other = Client()
    other.force_login(customer)
    assert "Cup</span>" in read(other)
    stranger = Client()
    stranger.force_login(make_user())
    stranger.post("/en/wish-list/remove/", {"product": product.pk})
    assert WishListItem.objects.count() == 1
    other.post("/en/wish-list/remove/", {"product": product.pk})
    assert WishListItem.objects.count() == 0


def test_a_guests_wishes_go_along_at_login() -> None:
    customer = make_user()
    known, new, newest = make_product(), make_product(), make_product()
    draft = make_product(status=Product.Status.DRAFT)
    wishes.add_wish(user=customer, product=known)
    merged = wishes.merge_wishes(
        user=customer, product_ids=[newest.pk, draft.pk, known.pk, new.pk, new.pk, 10**15]
    )
    assert merged == 2
    assert wishes.wished_product_ids(user=customer) == [newest.pk, new.pk, known.pk]
    assert wishes.merge_wishes(user=customer, product_ids=[newest.pk]) == 0
    assert wishes.merge_wishes(user=customer, product_ids=[]) == 0


def test_a_full_list_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wishes, "MAX_WISHES", 2)
    customer = make_user()
    products = [make_product() for _number in range(4)]
    assert wishes.add_wish(user=customer, product=products[0])
    merged = wishes.merge_wishes(user=customer, product_ids=[each.pk for each in products[1:]])
    assert merged == 1
    assert not wishes.add_wish(user=customer, product=products[3])
    assert WishListItem.objects.count() == 2


def test_what_is_not_for_sale_any_more_is_not_shown_but_kept(client: Client) -> None:
    customer, product = make_user(), make_product(name_en="Cup")
    client.force_login(customer)
    add(client, product)
    Product.objects.update(status=Product.Status.WITHDRAWN)
    assert "Cup</span>" not in read(client)
    assert add(client, product).status_code == 404
    Product.objects.update(status=Product.Status.PUBLISHED)
    assert "Cup</span>" in read(client)


def test_a_long_list_costs_what_a_short_one_does(
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    customer = make_user()
    client.force_login(customer)
    for _number in range(30):
        make_sku(product=make_product(has_stock=True))
    wishes.merge_wishes(
        user=customer, product_ids=list(Product.objects.values_list("pk", flat=True))
    )
    client.get(LIST)
    with django_assert_max_num_queries(6):
        page = read(client)
    assert page.count('class="wish"') == 30


def test_an_empty_list_says_how_to_fill_it(client: Client) -> None:
    assert "Your wish list is empty" in read(client)


@pytest.mark.parametrize("is_guest", [True, False])
def test_what_is_moved_to_the_cart_is_no_wish_any_more(client: Client, is_guest: bool) -> None:
    if not is_guest:
        client.force_login(make_user())
    cup, mug = (
        make_sku(product=make_product(name_en=name, has_stock=True)) for name in ("Cup", "Mug")
    )
    for sku in (cup, mug):
        make_stock_level(sku=sku, on_hand=2)
        add(client, sku.product)
    page = read(client)
    assert f'name="moved"\n                          value="{cup.product_id}"' in page
    client.post("/en/cart/lines/add/", {"sku": cup.pk, "quantity": 1, "moved": cup.product_id})
    client.post("/en/cart/lines/add/", {"sku": mug.pk, "quantity": 1})
    page = read(client)
    assert ("Cup</span>" in page, "Mug</span>" in page) == (False, True)
    assert CartLine.objects.count() == 2


def test_what_cannot_be_moved_stays_a_wish(client: Client) -> None:
    client.force_login(make_user())
    cup = make_sku(product=make_product(name_en="Cup"))
    add(client, cup.product)
    client.post("/en/cart/lines/add/", {"sku": cup.pk, "quantity": 1, "moved": cup.product_id})
    assert "Cup</span>" in read(client)
    assert not CartLine.objects.exists()
