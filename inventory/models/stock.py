"""Warehouses, what lies in them, what moved and what is set aside."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from inventory.querysets import ReservationQuerySet, StockLevelQuerySet


class Warehouse(models.Model):
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    address = models.TextField(
        _("delivery address"),
        max_length=500,
        blank=True,
        help_text=_("Printed on purchase orders; empty: the address of the shop."),
    )
    is_default = models.BooleanField(_("default"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        verbose_name = _("warehouse")
        verbose_name_plural = _("warehouses")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="inventory_one_default_warehouse",
            )
        ]

    def __str__(self) -> str:
        return self.name


class StockLevel(models.Model):
    """Units of a SKU in a warehouse; always the sum of its movements."""

    class Told(models.TextChoices):
        ENOUGH = "enough", _("enough")
        LOW = "low", _("low")
        OUT = "out", _("sold out")

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="stock_levels"
    )
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    on_hand = models.IntegerField(_("on hand, units"), default=0)
    reserved = models.IntegerField(_("reserved, units"), default=0)
    # What programs elsewhere were last told of it; empty before the first look.
    told = models.CharField(
        max_length=6, choices=Told.choices, blank=True, default="", editable=False
    )
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        ordering: ClassVar = ["sku", "warehouse"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku", "warehouse"], name="inventory_one_level_per_warehouse"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0) & Q(reserved__lte=F("on_hand")),
                name="inventory_reserved_within_on_hand",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sku} @ {self.warehouse}"


class StockMovement(models.Model):
    """Units that came or went. Rows are only ever added; corrections are new rows."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", _("receipt")
        ISSUE = "issue", _("issue")
        RETURN = "return", _("return")
        ADJUSTMENT = "adjustment", _("adjustment")
        COUNT = "count", _("count")
        TRANSFER = "transfer", _("transfer")
        WRITE_OFF = "write_off", _("write-off")

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="stock_movements"
    )
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    quantity = models.IntegerField(
        _("units"), help_text=_("Positive when goods come in, negative when they go out.")
    )
    unit_cost_minor = models.PositiveBigIntegerField(
        _("unit cost, minor units"), null=True, blank=True
    )
    batch = models.ForeignKey(
        "inventory.StockBatch",
        verbose_name=_("batch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reference = models.CharField(_("reference"), max_length=120, blank=True, db_index=True)
    # The same key twice is the same movement: a repeated job moves nothing.
    key = models.CharField(max_length=150, unique=True, null=True, blank=True, editable=False)
    note = models.CharField(_("note"), max_length=255, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"), db_index=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("recorded by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock movement")
        verbose_name_plural = _("stock movements")
        ordering: ClassVar = ["-occurred_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(quantity=0), name="inventory_a_movement_moves_something"
            )
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.quantity:+d}"


class Reservation(models.Model):
    """Units set aside for a cart or an order until it is shipped, released or expired."""

    class State(models.TextChoices):
        HELD = "held", _("held")
        FULFILLED = "fulfilled", _("fulfilled")
        RELEASED = "released", _("released")

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="reservations"
    )
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveIntegerField(_("units"))
    owner = models.CharField(
        _("for"), max_length=120, help_text=_("Such as order:1042 or cart:77.")
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.HELD)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = ReservationQuerySet.as_manager()

    class Meta:
        verbose_name = _("reservation")
        verbose_name_plural = _("reservations")
        ordering: ClassVar = ["-created_at", "-pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["expires_at"],
                condition=Q(state="held"),
                name="inventory_reservation_expiry",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "sku", "warehouse"],
                condition=Q(state="held"),
                name="inventory_one_hold_per_owner",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="inventory_a_reservation_holds_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.owner}: {self.quantity} × {self.sku}"
