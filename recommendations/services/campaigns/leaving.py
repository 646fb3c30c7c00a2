"""One click, and no campaign writes any more."""

from django.db import transaction
from django.utils import timezone

from customers.models import Consent
from customers.services.consents import record_consents
from recommendations.models import CampaignRecipient
from recommendations.services.campaigns.tokens import find_recipient


@transaction.atomic
def leave_offers(*, token: str) -> bool:
    """Withdraw the consent of who got the letter with this token; False for a token of nobody.

    Letters of other campaigns that wait are left out when their turn comes.
    """
    recipient = find_recipient(token, use="leave")
    if recipient is None:
        return False
    record_consents(user=recipient.customer, wanted={Consent.Purpose.MARKETING: False})
    CampaignRecipient.objects.filter(pk=recipient.pk, unsubscribed_at__isnull=True).update(
        unsubscribed_at=timezone.now()
    )
    return True
