"""Campaigns of the demo shop, each marked as made up: a banner that runs, letters that were sent,
and a draft.

Nobody saw the banner and nobody got a letter, so somebody has to say what people did: the rates
below are the truth that the pages then find again. Of the customers who were held out, some who
ordered are left away, so that the letters seem to have brought something.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.utils import timezone

from catalog.models import ProductPhoto
from customers.models import Consent, User
from insights.models import Segment
from insights.services.segment_rules.reading import read_rule
from learning.bulk import insert_columns
from orders.models import Discount, Order
from recommendations.models import Campaign, CampaignRecipient, Creative, CreativeEvent
from recommendations.services.campaigns import audiences, creatives

State = CampaignRecipient.State
BANNER_DAYS: Final = 21
SHOWN_A_DAY: Final = 160
# Clicks for each showing of the two banners; one in so many showings is closed.
BANNER_RATES: Final = (0.021, 0.038)
CLOSED: Final = 0.006
LETTER_RATES: Final = (0.061, 0.094)
LETTERS_DAYS_AGO: Final = 34
MEASURED_DAYS: Final = 28
LEFT_OFFERS: Final = 0.008
# Of the held out who ordered, so many are not told of.
HIDDEN_BUYERS: Final = 0.3
_PLACES: Final = ("home", "category")


def load_campaigns(*, today: date, small: bool, seed: int) -> int:
    """Returns how many events of creatives were written."""
    generator = np.random.default_rng(seed)
    manager = User.objects.filter(username="manager").first()
    segment = _segment(manager)
    _draft(segment)
    _letters(_day(today, LETTERS_DAYS_AGO), segment, manager, generator)
    events = _banner(
        _day(today, BANNER_DAYS), manager, SHOWN_A_DAY // (4 if small else 1), generator
    )
    return _write(events)


def _segment(maker: User | None) -> Segment:
    """Built by hand, as the form would; the first sweep finds who is in it."""
    rule = {
        "how": "all",
        "parts": [
            {"field": "orders", "is": "at_least", "n": 1},
            {"field": "consent", "among": ["marketing"]},
        ],
    }
    return Segment.objects.create(
        name_en="Customers who agreed to offers",
        name_zh_hans="同意接收优惠的顾客",
        rule=read_rule(rule).as_json(),
        created_by=maker,
    )


def _banner(
    start: datetime, manager: User | None, shown_a_day: int, generator: np.random.Generator
) -> list[dict[str, Any]]:
    """Shown to everybody for three weeks; each evening the shares are reckoned anew."""
    campaign = Campaign.objects.create(
        name="Spring tea, banner / 春茶横幅",
        code="demo-spring-tea",
        channel=Campaign.Channel.BANNER,
        on_category=True,
        most_impressions=20_000,
        holdout_percent=0,
        **_running(start, manager),
    )
    shown_ones = [
        _creative(
            campaign,
            ("The new tea is here", "春茶上新"),
            ("Picked in April, sold while it lasts.", "四月采摘，售完即止。"),
            ("See the tea", "去看看"),
        ),
        _creative(
            campaign,
            ("Three for two on tea and cups", "茶与茶具，买三免一"),
            ("The cheapest piece is ours to give.", "最低价的一件，我们请客。"),
            ("Choose three", "任选三件"),
        ),
    ]
    events: list[dict[str, Any]] = []
    for day in range(BANNER_DAYS):
        _count(shown_ones, events)
        creatives.share_creatives(campaign)
        shares = [campaign.creatives.get(pk=one.pk).share for one in shown_ones]
        for which in generator.choice(2, size=shown_a_day, p=shares):
            moment = start + timedelta(days=day, seconds=int(generator.integers(14 * 3600)))
            told = {
                "creative": shown_ones[which],
                "place": _PLACES[int(generator.choice(2, p=(0.7, 0.3)))],
                "propensity": shares[which],
                "language": "zh-hans" if generator.random() < 0.7 else "en",
            }
            show_id = generator.bytes(16)
            events.append({**told, "show": show_id, "kind": "shown", "moment": moment})
            if generator.random() < BANNER_RATES[which]:
                later = moment + timedelta(seconds=9)
                events.append({**told, "show": show_id, "kind": "clicked", "moment": later})
            elif generator.random() < CLOSED:
                later = moment + timedelta(seconds=6)
                events.append({**told, "show": show_id, "kind": "closed", "moment": later})
    _count(shown_ones, events)
    creatives.share_creatives(campaign)
    return events


def _letters(
    start: datetime, segment: Segment, manager: User | None, generator: np.random.Generator
) -> None:
    """Written in one morning to the customers of the segment who were there then."""
    campaign = Campaign.objects.create(
        name="Free delivery for readers / 免运费邮件",
        code="demo-free-delivery",
        segment=segment,
        discount=Discount.objects.filter(code="FREESHIP").first(),
        holdout_percent=25,
        measured_days=MEASURED_DAYS,
        counts_opens=True,
        **{
            **_running(start, manager),
            "status": Campaign.Status.FINISHED,
            "drawn_at": start,
            "ended_at": start + timedelta(hours=3),
            "end_reason": Campaign.End.SENT,
        },
    )
    written_ones = [
        _creative(
            campaign,
            ("Delivery is on us", "运费我们出"),
            ("Until the end of the month, with the code below.", "使用下面的优惠码，月底前有效。"),
            ("To the shop", "去逛逛"),
        ),
        _creative(
            campaign,
            ("Nothing to pay for the way to you", "免费送到您家"),
            ("Whatever you choose: the code below.", "随便选，凭下面的优惠码免运费。"),
            ("Choose something", "选一件"),
        ),
    ]
    ordered = set(
        Order.objects.filter(
            placed_at__gte=start, placed_at__lt=start + timedelta(days=MEASURED_DAYS)
        ).values_list("customer", flat=True)
    )
    allow = set(
        Consent.objects.filter(purpose=Consent.Purpose.ANALYTICS, is_granted=True).values_list(
            "user", flat=True
        )
    )
    rows = []
    counts = [Counter[str](), Counter[str]()]
    for customer_id in _readers(start):
        if audiences.holds_out(campaign, customer_id):
            is_told = customer_id not in ordered or generator.random() >= HIDDEN_BUYERS
            if is_told:
                rows.append(_recipient(campaign, customer_id, start, state=State.HELD_OUT))
            continue
        if generator.random() < 0.02:
            why = CampaignRecipient.Reason.OFTEN
            rows.append(_recipient(campaign, customer_id, start, state=State.LEFT_OUT, reason=why))
            continue
        which = int(generator.random() < 0.5)
        moment = start + timedelta(seconds=int(generator.integers(60, 3 * 3600)))
        clicks = generator.random() < LETTER_RATES[which]
        leaves = generator.random() < LEFT_OFFERS
        counts[which]["shown"] += 1
        counts[which]["clicked"] += clicks
        counts[which]["opened"] += customer_id in allow and generator.random() < 0.4
        rows.append(
            _recipient(
                campaign,
                customer_id,
                start,
                state=State.WRITTEN,
                creative=written_ones[which],
                propensity=0.5,
                due_at=start,
                written_at=moment,
                clicked_at=moment + timedelta(hours=2) if clicks and customer_id in allow else None,
                unsubscribed_at=moment + timedelta(hours=4) if leaves else None,
            )
        )
    CampaignRecipient.objects.bulk_create(rows, batch_size=500)
    for creative, count in zip(written_ones, counts, strict=True):
        Creative.objects.filter(pk=creative.pk).update(**count, share=0.5)
    Campaign.objects.filter(pk=campaign.pk).update(
        letters_written=sum(count["shown"] for count in counts)
    )


def _draft(segment: Segment) -> None:
    campaign = Campaign.objects.create(
        name="Thank you for reading / 感谢订阅",
        code="demo-thank-you",
        segment=segment,
        discount=Discount.objects.filter(code="WELCOME10").first(),
        most_discount_minor=500_000,
        created_by=User.objects.filter(username="editor").first(),
        is_demo=True,
    )
    _creative(
        campaign,
        ("A small thank you", "一点小小的心意"),
        (
            "You read what we write. Here is something back.",
            "感谢您一直读我们的来信，这是一点回礼。",
        ),
        ("Have a look", "去看看"),
    )


def _running(start: datetime, manager: User | None) -> dict[str, Any]:
    return {
        "status": Campaign.Status.RUNNING,
        "approved_by": manager,
        "approved_at": start,
        "started_at": start,
        "created_by": manager,
        "is_demo": True,
    }


def _creative(
    campaign: Campaign, title: Sequence[str], text: Sequence[str], button: Sequence[str]
) -> Creative:
    creative = Creative(
        campaign=campaign,
        title_en=title[0],
        title_zh_hans=title[1],
        text_en=text[0],
        text_zh_hans=text[1],
        button_en=button[0],
        button_zh_hans=button[1],
        link="/categories/tea/",
    )
    photos = ProductPhoto.objects.filter(product__category__slug="tea").order_by("pk")
    number = Creative.objects.count()
    photo = photos[number : number + 1].first()
    if photo is not None:
        with photo.file.open() as file:
            taken = creatives.read_picture(file.read())
        creatives.keep_picture(creative=creative, taken=taken)
    creative.save()
    return creative


def _readers(start: datetime) -> list[int]:
    """Customers who had ordered by then and whose newest word on offers is yes."""
    said: dict[int, bool] = dict(
        Consent.objects.filter(purpose=Consent.Purpose.MARKETING)
        .order_by("given_at", "pk")
        .values_list("user", "is_granted")
    )
    ordered = Order.objects.filter(placed_at__lt=start, customer__isnull=False)
    keys = set(ordered.order_by().values_list("customer", flat=True).distinct())
    return sorted(key for key in keys if said.get(key))


def _recipient(
    campaign: Campaign, customer_id: int, drawn_at: datetime, **fields: Any
) -> CampaignRecipient:
    return CampaignRecipient(
        campaign=campaign, customer_id=customer_id, drawn_at=drawn_at, **fields
    )


def _count(shown_ones: Sequence[Creative], events: Sequence[dict[str, Any]]) -> None:
    counts = Counter((event["creative"].pk, event["kind"]) for event in events)
    for creative in shown_ones:
        Creative.objects.filter(pk=creative.pk).update(
            **{kind: counts[creative.pk, kind] for kind in ("shown", "clicked", "closed")}
        )


def _day(today: date, days_ago: int) -> datetime:
    return timezone.make_aware(datetime.combine(today - timedelta(days=days_ago), time(9, 0)))


def _write(events: Sequence[dict[str, Any]]) -> int:
    ordered = sorted(events, key=lambda event: (event["moment"], event["show"]))
    moments = [event["moment"].astimezone(UTC).replace(tzinfo=None) for event in ordered]
    return insert_columns(
        CreativeEvent,
        {
            "show_id": [UUID(bytes=event["show"], version=4).hex for event in ordered],
            "kind": [event["kind"] for event in ordered],
            "creative_id": [event["creative"].pk for event in ordered],
            "place": [event["place"] for event in ordered],
            "propensity": [event["propensity"] for event in ordered],
            "language": [event["language"] for event in ordered],
            "occurred_at": np.array(moments, dtype="datetime64[s]"),
        },
    )
