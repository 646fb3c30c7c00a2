"""Opening an account, logging in, lost passwords, the second factor."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.contrib.auth.hashers import get_hasher
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import translation

from customers.models import User
from orders.models import Order, WishListItem
from orders.services import carts
from outbox.models import Email
from storefront.cart_cookie import CART_COOKIE, UNITS_COOKIE, write_cart_token
from storefront.remembered import WISHED
from tests.factories import make_order, make_product, make_staff, make_stock_level, make_user
from tests.storefront.accounts import (
    PASSWORD,
    code_of,
    confirm_password,
    is_logged_in,
    last_letter,
    log_in,
    make_customer,
)

pytestmark = pytest.mark.django_db
NEW = "new@example.org"
# Drawn for each answer.
OF_ONE_ANSWER = ("csrf", "nonce", "data-page=")


def sign_up(client: Client, *, email: str = NEW, password: str = PASSWORD) -> Any:
    return client.post(reverse("account_signup"), {"email": email, "password1": password})


def totp_code(secret: str) -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return f"{hotp_value(secret, counter):06}"


def test_a_visitor_opens_an_account_with_a_code_from_a_letter(client: Client) -> None:
    answer = sign_up(client)
    assert answer["Location"] == reverse("account_email_verification_sent")
    assert not is_logged_in(client)
    letter = last_letter()
    assert (letter.to, letter.kind) == (NEW, "account.email_confirmation_signup")
    assert letter.is_confidential
    answer = client.post(answer["Location"], {"code": code_of(letter)})
    assert answer["Location"] == reverse("storefront:account-detail")
    assert is_logged_in(client)
    user = User.objects.get(email=NEW)
    assert user.language == "en"
    assert user.username.startswith("customer-")
    assert "new" not in user.username


def test_orders_of_a_guest_are_shown_once_the_address_is_proved(client: Client) -> None:
    own = make_order(email="New@Example.org")
    other, of_somebody = make_order(email="other@example.org"), make_order(email=NEW)
    somebody = make_user()
    Order.objects.filter(pk=of_somebody.pk).update(customer=somebody)
    answer = sign_up(client)
    # Typing an address proves nothing.
    assert not Order.objects.filter(customer__email=NEW).exists()
    client.post(answer["Location"], {"code": "000000"})
    assert not Order.objects.filter(customer__email=NEW).exists()
    client.post(answer["Location"], {"code": code_of(last_letter())})
    assert list(Order.objects.filter(customer__email=NEW)) == [own]
    other.refresh_from_db()
    of_somebody.refresh_from_db()
    assert (other.customer, of_somebody.customer) == (None, somebody)


def test_an_account_opened_on_chinese_pages_speaks_chinese(client: Client) -> None:
    with translation.override("zh-hans"):
        sign_up(client)
    assert User.objects.get().language == "zh-hans"
    letter = last_letter()
    assert letter.language == "zh-hans"
    assert letter.subject == "邮箱验证码 · Zhanggui"


def test_a_wrong_code_opens_nothing(client: Client) -> None:
    answer = sign_up(client)
    for _ in range(3):
        client.post(answer["Location"], {"code": "WRONG1"})
    client.post(answer["Location"], {"code": code_of(last_letter())})
    assert not is_logged_in(client)
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_opening_an_account_does_not_tell_who_has_one(client: Client) -> None:
    make_customer(email="here@example.org")
    known = sign_up(Client(), email="here@example.org")
    unknown = sign_up(client, email="gone@example.org")
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert User.objects.filter(email="here@example.org").count() == 1
    kinds = dict(Email.objects.values_list("to", "kind"))
    assert kinds == {
        "here@example.org": "account.account_already_exists",
        "gone@example.org": "account.email_confirmation_signup",
    }


def test_opening_an_account_takes_the_same_work_for_both(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing the password is what takes long; it is counted, since clocks vary."""
    hasher = type(get_hasher())
    hashed: list[str] = []
    encode = hasher.encode

    def count(self: Any, password: str, *args: Any) -> Any:
        hashed.append(password)
        return encode(self, password, *args)

    monkeypatch.setattr(hasher, "encode", count)
    make_customer(email="here@example.org")
    for email in ("here@example.org", "gone@example.org"):
        hashed.clear()
        assert sign_up(Client(), email=email).status_code == 302
        assert hashed == [PASSWORD]


def test_the_page_after_it_looks_the_same_for_both(client: Client) -> None:
    make_customer(email="here@example.org")
    other = Client()
    pages = []
    for browser, email in ((client, "here@example.org"), (other, "gone@example.org")):
        location = sign_up(browser, email=email)["Location"]
        page = browser.get(location).content.decode().replace(email, "")
        pages.append(
            [line for line in page.splitlines() if not any(mark in line for mark in OF_ONE_ANSWER)]
        )
    assert pages[0] == pages[1]


