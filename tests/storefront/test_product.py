"""The page of a product, and what visitors do there."""

import gzip
from dataclasses import replace
from datetime import date
from html import escape, unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Category, Product, Sku
from catalog.services import summaries
from catalog.services.versions import forget_catalogue_version
from customers.services.consents import record_consents
from inventory.models import StockAlert, StockLevel
from orders.models import CartLine
from orders.services.shipping import DeliveryPromise
from recommendations.models import Reason
from storefront.pages import product as pages
from support.models import Review, ReviewPhoto
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_review,
    make_sku,
    make_stock_level,
    make_user,
    make_warehouse,
)
from tests.orders.selling import forget_defaults, make_shipping_method, make_shipping_zone
from tests.recommendations.factories import make_similar
from tests.storefront.factories import make_photo, make_review_photo

pytestmark = pytest.mark.django_db
ADDRESS = "/en/products/cup/"


def make_cup(*, units: int = 50, **fields: Any) -> Product:
    product = make_product(**{"slug": "cup", "name_en": "Cup", "name_zh_hans": "杯子", **fields})
    sku = make_sku(product=product, name_en="Small", name_zh_hans="小号")
    make_stock_level(sku=sku, on_hand=units)
    summaries.refresh_prices()
    return product


def read(client: Client, address: str = ADDRESS, **options: Any) -> str:
    answer = client.get(address, **options)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def make_full_page() -> Product:
    """Twelve SKUs, ten photos, forty reviews with answers and photos, six neighbours."""
    top = make_category(slug="kitchen")
    category = Category.objects.add_child(
        top, {"slug": "cups", "name_en": "Cups", "name_zh_hans": "杯子"}
    )
    product = make_product(slug="cup", name_en="Cup", category=category, brand=make_brand())
    for number in range(12):
        make_stock_level(sku=make_sku(product=product, name_en=f"Size {number}"), on_hand=number)
    for _number in range(10):
        make_photo(product)
    for number in range(40):
        review = make_review(product=product, stars=number % 5 + 1, reply="Thank you.")
        make_review_photo(review)
        make_review_photo(review)
    for rank in range(6):
        similar = make_product(has_stock=True, category=category)
        make_photo(similar)
        make_similar(product=product, similar=similar, rank=rank)
    summaries.refresh_prices()
    return product


