"""Orders, what they hold, and what happened to them."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from customers.models import User
from customers.postal import address_lines
from orders.algorithms import order_states
from orders.algorithms.carriers import carrier_title, tracking_url
from orders.models.imports import OrderImport
from orders.querysets import OrderQuerySet, ReturnPhotoQuerySet, ReturnRequestQuerySet


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
    email = models.EmailField(_("email address"), blank=True, db_index=True)
    status = models.CharField(
        _("status"), max_length=15, choices=Status.choices, default=Status.PLACED, db_index=True
    )
    currency = models.CharField(_("currency"), max_length=3)
    goods_minor = models.PositiveBigIntegerField(_("goods, minor units"))
    shipping_minor = models.PositiveBigIntegerField(_("shipping, minor units"), default=0)
    discount_minor = models.PositiveBigIntegerField(_("discount, minor units"), default=0)
    tax_minor = models.PositiveBigIntegerField(_("tax, minor units"), default=0)
    total_minor = models.PositiveBigIntegerField(_("total, minor units"))
    # Where prices include tax it is part of the goods, and named here.
    tax_included_minor = models.PositiveBigIntegerField(_("tax included, minor units"), default=0)
    refunded_minor = models.PositiveBigIntegerField(_("refunded, minor units"), default=0)
    # How the sums came about: discounts, taxes by rate, the shipping method with its promise.
    breakdown = models.JSONField(_("breakdown"), default=dict, blank=True)
    payment_provider = models.CharField(_("payment"), max_length=30, blank=True)
    # Sent before the money is here, as with payment on delivery.
    ships_before_payment = models.BooleanField(_("sent before payment"), default=False)
    payment_due_at = models.DateTimeField(
        _("to be paid until"), null=True, blank=True, help_text=_("Then it is cancelled.")
    )
    note = models.CharField(_("note of the customer"), max_length=500, blank=True)
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
        permissions: ClassVar = [
            ("ship_order", _("Can ship orders")),
            ("cancel_order", _("Can cancel orders")),
            ("hold_order", _("Can hold orders and release them")),
            ("pay_order", _("Can mark orders as paid")),
            ("refund_order", _("Can refund orders")),
            ("place_order", _("Can place orders for customers")),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=order_states.ORDER_STATES),
                name="orders_status_is_known",
            ),
            models.CheckConstraint(
                condition=Q(
                    total_minor=F("goods_minor")
                    + F("shipping_minor")
                    + F("tax_minor")
                    - F("discount_minor")
                ),
                name="orders_total_is_the_sum",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["payment_due_at"],
                condition=Q(status="placed", paid_at__isnull=True),
                name="orders_awaiting_money",
            )
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("storefront:order-detail", args=[self.number])

    @property
    def address_lines(self) -> list[str]:
        """Where it goes, as a parcel bears it."""
        return address_lines(self.shipping_address or {}, country=self.country)

    @property
    def is_to_ship(self) -> bool:
        return self.status in order_states.TO_SHIP or (
            self.status == self.Status.PLACED and self.ships_before_payment
        )


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
    # Of the whole line: its share of the discounts, and of the tax in or on top of it.
    discount_minor = models.PositiveBigIntegerField(_("discount, minor units"), default=0)
    tax_minor = models.PositiveBigIntegerField(_("tax, minor units"), default=0)
    tax_basis_points = models.PositiveIntegerField(
        _("tax rate, hundredths of a per cent"), default=0
    )
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

    @property
    def open_units(self) -> int:
        """Units that are still to be sent."""
        return self.quantity - self.quantity_shipped - self.quantity_cancelled


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


class OrderAction(models.Model):
    """What was done about an order beside its steps. Rows are only ever added."""

    class Kind(models.TextChoices):
        PAYMENT = "payment", _("marked as paid")
        SHIPMENT = "shipment", _("parcel sent")
        REFUND = "refund", _("refund asked for")
        REFUND_DONE = "refund_done", _("refunded")
        INVOICE = "invoice", _("invoice issued")
        LETTER = "letter", _("letter sent again")
        NOTE = "note", _("note written")
        MANUAL = "manual", _("placed by staff")

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="actions"
    )
    kind = models.CharField(_("action"), max_length=15, choices=Kind.choices)
    note = models.CharField(_("note"), max_length=255, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("done by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    done_at = models.DateTimeField(_("done at"), auto_now_add=True)

    class Meta:
        verbose_name = _("action on an order")
        verbose_name_plural = _("actions on orders")
        ordering: ClassVar = ["done_at", "pk"]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_kind_display()}"


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

    @property
    def carrier_name(self) -> str:
        return carrier_title(self.carrier)

    @property
    def tracking_url(self) -> str:
        """Where the customer follows the parcel; empty where the shop does not know."""
        return tracking_url(self.carrier, self.tracking_number)


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
        REFUNDED = "refunded", _("refunded")
        REFUSED = "refused", _("refused")

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="returns"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.REQUESTED
    )
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    # What staff say about their decision; the customer reads it.
    answer = models.CharField(_("answer"), max_length=500, blank=True)
    key = models.CharField(max_length=80, unique=True, editable=False)
    requested_at = models.DateTimeField(_("requested at"))
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)

    objects = ReturnRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering: ClassVar = ["-requested_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(status__in=order_states.RETURN_STATES),
                name="orders_return_status_is_known",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["requested_at"],
                condition=Q(status__in=["requested", "received"]),
                name="orders_returns_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.order} #{self.pk}"


class ReturnStatusChange(models.Model):
    """One step of a return. Rows are only ever added."""

    request = models.ForeignKey(
        ReturnRequest,
        verbose_name=_("return"),
        on_delete=models.CASCADE,
        related_name="status_changes",
    )
    from_status = models.CharField(_("from"), max_length=10, blank=True)
    to_status = models.CharField(_("to"), max_length=10, choices=ReturnRequest.Status.choices)
    changed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("changed by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now_add=True)
    note = models.CharField(_("note"), max_length=500, blank=True)

    class Meta:
        verbose_name = _("step of a return")
        verbose_name_plural = _("steps of returns")
        ordering: ClassVar = ["changed_at", "pk"]

    def __str__(self) -> str:
        return f"{self.request}: {self.from_status} → {self.to_status}"


class ReturnPhoto(models.Model):
    """What a customer shows of a fault: prepared by a job as every upload is."""

    class State(models.TextChoices):
        UPLOADED = "uploaded", _("waiting to be prepared")
        READY = "ready", _("ready")
        REFUSED = "refused", _("refused")

    request = models.ForeignKey(
        ReturnRequest, verbose_name=_("return"), on_delete=models.CASCADE, related_name="photos"
    )
    file = models.ImageField(_("photo"), upload_to="returns/%Y/%m/")
    renditions = models.JSONField(_("sizes"), default=dict, blank=True, editable=False)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.UPLOADED, db_index=True
    )
    refusal = models.CharField(_("why it was refused"), max_length=255, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    created_at = models.DateTimeField(_("uploaded at"), auto_now_add=True)

    objects = ReturnPhotoQuerySet.as_manager()

    class Meta:
        verbose_name = _("photo of a return")
        verbose_name_plural = _("photos of returns")
        ordering: ClassVar = ["request", "pk"]

    def __str__(self) -> str:
        return f"{self.request} #{self.pk}"


class OrderNote(models.Model):
    """What staff write to one another about an order."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="notes"
    )
    text = models.CharField(_("text"), max_length=1000)
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("written by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    written_at = models.DateTimeField(_("written at"), auto_now_add=True)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering: ClassVar = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return self.text[:60]


class ReturnLine(models.Model):
    class Reason(models.TextChoices):
        NOT_AS_DESCRIBED = "not_as_described", _("not as described")
        DAMAGED = "damaged", _("arrived damaged")
        DEFECTIVE = "defective", _("does not work")
        WRONG_ITEM = "wrong_item", _("wrong product")
        SIZE = "size", _("does not fit")
        UNWANTED = "unwanted", _("no longer wanted")
        OTHER = "other", _("another reason")

    request = models.ForeignKey(
        ReturnRequest, verbose_name=_("return"), on_delete=models.CASCADE, related_name="lines"
    )
    line = models.ForeignKey(
        OrderLine, verbose_name=_("order line"), on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveIntegerField(_("units"))
    reason = models.CharField(
        _("reason"), max_length=20, choices=Reason.choices, default=Reason.OTHER
    )
    is_resellable = models.BooleanField(_("back to stock"), default=True)

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")

    def __str__(self) -> str:
        return f"{self.request}: {self.quantity}"
