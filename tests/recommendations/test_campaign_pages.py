"""Staff pages of campaigns."""

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from PIL import Image
from pytest_django import DjangoAssertNumQueries

from customers.models import Consent, User
from ecomsite.backoffice import roles
from insights.models import SegmentMembership
from learning.models import Decision
from outbox.models import Email
from recommendations.models import (
    Campaign,
    CampaignRecipient,
    CampaignSettings,
    Creative,
    SuppressedAddress,
)
from recommendations.services.campaigns import counting, sending
from recommendations.services.campaigns.addresses import hash_of
from recommendations.services.campaigns.audiences import draw_audience
from recommendations.services.campaigns.results import read_result
from recommendations.services.campaigns.steps import fingerprint, run_campaigns
from tests.backoffice.factories import make_member
from tests.factories import make_order, make_staff
from tests.recommendations.campaign_builders import (
    decide,
    make_campaign,
    make_creative,
    make_reader,
    make_readers,
    make_segment,
    title_of,
)

pytestmark = pytest.mark.django_db
State = CampaignRecipient.State
ENGLISH = {"accept-language": "en"}
LIST = "admin:recommendations_campaign_changelist"


@pytest.fixture
def manager(client: Client) -> Client:
    client.force_login(make_member(roles.MANAGER, email="boss@example.org"))
    return client


def picture_bytes() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (600, 300), "teal").save(file, "PNG")
    return file.getvalue()


def another() -> Client:
    client = Client()
    client.force_login(make_member(roles.MANAGER))
    return client


def address(campaign: Campaign, step: str = "change") -> str:
    return reverse(f"admin:recommendations_campaign_{step}", args=[campaign.pk])


def page(client: Client, campaign: Campaign, step: str = "change", status: int = 200) -> str:
    answer = client.get(address(campaign, step), headers=ENGLISH)
    assert answer.status_code == status
    return str(answer.content.decode())


def approve(client: Client, campaign: Campaign, shown: str | None = None) -> str:
    """As the button of the page does; returns what the shop says then."""
    shown = page(client, campaign) if shown is None else shown
    seen = re.search(r'name="seen"\s+value="(\w+)"', shown)
    people = re.search(r'name="people"\s+value="(\d+)"', shown)
    typed = {"seen": seen[1] if seen else "", "people": people[1] if people else ""}
    answer = client.post(address(campaign, "approve"), typed, headers=ENGLISH, follow=True)
    campaign.refresh_from_db()
    return str(answer.content.decode())


def buy(customer: User, minor: int, moment: datetime, **fields: Any) -> None:
    make_order(customer=customer, goods_minor=minor, total_minor=minor, placed_at=moment, **fields)


def typed(**changes: Any) -> dict[str, Any]:
    return {
        "name": "Spring tea",
        "code": "",
        "channel": "email",
        "segment": "",
        "holdout_percent": "10",
        "measured_days": "14",
        "exploration_percent": "10",
        "most_per_day": "3",
        "on_home": "on",
        "has_picks": "on",
        "creatives-TOTAL_FORMS": "1",
        "creatives-INITIAL_FORMS": "0",
        "creatives-0-is_active": "on",
        "creatives-0-title_en": "Spring is here",
        "creatives-0-title_zh_hans": "春天来了",
        "creatives-0-link": "/search/",
        **changes,
    }


def add(client: Client, **changes: Any) -> Any:
    return client.post(
        reverse("admin:recommendations_campaign_add"), typed(**changes), headers=ENGLISH
    )


@pytest.mark.parametrize(
    ("role", "sees", "writes", "approves"),
    [
        (roles.MANAGER, True, True, True),
        (roles.CATALOGUE_EDITOR, True, True, False),
        (roles.SUPPORT_AGENT, True, False, False),
        (roles.BUYER, True, False, False),
        (None, False, False, False),
    ],
)
def test_each_role_does_what_is_its_own(
    client: Client, role: str | None, sees: bool, writes: bool, approves: bool
) -> None:
    decide()
    make_readers(2)
    campaign = make_campaign()
    client.force_login(make_member(role) if role else make_staff())
    assert client.get(reverse(LIST)).status_code == (200 if sees else 403)
    assert client.get(address(campaign)).status_code == (200 if sees else 403)
    for step in ("preview", "days", "figures"):
        assert client.get(address(campaign, step)).status_code == (200 if sees else 403), step
    assert add(client).status_code == (302 if writes else 403)
    for step in ("approve", "pause", "resume", "stop"):
        answer = client.post(address(campaign, step))
        assert answer.status_code == (302 if approves else 403), step
        # A link in a letter must not be able to take a step.
        assert client.get(address(campaign, step)).status_code == 405
    assert client.post(address(campaign, "copy")).status_code == (302 if writes else 403)


