"""Telling customers that something sold out is back: one letter for each time they asked."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone, translation

from catalog.models import Sku
from inventory.errors import UnusableAddressError
from inventory.models import StockAlert, StockLevel
from learning.jobs import send_on_commit
from outbox.services.emails import queue_email

BATCH = 100
SWEEP_EXPIRES = 60.0
# Nobody asks for more in a day; more is a machine, or somebody annoying somebody else.
MAX_PER_ADDRESS = 30
COUNTED = timedelta(days=1)
# After that the address of who asked is forgotten.
KEPT = timedelta(days=30)
MAX_EMAIL = 254


def ask_for_alert(
    *, sku: Sku, email: str, language: str, user: AbstractBaseUser | None = None
) -> None:
    """Remember that somebody wants to hear of a SKU.

    Says nothing about whether that address had asked before: asking twice is asking once. What
    can be bought now is nothing to wait for. Raises UnusableAddressError.
    """
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError as error:
        raise UnusableAddressError(email) from error
    if len(email) > MAX_EMAIL:
        raise UnusableAddressError(email)
    if StockLevel.objects.sellable().filter(sku=sku).exists():
        return
    # Whatever became of them: each may have become a letter.
    asked = StockAlert.objects.filter(email=email, created_at__gt=timezone.now() - COUNTED)
    if asked.count() >= MAX_PER_ADDRESS:
        return
    StockAlert.objects.get_or_create(
        sku=sku,
        email=email,
        state=StockAlert.State.WAITING,
        defaults={"language": language, "user_id": None if user is None else user.pk},
    )


def cancel_alerts(*, token: str) -> int:
    """Call off everything that the address waits for whose letter named this token.

    Returns how many alerts there were; 0 for a token that nobody was given.
    """
    alert = StockAlert.objects.filter(token=token).first()
    if alert is None:
        return 0
    return (
        StockAlert.objects.waiting()
        .filter(email=alert.email)
        .update(state=StockAlert.State.CANCELLED, ended_at=timezone.now())
    )


def tell_waiting(sku_ids: Sequence[int]) -> None:
    """After the change of stock is committed, have those told who wait for it."""
    if sku_ids:
        transaction.on_commit(partial(_send_jobs, tuple(sku_ids)), robust=True)


def _send_jobs(sku_ids: Sequence[int]) -> None:
    due = StockAlert.objects.due().filter(sku_id__in=sku_ids).order_by()
    for sku_id in due.values_list("sku_id", flat=True).distinct():
        send_on_commit("inventory.send_stock_alerts", sku_id)


def send_alerts(*, sku_id: int) -> int:
    """Write the letters of a SKU that can be bought again; returns how many.

    Safe to run twice, and at the same time: the row is claimed in the transaction that writes
    its letter. Whoever asked first is told first.
    """
    n_sent = 0
    due = StockAlert.objects.due().filter(sku_id=sku_id).order_by("created_at", "pk")
    while alert_ids := list(due.values_list("pk", flat=True)[:BATCH]):
        n_before = n_sent
        for alert_id in alert_ids:
            n_sent += _send(alert_id)
        if n_sent == n_before:
            # Another worker is at it.
            break
    return n_sent


def sweep_alerts(*, now: datetime) -> int:
    """Ask again for what a lost job left, and forget old ones; returns how many SKUs were due."""
    StockAlert.objects.ended(before=now - KEPT).delete()
    sku_ids = list(
        StockAlert.objects.due().order_by("sku_id").values_list("sku_id", flat=True).distinct()
    )
    for sku_id in sku_ids:
        send_on_commit("inventory.send_stock_alerts", sku_id, expires_seconds=SWEEP_EXPIRES)
    return len(sku_ids)


@transaction.atomic
def _send(alert_id: int) -> bool:
    claimed = (
        StockAlert.objects.waiting()
        .filter(pk=alert_id)
        .update(state=StockAlert.State.SENT, ended_at=timezone.now())
    )
    if not claimed:
        return False
    alert = StockAlert.objects.select_related("sku__product").get(pk=alert_id)
    with translation.override(alert.language):
        product = alert.sku.product
        context = {
            "product_name": product.name,
            "variant": alert.sku.name,
            "product_url": f"{settings.SHOP_URL}{product.get_absolute_url()}",
            "cancel_url": f"{settings.SHOP_URL}{alert.get_absolute_url()}",
        }
    queue_email(
        kind="back_in_stock",
        to=alert.email,
        language=alert.language,
        template="inventory/letters/back_in_stock",
        context=context,
        key=f"back_in_stock:{alert.pk}",
        reference=alert.sku.code,
        headers={
            "List-Unsubscribe": f"<{context['cancel_url']}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )
    return True
