"""Goods of one delivery that expire together."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from inventory.models.stock import Warehouse
from inventory.querysets import StockBatchQuerySet


class StockBatch(models.Model):
    """Units on hand that belong to a batch; always the sum of the movements that name it.

    A level may hold more than its batches: what came without a batch has no expiry.
    """

    sku = models.ForeignKey(
        Sku, verbose_name=_("SKU"), on_delete=models.PROTECT, related_name="stock_batches"
    )
    warehouse = models.ForeignKey(
        Warehouse, verbose_name=_("warehouse"), on_delete=models.PROTECT, related_name="+"
    )
    code = models.CharField(_("batch"), max_length=60)
    expires_on = models.DateField(_("expires on"), null=True, blank=True)
    on_hand = models.IntegerField(_("on hand, units"), default=0)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = StockBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering: ClassVar = ["expires_on", "pk"]
        indexes: ClassVar = [
            models.Index(
                fields=["warehouse", "expires_on"],
                condition=Q(on_hand__gt=0),
                name="inventory_batch_expiry",
            )
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sku", "warehouse", "code"], name="inventory_one_batch_per_code"
            ),
            models.CheckConstraint(
                condition=Q(on_hand__gte=0), name="inventory_batch_not_below_zero"
            ),
        ]

    def __str__(self) -> str:
        return self.code
