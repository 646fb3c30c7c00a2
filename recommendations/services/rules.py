"""What staff decide about pairs of products, whatever the model says."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from catalog.models import Product
from catalog.services.versions import renew_shop_version
from learning.decisions import record_decision
from learning.models import Decision
from recommendations.errors import SameProductError
from recommendations.models import SimilarProduct, SimilarProductRule


def pin(
    *, product: Product, similar: Product, user: AbstractBaseUser, reason: str = ""
) -> SimilarProductRule:
    """Always show `similar` beside `product`, first. Raises SameProductError."""
    return _decide(
        product,
        similar,
        kind=SimilarProductRule.Kind.PIN,
        action=Decision.Action.ACCEPT,
        user=user,
        reason=reason,
    )


def ban(
    *, product: Product, similar: Product, user: AbstractBaseUser, reason: str = ""
) -> SimilarProductRule:
    """Never show `similar` beside `product`. Raises SameProductError."""
    return _decide(
        product,
        similar,
        kind=SimilarProductRule.Kind.BAN,
        action=Decision.Action.REJECT,
        user=user,
        reason=reason,
    )


@transaction.atomic
def lift(*, rule: SimilarProductRule, user: AbstractBaseUser, reason: str = "") -> None:
    """Leave the pair to the model again."""
    record_decision(
        action=Decision.Action.CANCEL,
        subject=rule,
        user=user,
        proposed={"kind": rule.kind},
        done={},
        reason=reason,
    )
    rule.delete()
    renew_shop_version()


@transaction.atomic
def _decide(
    product: Product,
    similar: Product,
    *,
    kind: SimilarProductRule.Kind,
    action: Decision.Action,
    user: AbstractBaseUser,
    reason: str,
) -> SimilarProductRule:
    if product.pk == similar.pk:
        raise SameProductError(str(product))
    proposed = (
        SimilarProduct.objects.to(product)
        .filter(similar=similar)
        .select_related("model_version")
        .first()
    )
    rule, _created = SimilarProductRule.objects.update_or_create(
        product=product,
        similar=similar,
        defaults={"kind": kind, "reason": reason, "created_by_id": user.pk},
    )
    record_decision(
        action=action,
        subject=rule,
        user=user,
        version=proposed.model_version if proposed else None,
        proposed={"rank": proposed.rank, "reason": proposed.reason} if proposed else {},
        done={"kind": kind},
        reason=reason,
    )
    renew_shop_version()
    return rule
