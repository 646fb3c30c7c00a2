"""Wish lists of customers. What guests wish for stands in their browsers until they log in."""

from collections.abc import Sequence

from django.db import transaction

from catalog.models import Product
from customers.models import User
from orders.models import WishListItem

# More is no wish list; older ones stay, newer ones are not taken.
MAX_WISHES = 500


def wished_product_ids(*, user: User) -> list[int]:
    """The newest first."""
    return list(user.wishes.values_list("product_id", flat=True))


def is_wished(*, user: User, product_id: int) -> bool:
    return user.wishes.filter(product_id=product_id).exists()


@transaction.atomic
def add_wish(*, user: User, product: Product) -> bool:
    """False when it was on the list already, or the list is full."""
    if user.wishes.count() >= MAX_WISHES:
        return False
    _wish, is_new = WishListItem.objects.get_or_create(user=user, product=product)
    return is_new


def remove_wish(*, user: User, product_id: int) -> bool:
    n_gone, _by_model = user.wishes.filter(product_id=product_id).delete()
    return bool(n_gone)


@transaction.atomic
def merge_wishes(*, user: User, product_ids: Sequence[int]) -> int:
    """Add what a guest wished for before logging in, the newest first; returns how many were new.

    Products that are gone or not shown are left out.
    """
    if not product_ids:
        return 0
    known = set(user.wishes.values_list("product_id", flat=True))
    shown = set(
        Product.objects.published().filter(pk__in=list(product_ids)).values_list("pk", flat=True)
    )
    room = max(0, MAX_WISHES - len(known))
    new = [pk for pk in dict.fromkeys(product_ids) if pk in shown and pk not in known][:room]
    # Oldest first, so that the order of the list is that of the wishes.
    WishListItem.objects.bulk_create(
        [WishListItem(user=user, product_id=pk) for pk in reversed(new)], ignore_conflicts=True
    )
    return len(new)