def test_a_full_page_asks_the_database_ten_times_at_most(
    client: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    make_full_page()
    make_stock_level(sku=make_sku(product=make_product(slug="warm")), on_hand=1)
    # The process learns the frame of pages and the rules of delivery once.
    client.get("/en/products/warm/")
    client.cookies.clear()
    with django_assert_max_num_queries(10):
        page = read(client)
    assert page.count('name="sku"') == 12 + 1
    assert page.count("data-photo>") == 10
    assert page.count('class="review"') == 8
    assert page.count('data-placement="product.similar"') == 6


def test_a_kept_page_asks_for_the_stock_alone(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_full_page()
    first = read(client)
    with django_assert_num_queries(1):
        again = Client().get(ADDRESS)
    assert again.status_code == 200
    assert first.count("Size 3") == unescape(again.content.decode()).count("Size 3")


def test_customers_get_the_kept_page_too(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_full_page()
    read(client)
    reader = make_user()
    client.force_login(reader)
    read(client)
    # Session, customer, consents, stock, own votes, and whether it is on the wish list.
    with django_assert_num_queries(6):
        read(client)
    record_consents(user=reader, wanted={"personalisation": True})
    make_stock_level(sku=make_sku(product=make_product(slug="saucer")), on_hand=1)
    read(client, "/en/products/saucer/")
    # And what was looked at before: what rules ask of it, and its cards.
    with django_assert_num_queries(8):
        read(client)


def test_a_customer_sees_own_reviews_and_votes_on_the_kept_page(client: Client) -> None:
    product = make_cup()
    author, voter = make_user(), make_user()
    review = make_review(product=product, author=author, text="Good.")
    make_review(product=product, text="Bad.")
    as_author, as_voter = Client(), Client()
    as_author.force_login(author)
    as_voter.force_login(voter)
    plain = read(client)
    assert plain.count("Helpful: review by") == 2
    assert as_voter.post("/en/review-votes/", {"review": review.pk}).status_code == 302
    page = read(as_voter)
    assert page.count("Helpful: review by") == 1
    assert f'name="take_back" value="{review.pk}"' in " ".join(page.split())
    assert "1 person found this helpful" in page
    page = read(as_author)
    assert page.count("Helpful: review by") == 1
    assert "Change my review" in page
    assert "Take my vote back" not in page
    plain = read(client)
    assert plain.count("Helpful: review by") == 2
    assert "Change my review" not in plain
    assert "Take my vote back" not in plain


def test_a_review_that_looks_like_a_button_stays_a_text(client: Client) -> None:
    product = make_cup()
    author = make_user()
    review = make_review(product=product, author=author, text="Good.")
    foot = read_foot(client.get(ADDRESS).content.decode())
    make_review(product=product, text=foot)
    cache.clear()
    forget_catalogue_version()
    client.force_login(author)
    page = client.get(ADDRESS).content.decode()
    assert page.count("Change my review") == 1
    assert f'name="review" value="{review.pk}"' not in " ".join(page.split())
    assert escape(f'value="{review.pk}"') in page


def read_foot(page: str) -> str:
    return page[page.index('<p class="review__foot">') :].split("</p>")[0] + "</p>"


def test_a_full_page_is_under_60_kilobytes_on_the_wire(client: Client) -> None:
    make_full_page()
    answer = client.get(ADDRESS)
    assert len(gzip.compress(answer.content)) < 60_000


def test_what_is_kept_gives_way_when_a_price_changes(client: Client) -> None:
    product = make_cup()
    assert "¥19.99" in read(client)
    Sku.objects.filter(product=product).update(price_minor=2550)
    summaries.refresh_prices(product_ids=[product.pk])
    # As the commit does, which a test never reaches.
    cache.clear()
    forget_catalogue_version()
    page = read(client)
    assert "¥25.50" in page
    assert "¥19.99" not in page


def test_the_last_units_are_counted_anew_on_every_page(client: Client) -> None:
    make_cup(units=50)
    assert "In stock" in read(client)
    StockLevel.objects.update(on_hand=3)
    assert "Only 3 left" in read(client)
    StockLevel.objects.update(on_hand=2)
    assert "Only 2 left" in read(client)
    StockLevel.objects.update(on_hand=0)
    page = read(client)
    assert "Sold out" in page
    assert 'form="buy"' not in page.split('name="sku"')[0]
    assert "Tell me when it is back" in page


def test_reserved_units_are_not_offered(client: Client) -> None:
    product = make_product(slug="cup")
    make_stock_level(sku=make_sku(product=product), on_hand=5, reserved=4)
    assert "Only 1 left" in read(client)


def test_units_in_another_warehouse_are_not_offered(client: Client) -> None:
    product = make_cup(units=0)
    make_stock_level(sku=product.skus.get(), on_hand=5, warehouse=make_warehouse())
    assert "Sold out" in read(client)
    assert 'id="buy"' not in read(client)


def test_a_variant_that_is_sold_out_cannot_be_chosen_and_the_next_one_is(client: Client) -> None:
    product = make_product(slug="cup")
    gone = make_sku(product=product, name_en="Small", position=0)
    there = make_sku(product=product, name_en="Large", position=1, price_minor=2999)
    make_stock_level(sku=there, on_hand=20)
    page = "".join(read(client).split())
    assert f'value="{gone.pk}"form="buy"requireddisabled' in page
    assert f'value="{there.pk}"form="buy"requiredchecked' in page


def test_the_chosen_variant_goes_into_the_cart(client: Client) -> None:
    make_cup()
    page = read(client)
    assert 'action="/en/cart/lines/add/"' in page
    sku = Sku.objects.get()
    assert f'name="sku" value="{sku.pk}" form="buy"' in page
    client.post("/en/cart/lines/add/", {"sku": sku.pk, "quantity": "2"})
    line = CartLine.objects.get()
    assert (line.sku, line.quantity) == (sku, 2)


def test_the_promise_is_for_where_something_was_sent_last(client: Client) -> None:
    forget_defaults()
    make_cup()
    at_home = make_shipping_zone(countries=["CN"])
    make_shipping_method([(0, 0, 800)], zone=at_home)
    make_shipping_method([(0, 0, 4000)], zone=make_shipping_zone(countries=["DE"]))
    assert "delivery ¥8.00." in read(client)
    client.cookies["country"] = "DE"
    page = read(client)
    assert "Arrives in Germany between" in page
    assert "delivery ¥40.00." in page
    client.cookies["country"] = "FR"
    assert "We do not deliver this to France." in read(client)
    # Nonsense is passed over.
    client.cookies["country"] = "<x>"
    assert "delivery ¥8.00." in read(client)
    del client.cookies["country"]
    client.force_login(make_user(country="Germany"))
    assert "Arrives in Germany between" in read(client)


def test_the_page_says_when_it_arrives(
    client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_cup()
    promise = DeliveryPromise(
        earliest_on=date(2026, 3, 4),
        latest_on=date(2026, 3, 6),
        price_minor=800,
        free_from_minor=None,
        currency="CNY",
        method="Express",
    )

    def promises(promised: DeliveryPromise | None) -> None:
        monkeypatch.setattr(pages, "delivery_promise", lambda **_facts: promised)
        # As staff do who save another rule of delivery.
        cache.clear()
        forget_catalogue_version()

    promises(promise)
    assert "Arrives between 4 March and 6 March; delivery ¥8.00." in read(client)
    promises(replace(promise, price_minor=0))
    assert "Arrives between 4 March and 6 March; delivery is free." in read(client)
    promises(None)
    assert "Arrives" not in read(client)
    StockLevel.objects.update(on_hand=0)
    promises(promise)
    assert "Arrives" not in read(client)


@pytest.mark.parametrize("slug", ["nothing", "draft"])
def test_what_is_not_published_is_not_found(client: Client, slug: str) -> None:
    make_product(slug="draft", status=Product.Status.DRAFT)
    for page in ("", "reviews/"):
        assert client.get(f"/en/products/{slug}/{page}").status_code == 404


def test_the_strike_price_is_the_honest_one(client: Client) -> None:
    make_cup()
    Sku.objects.update(compare_at_minor=9900, strike_price_minor=2499)
    page = read(client)
    assert "¥24.99" in page
    assert "¥99.00" not in page
    assert "−20%" in page


def test_what_was_looked_at_is_remembered_by_the_browser_alone(client: Client) -> None:
    make_cup()
    mug = make_product(slug="mug", name_en="Mug")
    client.cookies["consent"] = "-p"
    assert "Recently viewed" not in read(client)
    page = read(client, "/en/products/mug/")
    assert "Recently viewed" in page.split("</main>")[0]
    assert "Cup" in page.split("Recently viewed")[1]
    assert "Mug" not in page.split("Recently viewed")[1]
    cookie = client.cookies["viewed"]
    assert cookie["httponly"]
    assert cookie.value.startswith(str(mug.pk))
    assert "sessionid" not in client.cookies


def test_a_browser_that_asks_not_to_be_followed_remembers_nothing(client: Client) -> None:
    make_cup()
    client.cookies["consent"] = "-p"
    read(client, headers={"sec-gpc": "1"})
    assert "viewed" not in client.cookies


@pytest.mark.parametrize("answer", ["", "-", "-a"])
def test_nothing_is_remembered_without_consent_and_what_was_is_forgotten(
    client: Client, answer: str
) -> None:
    make_cup()
    make_product(slug="mug", name_en="Mug")
    client.cookies["consent"] = answer
    read(client)
    assert "viewed" not in client.cookies
    client.cookies["consent"] = "-p"
    read(client)
    assert client.cookies["viewed"].value
    client.cookies["consent"] = answer
    assert "Recently viewed" not in read(client, "/en/products/mug/")
    assert not client.cookies["viewed"].value


def test_a_forged_memory_is_no_memory(client: Client) -> None:
    product = make_cup()
    make_product(slug="mug")
    client.cookies["consent"] = "-p"
    for forged in (str(product.pk), f"{product.pk}:x:y", "\x00", "9" * 4000):
        client.cookies["viewed"] = forged
        assert "Recently viewed" not in read(client, "/en/products/mug/")


def test_looking_at_a_page_writes_nothing(client: Client) -> None:
    make_cup()
    before = Product.objects.values().get()
    read(client)
    assert Product.objects.values().get() == before


# Comparing


def compare(client: Client, product: Product) -> Any:
    return client.post("/en/compare/add/", {"product": product.pk})


def test_products_stand_side_by_side_with_what_differs(client: Client) -> None:
    cup = make_cup(brand=make_brand(name="Qing"))
    mug = make_product(name_en="Mug", brand=make_brand(name="Tao"))
    for product in (cup, mug):
        assert compare(client, product).status_code == 302
    page = read(client, "/en/compare/")
    assert page.index("Cup") < page.index("Mug")
    assert "Qing" in page
    assert "Tao" in page
    assert "differs" in page
    client.post("/en/compare/remove/", {"product": cup.pk})
    page = read(client, "/en/compare/")
    assert "Qing" not in page
    assert "Tao" in page


def test_at_most_four_products_are_compared(client: Client) -> None:
    products = [make_product(name_en=f"Thing {number}") for number in range(5)]
    for product in products:
        compare(client, product)
    page = read(client, "/en/compare/")
    assert "At most 4 products can be compared" in page
    assert page.count("compare__product") == 4
    assert "Thing 4" not in page.split("<main")[1].split("<table")[1]


def test_a_withdrawn_product_leaves_the_comparison(client: Client) -> None:
    cup, mug = make_cup(), make_product(name_en="Mug")
    compare(client, cup)
    compare(client, mug)
    Product.objects.filter(pk=cup.pk).update(status=Product.Status.WITHDRAWN)
    assert read(client, "/en/compare/").count("compare__product") == 1


@pytest.mark.parametrize("key", ["", "0", "-1", "１", "1e9", "NaN", "\x00", "9" * 5000])
@pytest.mark.parametrize("page", ["compare/add", "wish-list/add", "stock-alerts", "review-votes"])
def test_nonsense_in_a_form_finds_nothing(client: Client, page: str, key: str) -> None:
    make_cup()
    form = {"product": key, "sku": key, "review": key, "email": "a@example.org"}
    assert client.post(f"/en/{page}/", form).status_code == 404


@pytest.mark.parametrize(
    "address", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:1"]
)
def test_a_form_leads_to_pages_of_this_shop_only(client: Client, address: str) -> None:
    answer = client.post("/en/compare/add/", {"product": make_cup().pk, "next": address})
    assert answer.headers["Location"] == "/en/compare/"


@pytest.mark.parametrize("page", ["compare/add", "compare/remove", "wish-list/add", "review-votes"])
def test_links_change_nothing(client: Client, page: str) -> None:
    assert client.get(f"/en/{page}/").status_code == 405


# Asking to be told


def ask(client: Client, sku: Sku, email: str = "wang@example.org") -> str:
    form = {"sku": sku.pk, "email": email}
    return unescape(client.post("/en/stock-alerts/", form, follow=True).content.decode())


def test_asking_gets_the_same_answer_every_time(client: Client) -> None:
    sku = Sku.objects.get(product=make_cup(units=0))
    assert "We will write to you once, when it is back." in ask(client, sku)
    assert "We will write to you once, when it is back." in ask(client, sku)
    alert = StockAlert.objects.get()
    assert (alert.email, alert.language, alert.user) == ("wang@example.org", "en", None)


def test_the_account_is_kept_with_the_alert(client: Client) -> None:
    customer = make_user()
    client.force_login(customer)
    ask(client, Sku.objects.get(product=make_cup(units=0)))
    assert StockAlert.objects.get().user == customer


@pytest.mark.parametrize("email", ["", "wang", "a@b.example\x00", "x" * 300 + "@example.org"])
def test_an_alert_to_no_address_is_refused(client: Client, email: str) -> None:
    sku = Sku.objects.get(product=make_cup(units=0))
    assert "Please enter an email address" in ask(client, sku, email)
    assert StockAlert.objects.count() == 0


def test_alerts_are_not_asked_for_by_machines(client: Client) -> None:
    sku = Sku.objects.get(product=make_cup(units=0))
    for number in range(20):
        ask(client, sku, f"customer-{number}@example.org")
    assert "That was too often" in ask(client, sku, "one-more@example.org")
    assert StockAlert.objects.count() == 20


def test_the_letters_link_shows_a_page_and_a_button_calls_off(client: Client) -> None:
    ask(client, Sku.objects.get(product=make_cup(units=0)))
    address = StockAlert.objects.get().get_absolute_url()
    assert "This email address waits to hear of 1 article." in read(client, address)
    assert StockAlert.objects.get().state == "waiting"
    # Mail programs send this without a cookie or a token of ours.
    stranger = Client(enforce_csrf_checks=True)
    assert stranger.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert StockAlert.objects.get().state == "cancelled"
    assert "No alerts are waiting" in read(client, address)
    assert client.get("/en/stock-alerts/no-such-token/").status_code == 404


# Reviews as the page shows them


def test_the_most_helpful_reviews_come_first_with_photos_and_answers(client: Client) -> None:
    product = make_cup()
    make_review(product=product, text="Plain.", stars=4)
    review = make_review(
        product=product,
        text="With a photo.",
        helpful_count=3,
        reply="We are glad.",
        is_verified_purchase=True,
    )
    make_review_photo(review)
    make_review_photo(review, state=ReviewPhoto.State.UPLOADED, renditions={})
    page = read(client)
    assert page.index("With a photo.") < page.index("Plain.")
    assert page.count("review__photos") == 1
    assert page.count("of this customer") == 1
    assert "We are glad." in page
    assert "3 people found this helpful" in page
    assert page.count("Verified purchase") == 1
    assert "4.5" in page


def test_reviews_are_narrowed_to_stars_and_ordered(client: Client) -> None:
    product = make_cup()
    make_review(product=product, text="Five.", stars=5)
    make_review(product=product, text="Two.", stars=2)
    make_review(product=product, text="Hidden.", stars=2, status=Review.Status.HIDDEN)
    page = read(client, f"{ADDRESS}reviews/?stars=2")
    assert "Two." in page
    assert "Five." not in page
    assert "Hidden." not in page
    for nonsense in ("stars=9&sort=x&page=-1", "stars=２", "page=1000000000", "page=%00"):
        assert "Five." in read(client, f"{ADDRESS}reviews/?{nonsense}")


def test_the_list_of_reviews_costs_the_same_with_many(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_full_page()
    with django_assert_max_num_queries(8):
        page = read(client, f"{ADDRESS}reviews/")
    assert page.count('class="review"') == 20


def test_similar_products_say_why(client: Client) -> None:
    product = make_cup()
    similar = make_product(name_en="Saucer", has_stock=True)
    make_similar(product=product, similar=similar, rank=1, reason=Reason.VIEWED_TOGETHER)
    page = read(client)
    assert "Saucer" in page
    assert "Often looked at on the same visit." in page


def test_a_description_has_its_paragraphs_and_no_markup_of_its_own(client: Client) -> None:
    product = make_product(description_en="Dots & <b>zip</b>.\n\n24 cm wide.")
    page = client.get(f"/en/products/{product.slug}/").content.decode()
    assert "<p>Dots &amp; &lt;b&gt;zip&lt;/b&gt;.</p>" in page
    assert "<p>24 cm wide.</p>" in page
