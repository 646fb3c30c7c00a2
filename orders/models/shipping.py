"""Where the shop delivers, how, and for how much."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import TaxClass


class ShippingZone(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """Countries that are delivered to alike."""

    name = models.CharField(_("name"), max_length=80)
    countries = models.JSONField(
        _("countries"),
        default=list,
        blank=True,
        help_text=_("Codes such as CN or DE. The zone without countries takes all others."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("shipping zone")
        verbose_name_plural = _("shipping zones")
        ordering: ClassVar = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class ShippingMethod(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    zone = models.ForeignKey(
        ShippingZone, verbose_name=_("zone"), on_delete=models.CASCADE, related_name="methods"
    )
    name = models.CharField(_("name"), max_length=80)
    carrier = models.CharField(_("carrier"), max_length=80, blank=True)
    days_min = models.PositiveSmallIntegerField(_("working days, at least"), default=1)
    days_max = models.PositiveSmallIntegerField(_("working days, at most"), default=3)
    currency = models.CharField(_("currency"), max_length=3)
    free_from_minor = models.PositiveBigIntegerField(
        _("free from, minor units"), null=True, blank=True
    )
    tax_class = models.ForeignKey(
        TaxClass,
        verbose_name=_("tax class"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    is_active = models.BooleanField(_("offered"), default=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        ordering: ClassVar = ["zone", "position", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(days_max__gte=F("days_min")), name="orders_shipping_days_in_order"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ShippingRate(models.Model):
    """A step: from this weight and this amount on, delivery costs this much."""

    method = models.ForeignKey(
        ShippingMethod, verbose_name=_("method"), on_delete=models.CASCADE, related_name="rates"
    )
    from_weight_grams = models.PositiveIntegerField(_("from weight, g"), default=0)
    from_amount_minor = models.PositiveBigIntegerField(_("from amount, minor units"), default=0)
    price_minor = models.PositiveBigIntegerField(_("price, minor units"))

    class Meta:
        verbose_name = _("shipping rate")
        verbose_name_plural = _("shipping rates")
        ordering: ClassVar = ["method", "from_weight_grams", "from_amount_minor"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["method", "from_weight_grams", "from_amount_minor"],
                name="orders_one_rate_per_step",
            )
        ]

    def __str__(self) -> str:
        return f"{self.from_weight_grams} g, {self.from_amount_minor}: {self.price_minor}"
