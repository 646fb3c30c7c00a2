"""What is taxed where, and how much."""

from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxClass


class TaxZone(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """Countries with the same taxes."""

    name = models.CharField(_("name"), max_length=80)
    countries = models.JSONField(
        _("countries"),
        default=list,
        blank=True,
        help_text=_("Codes such as CN or DE. The zone without countries takes all others."),
    )
    prices_include_tax = models.BooleanField(
        _("prices include tax"),
        default=True,
        help_text=_("Otherwise tax is added to the prices of the catalogue."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("tax zone")
        verbose_name_plural = _("tax zones")
        ordering: ClassVar = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class TaxRate(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    zone = models.ForeignKey(
        TaxZone, verbose_name=_("zone"), on_delete=models.CASCADE, related_name="rates"
    )
    tax_class = models.ForeignKey(
        TaxClass, verbose_name=_("tax class"), on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(_("name"), max_length=60, help_text=_("As on the invoice: VAT."))
    basis_points = models.PositiveIntegerField(
        _("rate, hundredths of a per cent"),
        validators=[MaxValueValidator(10_000)],
        help_text=_("1300 is 13 %."),
    )

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering: ClassVar = ["zone", "tax_class"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["zone", "tax_class"], name="orders_one_rate_per_tax_class"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.basis_points / 100:g} %"
