"""What the pages of an account show, each read in a constant number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core import signing
from django.db.models import Q, QuerySet

from catalog.models import Product
from customers.models import Address, User
from orders.models import Order
from storefront.pages.orders import lines_with_photos
from support.models import Review

ORDERS_PER_PAGE = 10
ORDERS_ON_OVERVIEW = 3
WAITING_FOR_REVIEW_SHOWN = 24
_SALT = "storefront.orders"


@dataclass(frozen=True, slots=True)
class AccountPage:
    orders: Sequence[Order]
    address: Address | None
    has_second_factor: bool


@dataclass(frozen=True, slots=True)
class OrderList:
    """older: where the next page begins; empty on the last one."""

    orders: Sequence[Order]
    older: str


@dataclass(frozen=True, slots=True)
class ReviewsPage:
    written: Sequence[Review]
    waiting: Sequence[Product]


def account_page(*, user: User, has_second_factor: bool) -> AccountPage:
    return AccountPage(
        orders=list(_orders_of(user)[:ORDERS_ON_OVERVIEW]),
        address=Address.objects.filter(user=user, is_default=True).first(),
        has_second_factor=has_second_factor,
    )


def order_list(*, user: User, after: str) -> OrderList:
    """Newest first; a cursor that is not ours begins at the beginning."""
    orders = _orders_of(user)
    if cursor := _read_cursor(after):
        moment, pk = cursor
        orders = orders.filter(Q(placed_at__lt=moment) | Q(placed_at=moment, pk__lt=pk))
    found = list(orders[: ORDERS_PER_PAGE + 1])
    shown = found[:ORDERS_PER_PAGE]
    older = ""
    if len(found) > ORDERS_PER_PAGE:
        last = shown[-1]
        older = signing.dumps([last.placed_at.isoformat(), last.pk], salt=_SALT)
    return OrderList(orders=shown, older=older)


def reviews_page(*, user: User) -> ReviewsPage:
    """What a customer wrote, and what they bought, have, and said nothing about."""
    written = list(Review.objects.by(user).select_related("product").order_by("-written_at", "-pk"))
    waiting = (
        Product.objects.published()
        .for_cards()
        .filter(skus__order_lines__order__customer=user, skus__order_lines__quantity_shipped__gt=0)
        .exclude(pk__in=[review.product_id for review in written])
        .distinct()
        .order_by("-pk")[:WAITING_FOR_REVIEW_SHOWN]
    )
    return ReviewsPage(written=written, waiting=list(waiting))


def _orders_of(user: User) -> QuerySet[Order]:
    return (
        Order.objects.for_customer(user)
        .prefetch_related(lines_with_photos())
        .order_by("-placed_at", "-pk")
    )


def _read_cursor(cursor: str) -> tuple[datetime, int] | None:
    try:
        moment, pk = signing.loads(cursor[:200], salt=_SALT)
        return datetime.fromisoformat(moment), int(pk)
    except (signing.BadSignature, ValueError, TypeError):
        return None
