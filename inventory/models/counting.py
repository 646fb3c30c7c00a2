"""What people found on the shelves, held against what the books say."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from inventory.models.batches import StockBatch
from inventory.models.stock import Warehouse
from inventory.querysets import StockCountLineQuerySet


class StockCount(models.Model):
    """A cycle count of some SKUs or a stock-take of all; approved variances become movements."""

    class Kind(models.TextChoices):
        CYCLE = "cycle", _("cycle count")
        FULL = "full", _("full stock-take")

    class Status(models.TextChoices):
        OPEN = "open", _("counting")
        COUNTED = "counted", _("waiting for approval")
        APPROVED = "approved", _("approved")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.OPEN, db_index=True
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("approved by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    approved_at = models.DateTimeField(_("approved at"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("stock count")
        verbose_name_plural = _("stock counts")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [("approve_stockcount", _("Can approve stock counts"))]

    def __str__(self) -> str:
        return self.number


class StockCountLine(models.Model):
    """One SKU, or one batch of it.

    The books are read when the units are typed: what moves while others count is no variance.
    """

    count = models.ForeignKey(
        StockCount, verbose_name=_("stock count"), on_delete=models.CASCADE, related_name="lines"
    )
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="+")
    batch = models.ForeignKey(
        StockBatch,
        verbose_name=_("batch"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Kept when the first count was far from the books: somebody counts again.
    quantity_first = models.PositiveIntegerField(_("first count, units"), null=True, blank=True)
    first_counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("first counted by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    quantity_expected = models.IntegerField(_("by the books, units"), null=True, blank=True)
    quantity_counted = models.PositiveIntegerField(_("counted, units"), null=True, blank=True)
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("counted by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    note = models.CharField(_("note"), max_length=255, blank=True)

    objects = StockCountLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock count line")
        verbose_name_plural = _("stock count lines")
        ordering: ClassVar = ["count", "sku"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["count", "sku", "batch"], name="inventory_one_count_line_per_batch"
            ),
            models.UniqueConstraint(
                fields=["count", "sku"],
                condition=Q(batch__isnull=True),
                name="inventory_one_count_line_per_sku",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.count}: {self.sku}"
