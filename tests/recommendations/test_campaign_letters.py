"""Letters of campaigns: to whom, when, once, and never again to who does not want them."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from customers.models import Consent
from insights.models import WritingTime
from learning.models import Decision
from outbox.models import Email
from outbox.services.emails import send_email
from recommendations.errors import (
    AnotherPersonNeededError,
    CampaignIncompleteError,
    CampaignStepError,
    ChangedCampaignError,
)
from recommendations.models import Campaign, CampaignRecipient, CreativeEvent, SuppressedAddress
from recommendations.services.campaigns import addresses, counting, letters, sending, steps
from recommendations.services.campaigns.audiences import count_audience, draw_audience
from recommendations.services.campaigns.letters import send_test
from recommendations.services.campaigns.steps import approve_campaign, fingerprint, run_campaigns
from tests.factories import make_model_version, make_staff, make_user
from tests.outbox.postbox import Postbox, open_postbox
from tests.recommendations.campaign_builders import (
    at,
    decide,
    make_campaign,
    make_creative,
    make_reader,
    make_readers,
    make_segment,
)

pytestmark = pytest.mark.django_db(transaction=True)

State, Reason = CampaignRecipient.State, CampaignRecipient.Reason


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    with open_postbox() as opened:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST = "127.0.0.1"
        settings.EMAIL_PORT = opened.port
        yield opened


def browser() -> Client:
    return Client(headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"})


def run(campaign: Campaign) -> Campaign:
    """Approved by somebody, started, and its audience drawn."""
    approve_campaign(campaign, user=make_staff())
    run_campaigns()
    campaign.refresh_from_db()
    return campaign


def states(campaign: Campaign) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in campaign.recipients.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


def deliver() -> None:
    for key in Email.objects.filter(state=Email.State.WAITING).values_list("pk", flat=True):
        send_email(key)


def test_only_who_agreed_gets_a_letter_in_her_language(postbox: Postbox) -> None:
    decide()
    reader = make_reader(language="zh-hans")
    make_user()
    changed_her_mind = make_reader()
    Consent.objects.create(
        user=changed_her_mind, purpose=Consent.Purpose.MARKETING, is_granted=False
    )
    campaign = run(make_campaign(holdout_percent=0))
    assert sending.write_due_letters() == 1
    deliver()
    (letter,) = postbox.taken
    assert letter["To"] == reader.email
    assert letter["Subject"].startswith("春天来了")
    body = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "山里的新茶。" in body
    assert f"utm_campaign={campaign.code}" in body
    assert "/zh-hans/search/?utm_source=shop" in body.replace("&amp;", "&")
    run_campaigns()
    campaign.refresh_from_db()
    assert (campaign.status, campaign.end_reason) == ("finished", "sent")


def test_one_click_ends_the_letters_without_logging_in(postbox: Postbox) -> None:
    decide()
    reader = make_reader()
    run(make_campaign(holdout_percent=0))
    sending.write_due_letters()
    deliver()
    (letter,) = postbox.taken
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = re.fullmatch(
        r"<(https?://[^/]+)(/en/offers/leave/[^>]+)>", letter["List-Unsubscribe"].strip()
    )
    assert address is not None
    stranger = Client(enforce_csrf_checks=True)
    shown = stranger.get(address[2])
    assert shown.status_code == 200
    assert Consent.objects.filter(user=reader).count() == 1
    answer = stranger.post(address[2], {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert Consent.objects.filter(user=reader).latest("pk").is_granted is False
    assert CampaignRecipient.objects.get().unsubscribed_at is not None
    # The same again is the same, and adds nothing.
    stranger.post(address[2])
    assert Consent.objects.filter(user=reader).count() == 2
    next_one = (
        run(make_campaign(holdout_percent=0)) if count_audience(make_campaign()).people else None
    )
    assert next_one is None


def test_the_page_of_a_made_up_token_is_the_same_and_does_nothing() -> None:
    reader = make_reader()
    once = Client().get("/en/offers/leave/1-1.abc/").content.decode()
    again = Client().get("/en/offers/leave/nonsense/").content.decode()
    of_request = re.compile(r'/offers/leave/[^/"]+/|[A-Za-z0-9]{64}|data-page="\w+"')
    assert of_request.sub("", once) == of_request.sub("", again)
    answer = Client().post("/en/offers/leave/1-1.abc/", {"List-Unsubscribe": "One-Click"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert Client().post("/zh-hans/offers/leave/x/").status_code == 302
    assert Consent.objects.get(user=reader).is_granted


def test_held_out_customers_are_the_same_every_time_and_get_nothing() -> None:
    decide(letters_per_minute=1_000)
    make_readers(60)
    campaign = make_campaign(holdout_percent=30)
    run(campaign)
    held = set(campaign.recipients.held_out().values_list("customer", flat=True))
    assert 8 <= len(held) <= 30
    sending.write_due_letters()
    assert not Email.objects.filter(user__in=held).exists()
    assert Email.objects.count() == 60 - len(held)
    campaign.recipients.all().delete()
    draw_audience(campaign)
    assert set(campaign.recipients.held_out().values_list("customer", flat=True)) == held


def test_a_process_that_dies_while_writing_leaves_no_letter_and_none_comes_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    decide()
    make_readers(3)
    campaign = run(make_campaign(holdout_percent=0))
    real = letters.queue_letter

    def dies(**given: Any) -> Email:
        real(**given)
        raise MemoryError

    monkeypatch.setattr(sending, "queue_letter", dies)
    with pytest.raises(MemoryError):
        sending.write_due_letters()
    assert Email.objects.count() == 0
    assert states(campaign) == {State.WAITING: 3}
    campaign.refresh_from_db()
    assert campaign.letters_written == 0
    monkeypatch.setattr(sending, "queue_letter", real)
    assert sending.write_due_letters() == 3
    assert sending.write_due_letters() == 0
    # Even were the row forgotten: the key of the letter is campaign and customer.
    campaign.recipients.update(state=State.WAITING, written_at=None)
    sending.write_due_letters()
    assert Email.objects.count() == 3


def test_a_minute_has_room_for_so_many_letters_whoever_writes_them() -> None:
    decide(letters_per_minute=2)
    make_readers(5)
    run(make_campaign(holdout_percent=0))
    now = timezone.now()
    assert sending.write_due_letters(now=now) == 2
    assert sending.write_due_letters(now=now) == 0
    assert sending.write_due_letters(now=now + timedelta(seconds=61)) == 2


def test_stopping_takes_back_what_no_server_has(postbox: Postbox) -> None:
    decide(letters_per_minute=2)
    make_readers(5)
    campaign = run(make_campaign(holdout_percent=0))
    sending.write_due_letters()
    first = Email.objects.order_by("pk").first()
    assert first is not None
    send_email(first.pk)
    assert steps.stop_campaign(campaign, user=make_staff(), reason="wrong price") == 1
    assert Email.objects.count() == 1
    assert states(campaign) == {State.WRITTEN: 1, State.LEFT_OUT: 4}
    assert campaign.letters_written == 1
    assert campaign.creatives.get().shown == 1
    assert sending.write_due_letters(now=timezone.now() + timedelta(hours=1)) == 0
    deliver()
    assert len(postbox.taken) == 1
    assert Decision.objects.get(action="cancel").reason == "wrong price"
    with pytest.raises(CampaignStepError):
        steps.stop_campaign(campaign, user=make_staff())


def test_nobody_gets_more_letters_in_a_week_than_managers_allow() -> None:
    decide(letters_per_week=1)
    reader = make_reader()
    first = run(make_campaign(holdout_percent=0))
    second = run(make_campaign(holdout_percent=0))
    assert sending.write_due_letters() == 1
    assert states(first) == {State.WRITTEN: 1}
    left = second.recipients.get()
    assert (left.state, left.reason) == (State.LEFT_OUT, Reason.OFTEN)
    # Who had hers is not even in the audience of the next one.
    assert count_audience(make_campaign()).people == 0
    CampaignRecipient.objects.update(written_at=timezone.now() - timedelta(days=8))
    assert count_audience(make_campaign()).people == 1
    assert reader.email


def test_consent_withdrawn_after_the_audience_was_drawn_counts() -> None:
    decide()
    reader = make_reader()
    campaign = run(make_campaign(holdout_percent=0))
    Consent.objects.create(user=reader, purpose=Consent.Purpose.MARKETING, is_granted=False)
    assert sending.write_due_letters() == 0
    left = campaign.recipients.get()
    assert (left.state, left.reason) == (State.LEFT_OUT, Reason.CONSENT)


def test_an_address_refused_for_good_is_written_to_no_more(postbox: Postbox) -> None:
    decide(letters_per_week=7)
    reader = make_reader(email="Gone@Example.org")
    run(make_campaign(holdout_percent=0))
    sending.write_due_letters()
    postbox.recipient_answers.append("550 no such user Gone@Example.org")
    deliver()
    assert addresses.suppress_refused() == 1
    assert addresses.suppress_refused() == 0
    row = SuppressedAddress.objects.get()
    assert reader.email
    assert reader.email not in row.said
    assert "550" in row.said
    assert addresses.is_suppressed(" gone@example.ORG")
    again = make_campaign(holdout_percent=0)
    assert draw_audience(again) == 0


def test_refused_words_are_no_fault_of_the_address(postbox: Postbox) -> None:
    decide()
    make_reader()
    run(make_campaign(holdout_percent=0))
    sending.write_due_letters()
    postbox.answers.append("554 looks like spam")
    deliver()
    assert Email.objects.get().state == Email.State.FAILED
    assert addresses.suppress_refused() == 0


@pytest.mark.parametrize(
    ("country", "now", "due"),
    [
        # 22:30 in Shanghai is quiet there, and 14:30 in London is not.
        ("CN", "2026-03-02 22:30", "2026-03-03 09:00"),
        ("United Kingdom", "2026-03-02 22:30", "2026-03-02 22:30"),
        ("GB", "2026-03-02 12:00", "2026-03-02 17:00"),
        # Where is unknown, or says too little: the shop's own time.
        ("", "2026-03-02 22:30", "2026-03-03 09:00"),
        ("US", "2026-03-02 22:30", "2026-03-03 09:00"),
        ("Atlantis", "2026-03-02 12:00", "2026-03-02 12:00"),
    ],
)
def test_letters_rest_at_night_where_the_customer_lives(
    monkeypatch: pytest.MonkeyPatch, country: str, now: str, due: str
) -> None:
    decide(quiet_from="21:00", quiet_until="09:00")
    make_reader(country=country)
    campaign = make_campaign(holdout_percent=0)
    monkeypatch.setattr(timezone, "now", lambda: at(now))
    run(campaign)
    assert campaign.recipients.get().due_at == at(due)


def test_letters_wait_for_the_hour_in_which_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    decide(quiet_from="21:00", quiet_until="09:00")
    reader = make_reader()
    WritingTime.objects.create(
        customer=reader,
        as_of=at("2026-03-01").date(),
        weekday=0,
        hour=19,
        value=3.0,
        moments=40,
        confidence=0.8,
        model_version=make_model_version(pipeline="insights.writing_time"),
    )
    campaign = make_campaign(holdout_percent=0)
    monkeypatch.setattr(timezone, "now", lambda: at("2026-03-02 12:00"))
    run(campaign)
    assert campaign.recipients.get().due_at == at("2026-03-02 19:00")


def test_a_letter_that_waited_into_the_night_waits_for_the_morning() -> None:
    decide(quiet_from="21:00", quiet_until="09:00")
    make_reader()
    campaign = run(make_campaign(holdout_percent=0))
    campaign.recipients.update(due_at=at("2026-03-02 20:00"))
    assert sending.write_due_letters(now=at("2026-03-02 23:00")) == 0
    assert campaign.recipients.get().due_at == at("2026-03-03 09:00")
    assert sending.write_due_letters(now=at("2026-03-03 09:00")) == 1


def test_a_limit_of_letters_is_kept_and_the_hold_out_stays_in_proportion() -> None:
    decide(letters_per_minute=1_000)
    make_readers(80)
    campaign = run(make_campaign(holdout_percent=25, most_letters=20))
    assert sending.write_due_letters() == 20
    counted = states(campaign)
    assert counted[State.WRITTEN] == 20
    assert 1 <= counted[State.HELD_OUT] <= 16
    campaign.refresh_from_db()
    assert campaign.letters_written == 20


def test_a_large_campaign_needs_two_people_who_saw_the_same() -> None:
    decide(second_approval_from=3)
    make_readers(3)
    campaign = make_campaign()
    first, second = make_staff(), make_staff()
    approve_campaign(campaign, user=first, seen=fingerprint(campaign))
    assert (campaign.status, campaign.first_approved_by) == ("draft", first)
    run_campaigns()
    assert not campaign.recipients.exists()
    with pytest.raises(AnotherPersonNeededError):
        approve_campaign(campaign, user=first)
    seen = fingerprint(campaign)
    creative = campaign.creatives.get()
    creative.title = "Everything is free"
    creative.save()
    with pytest.raises(ChangedCampaignError):
        approve_campaign(campaign, user=second, seen=seen)
    approve_campaign(campaign, user=second, seen=fingerprint(campaign))
    assert (campaign.status, campaign.approved_by) == ("approved", second)
    assert Decision.objects.filter(action="approve").count() == 2


def test_a_draft_changed_after_the_first_approval_needs_both_again() -> None:
    decide(second_approval_from=1)
    make_readers(3)
    campaign = make_campaign()
    first = make_staff()
    approve_campaign(campaign, user=first)
    steps.withdraw_first_approval(campaign)
    campaign.refresh_from_db()
    assert campaign.first_approved_by is None
    approve_campaign(campaign, user=make_staff())
    assert campaign.status == "draft"


def test_what_is_missing_is_said_before_anything_is_sent() -> None:
    decide(smallest_audience=20)
    make_readers(4)
    campaign = make_campaign(creatives=0)
    make_creative(campaign, title_zh_hans="")
    with pytest.raises(CampaignIncompleteError) as refused:
        approve_campaign(campaign, user=make_staff())
    assert len(refused.value.problems) == 2
    assert "Chinese" in refused.value.problems[0]
    assert "needs 20" in refused.value.problems[1]
    assert "4" not in refused.value.problems[1]
    assert campaign.status == "draft"


def test_a_segment_too_small_to_hide_in_is_nobody(settings: Any) -> None:
    decide()
    settings.SEGMENT_FLOOR = 10
    readers = make_readers(12)
    assert count_audience(make_campaign(segment=make_segment(readers[:9]))).people == 0
    large = make_campaign(segment=make_segment(readers[:11]))
    assert count_audience(large).people == 11
    outsider = run(large).recipients.filter(customer=readers[11])
    assert not outsider.exists()


def test_an_audience_that_shrank_before_the_start_ends_the_campaign() -> None:
    decide(smallest_audience=2)
    readers = make_readers(2)
    campaign = make_campaign(starts_at=timezone.now() + timedelta(hours=1))
    approve_campaign(campaign, user=make_staff())
    assert run_campaigns() == 0
    Consent.objects.create(user=readers[0], purpose=Consent.Purpose.MARKETING, is_granted=False)
    run_campaigns(now=timezone.now() + timedelta(hours=2))
    campaign.refresh_from_db()
    assert (campaign.status, campaign.end_reason) == ("finished", "audience")
    assert not campaign.recipients.exists()


def test_a_click_is_counted_once_and_named_only_with_consent_to_statistics() -> None:
    decide()
    named = make_reader(Consent.Purpose.MARKETING, Consent.Purpose.ANALYTICS)
    nameless = make_reader()
    campaign = run(make_campaign(holdout_percent=0))
    sending.write_due_letters()
    visitor = browser()
    for reader in (named, nameless):
        text = Email.objects.get(user=reader).text
        token = re.search(r"[?&]ct=([^&\s]+)", text)
        assert token is not None
        for _time in range(2):
            answer = visitor.post("/campaigns/arrived/", {"token": token[1]})
            assert answer.status_code == 204
    assert counting.count_events() == 2
    creative = campaign.creatives.get()
    assert (creative.shown, creative.clicked) == (2, 2)
    assert campaign.recipients.get(customer=named).clicked_at is not None
    assert campaign.recipients.get(customer=nameless).clicked_at is None
    assert set(CreativeEvent.objects.values_list("customer", flat=True)) == {named.pk, None}


def test_robots_and_made_up_tokens_count_nothing() -> None:
    decide()
    make_reader()
    campaign = run(make_campaign(holdout_percent=0))
    sending.write_due_letters()
    token = re.search(r"[?&]ct=([^&\s]+)", Email.objects.get().text)
    assert token is not None
    robot = Client(headers={"User-Agent": "Googlebot/2.1"})
    assert robot.post("/campaigns/arrived/", {"token": token[1]}).status_code == 204
    for made_up in ("", "x", token[1][:-2], "9" * 5_000):
        assert browser().post("/campaigns/arrived/", {"token": made_up}).status_code == 204
    assert counting.count_events() == 0
    assert campaign.creatives.get().clicked == 0


def test_opened_letters_are_a_sum_and_only_where_asked_for() -> None:
    decide(letters_per_week=7)
    make_reader(Consent.Purpose.MARKETING, Consent.Purpose.ANALYTICS)
    make_reader()
    quiet = run(make_campaign(holdout_percent=0))
    counted = run(make_campaign(holdout_percent=0, counts_opens=True))
    sending.write_due_letters()
    pixels = [
        found[1]
        for email in Email.objects.filter(reference__in=[quiet.code, counted.code])
        if (found := re.search(r'src="https?://[^/]+(/campaigns/opened/[^"]+)"', email.html))
    ]
    assert len(pixels) == 1
    reader = Client()
    for _time in range(2):
        assert reader.get(pixels[0])["Content-Type"] == "image/gif"
    assert reader.get("/campaigns/opened/none.gif").status_code == 200
    counting.count_events()
    assert counted.creatives.get().opened == 1


def test_a_test_letter_goes_to_oneself_and_counts_nothing(postbox: Postbox) -> None:
    campaign = make_campaign()
    staff = make_staff(email="boss@example.org")
    send_test(creative=campaign.creatives.get(), user=staff, language="en")
    deliver()
    (letter,) = postbox.taken
    assert letter["To"] == "boss@example.org"
    assert letter["List-Unsubscribe"] is None
    campaign.refresh_from_db()
    assert (campaign.letters_written, campaign.creatives.get().shown) == (0, 0)


def test_words_of_staff_are_only_words() -> None:
    decide()
    make_reader()
    campaign = make_campaign(creatives=0, holdout_percent=0)
    make_creative(
        campaign, title_en="<b>Tea</b>\r\nBcc: all@example.org", text_en="<script>x</script>"
    )
    run(campaign)
    sending.write_due_letters()
    email = Email.objects.get()
    assert "\n" not in email.subject
    assert "<script>" not in email.html
    assert "&lt;script&gt;" in email.html


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_stopping_while_letters_are_written_leaves_none_behind() -> None:
    """The campaign's row is taken by each letter and by the stop."""
    import threading  # noqa: PLC0415

    from django.db import connections  # noqa: PLC0415

    decide(letters_per_minute=1_000)
    make_readers(40)
    campaign = run(make_campaign(holdout_percent=0))

    def write() -> None:
        sending.write_due_letters()
        connections.close_all()

    writers = [threading.Thread(target=write) for _number in range(3)]
    for writer in writers:
        writer.start()
    steps.stop_campaign(campaign, user=make_staff())
    for writer in writers:
        writer.join()
    assert not Email.objects.filter(state=Email.State.WAITING).exists()
    assert set(states(campaign)) <= {State.LEFT_OUT}
