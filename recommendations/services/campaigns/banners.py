"""Which banner a page shows: among those that run, one creative by chance with its probability.

Pages ask the shared cache what runs, never the database: most shops mostly run nothing, and a list
of products need not pay a statement to hear so.
"""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from django.core.cache import cache
from redis.exceptions import RedisError

from recommendations.algorithms.pacing import elapsed_share, may_spend
from recommendations.models import Campaign, CampaignRecipient, Creative
from recommendations.services.campaigns.creatives import choose
from recommendations.services.campaigns.tokens import Showing

PLACES: Final = ("home", "category", "product", "cart")
_chance: Final = random.SystemRandom()
_KEY: Final = "campaigns:banners"
# Written anew each minute by the job that runs campaigns; when that has been dead for so long,
# nobody counts what is shown either, and no budget would ever be used up.
_TOLD_SECONDS: Final = 3600

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RunningBanner:
    """What of a campaign decides whether it is shown; the same for everybody, so it can be kept.

    creatives: keys and shares. is_drawn: only for customers who were drawn for it.
    """

    campaign_id: int
    is_drawn: bool
    most_per_day: int
    starts_at: datetime
    ends_at: datetime | None
    budget: int | None
    shown: int
    creatives: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Chosen:
    campaign_id: int
    creative_id: int
    propensity: float


def publish_banners() -> int:
    """Put what runs where pages look for it; returns how many campaigns there are."""
    running = list(
        Campaign.objects.running()
        .filter(channel=Campaign.Channel.BANNER)
        .prefetch_related("creatives")
        .order_by("-started_at", "-pk")
    )
    told: dict[str, list[dict[str, Any]]] = {
        place: [asdict(_banner(one)) for one in running if getattr(one, f"on_{place}")]
        for place in PLACES
    }
    try:
        cache.set(_KEY, told, _TOLD_SECONDS)
    except RedisError as error:
        logger.warning("banners_not_told", error=str(error))
    return len(running)


def running_banners(place: str) -> tuple[RunningBanner, ...]:
    """The newest first; empty on a page where none runs, and with the cache down."""
    try:
        told = cache.get(_KEY) or {}
        return tuple(RunningBanner(**banner) for banner in told.get(place, ()))
    except (RedisError, TypeError):
        # A TypeError: told by another version of the shop, whose job tells it anew in a minute.
        return ()


def _banner(campaign: Campaign) -> RunningBanner:
    creatives = list(campaign.creatives.all())
    return RunningBanner(
        campaign_id=campaign.pk,
        is_drawn=campaign.segment_id is not None,
        most_per_day=campaign.most_per_day,
        starts_at=campaign.started_at or campaign.created_at,
        ends_at=campaign.ends_at,
        budget=campaign.most_impressions,
        shown=sum(creative.shown for creative in creatives),
        creatives=tuple(
            (creative.pk, creative.share) for creative in creatives if creative.is_active
        ),
    )


def choose_banner(
    running: Sequence[RunningBanner],
    *,
    seen_today: Mapping[int, int],
    drawn_for: Sequence[int],
    now: datetime,
) -> Chosen | None:
    """What to show this visitor; None of nothing.

    seen_today: how often the visitor saw each campaign. drawn_for: the campaigns with an audience
    that the customer belongs to and is not held out of.
    Whoever saw one campaign less than another sees that one; else the newer one.
    """
    open_ones = [
        banner
        for banner in running
        if (not banner.is_drawn or banner.campaign_id in drawn_for)
        and seen_today.get(banner.campaign_id, 0) < banner.most_per_day
        and (banner.ends_at is None or now < banner.ends_at)
        and may_spend(
            spent=banner.shown,
            budget=banner.budget,
            elapsed=elapsed_share(now=now, starts_at=banner.starts_at, ends_at=banner.ends_at),
        )
    ]
    for banner in sorted(open_ones, key=lambda one: seen_today.get(one.campaign_id, 0)):
        picked = choose(list(banner.creatives), at=_chance.random())
        if picked is not None:
            return Chosen(banner.campaign_id, picked[0], picked[1])
    return None


def drawn_for(*, customer_id: int, running: Sequence[RunningBanner]) -> list[int]:
    """The campaigns with an audience that a customer gets; asks the database only for those."""
    keys = [banner.campaign_id for banner in running if banner.is_drawn]
    if not keys:
        return []
    return list(
        CampaignRecipient.objects.filter(
            customer=customer_id, campaign__in=keys, state=CampaignRecipient.State.SHOWN
        ).values_list("campaign", flat=True)
    )


def showing_of(chosen: Chosen, *, place: str, language: str, customer_id: int = 0) -> Showing:
    return Showing(
        show_id=uuid.uuid4(),
        campaign_id=chosen.campaign_id,
        creative_id=chosen.creative_id,
        propensity=chosen.propensity,
        place=place,
        language=language,
        customer_id=customer_id,
    )


def creative_of(creative_id: int) -> Creative | None:
    return Creative.objects.select_related("campaign").filter(pk=creative_id).first()
