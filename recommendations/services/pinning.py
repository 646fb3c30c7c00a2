"""What staff decide about a product in a placement, or everywhere."""

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from catalog.models import Product
from catalog.services.versions import renew_shop_version
from learning.decisions import record_decision
from learning.models import Decision
from recommendations.models import Placement, PlacementRule

_ACTIONS = {
    PlacementRule.Kind.PIN: Decision.Action.ACCEPT,
    PlacementRule.Kind.BAN: Decision.Action.REJECT,
}


@transaction.atomic
def decide(
    *,
    product: Product,
    placement: Placement | None,
    kind: PlacementRule.Kind,
    user: AbstractBaseUser,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    reason: str = "",
) -> PlacementRule:
    """Pin or ban; a later word on the same product and place takes the place of the earlier."""
    rule, _created = PlacementRule.objects.update_or_create(
        product=product,
        placement=placement,
        defaults={
            "kind": kind,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "reason": reason,
            "created_by_id": user.pk,
        },
    )
    record_decision(
        action=_ACTIONS[PlacementRule.Kind(kind)],
        subject=rule,
        user=user,
        done={"kind": str(kind), "placement": placement.code if placement else ""},
        reason=reason,
    )
    renew_shop_version()
    return rule


@transaction.atomic
def lift(*, rule: PlacementRule, user: AbstractBaseUser, reason: str = "") -> None:
    """Leave the product to the recommenders again."""
    record_decision(
        action=Decision.Action.CANCEL,
        subject=rule,
        user=user,
        proposed={"kind": rule.kind},
        reason=reason,
    )
    rule.delete()
    renew_shop_version()
