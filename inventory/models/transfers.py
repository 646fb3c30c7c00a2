"""Goods on their way from one warehouse to another."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from inventory.models.batches import StockBatch
from inventory.models.stock import Warehouse
from inventory.querysets import StockTransferLineQuerySet


class StockTransfer(models.Model):
    """Units leave the source when it is sent and enter the target when it is received."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        SENT = "sent", _("on the way")
        RECEIVED = "received", _("received")
        CANCELLED = "cancelled", _("cancelled")

    number = models.CharField(_("number"), max_length=30, unique=True)
    source = models.ForeignKey(
        Warehouse, verbose_name=_("from"), on_delete=models.PROTECT, related_name="+"
    )
    target = models.ForeignKey(
        Warehouse, verbose_name=_("to"), on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.DRAFT, db_index=True
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)
    received_at = models.DateTimeField(_("received at"), null=True, blank=True)
    note = models.TextField(_("note"), blank=True)

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering: ClassVar = ["-created_at", "-pk"]
        permissions: ClassVar = [("move_stocktransfer", _("Can send and receive transfers"))]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=~Q(source=F("target")), name="inventory_transfers_go_elsewhere"
            )
        ]

    def __str__(self) -> str:
        return self.number


class StockTransferLine(models.Model):
    transfer = models.ForeignKey(
        StockTransfer, verbose_name=_("transfer"), on_delete=models.CASCADE, related_name="lines"
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
    quantity = models.PositiveIntegerField(_("units"))
    quantity_received = models.PositiveIntegerField(_("received, units"), default=0)

    objects = StockTransferLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        ordering: ClassVar = ["transfer", "sku"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["transfer", "sku", "batch"], name="inventory_one_transfer_line_per_batch"
            ),
            models.UniqueConstraint(
                fields=["transfer", "sku"],
                condition=Q(batch__isnull=True),
                name="inventory_one_transfer_line_per_sku",
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="inventory_a_transfer_moves_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.transfer}: {self.quantity} × {self.sku}"
