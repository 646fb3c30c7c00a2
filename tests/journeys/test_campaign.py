"""Staff build a segment, write to it, and a customer clicks and then wants no more letters."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation
from playwright.sync_api import Page, expect

from customers.models import Consent
from recommendations.models import Campaign
from recommendations.services.campaigns.audiences import count_audience
from recommendations.tasks import count_campaign_events, run_campaigns
from tests.browser.conftest import fits
from tests.factories import make_user
from tests.journeys.shop import EMAIL, Shop, do_jobs, newest_letter, words_of
from tests.outbox.postbox import Postbox
from tests.recommendations.campaign_builders import decide, make_reader, make_readers

PASSWORD = "a long enough password"
# A browser without a window says so, and programs are not counted.
A_BROWSER = "Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0 Safari/537.36"
WORDS: dict[str, dict[str, str]] = {
    "en-GB": {
        "save": "Save",
        "reach": "Of 13 customers, 13 can be reached",
        "look": "How it looks",
        "approve": "Approve",
        "approved": "Approved. It starts when its time has come.",
        "headline": "The new tea is here",
        "leave": "Send me no more offers",
        "left": "We no longer write to you about offers.",
        "finished": "finished",
    },
    "zh-CN": {
        "save": "保存",
        "reach": "13 位顾客中，可触达的有 13 位",
        "look": "预览",
        "approve": "批准",
        "approved": "已批准，到时间即开始。",
        "headline": "春茶上新",
        "leave": "不再给我发优惠",
        "left": "我们不再给您发优惠邮件。",
        "finished": "已结束",
    },
}


def log_in(page: Page, path: str) -> None:
    page.goto(path)
    page.locator("#id_username").fill("owner")
    page.locator("#id_password").fill(PASSWORD)
    page.locator("#login-form button[type=submit]").click()
    page.wait_for_url(f"**{path}")


def staff_page(name: str, *args: Any) -> str:
    with translation.override(None):
        return reverse(f"admin:{name}", args=args)


def path_of(pattern: str, text: str) -> str:
    found = re.search(rf"https?://[^/\s]+({pattern}\S*)", text)
    assert found is not None
    return found[1]


def test_a_letter_to_a_segment_is_read_clicked_and_the_last_one(
    page: Page, language: str, shop: Shop, postbox: Postbox
) -> None:
    words = WORDS[language]
    code = "zh-hans" if language == "zh-CN" else "en"
    decide()
    owner = make_user(username="owner", is_staff=True, is_superuser=True)
    owner.set_password(PASSWORD)
    owner.save()
    reader = make_reader(email=EMAIL, language=code)
    make_readers(12)
    make_user()

    # A segment by hand: who agreed to offers.
    log_in(page, staff_page("insights_segment_add"))
    page.locator("[name=name_en]").fill("Readers")
    page.locator("[name=name_zh_hans], [name='name_zh-hans']").fill("读者")
    page.locator("[name='r.0:field']").select_option("consent")
    page.locator("[name='r.0:among'][value='marketing']").check()
    expect(page.locator(".zg-rule-size")).to_have_text("13")
    page.get_by_role("button", name=words["save"], exact=True).click()
    page.wait_for_url("**/change/")
    do_jobs()

    # A campaign for it, in both languages.
    page.goto(staff_page("recommendations_campaign_add"))
    page.locator("[name=name]").fill("New tea")
    page.locator("[name=segment]").select_option(index=1)
    page.locator("[name=holdout_percent]").fill("0")
    page.locator("[name=creatives-0-title_en]").fill(WORDS["en-GB"]["headline"])
    page.locator("[name=creatives-0-title_zh_hans]").fill(WORDS["zh-CN"]["headline"])
    page.locator("[name=creatives-0-button_en]").fill("Have a look")
    page.locator("[name=creatives-0-button_zh_hans]").fill("去看看")
    page.locator("[name=creatives-0-link]").fill("/products/blue-cup/")
    page.locator("[name=_save]").click()
    page.wait_for_url("**/change/")
    expect(page.get_by_text(words["reach"])).to_be_visible()
    assert fits(page)

    # It is looked at, then approved; nothing was sent before.
    page.get_by_role("link", name=words["look"]).click()
    page.wait_for_url("**/preview/")
    expect(page.get_by_text(words["headline"]).first).to_be_visible()
    assert fits(page)
    page.go_back()
    do_jobs()
    assert postbox.taken == []
    page.get_by_role("button", name=words["approve"], exact=True).click()
    expect(page.get_by_text(words["approved"])).to_be_visible()
    do_jobs()
    assert len(postbox.taken) == 13

    # The customer follows the link of her letter; the address does not say hers for long.
    page.context.set_extra_http_headers({"User-Agent": A_BROWSER})
    letter = newest_letter(postbox)
    assert letter["Subject"] == words["headline"]
    page.context.clear_cookies()
    with page.expect_response("**/campaigns/arrived/") as told:
        page.goto(path_of(f"/{code}/products/blue-cup/", words_of(letter)))
    assert told.value.status == 204
    assert "ct=" not in page.url
    assert "utm_campaign=new-tea" in page.url

    # Then she wants no more of them.
    page.goto(path_of(f"/{code}/offers/leave/", letter["List-Unsubscribe"].strip("<>")))
    page.get_by_role("button", name=words["leave"]).click()
    expect(page.get_by_text(words["left"])).to_be_visible()
    assert fits(page)
    newest = Consent.objects.filter(user=reader, purpose=Consent.Purpose.MARKETING).latest("pk")
    assert newest.is_granted is False

    # Staff see both.
    count_campaign_events()
    run_campaigns()
    campaign = Campaign.objects.get()
    log_in(page, staff_page("recommendations_campaign_change", campaign.pk))
    creatives = page.locator("table").last.locator("tbody tr").first.locator("td")
    expect(creatives.nth(0)).to_have_text("13")
    expect(creatives.nth(1)).to_have_text("1")
    assert campaign.recipients.get(customer=reader).unsubscribed_at is not None
    expect(page.get_by_text(words["finished"], exact=True).first).to_be_visible()
    assert fits(page)
    # Who left is not written to again; the others had their letter of this week.
    decide(letters_per_week=7)
    assert count_audience(campaign).people == 12
    decide(letters_per_week=1)
    assert count_audience(campaign).people == 0


@pytest.mark.parametrize("runs_scripts", [False])
def test_the_last_letter_needs_no_script(
    page: Page, language: str, shop: Shop, postbox: Postbox
) -> None:
    page.goto("/en/offers/leave/made-up/")
    page.get_by_role("button", name=WORDS["en-GB"]["leave"]).click()
    expect(page.get_by_text(WORDS["en-GB"]["left"])).to_be_visible()