def test_only_who_may_see_customers_sees_who_got_a_campaign(client: Client) -> None:
    recipients = reverse("admin:recommendations_campaignrecipient_changelist")
    for role, status in (
        (roles.MANAGER, 200),
        (roles.SUPPORT_AGENT, 200),
        (roles.CATALOGUE_EDITOR, 403),
    ):
        client.force_login(make_member(role))
        assert client.get(recipients).status_code == status


def test_a_campaign_is_written_in_both_languages_with_a_link_and_a_picture(manager: Client) -> None:
    upload = SimpleUploadedFile("tea.png", picture_bytes(), content_type="image/png")
    answer = add(manager, **{"creatives-0-upload": upload, "starts_at_0": "", "starts_at_1": ""})
    campaign = Campaign.objects.get()
    assert answer.headers["Location"] == address(campaign)
    assert (campaign.status, campaign.code) == ("draft", "spring-tea")
    assert campaign.created_by is not None
    creative = campaign.creatives.get()
    assert (title_of(creative), title_of(creative, "zh_hans")) == ("Spring is here", "春天来了")
    # Not the file that was sent, but its pixels.
    assert str(creative.picture.name).endswith(".webp")
    assert creative.picture_width
    assert add(manager).status_code == 302
    assert Campaign.objects.filter(code="spring-tea-2").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"creatives-0-link": "https://evil.example/"}, "is no page of this shop"),
        ({"creatives-0-link": "/no-such-page/"}, "is no page of this shop"),
        ({"creatives-0-link": "//evil.example/search/"}, "is no page of this shop"),
        ({"holdout_percent": "90"}, "less than or equal to 50"),
        (
            {
                "starts_at_0": "2026-03-03",
                "starts_at_1": "10:00",
                "ends_at_0": "2026-03-02",
                "ends_at_1": "10:00",
            },
            "end before it begins",
        ),
    ],
)
def test_what_makes_no_sense_is_refused_where_it_is_typed(
    manager: Client, change: dict[str, str], said: str
) -> None:
    answer = add(manager, **change)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not Campaign.objects.exists()


def test_a_file_that_is_no_picture_is_refused(manager: Client) -> None:
    upload = SimpleUploadedFile("tea.png", b"<svg onload=alert(1)>", content_type="image/png")
    answer = add(manager, **{"creatives-0-upload": upload})
    assert answer.status_code == 200
    assert not Creative.objects.exists()


def test_a_draft_says_whom_it_reaches_and_why_others_get_nothing(manager: Client) -> None:
    decide()
    readers = make_readers(24)
    silent = [make_reader("personalisation") for _number in range(12)]
    campaign = make_campaign(segment=make_segment([*readers, *silent]), holdout_percent=50)
    shown = page(manager, campaign)
    assert "Of 36 customers, 24 can be reached; about 12 of them are held out." in shown
    assert re.search(r"no consent to offers</dt>\s*<dd>\s*12\s*</dd>", shown)


def test_an_audience_too_small_to_hide_in_tells_no_number(manager: Client, settings: Any) -> None:
    settings.SEGMENT_FLOOR = 10
    decide(smallest_audience=20)
    campaign = make_campaign(segment=make_segment(make_readers(7)))
    shown = page(manager, campaign)
    assert "There are fewer than 10 customers in it." in shown
    assert "Too few people can be reached: a campaign needs 20." in shown
    assert 'name="seen"' not in shown
    approve(manager, campaign, "")
    assert campaign.status == "draft"


def test_what_somebody_looked_at_is_what_is_approved(manager: Client) -> None:
    decide()
    make_readers(3)
    campaign = make_campaign()
    looked_at = page(manager, campaign)
    creative = campaign.creatives.get()
    Creative.objects.filter(pk=creative.pk).update(title_en="Everything is free")
    assert "has changed since you saw it" in approve(manager, campaign, looked_at)
    assert campaign.status == "draft"
    # Without having looked at anything, nothing is agreed to.
    assert "has changed since you saw it" in approve(manager, campaign, "")
    assert campaign.status == "draft"
    assert "Approved. It starts when its time has come." in approve(manager, campaign)
    assert campaign.status == "approved"
    assert "approve" in Decision.objects.values_list("action", flat=True)


def test_the_language_of_the_reader_is_no_change(manager: Client) -> None:
    decide()
    make_readers(2)
    campaign = make_campaign()
    chinese = manager.get(address(campaign), headers={"accept-language": "zh-hans"})
    assert fingerprint(campaign) in page(manager, campaign)
    assert fingerprint(campaign) in chinese.content.decode()


