"""The words of a campaign's letter: one creative, one customer, one language."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import translation

from customers.models import Consent, User
from customers.services.consents import read_consents
from outbox.models import Email
from outbox.services.emails import Letter, queue_email, render_letter, supported_language
from recommendations.models import Campaign, CampaignRecipient, Creative
from recommendations.services.campaigns.creatives import landing_path
from recommendations.services.campaigns.picks import Pick, picks_for
from recommendations.services.campaigns.tokens import letter_token

KIND = "campaign"
TEST_KIND = "campaign.test"
TEMPLATE = "recommendations/letters/campaign"


@dataclass(frozen=True, slots=True)
class Links:
    """leave is where one click ends the letters; opened is empty where nothing is counted."""

    leave: str
    came: str
    opened: str = ""


def queue_letter(*, recipient: CampaignRecipient, creative: Creative) -> Email:
    """Write the letter of a recipient in the caller's transaction; asked twice, it is the same."""
    campaign, customer = recipient.campaign, recipient.customer
    said = read_consents(user=customer)
    language = supported_language(customer.language)
    opened = ""
    if campaign.counts_opens and said[Consent.Purpose.ANALYTICS]:
        opened = settings.SHOP_URL + reverse(
            "campaign-opened", args=[letter_token(recipient, use="opened")]
        )
    links = Links(
        leave=_leave_address(letter_token(recipient, use="leave"), language=language),
        came=letter_token(recipient, use="came"),
        opened=opened,
    )
    picks: Sequence[Pick] = ()
    if campaign.has_picks and said[Consent.Purpose.PERSONALISATION]:
        picks = picks_for(customer=customer, language=language)
    return queue_email(
        kind=KIND,
        to=customer.email or "",
        user=customer,
        language=language,
        template=TEMPLATE,
        context=_context(
            campaign=campaign, creative=creative, language=language, links=links, picks=picks
        ),
        key=f"campaign:{campaign.pk}:{customer.pk}",
        reference=campaign.code,
        headers={
            "List-Unsubscribe": f"<{links.leave}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def preview(*, creative: Creative, language: str, customer: User | None = None) -> Letter:
    """The letter as it would be; its links lead to the shop and count nothing."""
    picks = (
        picks_for(customer=customer, language=language)
        if customer is not None and creative.campaign.has_picks
        else ()
    )
    return render_letter(
        template=TEMPLATE, context=_trial(creative, language, picks), language=language
    )


def send_test(*, creative: Creative, user: User, language: str) -> Email:
    """To oneself; counts as nobody's letter. Raises WrongAddressError without an address."""
    return queue_email(
        kind=TEST_KIND,
        to=user.email or "",
        user=user,
        language=language,
        template=TEMPLATE,
        context=_trial(creative, language, ()),
        key=f"campaign.test:{creative.pk}:{uuid4().hex}",
        reference=creative.campaign.code,
    )


def _trial(creative: Creative, language: str, picks: Sequence[Pick]) -> dict[str, Any]:
    return _context(
        campaign=creative.campaign,
        creative=creative,
        language=language,
        links=Links(leave=_leave_address("preview", language=language), came=""),
        picks=picks,
    )


def _context(
    *,
    campaign: Campaign,
    creative: Creative,
    language: str,
    links: Links,
    picks: Sequence[Pick],
) -> dict[str, Any]:
    with translation.override(language):
        return {
            "headline": creative.title,
            "paragraphs": [line for line in creative.text.splitlines() if line.strip()],
            "button": creative.button,
            "link": settings.SHOP_URL
            + landing_path(creative, language=language, medium="email", token=links.came),
            "picture": _absolute(creative.picture.name),
            "picture_width": min(creative.picture_width or 0, 544),
            "picks": [
                {
                    "name": pick.name,
                    "price": pick.price,
                    "sentence": pick.sentence,
                    "picture": _absolute(pick.picture),
                    "link": settings.SHOP_URL
                    + landing_path(
                        Creative(pk=creative.pk, campaign=campaign, link=pick.path),
                        language=language,
                        medium="email",
                        token=links.came,
                    ),
                }
                for pick in picks
            ],
            "code": (campaign.discount.code or "") if campaign.discount else "",
            "leave": links.leave,
            "opened": links.opened,
        }


def _leave_address(token: str, *, language: str) -> str:
    with translation.override(language):
        return f"{settings.SHOP_URL}{reverse('storefront:offers-leave', args=[token])}"


def _absolute(name: str | None) -> str:
    if not name:
        return ""
    address = str(default_storage.url(name))
    return address if "://" in address else f"{settings.SHOP_URL}{address}"
