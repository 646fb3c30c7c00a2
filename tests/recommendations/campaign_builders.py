"""Campaigns, and customers who agreed to hear of them."""

from datetime import datetime, time
from itertools import count
from typing import Any

from django.utils import timezone

from customers.models import Consent, User
from insights.models import Segment, SegmentMembership
from recommendations.models import Campaign, CampaignSettings, Creative
from tests.factories import make_user

_numbers = count(1)


def make_campaign(*, creatives: int = 1, **fields: Any) -> Campaign:
    """A draft of a letter to everybody who agreed, with words in both languages."""
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "name": f"Campaign {number}",
        "code": f"campaign-{number}",
        "channel": Campaign.Channel.EMAIL,
    }
    campaign = Campaign.objects.create(**{**defaults, **fields})
    for _number in range(creatives):
        make_creative(campaign)
    return campaign


def make_creative(campaign: Campaign, **fields: Any) -> Creative:
    number = next(_numbers)
    defaults: dict[str, Any] = {
        "campaign": campaign,
        "title_en": f"Spring is here {number}",
        "title_zh_hans": f"春天来了 {number}",
        "text_en": "New tea from the hills.",
        "text_zh_hans": "山里的新茶。",
        "button_en": "Have a look",
        "button_zh_hans": "去看看",
        "link": "/search/",
    }
    return Creative.objects.create(**{**defaults, **fields})


def title_of(creative: Creative, language: str = "en") -> str:
    return str(getattr(creative, f"title_{language}"))


def make_reader(*purposes: str, **fields: Any) -> User:
    """A customer who agreed: to offers by email, or to the purposes named."""
    user = make_user(**{"language": "en", **fields})
    for purpose in purposes or (Consent.Purpose.MARKETING,):
        Consent.objects.create(user=user, purpose=purpose, is_granted=True)
    return user


def make_readers(n: int, *purposes: str) -> list[User]:
    return [make_reader(*purposes) for _number in range(n)]


def make_segment(members: list[User], **fields: Any) -> Segment:
    segment = Segment.objects.create(
        **{"name_en": "Tea drinkers", "name_zh_hans": "爱茶人", **fields}
    )
    SegmentMembership.objects.bulk_create(
        SegmentMembership(segment=segment, customer=member, since=timezone.now())
        for member in members
    )
    return segment


def decide(**fields: Any) -> None:
    """Settings without hours of rest, one person, an audience of one, unless named."""
    defaults: dict[str, Any] = {
        "quiet_from": time(0),
        "quiet_until": time(0),
        "second_approval_from": None,
        "smallest_audience": 1,
    }
    CampaignSettings.objects.update_or_create(pk=1, defaults={**defaults, **fields})


def at(text: str) -> datetime:
    """A moment in the zone of the shop."""
    return timezone.make_aware(datetime.fromisoformat(text), timezone.get_default_timezone())
