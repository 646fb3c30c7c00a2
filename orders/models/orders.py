"""Orders, what they hold, and what happened to them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from customers.models import User
from orders.models.imports import OrderImport
from orders.querysets import OrderQuerySet


class Order(models.Model):
    """What a customer bought, as it was sold: prices and addresses are snapshots."""

    class Status(models.TextChoices):
        PLACED = "placed", _("placed")
        HELD = "held", _("held for review")
        PAID = "paid", _("paid")
        PART_SHIPPED = "part_shipped", _("partly shipped")
        SHIPPED = "shipped", _("shipped")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=40, unique=True)
    customer = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="orders",
        help_text=_("Empty: a guest."),
    )
    email = models.EmailField(_("email address"), blank=True)
    status = models.CharField(
        _("status"), max_length=15, choices=Status.choices, default=Status.PLACED, db_index=True
    )
    currency = models.CharField(_("currency"), max_length=3)
    goods_minor = models.PositiveBigIntegerField(_("goods, minor units"))
    shipping_minor = models.PositiveBigIntegerField(_("shipping, minor units"), default=0)
    discount_minor = models.PositiveBigIntegerField(_("discount, minor units"), default=0)
    tax_minor = models.PositiveBigIntegerField(_("tax, minor units"), default=0)
    total_minor = models.PositiveBigIntegerField(_("total, minor units"))
    language = models.CharField(_("language"), max_length=10, blank=True)
    country = models.CharField(_("country or region"), max_length=60, blank=True, db_index=True)
    shipping_address = models.JSONField(_("shipping address"), default=dict, blank=True)
    # What insights said about the risk when the order was placed: score, reasons, version.
    risk = models.JSONField(_("risk"), default=dict, blank=True)
    # The same checkout sent twice is the same order.
    idempotency_key = models.CharField(
        max_length=80, unique=True, null=True, blank=True, editable=False
    )
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    imported_by = models.ForeignKey(
        OrderImport,
        verbose_name=_("imported by"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    placed_at = models.DateTimeField(_("placed at"), db_index=True)
    paid_at = models.DateTimeField(_("paid at"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped at"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("cancelled at"), null=True, blank=True)

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering: ClassVar = ["-placed_at", "-pk"]
        permissions: ClassVar = [("ship_order", _("Can ship orders"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("goods_minor")
                    + F("shipping_minor")
                    + F("tax_minor")
                    - F("discount_minor")
                ),
                name="orders_total_is_the_sum",
            )
        ]

    def __str__(self) -> str:
        return self.number


class OrderLine(models.Model):
    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="lines"
    )
    position = models.PositiveIntegerField(_("position"))
    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="order_lines"
    )
    # Snapshots: the catalogue may change, the order may not.
    sku_code = models.CharField(_("SKU code"), max_length=64)
    name = models.CharField(_("name"), max_length=255)
    quantity = models.PositiveIntegerField(_("units"))
    quantity_shipped = models.PositiveIntegerField(_("shipped, units"), default=0)
    quantity_cancelled = models.PositiveIntegerField(_("cancelled, units"), default=0)
    quantity_returned = models.PositiveIntegerField(_("returned, units"), default=0)
    unit_price_minor = models.PositiveBigIntegerField(_("unit price, minor units"))
    is_promoted = models.BooleanField(_("promoted"), default=False)
    is_bulk = models.BooleanField(_("bulk order"), default=False)

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering: ClassVar = ["order", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["order", "position"], name="orders_one_line_per_position"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("quantity_shipped") + F("quantity_cancelled"))
                & Q(quantity_shipped__gte=F("quantity_returned")),
                name="orders_quantities_add_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku_code}"


class OrderStatusChange(models.Model):
    """One step of an order. Rows are only ever added."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="status_changes"
    )
    from_status = models.CharField(_("from"), max_length=15, blank=True)
    to_status = models.CharField(_("to"), max_length=15, choices=Order.Status.choices)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now_add=True)
    note = models.CharField(_("note"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("status change")
        verbose_name_plural = _("status changes")
        ordering: ClassVar = ["changed_at", "pk"]

    def __str__(self) -> str:
        return f"{self.order}: {self.from_status} → {self.to_status}"


class Shipment(models.Model):
    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="shipments"
    )
    carrier = models.CharField(_("carrier"), max_length=80, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=80, blank=True)
    key = models.CharField(max_length=80, unique=True, editable=False)
    shipped_at = models.DateTimeField(_("shipped at"))

    class Meta:
        verbose_name = _("shipment")
        verbose_name_plural = _("shipments")
        ordering: ClassVar = ["-shipped_at", "-pk"]

    def __str__(self) -> str:
        return self.tracking_number or self.key


class ShipmentLine(models.Model):
    shipment = models.ForeignKey(
        Shipment, verbose_name=_("shipment"), on_delete=models.CASCADE, related_name="lines"
    )
    line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveIntegerField(_("units"))

    class Meta:
        verbose_name = _("shipment line")
        verbose_name_plural = _("shipment lines")

    def __str__(self) -> str:
        return f"{self.shipment}: {self.quantity}"


class ReturnRequest(models.Model):
    class Status(models.TextChoices):
        REQUESTED = "requested", _("requested")
        APPROVED = "approved", _("approved")
        RECEIVED = "received", _("received")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="returns"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.REQUESTED
    )
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    key = models.CharField(max_length=80, unique=True, editable=False)
    requested_at = models.DateTimeField(_("requested at"))
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering: ClassVar = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.order} #{self.pk}"


class ReturnLine(models.Model):
    request = models.ForeignKey(
        ReturnRequest, verbose_name=_("return"), on_delete=models.CASCADE, related_name="lines"
    )
    line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveIntegerField(_("units"))
    is_resellable = models.BooleanField(_("back to stock"), default=True)

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")

    def __str__(self) -> str:
        return f"{self.request}: {self.quantity}"
