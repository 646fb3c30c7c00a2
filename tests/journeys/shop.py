"""A small shop, the visitor in it, and what its workers and letters do meanwhile."""

import json
from dataclasses import dataclass
from email.message import EmailMessage
from queue import Empty
from typing import Any

from celery import current_app
from django.core.management import call_command
from playwright.sync_api import Page

from catalog.models import Product, Sku
from catalog.services import summaries
from orders.models import ShippingMethod
from tests.factories import (
    make_brand,
    make_category,
    make_product,
    make_review,
    make_sku,
    make_stock_level,
)
from tests.orders.selling import (
    default_tax_class,
    forget_defaults,
    make_shipping_method,
    make_shipping_zone,
    make_tax_zone,
)
from tests.outbox.postbox import Postbox

CUP_MINOR, POT_MINOR, DELIVERY_MINOR = 5_000, 20_000, 1_000
EMAIL, PASSWORD = "wang@example.org", "quiet-lantern-42"
QUEUES = ("default", "inference", "training")

WORDS = {
    "en-GB": {
        "path": "/en",
        "language": "en",
        "search": "blue cup",
        "cup": "Blue cup",
        "pot": "Iron teapot",
        "in_stock": "In stock",
        "add": "Add to cart",
        "check_out": "Check out",
        "order": "Order and pay",
        "sold_out": "“Blue cup” is sold out at the moment.",
        "gone_from_cart": "Sold out in the meantime. Please take it out.",
        "cart_empty": "Your cart is empty",
        "unknown_code": "“NOSUCH” could not be applied. There is no such code.",
        "used_up_code": "“ALLGONE” could not be applied. This code has been used up.",
        "code_taken": "“TENTH” has been applied.",
        "open": "Create an account",
        "confirm": "Confirm",
        "orders": "Orders",
        "send_back": "Return items",
        "paid_back": "Refunded",
    },
    "zh-CN": {
        "path": "/zh-hans",
        "language": "zh-hans",
        "search": "蓝色杯子",
        "cup": "蓝色杯子",
        "pot": "铁茶壶",
        "in_stock": "有货",
        "add": "加入购物车",
        "check_out": "去结算",
        "order": "提交订单并支付",
        "sold_out": "“蓝色杯子”暂时售罄。",
        "gone_from_cart": "该商品刚刚售罄，请从购物车移除。",
        "cart_empty": "购物车是空的",
        "unknown_code": "未能使用“NOSUCH”。没有这个优惠码。",
        "used_up_code": "未能使用“ALLGONE”。这个优惠码已被用完。",
        "code_taken": "已使用“TENTH”。",
        "open": "注册账户",
        "confirm": "确认",
        "orders": "订单",
        "send_back": "申请退货",
        "paid_back": "已退款",
    },
}


@dataclass(frozen=True, slots=True)
class Shop:
    cup: Sku
    pot: Sku
    delivery: ShippingMethod


def open_shop() -> Shop:
    """Two things to buy, one way to deliver, prices with 13 % of tax in them."""
    forget_defaults()
    make_tax_zone({default_tax_class(): 1_300}, prices_include_tax=True)
    delivery = make_shipping_method(
        [(0, 0, DELIVERY_MINOR)],
        zone=make_shipping_zone(countries=["CN"]),
        name_en="Courier",
        name_zh_hans="快递",
        days_min=2,
        days_max=4,
    )
    category = make_category(slug="tea", name_en="Tea things", name_zh_hans="茶具")
    brand = make_brand(name="青山")
    cup, pot = (
        make_product(
            slug=slug, name_en=name_en, name_zh_hans=name_zh, category=category, brand=brand
        )
        for slug, name_en, name_zh in (
            ("blue-cup", "Blue cup", "蓝色杯子"),
            ("iron-teapot", "Iron teapot", "铁茶壶"),
        )
    )
    make_review(product=cup, stars=5, title="Warm for long", text="A lovely cup for tea.")
    shop = Shop(
        cup=make_sku(product=cup, price_minor=CUP_MINOR, weight_grams=300),
        pot=make_sku(product=pot, price_minor=POT_MINOR, weight_grams=1_500),
        delivery=delivery,
    )
    for sku in (shop.cup, shop.pot):
        make_stock_level(sku=sku, on_hand=20)
    summaries.refresh_prices()
    Product.objects.update(has_stock=True)
    call_command("reindex_products", verbosity=0)
    return shop