def test_a_large_campaign_waits_for_a_second_person_and_any_change_begins_anew(
    manager: Client,
) -> None:
    decide(second_approval_from=3)
    make_readers(3)
    campaign = make_campaign()
    assert "need two who agree" in page(manager, campaign)
    assert "once a second person has agreed" in approve(manager, campaign)
    assert campaign.status == "draft"
    assert "You have approved" in approve(manager, campaign)
    assert (
        "waits for a second person" in manager.get(reverse(LIST), headers=ENGLISH).content.decode()
    )
    creative = campaign.creatives.get()
    changed = typed(
        **{
            "name": campaign.name,
            "code": campaign.code,
            "creatives-INITIAL_FORMS": "1",
            "creatives-0-id": str(creative.pk),
            "creatives-0-campaign": str(campaign.pk),
            "creatives-0-title_en": "Other words",
        }
    )
    assert manager.post(address(campaign), changed).status_code == 302
    campaign.refresh_from_db()
    assert campaign.first_approved_by is None
    approve(manager, campaign)
    approve(another(), campaign)
    assert campaign.status == "approved"


def test_what_was_approved_cannot_be_changed_or_deleted(manager: Client) -> None:
    campaign = make_campaign(status="running", approved_at=timezone.now())
    assert manager.post(address(campaign), typed(name="Other")).status_code == 403
    assert manager.post(address(campaign, "delete"), {"post": "yes"}).status_code == 403
    campaign.refresh_from_db()
    assert campaign.name != "Other"


def test_a_paused_campaign_writes_nothing_until_it_goes_on(manager: Client) -> None:
    decide()
    make_readers(4)
    campaign = make_campaign(holdout_percent=0)
    approve(manager, campaign)
    run_campaigns()
    manager.post(address(campaign, "pause"))
    assert sending.write_due_letters() == 0
    # Its time goes on, but nobody has got nothing yet.
    run_campaigns()
    campaign.refresh_from_db()
    assert campaign.status == "paused"
    manager.post(address(campaign, "resume"))
    assert sending.write_due_letters() == 4
    refused = manager.post(address(campaign, "resume"), headers=ENGLISH, follow=True)
    assert "cannot become" in refused.content.decode()


def test_a_paused_campaign_ends_with_its_time(manager: Client) -> None:
    campaign = make_campaign(
        status="paused",
        approved_at=timezone.now(),
        channel="banner",
        ends_at=timezone.now() + timedelta(hours=1),
    )
    run_campaigns(now=timezone.now() + timedelta(hours=2))
    campaign.refresh_from_db()
    assert (campaign.status, campaign.end_reason) == ("finished", "time")


def test_stopping_says_how_many_letters_came_back(manager: Client) -> None:
    decide()
    make_readers(3)
    campaign = make_campaign(holdout_percent=0)
    approve(manager, campaign)
    run_campaigns()
    sending.write_due_letters()
    answer = manager.post(
        address(campaign, "stop"), {"reason": "wrong price"}, headers=ENGLISH, follow=True
    )
    assert "3 letters were taken back" in answer.content.decode()
    assert "wrong price" in page(manager, campaign)


def test_a_copy_is_a_draft_of_its_own(manager: Client) -> None:
    campaign = make_campaign(status="finished", holdout_percent=20)
    campaign.creatives.update(shown=50, clicked=5, picture="photos/a.webp")
    campaign.creatives.update(picture_width=8, picture_height=4)
    manager.post(address(campaign, "copy"))
    made = Campaign.objects.exclude(pk=campaign.pk).get()
    assert (made.status, made.holdout_percent, made.approved_by) == ("draft", 20, None)
    creative = made.creatives.get()
    assert title_of(creative, "zh_hans") == title_of(campaign.creatives.get(), "zh_hans")
    assert (creative.shown, creative.picture.name) == (0, "photos/a.webp")


@pytest.mark.parametrize("channel", ["email", "banner"])
def test_the_preview_shows_words_as_words_in_both_languages(manager: Client, channel: str) -> None:
    campaign = make_campaign(channel=channel, creatives=0)
    make_creative(
        campaign,
        title_en="<script>alert(1)</script>",
        title_zh_hans="“便宜”<b>",
        text_en="<img src=x onerror=alert(2)>",
    )
    shown = page(manager, campaign, "preview")
    assert "<script>alert(1)" not in shown
    assert "<img src=x" not in shown
    assert "alert(1)" in shown
    assert "便宜" in shown
    if channel == "email":
        # A frame without rights: nothing in it runs, whatever is in it.
        assert re.search(r"<iframe[^>]*\ssandbox\s", shown)


