"""Invoices and credit notes, numbered without gaps."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.orders import Order
from orders.models.payments import Refund
from orders.querysets import InvoiceQuerySet


class InvoiceSeries(models.Model):
    """The last number given in a year, per kind; raised in the transaction that uses it."""

    kind = models.CharField(max_length=12)
    year = models.PositiveSmallIntegerField()
    last_number = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("series of invoices")
        verbose_name_plural = _("series of invoices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "year"], name="orders_one_series_per_year")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}: {self.last_number}"


class Invoice(models.Model):
    """A document as it was issued: never changed, corrected by a credit note."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        CREDIT_NOTE = "credit_note", _("credit note")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    number = models.CharField(_("number"), max_length=30, unique=True)
    year = models.PositiveSmallIntegerField(_("year"))
    ordinal = models.PositiveIntegerField(_("ordinal"))
    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="invoices"
    )
    refund = models.OneToOneField(
        Refund,
        verbose_name=_("refund"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="credit_note",
    )
    currency = models.CharField(_("currency"), max_length=3)
    total_minor = models.PositiveBigIntegerField(_("total, minor units"))
    language = models.CharField(_("language"), max_length=10)
    # All that the document shows: seller, buyer, lines, taxes.
    contents = models.JSONField(_("contents"), default=dict)
    issued_at = models.DateTimeField(_("issued at"), db_index=True)
    # Empty: the letter that brings it is still to be written.
    mailed_at = models.DateTimeField(_("mailed at"), null=True, blank=True)

    objects = InvoiceQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering: ClassVar = ["-issued_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "year", "ordinal"], name="orders_invoice_numbers_are_unique"
            ),
            models.UniqueConstraint(
                fields=["order"], condition=Q(kind="invoice"), name="orders_one_invoice_per_order"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["issued_at"],
                condition=Q(mailed_at__isnull=True),
                name="orders_invoices_to_mail",
            )
        ]

    def __str__(self) -> str:
        return self.number
