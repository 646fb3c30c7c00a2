"""What links of campaigns carry, signed so that nobody makes up another.

They hold keys of rows and nothing of the person. Those of letters never expire: an old letter must
still let somebody go.
"""

from dataclasses import dataclass
from uuid import UUID

from django.core.signing import BadSignature, Signer

from recommendations.models import CampaignRecipient

MOST_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class Showing:
    """A banner on one page: which creative, with which probability, where.

    customer_id: whom the campaign was drawn for; 0 for one that is for everybody.
    """

    show_id: UUID
    campaign_id: int
    creative_id: int
    propensity: float
    place: str
    language: str
    customer_id: int = 0


def write_showing(showing: Showing) -> str:
    parts = (
        showing.show_id.hex,
        showing.campaign_id,
        showing.creative_id,
        f"{showing.propensity:.6f}",
        showing.place,
        showing.language,
        showing.customer_id,
    )
    return _signer("showing").sign("~".join(map(str, parts)))


def read_showing(token: str) -> Showing | None:
    """None for what this shop did not write."""
    parts = _unsigned("showing", token).split("~")
    if len(parts) != 7:
        return None
    show_id, campaign_id, creative_id, propensity, place, language, customer_id = parts
    return Showing(
        show_id=UUID(show_id),
        campaign_id=int(campaign_id),
        creative_id=int(creative_id),
        propensity=float(propensity),
        place=place,
        language=language,
        customer_id=int(customer_id),
    )


def letter_token(recipient: CampaignRecipient, *, use: str) -> str:
    """use: what it may be used for, "leave", "came" or "opened"; one is not good for another."""
    return _signer(use).sign(f"{recipient.pk}-{recipient.customer_id}")


def find_recipient(token: str, *, use: str) -> CampaignRecipient | None:
    """None for a token that nobody was given, or whose customer is gone."""
    recipient_id, _dash, customer_id = _unsigned(use, token).partition("-")
    if not customer_id:
        return None
    return (
        CampaignRecipient.objects.filter(pk=int(recipient_id), customer=int(customer_id))
        .select_related("campaign", "creative", "customer")
        .first()
    )


def _signer(use: str) -> Signer:
    # No character of it is changed in the path or the query of an address.
    return Signer(salt=f"campaigns.{use}", sep=".")


def _unsigned(use: str, token: str) -> str:
    if len(token) > MOST_CHARACTERS:
        return ""
    try:
        return _signer(use).unsign(token)
    except BadSignature:
        return ""
