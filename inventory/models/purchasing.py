"""Suppliers, what they offer, and what is ordered from them."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from catalog.models import Sku
from inventory.models.demand import DemandForecast
from inventory.models.stock import Warehouse
from inventory.querysets import PurchaseOrderLineQuerySet, PurchaseOrderQuerySet
from learning.models import Proposal


def default_currency() -> str:
    return str(settings.CURRENCY)


class Supplier(models.Model):
    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=160)
    email = models.EmailField(_("email address"), blank=True)
    currency = models.CharField(_("currency"), max_length=3, default=default_currency)
    lead_time_days = models.FloatField(
        _("lead time, days"), default=7.0, validators=[MinValueValidator(0.0)]
    )
    lead_time_sd_days = models.FloatField(
        _("spread of the lead time, days"), default=3.0, validators=[MinValueValidator(0.0)]
    )
    is_active = models.BooleanField(_("active"), default=True)
    # Made up by the shop because an imported history names no suppliers.
    is_assumed = models.BooleanField(_("assumed"), default=False)
    note = models.TextField(_("note"), blank=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class SupplierOffer(models.Model):
    """At what cost, pack and lead time a supplier delivers a SKU."""

    supplier = models.ForeignKey(
        Supplier, verbose_name=_("supplier"), on_delete=models.CASCADE, related_name="offers"
    )
    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="supplier_offers"
    )
    supplier_code = models.CharField(_("supplier's code"), max_length=64, blank=True)
    unit_cost_minor = models.PositiveBigIntegerField(_("unit cost, minor units"))
    lead_time_days = models.FloatField(
        _("lead time, days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0)],
        help_text=_("Empty: the supplier's."),
    )
    minimum_order_quantity = models.PositiveIntegerField(
        _("minimum order, units"), default=1, validators=[MinValueValidator(1)]
    )
    pack_size = models.PositiveIntegerField(
        _("pack, units"), default=1, validators=[MinValueValidator(1)]
    )
    is_preferred = models.BooleanField(_("preferred"), default=True)

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("supplier's offer")
        verbose_name_plural = _("suppliers' offers")
        ordering: ClassVar = ["supplier", "sku"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier", "sku"], name="inventory_one_offer_per_supplier"
            ),
            models.UniqueConstraint(
                fields=["sku"],
                condition=Q(is_preferred=True),
                name="inventory_one_preferred_offer",
            ),
            models.CheckConstraint(
                condition=Q(pack_size__gte=1) & Q(minimum_order_quantity__gte=1),
                name="inventory_packs_hold_something",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier}: {self.sku}"


class PriceBreak(models.Model):
    """A lower unit cost from a quantity on."""

    offer = models.ForeignKey(
        SupplierOffer,
        verbose_name=_("offer"),
        on_delete=models.CASCADE,
        related_name="price_breaks",
    )
    from_quantity = models.PositiveIntegerField(_("from, units"), validators=[MinValueValidator(2)])
    unit_cost_minor = models.PositiveBigIntegerField(_("unit cost, minor units"))

    class Meta:
        verbose_name = _("price break")
        verbose_name_plural = _("price breaks")
        ordering: ClassVar = ["from_quantity"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["offer", "from_quantity"], name="inventory_one_break_per_quantity"
            )
        ]

    def __str__(self) -> str:
        return f"≥ {self.from_quantity}"


class ReorderPolicy(models.Model):
    """What staff decided about re-ordering a SKU; without a row the shop's defaults hold."""

    sku = models.OneToOneField(
        Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="reorder_policy"
    )
    service_level = models.FloatField(
        _("service level"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.5), MaxValueValidator(0.999)],
        help_text=_("Share of orders to be filled from stock; empty: from costs and margin."),
    )
    review_period_days = models.PositiveSmallIntegerField(
        _("review period, days"), default=1, validators=[MinValueValidator(1)]
    )
    is_reordered = models.BooleanField(
        _("re-ordered"), default=True, help_text=_("Off: never propose this SKU again.")
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("reorder policy")
        verbose_name_plural = _("reorder policies")

    def __str__(self) -> str:
        return str(self.sku)


class PurchaseOrder(models.Model):
    """An order to a supplier; the machine writes drafts, people approve them."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        APPROVED = "approved", _("approved")
        SENT = "sent", _("sent")
        PART_RECEIVED = "part_received", _("partly received")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    supplier = models.ForeignKey(
        Supplier, verbose_name=_("supplier"), on_delete=models.PROTECT, related_name="orders"
    )
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        _("status"), max_length=15, choices=Status.choices, default=Status.DRAFT, db_index=True
    )
    currency = models.CharField(_("currency"), max_length=3, default=default_currency)
    drafted_as_of = models.DateField(_("drafted as of"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Empty: the shop itself."),
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [
            ("approve_purchaseorder", _("Can approve purchase orders")),
            ("receive_purchaseorder", _("Can receive goods")),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["supplier", "warehouse"],
                condition=Q(status="draft"),
                name="inventory_one_open_draft_per_supplier",
            )
        ]

    def __str__(self) -> str:
        return self.number


class PurchaseOrderLine(Proposal):
    """How many of a SKU to order, and why: every number of the reason is in `explanation`."""

    order = models.ForeignKey(
        PurchaseOrder,
        verbose_name=_("purchase order"),
        on_delete=models.CASCADE,
        related_name="lines",
    )
    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="purchase_order_lines"
    )
    offer = models.ForeignKey(
        SupplierOffer,
        verbose_name=_("supplier's offer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    forecast = models.ForeignKey(
        DemandForecast,
        verbose_name=_("forecast"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    quantity_proposed = models.PositiveIntegerField(_("proposed, units"), null=True, blank=True)
    quantity = models.PositiveIntegerField(_("ordered, units"))
    quantity_received = models.PositiveIntegerField(_("received, units"), default=0)
    unit_cost_minor = models.PositiveBigIntegerField(_("unit cost, minor units"))

    objects = PurchaseOrderLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        ordering: ClassVar = ["order", "sku"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "sku"], name="inventory_one_line_per_sku")
        ]

    def __str__(self) -> str:
        return f"{self.order}: {self.quantity} × {self.sku}"


class GoodsReceipt(models.Model):
    """A delivery that arrived."""

    order = models.ForeignKey(
        PurchaseOrder,
        verbose_name=_("purchase order"),
        on_delete=models.PROTECT,
        related_name="receipts",
    )
    reference = models.CharField(_("delivery note"), max_length=80, blank=True)
    key = models.CharField(max_length=80, unique=True, editable=False)
    received_at = models.DateTimeField(_("received at"))
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("received by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    class Meta:
        verbose_name = _("goods receipt")
        verbose_name_plural = _("goods receipts")
        ordering: ClassVar = ["-received_at", "-pk"]

    def __str__(self) -> str:
        return self.reference or self.key


class GoodsReceiptLine(models.Model):
    receipt = models.ForeignKey(
        GoodsReceipt,
        verbose_name=_("goods receipt"),
        on_delete=models.CASCADE,
        related_name="lines",
    )
    line = models.ForeignKey(
        PurchaseOrderLine,
        verbose_name=_("purchase order line"),
        on_delete=models.PROTECT,
        related_name="+",
    )
    quantity_accepted = models.PositiveIntegerField(_("accepted, units"))
    quantity_damaged = models.PositiveIntegerField(_("damaged, units"), default=0)
    unit_cost_minor = models.PositiveBigIntegerField(_("actual unit cost, minor units"))

    class Meta:
        verbose_name = _("goods receipt line")
        verbose_name_plural = _("goods receipt lines")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["receipt", "line"], name="inventory_one_receipt_line_per_line"
            )
        ]

    def __str__(self) -> str:
        return f"{self.receipt}: {self.quantity_accepted}"
