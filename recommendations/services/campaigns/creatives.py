"""What campaigns say: links that lead into the shop, pictures, and how often each is shown."""

from urllib.parse import urlencode, urlsplit

import numpy as np
from django.conf import settings
from django.db import transaction
from django.urls import Resolver404, resolve
from django.utils import translation

from catalog.services import pictures
from catalog.services.pictures import TakenPicture
from recommendations.algorithms.thompson import creative_shares
from recommendations.errors import ForeignLinkError
from recommendations.models import Campaign, Creative

LONGEST_LINK = 250


def shop_path(link: str) -> str:
    """A link as it is stored: a path of this shop without its language, with its query.

    Raises ForeignLinkError for what leads elsewhere, or to no page.
    """
    typed = link.strip()
    if any(character in typed for character in "\\\r\n\t\x00") or len(typed) > LONGEST_LINK:
        raise ForeignLinkError(link)
    if typed.startswith(f"{settings.SHOP_URL}/"):
        typed = typed.removeprefix(settings.SHOP_URL)
    parts = urlsplit(typed)
    if parts.scheme or parts.netloc or not parts.path.startswith("/"):
        raise ForeignLinkError(link)
    path = parts.path
    for code, _name in settings.LANGUAGES:
        path = "/" + path.removeprefix(f"/{code}/") if path.startswith(f"/{code}/") else path
    try:
        with translation.override(settings.LANGUAGE_CODE):
            found = resolve(f"/{settings.LANGUAGE_CODE}{path}")
    except Resolver404 as error:
        raise ForeignLinkError(link) from error
    if found.namespace == "admin":
        raise ForeignLinkError(link)
    return f"{path}?{parts.query}" if parts.query else path


def landing_path(creative: Creative, *, language: str, medium: str, token: str) -> str:
    """Where a click leads, with what says by which campaign somebody came.

    Without a redirect: the page that is asked for is the page that answers.
    """
    path, _mark, query = creative.link.partition("?")
    came = urlencode(
        {
            "utm_source": "shop",
            "utm_medium": medium,
            "utm_campaign": creative.campaign.code,
            "utm_content": str(creative.pk),
            "ct": token,
        }
    )
    return f"/{language}{path}?{query}&{came}" if query else f"/{language}{path}?{came}"


def read_picture(content: bytes) -> TakenPicture:
    """An upload as upright pixels alone. Raises PhotoRefusedError."""
    return pictures.take_in(content=content, max_bytes=settings.UPLOAD_MAX_BYTES)


def keep_picture(*, creative: Creative, taken: TakenPicture) -> None:
    """Give it to a creative that the caller saves."""
    creative.picture.save(taken.name, taken.content, save=False)


@transaction.atomic
def share_creatives(campaign: Campaign) -> None:
    """Reckon anew how often each creative in use is shown from now on."""
    creatives = list(campaign.creatives.filter(is_active=True).order_by("pk"))
    shares = creative_shares(
        np.array([creative.shown for creative in creatives], dtype=np.int64),
        np.array([creative.clicked for creative in creatives], dtype=np.int64),
        floor=campaign.exploration_percent / 100,
        seed=campaign.pk,
    )
    for creative, share in zip(creatives, shares.tolist(), strict=True):
        Creative.objects.filter(pk=creative.pk).update(share=share)
    campaign.creatives.filter(is_active=False).update(share=0.0)


def choose(shares: list[tuple[int, float]], *, at: float) -> tuple[int, float] | None:
    """The creative that chance picks, and the probability with which it did; None of nothing.

    shares: key and share of each. at: chance, in [0, 1).
    """
    total = sum(share for _key, share in shares)
    if total <= 0:
        return None
    left = at * total
    for key, share in shares:
        left -= share
        if left < 0:
            return key, share / total
    key, share = shares[-1]
    return key, share / total
