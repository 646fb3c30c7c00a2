"""What a campaign's discount has cost."""

from django.db.models import Sum

from orders.models import DiscountUse
from recommendations.models import Campaign


def discount_cost(campaign: Campaign) -> int:
    """Minor units given since it started, to whomever: a code is passed on."""
    if campaign.discount_id is None or campaign.started_at is None:
        return 0
    uses = DiscountUse.objects.filter(
        discount=campaign.discount_id, created_at__gte=campaign.started_at
    )
    return int(uses.aggregate(total=Sum("amount_minor"))["total"] or 0)
