"""What customers allow the shop to do with what it knows of them."""

from collections.abc import Mapping

from django.db import transaction

from customers.models import Consent, User


def read_consents(*, user: User) -> dict[str, bool]:
    """The newest word of each purpose; False where nothing was ever said."""
    said = dict.fromkeys(Consent.Purpose.values, False)
    rows = Consent.objects.filter(user=user).order_by("given_at", "pk")
    said.update(rows.values_list("purpose", "is_granted"))
    return said


@transaction.atomic
def record_consents(*, user: User, wanted: Mapping[str, bool]) -> int:
    """Add a row for each purpose whose word changes; returns how many do."""
    said = read_consents(user=user)
    changed = [purpose for purpose, granted in wanted.items() if said[purpose] != granted]
    for purpose in changed:
        Consent.objects.create(user=user, purpose=purpose, is_granted=wanted[purpose])
    return len(changed)
