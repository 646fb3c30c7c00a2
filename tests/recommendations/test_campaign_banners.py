"""Banners of campaigns: on which pages, to whom, how often, and what is kept of it."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.services.versions import renew_shop_version
from customers.models import Consent, User
from recommendations import privacy
from recommendations.models import Campaign, CampaignRecipient, Creative, CreativeEvent
from recommendations.services.campaigns import counting, steps
from recommendations.services.campaigns.banners import (
    RunningBanner,
    choose_banner,
    publish_banners,
    running_banners,
)
from recommendations.services.campaigns.steps import approve_campaign, run_campaigns
from tests.factories import make_category, make_product, make_sku, make_staff, make_stock_level
from tests.recommendations.campaign_builders import (
    decide,
    make_campaign,
    make_creative,
    make_reader,
    make_segment,
    title_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
Kind = CreativeEvent.Kind


def browser(consent: str = "") -> Client:
    """consent: "a" for statistics, "p" for personal recommendations; empty: has not answered."""
    client = Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})
    if consent:
        client.cookies["consent"] = f"-{consent}"
    return client


def run(campaign: Campaign) -> Campaign:
    approve_campaign(campaign, user=make_staff())
    run_campaigns()
    campaign.refresh_from_db()
    assert campaign.status == "running"
    return campaign


def make_banner(**fields: Any) -> Campaign:
    decide()
    return run(make_campaign(**{"channel": "banner", **fields}))


def token_on(client: Client, path: str = "/en/") -> str:
    """Of the banner on a page; empty where there is none."""
    found = re.search(r'data-banner="([^"]+)"', client.get(path).content.decode())
    return found[1] if found else ""


def see(client: Client, path: str = "/en/") -> bool:
    """Look at a page as a browser with scripts does, which tells of a banner it showed."""
    token = token_on(client, path)
    if token:
        client.post("/campaigns/shown/", {"token": token})
    return bool(token)


def test_a_banner_stands_on_its_pages_in_the_readers_language() -> None:
    category = make_category(slug="cups")
    product = make_product(slug="blue-cup", category=category)
    make_stock_level(sku=make_sku(product=product), on_hand=3)
    campaign = make_banner(on_home=True, on_category=True)
    creative = campaign.creatives.get()
    for path in ("/en/", "/en/categories/cups/"):
        page = browser().get(path).content.decode()
        assert title_of(creative) in page, path
        assert "/en/search/?utm_source=shop" in page.replace("&amp;", "&")
    assert title_of(creative, "zh_hans") in browser().get("/zh-hans/").content.decode()
    for path in ("/en/products/blue-cup/", "/en/cart/", "/en/search/?q=cup"):
        assert token_on(browser(), path) == "", path
    Campaign.objects.update(on_home=False, on_category=False, on_product=True, on_cart=True)
    steps.tell_pages()
    assert token_on(browser()) == ""
    assert token_on(browser(), "/en/products/blue-cup/")
    assert token_on(browser(), "/en/cart/")


def test_a_visitor_sees_a_banner_so_many_times_a_day_and_no_more() -> None:
    make_banner(most_per_day=2)
    visitor = browser()
    assert [see(visitor) for _time in range(4)] == [True, True, False, False]
    assert see(browser())
    counting.count_events()
    assert Creative.objects.get().shown == 3


def test_two_banners_take_turns() -> None:
    first, second = make_banner(), make_banner()
    visitor = browser()
    for _time in range(4):
        see(visitor)
    counting.count_events()
    assert [one.creatives.get().shown for one in (first, second)] == [2, 2]


def test_closing_works_with_a_plain_form_and_lasts() -> None:
    make_banner()
    visitor = browser()
    token = token_on(visitor)
    answer = visitor.post(
        "/campaigns/closed/", {"token": token}, headers={"Referer": "http://testserver/en/?a=1"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://testserver/en/?a=1")
    assert token_on(visitor) == ""
    foreign = visitor.post(
        "/campaigns/closed/", {"token": token}, headers={"Referer": "https://evil.example/"}
    )
    assert foreign.headers["Location"].startswith(("/en/", "/zh-hans/"))
    counting.count_events()
    assert Creative.objects.get().closed == 1


def test_only_who_was_drawn_and_not_held_out_sees_a_banner_of_a_segment() -> None:
    readers = [make_reader(Consent.Purpose.PERSONALISATION) for _number in range(40)]
    outsider = make_reader(Consent.Purpose.PERSONALISATION)
    campaign = make_banner(segment=make_segment(readers), holdout_percent=50)
    held = set(campaign.recipients.held_out().values_list("customer", flat=True))
    assert 0 < len(held) < 40
    for reader in readers[:20]:
        client = browser()
        client.force_login(reader)
        assert bool(token_on(client)) == (reader.pk not in held)
    client = browser()
    client.force_login(outsider)
    assert token_on(client) == ""
    assert token_on(browser()) == ""
    # Whoever takes the consent back is left alone on the next page.
    drawn = next(reader for reader in readers if reader.pk not in held)
    client.force_login(drawn)
    assert token_on(client)
    Consent.objects.create(user=drawn, purpose=Consent.Purpose.PERSONALISATION, is_granted=False)
    assert token_on(client) == ""


def test_the_cap_of_a_customer_holds_in_every_browser() -> None:
    readers = [make_reader(Consent.Purpose.PERSONALISATION) for _number in range(12)]
    make_banner(segment=make_segment(readers), holdout_percent=0, most_per_day=1)
    seen = []
    for _browser in range(2):
        client = browser()
        client.force_login(readers[0])
        seen.append(see(client))
    assert seen == [True, False]


def test_who_is_named_depends_on_consent_to_statistics() -> None:
    make_banner(most_per_day=50)
    reader = make_reader(Consent.Purpose.ANALYTICS)
    named = browser()
    named.force_login(reader)
    for client in (browser(), browser("p"), named):
        see(client)
    counting.count_events()
    assert [event.customer for event in CreativeEvent.objects.order_by("pk")] == [
        None,
        None,
        reader,
    ]
    assert not CreativeEvent.objects.filter(customer=None).exclude(visitor_key="").exists()


def test_a_click_counts_once_and_counts_what_was_shown() -> None:
    make_banner()
    visitor = browser()
    token = token_on(visitor)
    for _time in range(3):
        visitor.post("/campaigns/arrived/", {"token": token})
    counting.count_events()
    creative = Creative.objects.get()
    assert (creative.shown, creative.clicked) == (1, 1)
    assert set(CreativeEvent.objects.values_list("place", "propensity")) == {("home", 1.0)}


@pytest.mark.parametrize(
    ("agent", "headers"),
    [
        ("Googlebot/2.1", {}),
        ("Mozilla/5.0 Firefox/140.0", {"Sec-Fetch-Site": "cross-site"}),
    ],
)
def test_programs_and_other_sites_count_nothing(agent: str, headers: dict[str, str]) -> None:
    make_banner()
    token = token_on(browser())
    client = Client(headers={"User-Agent": agent, **headers})
    for path in ("/campaigns/shown/", "/campaigns/arrived/", "/campaigns/closed/"):
        assert client.post(path, {"token": token}).status_code in {204, 302}
    for made_up in ("", "x", token[:-2], token.replace("home", "cart"), "9" * 5_000):
        assert browser().post("/campaigns/shown/", {"token": made_up}).status_code == 204
    assert counting.count_events() == 0


def test_every_creative_goes_on_being_shown() -> None:
    campaign = make_banner(creatives=3, exploration_percent=30)
    worst, _middle, best = campaign.creatives.order_by("pk")
    Creative.objects.filter(pk=worst.pk).update(shown=5_000, clicked=5)
    Creative.objects.filter(pk=best.pk).update(shown=5_000, clicked=400)
    counting.share_running()
    shares = dict(Creative.objects.values_list("pk", "share"))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert min(shares.values()) >= 0.1 - 1e-9
    assert max(shares, key=lambda key: shares[key]) == best.pk
    # Pages choose by the shares that they are told.
    publish_banners()
    (told,) = running_banners("home")
    assert dict(told.creatives) == pytest.approx(shares)


def test_one_that_is_not_in_use_is_not_shown() -> None:
    campaign = make_banner(creatives=2)
    off, on = campaign.creatives.order_by("pk")
    Creative.objects.filter(pk=off.pk).update(is_active=False)
    steps.tell_pages()
    visitor = browser()
    for _time in range(3):
        assert title_of(on) in visitor.get("/en/").content.decode()


def test_a_budget_is_spread_over_the_term_and_ends_the_campaign() -> None:
    now = timezone.now()
    banner = RunningBanner(
        campaign_id=1,
        is_drawn=False,
        most_per_day=3,
        starts_at=now - timedelta(days=5),
        ends_at=now + timedelta(days=5),
        budget=1_000,
        shown=500,
        creatives=((7, 1.0),),
    )

    def chosen(**changes: Any) -> bool:
        fields = {name: getattr(banner, name) for name in banner.__slots__}
        told = RunningBanner(**{**fields, **changes})
        return choose_banner([told], seen_today={}, drawn_for=[], now=now) is not None

    assert chosen()
    assert not chosen(shown=600)
    assert not chosen(shown=1_000, starts_at=now - timedelta(days=500))
    assert not chosen(ends_at=now)
    campaign = make_banner(most_impressions=2)
    Creative.objects.update(shown=2)
    run_campaigns()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.end_reason) == ("finished", "budget")
    assert token_on(browser()) == ""


@pytest.mark.parametrize("step", [steps.pause_campaign, steps.stop_campaign])
def test_a_banner_that_is_paused_or_stopped_is_gone_from_the_next_page(step: Any) -> None:
    campaign = make_banner()
    assert token_on(browser())
    step(campaign, user=make_staff())
    assert token_on(browser()) == ""


def test_banners_come_back_after_the_cache_was_emptied() -> None:
    make_banner()
    cache.clear()
    assert token_on(browser()) == ""
    publish_banners()
    renew_shop_version()
    assert token_on(browser())


def test_what_another_version_of_the_shop_told_is_no_banner() -> None:
    make_banner()
    cache.set("campaigns:banners", {"home": [{"campaign_id": 1, "colour": "red"}]})
    assert running_banners("home") == ()


def test_words_of_staff_are_only_words() -> None:
    decide()
    campaign = make_campaign(channel="banner", creatives=0)
    make_creative(campaign, title_en="<script>x</script>", text_en='"><img onerror=x>')
    run(campaign)
    page = browser().get("/en/").content.decode()
    assert "<script>x" not in page
    assert "<img onerror" not in page
    assert "&lt;script&gt;x" in page


def test_a_page_with_a_banner_asks_the_database_for_its_words_once() -> None:
    make_category(slug="cups")

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert browser().get("/en/categories/cups/").status_code == 200
        return len(asked)

    statements()
    without = statements()
    make_banner(on_category=True)
    statements()
    assert statements() == without


def test_events_and_letters_of_a_customer_are_exported_and_erased() -> None:
    reader: User = make_reader(Consent.Purpose.ANALYTICS, Consent.Purpose.PERSONALISATION)
    other = make_reader(Consent.Purpose.ANALYTICS, Consent.Purpose.PERSONALISATION)
    members = [reader, other, *(make_reader("personalisation") for _number in range(10))]
    make_banner(segment=make_segment(members), holdout_percent=0)
    for one in (reader, other):
        client = browser()
        client.force_login(one)
        see(client)
    counting.count_events()
    copied = privacy.export_personal_data(reader)
    assert len(copied["events of creatives"]) == 1
    assert len(copied["recipients"]) == 1
    privacy.erase_personal_data(reader)
    assert not CampaignRecipient.objects.filter(customer=reader).exists()
    assert set(CreativeEvent.objects.values_list("customer", flat=True)) == {other.pk}
    # What was counted stays: it names nobody.
    assert Creative.objects.get().shown == 2


def test_events_go_after_a_year() -> None:
    make_banner()
    see(browser())
    counting.count_events()
    assert counting.forget_old_events() == 0
    CreativeEvent.objects.update(occurred_at=timezone.now() - timedelta(days=366))
    assert counting.forget_old_events() == 1
    assert Creative.objects.get().shown == 1