def forget_jobs() -> None:
    """What earlier tests sent is about rows that are gone."""
    with current_app.connection_for_write() as connection:
        # The stubs know channels in general, not those of Redis.
        channel: Any = connection.default_channel
        for queue in QUEUES:
            channel.queue_purge(queue)


def do_jobs() -> list[str]:
    """Take from the broker what the shop sent there, one by one until nothing is left, and do it.

    A worker whose hours the test decides. Returns the names of the jobs.
    """
    current_app.loader.import_default_modules()
    done = []
    with current_app.connection_for_write() as connection:
        while (message := _next_message(connection)) is not None:
            name = message.headers["task"]
            arguments, named, _embedded = json.loads(message.body)
            current_app.tasks[name](*arguments, **named)
            done.append(name)
    return done


def _next_message(connection: Any) -> Any:
    for name in QUEUES:
        with connection.SimpleQueue(name, no_ack=True) as queue:
            try:
                return queue.get_nowait()
            except Empty:
                continue
    return None


def newest_letter(postbox: Postbox, *, to: str = EMAIL) -> EmailMessage:
    return [letter for letter in postbox.taken if letter["To"] == to][-1]


def words_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def code_of(letter: EmailMessage) -> str:
    """The line that stands alone and is no sentence."""
    alone = [line.strip() for line in words_of(letter).splitlines() if line.startswith("    ")]
    (code,) = filter(None, alone)
    return code


def put_into_cart(page: Page, words: dict[str, str], sku: Sku) -> None:
    page.goto(f"{words['path']}/products/{sku.product.slug}/")
    page.get_by_role("button", name=words["add"], exact=True).click()
    page.locator("[role=status], .messages").get_by_text(words["cup"]).first.wait_for()


def check_out(page: Page, words: dict[str, str]) -> None:
    page.goto(f"{words['path']}/cart/")
    page.get_by_role("link", name=words["check_out"]).click()
    page.wait_for_url("**/checkout/address/")


def give_address(page: Page, *, email: str | None = EMAIL) -> None:
    """email: None leaves what the page knows of a customer."""
    if email is not None:
        page.locator("[name=email]").fill(email)
    for name, value in {
        "recipient": "王小明",
        "phone": "13800138000",
        "region": "北京市",
        "city": "北京",
        "line": "建国路 93 号",
        "postal_code": "100022",
    }.items():
        page.locator(f"[name={name}]").fill(value)
    page.locator("[name=country]").select_option("CN")
    go_on(page)


def go_on(page: Page) -> None:
    """The button that leads to the next step."""
    page.locator("main form .button--primary[type=submit]").click()


def come_to_the_last_step(page: Page, words: dict[str, str], *, email: str | None = EMAIL) -> None:
    """From the cart until everything is answered and set aside."""
    check_out(page, words)
    give_address(page, email=email)
    page.wait_for_url("**/checkout/delivery/")
    go_on(page)
    page.wait_for_url("**/checkout/payment/")


def order_button(page: Page, words: dict[str, str]) -> Any:
    return page.get_by_role("button", name=words["order"])


def order_and_pay(page: Page, words: dict[str, str]) -> str:
    """Order, let the test payment succeed, and end on the thanks; returns the order's number."""
    order_button(page, words).click()
    page.wait_for_url("**/orders/*/payment/")
    page.locator("[name=answer][value=succeed]").click()
    page.wait_for_url("**/orders/*/thanks/")
    return page.url.rstrip("/").split("/")[-2]