@pytest.mark.parametrize("email", ["here@example.org", "gone@example.org"])
def test_a_lost_password_gets_the_same_answer_for_everybody(client: Client, email: str) -> None:
    make_customer(email="here@example.org")
    answer = client.post(reverse("account_reset_password"), {"email": email})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("account_confirm_password_reset_code")
    assert Email.objects.get().to == email
    page = client.get(answer["Location"])
    assert page.status_code == 200


def test_a_new_password_is_set_with_the_code(client: Client) -> None:
    user = make_customer()
    answer = client.post(reverse("account_reset_password"), {"email": user.email})
    answer = client.post(answer["Location"], {"code": code_of(last_letter())})
    assert answer["Location"] == reverse("account_complete_password_reset")
    client.post(
        answer["Location"], {"password1": "another-lantern-43", "password2": "another-lantern-43"}
    )
    user.refresh_from_db()
    assert user.check_password("another-lantern-43")
    assert last_letter().kind == "account.password_reset"


def test_somebody_with_an_imported_history_takes_the_account_over_by_a_code(
    client: Client,
) -> None:
    user = make_user(email="past@example.org", external_reference="17850")
    assert not user.has_usable_password()
    answer = client.post(reverse("account_reset_password"), {"email": user.email})
    answer = client.post(answer["Location"], {"code": code_of(last_letter())})
    client.post(answer["Location"], {"password1": PASSWORD, "password2": PASSWORD})
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.get(user=user).verified


def test_customers_stand_in_their_account_in_their_language(client: Client) -> None:
    user = make_customer(language="zh-hans")
    answer = log_in(client, user)
    with translation.override("zh-hans"):
        assert answer["Location"] == reverse("storefront:account-detail")
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "zh-hans"


def test_logging_in_leads_back_to_where_one_came_from(client: Client) -> None:
    user = make_customer()
    wanted = reverse("storefront:address-list")
    answer = client.get(wanted)
    assert urlsplit(answer["Location"]).path == reverse("account_login")
    (following,) = parse_qs(urlsplit(answer["Location"]).query)["next"]
    assert log_in(client, user, next=following)["Location"] == wanted


def test_nobody_is_led_to_another_site(client: Client) -> None:
    user = make_customer()
    answer = log_in(client, user, next="https://evil.example/")
    assert answer["Location"] == reverse("storefront:account-detail")


def test_what_a_guest_wished_for_comes_along(client: Client) -> None:
    user = make_customer()
    product = make_product()
    response = HttpResponse()
    WISHED.write(response, [product.pk])
    client.cookies[WISHED.cookie] = response.cookies[WISHED.cookie].value
    log_in(client, user)
    assert WishListItem.objects.get().product == product
    assert client.cookies[WISHED.cookie].value == ""


def test_the_cart_of_a_guest_comes_along(client: Client) -> None:
    user, sku = make_customer(), make_stock_level(on_hand=9).sku
    carts.add_to_cart(customer=user, token="", sku_id=sku.pk, quantity=1)
    guest = carts.add_to_cart(customer=None, token="", sku_id=sku.pk, quantity=2).cart
    response = HttpResponse()
    write_cart_token(response, guest.token)
    client.cookies[CART_COOKIE] = response.cookies[CART_COOKIE].value
    log_in(client, user)
    own = carts.find_cart(customer=user, token="")
    assert own is not None
    assert [line.quantity for line in own.lines.all()] == [3]
    assert client.cookies[UNITS_COOKIE].value == "3"
    assert client.cookies[CART_COOKIE].value == ""
    client.post(reverse("account_logout"))
    assert client.cookies[UNITS_COOKIE].value == ""


def test_a_wrong_password_and_an_unknown_address_look_the_same(client: Client) -> None:
    user = make_customer()
    pages = []
    for email in (user.email, "gone@example.org"):
        answer = client.post(reverse("account_login"), {"login": email, "password": "wrong"})
        assert answer.status_code == 200
        pages.append([str(error) for error in answer.context["form"].non_field_errors()])
    assert pages[0] == pages[1] != []


def test_guessing_passwords_is_stopped_for_all_browsers(client: Client) -> None:
    user = make_customer()
    for _ in range(5):
        log_in(Client(REMOTE_ADDR="198.51.100.7"), user, password="wrong")
    log_in(Client(REMOTE_ADDR="203.0.113.9"), user)
    answer = log_in(client, user)
    assert answer.status_code == 200
    assert not is_logged_in(client)


