"""What the staff pages of orders share: who is at work, steps by POST, what was typed."""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar, cast
from uuid import uuid4

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _
from unfold.admin import TabularInline

from catalog.forms import MoneyField
from catalog.money import decimals
from customers.models import User
from inventory.errors import InventoryError
from orders.errors import OrdersError
from outbox.errors import OutboxError

STATUS_TONES: Final = {
    "placed": "warn",
    "held": "bad",
    "paid": "warn",
    "part_shipped": "info",
    "shipped": "good",
    "completed": "good",
    "cancelled": "bad",
}
RETURN_TONES: Final = {
    "requested": "warn",
    "approved": "info",
    "received": "warn",
    "refunded": "good",
    "refused": "bad",
}
LINES_PER_PAGE: Final = 50
STAFF_ERRORS: Final = (OrdersError, InventoryError, OutboxError)
Row = TypeVar("Row", bound=Model)


def staff_member(request: HttpRequest) -> User:
    """Who is at work: the back office lets nobody in without an account."""
    return cast("User", request.user)


def done_of(request: HttpRequest, rows: "QuerySet[Row]", step: Callable[[Row], Any]) -> int:
    """Take a step with each row; says which ones refuse it, returns how many did not."""
    n_done = 0
    for row in rows:
        try:
            step(row)
            n_done += 1
        except STAFF_ERRORS as error:
            messages.error(request, str(error))
    return n_done


def take_step(
    request: HttpRequest, *, allowed: bool, back_to: str, work: Callable[[], str]
) -> HttpResponse:
    """One step by POST; what it refuses becomes a message above the page it came from.

    work: does it and returns what is said then.
    """
    if request.method != "POST":
        return HttpResponseRedirect(back_to)
    if not allowed:
        raise PermissionDenied
    try:
        messages.success(request, work())
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    except STAFF_ERRORS as error:
        messages.error(request, str(error))
    return HttpResponseRedirect(back_to)


def typed(request: HttpRequest, name: str, *, limit: int) -> str:
    """A line that somebody typed, without what no line holds."""
    text = request.POST.get(name, "").replace("\x00", "")
    return text.strip()[:limit]


def typed_key(request: HttpRequest) -> str:
    """The key of a form that was sent; a form without one is a new one each time."""
    return typed(request, "key", limit=40) or uuid4().hex


def typed_amount(request: HttpRequest, name: str, *, currency: str) -> int:
    """An amount in the major unit. Raises ValidationError."""
    field = MoneyField(required=False)
    field.currency = currency
    field.places = decimals(currency)
    return int(field.clean(typed(request, name, limit=30)) or 0)


def typed_units(request: HttpRequest, prefix: str, open_units: Mapping[int, int]) -> dict[int, int]:
    """Units by line as they were typed. Raises ValidationError for what is no number of them."""
    units = {}
    for line_id in open_units:
        text = typed(request, f"{prefix}_{line_id}", limit=12) or "0"
        if not (text.isascii() and text.isdecimal() and len(text) <= 6):
            raise ValidationError(_("“%(text)s” is no number of units.") % {"text": text})
        if int(text):
            units[line_id] = int(text)
    return units


class ReadOnlyInline(TabularInline):
    extra = 0
    can_delete = False
    per_page = LINES_PER_PAGE

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