def test_the_page_that_lists_campaigns_escapes_their_names(manager: Client) -> None:
    make_campaign(name="<script>alert(1)</script>", is_demo=True)
    shown = manager.get(reverse(LIST)).content.decode()
    assert "<script>alert(1)" not in shown


def test_a_test_letter_goes_to_oneself_alone(manager: Client) -> None:
    campaign = make_campaign()
    creative = campaign.creatives.get()
    sent = {"creative": creative.pk, "language": "zh-hans", "to": "all@example.org"}
    manager.post(address(campaign, "test"), sent)
    email = Email.objects.get()
    assert (email.to, email.subject) == ("boss@example.org", title_of(creative, "zh_hans"))
    other = make_campaign().creatives.get()
    for wrong in ({"creative": other.pk}, {"language": "xx"}, {"creative": "x"}):
        assert manager.post(address(campaign, "test"), {**sent, **wrong}).status_code == 404
    assert Email.objects.count() == 1


def test_results_are_those_of_the_counted_rows(
    manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    """240 customers, half held out, each tenth of those who got it and each thirtieth of the
    others ordered for 100.00."""
    decide(letters_per_minute=5_000)
    campaign = make_campaign(creatives=2, holdout_percent=50, counts_opens=True)
    people = make_readers(240, Consent.Purpose.MARKETING, Consent.Purpose.ANALYTICS)
    moment = timezone.now() - timedelta(days=20)
    Campaign.objects.filter(pk=campaign.pk).update(
        status="finished", approved_at=moment, started_at=moment, drawn_at=moment
    )
    first, second = campaign.creatives.order_by("pk")
    rows = CampaignRecipient.objects.bulk_create(
        CampaignRecipient(
            campaign=campaign,
            customer=one,
            drawn_at=moment,
            **(
                {"state": State.HELD_OUT}
                if at % 2
                else {"state": State.WRITTEN, "written_at": moment, "creative": first}
            ),
        )
        for at, one in enumerate(people)
    )
    treated = [row.customer for row in rows if row.state == State.WRITTEN]
    held = [row.customer for row in rows if row.state == State.HELD_OUT]
    for buyer in (*treated[:24], *held[:4]):
        buy(buyer, 10_000, moment + timedelta(days=3))
    # None of these counts: refunded, before, after, cancelled.
    late = moment + timedelta(days=15)
    buy(treated[0], 5_000, moment, refunded_minor=5_000)
    buy(treated[30], 700, moment - timedelta(seconds=1))
    buy(treated[31], 700, late)
    buy(treated[32], 700, moment, status="cancelled")
    Creative.objects.filter(pk=first.pk).update(shown=120, clicked=12, opened=40)
    found = read_result(campaign)
    assert found.lift is not None
    assert found.lift.buyers is not None
    assert found.lift.buyers.value == pytest.approx(24 / 120 - 4 / 120)
    assert found.lift.buyers.is_above_zero
    with django_assert_max_num_queries(40):
        shown = page(manager, campaign)
    assert re.search(r"got it</th>\s*<td[^>]*>120</td>\s*<td[^>]*>24</td>", shown)
    assert re.search(r"held out</th>\s*<td[^>]*>120</td>\s*<td[^>]*>4</td>", shown)
    assert "+16.7 points" in shown
    assert "more than without it" in shown
    assert "10.00 %" in shown
    assert "¥2,400.00" in shown
    cells = read_csv(manager, campaign, "figures")
    assert ["share_of_buyers", "difference"] in [row[:2] for row in cells]
    assert ["revenue_minor", "treated", "240000", "", ""] in cells
    assert ["opened", f"creative {first.pk}", "40", "", ""] in cells
    assert ["shown", f"creative {second.pk}", "0", "", ""] in cells


def read_csv(client: Client, campaign: Campaign, name: str) -> list[list[str]]:
    answer: Any = client.get(address(campaign, name))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def test_the_file_of_days_counts_letters_and_clicks(manager: Client) -> None:
    decide()
    make_readers(3)
    campaign = make_campaign(holdout_percent=0, creatives=0)
    creative = make_creative(campaign, title_en="=cmd()")
    approve(manager, campaign)
    run_campaigns()
    sending.write_due_letters()
    token = re.search(r"[?&]ct=([^&\s]+)", Email.objects.all()[0].text)
    assert token is not None
    counting.record_arrival(token=token[1])
    counting.count_events()
    heads, row = read_csv(manager, campaign, "days")
    assert heads == ["day", "creative", "headline", "shown", "clicked", "closed"]
    # What a spreadsheet would take for a formula is made harmless.
    assert row[1:] == [str(creative.pk), "'=cmd()", "3", "1", "0"]


def test_too_few_people_give_no_lift(manager: Client) -> None:
    campaign = make_campaign(status="finished", holdout_percent=50)
    make_readers(30)
    draw_audience(campaign)
    shown = page(manager, campaign)
    assert "Not enough data:" in shown
    assert "of 100 customers held out" in shown
    assert "no difference shown" not in shown


def test_what_clickers_ordered_is_told_apart_from_what_the_campaign_caused(
    manager: Client,
) -> None:
    decide()
    readers = make_readers(12, Consent.Purpose.MARKETING, Consent.Purpose.ANALYTICS)
    campaign = make_campaign(holdout_percent=0)
    approve(manager, campaign)
    run_campaigns()
    sending.write_due_letters()
    for email in Email.objects.all():
        token = re.search(r"[?&]ct=([^&\s]+)", email.text)
        assert token is not None
        counting.record_arrival(token=token[1])
    counting.count_events()
    buy(readers[0], 8_000, timezone.now())
    found = read_result(campaign).after_click
    assert (found.people, found.buyers, found.orders, found.revenue_minor) == (12, 1, 1, 8_000)
    assert "Some of them would have ordered without the click." in page(manager, campaign)


def test_the_list_of_recipients_says_why_somebody_was_left_out(manager: Client) -> None:
    decide(letters_per_week=1)
    reader = make_reader(username="tea-drinker")
    first, second = make_campaign(holdout_percent=0), make_campaign(holdout_percent=0)
    for campaign in (first, second):
        approve(manager, campaign)
    run_campaigns()
    sending.write_due_letters()
    recipients = reverse("admin:recommendations_campaignrecipient_changelist")
    answer = manager.get(
        recipients, {"campaign__id__exact": str(second.pk), "q": "tea-drinker"}, headers=ENGLISH
    )
    shown = answer.content.decode()
    assert "enough letters lately" in shown
    assert str(reader) in shown
    manager.post(
        recipients, {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"}
    )
    assert CampaignRecipient.objects.count() == 2


def test_a_refused_address_is_found_by_itself_and_can_be_let_in_again(manager: Client) -> None:
    row = SuppressedAddress.objects.create(address_hash=hash_of("a@example.org"), said="550 gone")
    other = SuppressedAddress.objects.create(address_hash=hash_of("b@example.org"), said="551 no")
    rows = reverse("admin:recommendations_suppressedaddress_changelist")
    shown = manager.get(rows, {"q": " A@Example.org"}).content.decode()
    assert "550 gone" in shown
    assert "551 no" not in shown
    manager.post(
        rows, {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    )
    assert list(SuppressedAddress.objects.all()) == [other]


def test_managers_decide_on_the_limits_of_all_campaigns(manager: Client) -> None:
    settings_page = reverse("admin:recommendations_campaignsettings_changelist")
    assert manager.get(settings_page).status_code == 200
    assert not CampaignSettings.objects.exists()
    wanted = {
        "quiet_from": "20:00",
        "quiet_until": "10:00",
        "letters_per_week": "1",
        "letters_per_minute": "60",
        "second_approval_from": "",
        "smallest_audience": "50",
    }
    assert (
        manager.post(reverse("admin:recommendations_campaignsettings_add"), wanted).status_code
        == 302
    )
    kept = CampaignSettings.objects.get()
    assert (kept.letters_per_week, kept.second_approval_from) == (1, None)
    change = reverse("admin:recommendations_campaignsettings_change", args=[kept.pk])
    refused = manager.post(change, {**wanted, "smallest_audience": "1"})
    assert refused.status_code == 200
    assert CampaignSettings.objects.get().smallest_audience == 50
    editor = Client()
    editor.force_login(make_member(roles.CATALOGUE_EDITOR))
    assert editor.get(settings_page).status_code == 403


def test_the_list_asks_a_fixed_number_of_times(
    manager: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _number in range(12):
        make_campaign(segment=make_segment([]))
    with django_assert_max_num_queries(16):
        manager.get(reverse(LIST))


def test_a_segment_of_a_campaign_stays(manager: Client) -> None:
    members: list[User] = make_readers(2)
    segment = make_segment(members)
    campaign = make_campaign(segment=segment)
    gone = reverse("admin:insights_segment_delete", args=[segment.pk])
    manager.post(gone, {"post": "yes"})
    campaign.refresh_from_db()
    assert campaign.segment == segment
    assert SegmentMembership.objects.filter(segment=segment).count() == 2