def test_customers_log_in_while_the_cache_is_down(client: Client, settings: Any) -> None:
    user = make_customer()
    settings.CACHES = {
        "default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/valkey.sock?db=1"}
    }
    cache.set("kept", 1)
    assert cache.get("kept") is None
    log_in(client, user)
    assert is_logged_in(client)


def test_looking_at_the_address_of_the_account_writes_nothing(client: Client) -> None:
    user = make_staff(language="en")
    client.force_login(user)
    assert client.get(reverse("account_email")).status_code == 200
    assert EmailAddress.objects.count() == 0


def test_the_address_changes_once_the_new_one_is_confirmed(client: Client) -> None:
    user = make_customer(email="old@example.org")
    log_in(client, user)
    words = {"email": NEW, "action_add": "1"}
    answer = client.post(reverse("account_email"), words)
    assert urlsplit(answer["Location"]).path == reverse("account_reauthenticate")
    confirm_password(client)
    answer = client.post(reverse("account_email"), words)
    user.refresh_from_db()
    assert user.email == "old@example.org"
    letter = Email.objects.get(kind="account.email_confirmation")
    assert letter.to == NEW
    client.post(answer["Location"], {"code": code_of(letter)})
    user.refresh_from_db()
    assert user.email == NEW
    assert Email.objects.filter(kind="account.email_changed", to="old@example.org").exists()


def test_the_second_factor_is_asked_for_once_it_is_on(
    client: Client, django_capture_on_commit_callbacks: Any
) -> None:
    user = make_customer()
    log_in(client, user)
    assert client.get(reverse("mfa_activate_totp")).status_code == 302
    confirm_password(client)
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("mfa_activate_totp"), {"code": totp_code(secret)})
    factor = Authenticator.objects.get(user=user, type=Authenticator.Type.TOTP)
    assert secret not in str(factor.data)
    assert Email.objects.filter(kind="account.totp_activated", to=user.email).exists()
    recovery = Authenticator.objects.get(user=user, type=Authenticator.Type.RECOVERY_CODES)
    cache.clear()
    other = Client()
    answer = log_in(other, user)
    assert answer["Location"] == reverse("mfa_authenticate")
    assert not is_logged_in(other)
    other.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert not is_logged_in(other)
    other.post(reverse("mfa_authenticate"), {"code": recovery.wrap().get_unused_codes()[0]})
    assert is_logged_in(other)


def test_the_password_changes_only_after_the_present_one(client: Client) -> None:
    user = make_customer()
    log_in(client, user)
    words = {
        "oldpassword": "wrong",
        "password1": "fresh-lantern-44",
        "password2": "fresh-lantern-44",
    }
    assert client.post(reverse("account_change_password"), words).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    words["oldpassword"] = PASSWORD
    client.post(reverse("account_change_password"), words)
    user.refresh_from_db()
    assert user.check_password("fresh-lantern-44")


def test_logging_out_is_a_post(client: Client) -> None:
    user = make_customer()
    log_in(client, user)
    client.get(reverse("account_logout"))
    assert is_logged_in(client)
    client.post(reverse("account_logout"))
    assert not is_logged_in(client)


def test_a_blocked_account_stays_outside(client: Client) -> None:
    user = make_customer(is_active=False)
    answer = log_in(client, user)
    assert not is_logged_in(client)
    assert answer["Location"] == reverse("account_inactive")


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_inactive",
        "account_password_reset_completed",
    ],
)
def test_every_page_of_logging_in_opens(client: Client, name: str, language: str) -> None:
    with translation.override(language):
        answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert "storefront/base.html" in [template.name for template in answer.templates]


@pytest.mark.parametrize(
    "name",
    [
        "account_email",
        "account_change_password",
        "account_logout",
        "account_reauthenticate",
        "mfa_index",
        "mfa_activate_totp",
    ],
)
def test_every_page_of_the_account_opens(client: Client, name: str) -> None:
    log_in(client, make_customer())
    confirm_password(client)
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert "storefront/base.html" in [template.name for template in answer.templates]


@pytest.mark.parametrize("value", ["\x00", "x" * 100_000, "１２３", "a@b", "<script>"])
def test_nonsense_is_refused_with_a_message(client: Client, value: str) -> None:
    for name, words in (
        ("account_login", {"login": value, "password": value}),
        ("account_signup", {"email": value, "password1": value}),
        ("account_reset_password", {"email": value}),
    ):
        answer = client.post(reverse(name), words)
        assert answer.status_code == 200
        assert answer.context["form"].errors
    assert User.objects.count() == 0
    assert Email.objects.count() == 0
