"""Staff build a segment by hand: rows come and go in place, and customers are counted."""

import re

import pytest
from django.urls import reverse
from django.utils import timezone, translation
from playwright.sync_api import Page, expect

from insights.models import Segment
from tests.browser.conftest import fits
from tests.factories import make_order, make_sku, make_user

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a long enough password"
WORDS = {
    "en-GB": {
        "condition": "+ Condition",
        "group": "+ Group of conditions",
        "remove": "Remove the group",
        "save": "Save",
        "rule": "ordered at least 2 times",
    },
    "zh-CN": {
        "condition": "+ 条件",
        "group": "+ 条件组",
        "remove": "移除整组",
        "save": "保存",
        "rule": "下单至少 2 次",
    },
}


def test_a_rule_is_built_in_place(page: Page, language: str) -> None:
    owner = make_user(username="owner", is_staff=True, is_superuser=True)
    owner.set_password(PASSWORD)
    owner.save()
    for number in range(14):
        customer = make_user(language="en")
        for _order in range(1 + number % 2):
            make_order(customer=customer, lines={make_sku(): 1}, placed_at=timezone.now())
    extra = [make_user(language="zh-hans") for _number in range(4)]
    for customer in extra * 2:
        make_order(customer=customer, lines={make_sku(): 1}, placed_at=timezone.now())
    words = WORDS[language]
    with translation.override(None):
        page.goto(reverse("admin:insights_segment_add"))
    page.locator("#id_username").fill("owner")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#login-form button[type=submit]").click()
    page.locator("[name=name_en]").fill("Twice")

    page.locator("[name='r.0:field']").select_option("orders")
    page.locator("[name='r.0:n']").fill("2")
    size = page.locator(".zg-rule-size")
    # The 7 of the loop who ordered twice, and the 4 others, who read Chinese.
    expect(size).to_have_text("11")
    expect(page.get_by_text(words["rule"])).to_be_visible()
    # What was written before stays, and the address too: nothing was loaded anew.
    expect(page.locator("[name=name_en]")).to_have_value("Twice")
    assert fits(page)

    page.get_by_role("button", name=words["group"]).first.click()
    page.locator("[name='r.1.0:field']").select_option("language")
    page.locator("[name='r.1.0:among'][value='en']").check()
    expect(size).to_have_text(re.compile("10"))
    assert fits(page)
    page.get_by_role("button", name=words["remove"]).click()
    expect(page.locator("[name='r.1.0:field']")).to_have_count(0)
    expect(size).to_have_text("11")

    page.get_by_role("button", name=words["save"], exact=True).click()
    expect(page.get_by_text(words["rule"]).first).to_be_visible()
    assert fits(page)
    rule = Segment.objects.get().rule
    assert rule["parts"] == [{"field": "orders", "is": "at_least", "n": 2}]
