"""How a campaign looks to customers: each creative in every language."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import translation

from outbox.services.emails import Letter
from recommendations.models import Campaign, Creative
from recommendations.services.campaigns.letters import preview


@dataclass(frozen=True, slots=True)
class Preview:
    """language: its code and its own name. letter: None of a banner."""

    creative: Creative
    language: str
    language_title: str
    title: str
    text: str
    button: str
    link: str
    picture: str
    letter: Letter | None


def read_previews(campaign: Campaign) -> Sequence[Preview]:
    return [
        _preview(campaign, creative, code, str(title))
        for creative in campaign.creatives.order_by("pk")
        for code, title in settings.LANGUAGES
    ]


def _preview(campaign: Campaign, creative: Any, code: str, title: str) -> Preview:
    with translation.override(code):
        # The words are those of the language that is active where they are read.
        words = {name: getattr(creative, name) or "" for name in ("title", "text", "button")}
        is_email = campaign.channel == Campaign.Channel.EMAIL
        return Preview(
            creative=creative,
            language=code,
            language_title=title,
            **words,
            link=f"/{code}{creative.link}",
            picture=default_storage.url(creative.picture.name) if creative.picture else "",
            letter=_letter(creative, code) if is_email else None,
        )


def _letter(creative: Creative, language: str) -> Letter:
    letter = preview(creative=creative, language=language)
    # Staff may come by another address than customers, and a page shows pictures of its own alone.
    return replace(letter, html=letter.html.replace(f'src="{settings.SHOP_URL}/', 'src="/'))
