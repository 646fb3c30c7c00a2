"""Suppliers, what they offer, and what is ordered from them."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from catalog.models import Sku
from inventory.models.batches import StockBatch
from inventory.models.demand import DemandForecast
from inventory.models.stock import Warehouse
from inventory.querysets import PurchaseOrderLineQuerySet, PurchaseOrderQuerySet
from learning.models import Proposal


def default_currency() -> str:
    return str(settings.CURRENCY)


class Supplier(models.Model):
    class Language(models.TextChoices):
        ENGLISH = "en", _("English")
        CHINESE = "zh-hans", _("Chinese")

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=160)
    email = models.EmailField(_("email address"), blank=True)
    language = models.CharField(
        _("language"),
        max_length=10,
        choices=Language.choices,
        blank=True,
        help_text=_("Of orders and letters to this supplier; empty: the shop's own."),
    )
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
    shelf_life_days = models.PositiveIntegerField(
        _("shelf life on arrival, days"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("No more is ordered than usually sells in this time; empty: it keeps."),
    )
    freight_minor = models.PositiveBigIntegerField(
        _("freight and duty per unit, minor units"), default=0
    )
    is_preferred = models.BooleanField(
        _("preferred"), default=True, help_text=_("Off on all: the cheapest on the shelf is taken.")
    )

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
    minimum_stock = models.PositiveIntegerField(
        _("minimum stock, units"),
        default=0,
        help_text=_("Re-ordered at this stock at the latest, whatever the forecast says."),
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
        ACKNOWLEDGED = "acknowledged", _("acknowledged")
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
    # The first of two people, while the second is awaited.
    first_approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("first approved by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    first_approved_at = models.DateTimeField(_("first approved at"), null=True, blank=True)
    is_approved_automatically = models.BooleanField(_("approved by the shop"), default=False)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    acknowledged_at = models.DateTimeField(_("acknowledged at"), null=True, blank=True)
    supplier_reference = models.CharField(_("supplier's reference"), max_length=80, blank=True)
    expected_on = models.DateField(_("expected on"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
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
    # Set when staff know that the rest of the line will never come.
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
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
        return self.label(self.order, self.quantity, self.sku)

    @staticmethod
    def label(order: "PurchaseOrder", quantity: int, sku: "Sku | str") -> str:
        return f"{order}: {quantity} × {sku}"


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
    batch = models.ForeignKey(
        StockBatch,
        verbose_name=_("batch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )

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


class PurchaseLineScore(models.Model):
    """What a line was worth, once its goods came and once the time it was to cover is over.

    Held against ordering by the habit (a monthly mean, one and a half lead times): `saved_minor`
    is what the machine saved in lost margin and holding, negative where it cost.
    """

    class Stage(models.TextChoices):
        RECEIVED = "received", _("on receipt")
        COVERED = "covered", _("after its time")

    line = models.ForeignKey(
        PurchaseOrderLine,
        verbose_name=_("purchase order line"),
        on_delete=models.CASCADE,
        related_name="scores",
    )
    stage = models.CharField(_("stage"), max_length=10, choices=Stage.choices)
    from_day = models.DateField(_("from"))
    until_day = models.DateField(_("until"))
    units_expected = models.FloatField(_("expected, units"))
    units_requested = models.PositiveIntegerField(_("requested, units"))
    units_filled = models.PositiveIntegerField(_("filled, units"))
    days_out_of_stock = models.PositiveSmallIntegerField(_("days out of stock"), default=0)
    units_left = models.IntegerField(_("left, units"), default=0)
    days_late = models.SmallIntegerField(_("days late"), null=True, blank=True)
    lost_margin_minor = models.BigIntegerField(_("lost margin, minor units"), default=0)
    holding_minor = models.BigIntegerField(_("holding, minor units"), default=0)
    saved_minor = models.BigIntegerField(_("saved, minor units"), default=0)
    detail = models.JSONField(_("detail"), default=dict, blank=True)
    scored_at = models.DateTimeField(_("scored at"), auto_now_add=True)

    class Meta:
        verbose_name = _("score of a line")
        verbose_name_plural = _("scores of lines")
        ordering: ClassVar = ["-scored_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "stage"], name="inventory_one_score_per_stage")
        ]

    def __str__(self) -> str:
        return f"{self.line}: {self.get_stage_display()}"
