"""Every page that customers see, light and dark: axe-core finds nothing serious."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import URLPattern, URLResolver, resolve, reverse
from django.utils import translation
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from customers.models import Address
from customers.services import privacy
from inventory.models import StockAlert
from orders.models import Order
from orders.services.fulfilment import ship_order
from storefront import account_urls, urls
from storefront.models import StaticPage
from tests.browser.chromium import DESK, PHONE
from tests.browser.conftest import fits
from tests.factories import make_review
from tests.journeys.shop import EMAIL, WORDS, Shop
from tests.orders.factories import place_and_pay
from tests.storefront.accounts import confirm_password, log_in, make_customer

on_a_desk_and_a_phone = pytest.mark.parametrize(
    ("language", "screen"), [("en-GB", DESK), ("zh-CN", PHONE)], ids=["en-desk", "zh-phone"]
)
GUEST = {
    "account_confirm_password_reset_code",
    "account_email_verification_sent",
    "account_login",
    "account_reset_password",
    "account_signup",
    "cart-complement-list",
    "cart-detail",
    "category-detail",
    "checkout-address",
    "checkout-delivery",
    "checkout-payment",
    "compare-detail",
    "contact-message-add",
    "home",
    "mfa_authenticate",
    "offers-leave",
    "offline",
    "order-access",
    "order-access-code",
    "order-detail",
    "order-return",
    "order-thanks",
    "payment-detail",
    "privacy-choice",
    "product-detail",
    "review-list",
    "search",
    "static-page-detail",
    "stock-alert-cancel",
    "wish-list",
}
CUSTOMER = {
    "account-detail",
    "account_change_password",
    "account_email",
    "account_logout",
    "account_reauthenticate",
    "address-add",
    "address-change",
    "address-list",
    "checkout-address",
    "consent-change",
    "data-requests",
    "mfa_activate_totp",
    "mfa_deactivate_totp",
    "mfa_generate_recovery_codes",
    "mfa_index",
    "mfa_reauthenticate",
    "mfa_view_recovery_codes",
    "order-detail",
    "order-list",
    "own-review-list",
    "product-detail",
    "profile-change",
    "review-write",
}
# Forms are sent to some, parts of pages and files come from others, and some only lead on.
NO_PAGES = {
    "account_complete_password_reset",
    "account_inactive",
    "account_confirm_login_code",
    "account_password_reset_completed",
    "account_set_password",
    "address-delete",
    "address-make-default",
    "cart-code-add",
    "cart-code-remove",
    "cart-line-add",
    "cart-line-change",
    "cart-line-remove",
    "checkout-start",
    "compare-add",
    "compare-remove",
    "data-download",
    "data-erase",
    "data-export",
    "data-withdraw",
    "invoice-detail",
    "mfa_download_recovery_codes",
    "order-cancel",
    "payment-check",
    "payment-start",
    "payment-test",
    "review-vote",
    "stock-alert-add",
    "suggestion-list",
    "wish-add",
    "wish-remove",
}
ADDRESS = {"recipient": "王", "country": "CN", "city": "北京", "line": "建国路 93 号"}


@dataclass(slots=True)
class Walk:
    """Looks at pages as the holder of a client's cookies sees them, and notes what is wrong."""

    page: Page
    client: Client
    home: str
    script: str = field(default_factory=lambda: str(Axe().axe_script))
    seen: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)

    def look(self, name: str, *args: object, query: str = "", status: int = 200) -> None:
        self.look_at(f"{reverse(name, args=args)}{query}", status=status)

    def look_at(self, path: str, *, status: int = 200) -> None:
        # Those of the client stand for all: the browser's own would mix two visitors.
        self.page.context.clear_cookies()
        self.page.context.add_cookies(
            [
                {"name": name, "value": cookie.value, "url": self.home}
                for name, cookie in self.client.cookies.items()
                if cookie.value
            ]
        )
        self.page.emulate_media(color_scheme="light")
        answer = self.page.goto(path)
        assert answer is not None
        landed = self.page.url.removeprefix(self.home)
        if (answer.status, landed) != (status, path):
            self.problems.append(f"{path}: {answer.status} {landed}")
            return
        if status == 200:
            self.seen.add(resolve(path.split("?")[0]).url_name or "")
        if not fits(self.page):
            self.problems.append(f"{path}: sticks out sideways")
        self.page.evaluate(self.script)
        self._ask(f"{path} light", {"resultTypes": ["violations"]})
        self.page.emulate_media(color_scheme="dark")
        # What else axe looks for does not depend on the colours.
        self._ask(f"{path} dark", {"runOnly": ["color-contrast"], "resultTypes": ["violations"]})

    def _ask(self, where: str, options: dict[str, Any]) -> None:
        found = self.page.evaluate("options => axe.run(options)", options)["violations"]
        self.problems += [
            f"{where}: {problem['id']} {problem['nodes'][0]['html'][:200]}"
            for problem in found
            if problem["impact"] in {"serious", "critical"}
        ]

    def send(self, name: str, fields: dict[str, object], *args: object) -> Any:
        answer = self.client.post(reverse(name, args=args), fields)
        assert answer.status_code == 302, (name, answer.status_code)
        return answer


@pytest.fixture
def walk(page: Page, live_server: LiveServer, language: str) -> Iterator[Walk]:
    with translation.override(WORDS[language]["language"]):
        yield Walk(page, Client(), live_server.url)


@on_a_desk_and_a_phone
def test_no_page_of_a_guest_holds_barriers(walk: Walk, shop: Shop) -> None:
    StaticPage.objects.update_or_create(
        slug="privacy",
        defaults={
            "title_en": "Privacy",
            "title_zh_hans": "隐私",
            "body_en": "## What we keep\n\nLittle.\n\n- One\n- [Two](https://example.org/)",
            "body_zh_hans": "## 我们保存什么\n\n很少。\n\n- 一\n- [二](https://example.org/)",
        },
    )
    alert = StockAlert.objects.create(email=EMAIL, sku=shop.pot, language="en")
    cup = shop.cup.product
    for name in ("home", "cart-detail", "compare-detail", "wish-list", "order-access", "offline"):
        walk.look(f"storefront:{name}")
    walk.look("storefront:contact-message-add")
    walk.look("storefront:privacy-choice")
    walk.look("storefront:offers-leave", "made-up")
    walk.look("storefront:offers-leave", "made-up", query="?done=1")
    walk.look("storefront:category-detail", "tea")
    walk.look("storefront:search", query="?q=tea")
    walk.look("storefront:search", query="?q=qqqqqq")
    walk.look("storefront:product-detail", cup.slug)
    walk.look("storefront:review-list", cup.slug)
    walk.look("storefront:static-page-detail", "privacy")
    walk.look("storefront:stock-alert-cancel", alert.token)
    walk.look_at(f"{reverse('storefront:home')}nothing/", status=404)

    for product in (cup, shop.pot.product):
        walk.send("storefront:compare-add", {"product": product.pk})
        walk.send("storefront:wish-add", {"product": product.pk})
    walk.send("storefront:cart-line-add", {"sku": shop.cup.pk, "quantity": 2})
    for name in ("compare-detail", "wish-list", "cart-detail", "cart-complement-list"):
        walk.look(f"storefront:{name}")
    walk.look("storefront:checkout-address")
    walk.send(
        "storefront:checkout-address",
        {
            "email": EMAIL,
            "recipient": "王",
            "country": "CN",
            "city": "北京",
            "line": "建国路 93 号",
        },
    )
    walk.look("storefront:checkout-delivery")
    walk.send("storefront:checkout-delivery", {"method": shop.delivery.pk})
    walk.look("storefront:checkout-payment")
    key = walk.page.locator("[name=key]").input_value()
    total = walk.page.locator("[name=seen_total]").input_value()
    walk.send("storefront:checkout-payment", {"key": key, "seen_total": total, "provider": "test"})
    order = Order.objects.get()
    walk.look("storefront:payment-detail", order.number)
    walk.send("storefront:payment-test", {"answer": "fail"}, order.number)
    walk.look("storefront:payment-detail", order.number)
    walk.send("storefront:payment-start", {"provider": "test"}, order.number)
    walk.send("storefront:payment-test", {"answer": "later"}, order.number)
    walk.look("storefront:order-thanks", order.number)
    walk.send("storefront:payment-test", {"answer": "succeed"}, order.number)
    walk.look("storefront:order-thanks", order.number)
    order.refresh_from_db()
    ship_order(order=order, key="parcel", carrier="SF", tracking_number="SF100200")
    walk.look("storefront:order-detail", order.number)
    walk.look("storefront:order-return", order.number)
    walk.send("storefront:order-access", {"number": order.number, "email": EMAIL})
    walk.look("storefront:order-access-code")

    walk.look("account_login")
    walk.look("account_signup")
    walk.look("account_reset_password")
    walk.send("account_reset_password", {"email": EMAIL})
    walk.look("account_confirm_password_reset_code")
    walk.client = Client()
    walk.send("account_signup", {"email": EMAIL, "password1": "quiet-lantern-42"})
    walk.look("account_email_verification_sent")
    walk.client = Client()
    guarded = make_customer()
    TOTP.activate(guarded, "JBSWY3DPEHPK3PXP")
    log_in(walk.client, guarded)
    walk.look("mfa_authenticate")
    assert walk.problems == []
    assert walk.seen == GUEST


@on_a_desk_and_a_phone
def test_no_page_of_a_customer_holds_barriers(walk: Walk, shop: Shop) -> None:
    customer = make_customer()
    address = Address.objects.create(
        user=customer,
        recipient="王",
        country="CN",
        city="北京",
        line="建国路 93 号",
        is_default=True,
    )
    make_review(product=shop.pot.product, author=customer)
    order = place_and_pay({shop.cup: 1})
    Order.objects.update(customer=customer)
    log_in(walk.client, customer)
    for name in ("account-detail", "order-list", "own-review-list", "address-list", "address-add"):
        walk.look(f"storefront:{name}")
    walk.look("storefront:address-change", address.pk)
    for name in ("consent-change", "profile-change"):
        walk.look(f"storefront:{name}")
    walk.look("storefront:order-detail", order.number)
    walk.look("storefront:product-detail", shop.pot.product.slug)
    walk.look("storefront:review-write", shop.cup.product.slug)
    walk.send("storefront:cart-line-add", {"sku": shop.cup.pk, "quantity": 1})
    walk.look("storefront:checkout-address")
    for name in ("account_email", "account_change_password", "account_reauthenticate"):
        walk.look(name)
    walk.look("mfa_index")
    confirm_password(walk.client)
    walk.look("mfa_activate_totp")
    TOTP.activate(customer, "JBSWY3DPEHPK3PXP")
    RecoveryCodes.activate(customer)
    privacy.request_export(user=customer)
    walk.look("storefront:data-requests")
    for name in ("mfa_index", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"):
        walk.look(name)
    for name in ("mfa_deactivate_totp", "mfa_reauthenticate", "account_logout"):
        walk.look(name)
    assert walk.problems == []
    assert walk.seen == CUSTOMER


def names_of(patterns: list[Any]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from names_of(pattern.url_patterns)
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield pattern.name


def test_a_page_that_is_added_is_looked_at_too() -> None:
    known = {*names_of(urls.urlpatterns), *names_of(account_urls.urlpatterns)}
    assert known == GUEST | CUSTOMER | NO_PAGES
