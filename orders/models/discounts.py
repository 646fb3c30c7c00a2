"""Codes and automatic offers: a condition, a benefit, and the products they are about."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Brand, Category, Product
from customers.models import User
from orders.models.orders import Order
from orders.querysets import DiscountQuerySet


class Discount(models.Model):
    class Condition(models.TextChoices):
        ALWAYS = "always", _("always")
        AMOUNT = "amount", _("from an amount of goods in range")
        UNITS = "units", _("from a number of units in range")

    class Benefit(models.TextChoices):
        PERCENT = "percent", _("per cent off")
        AMOUNT = "amount", _("amount off")
        FREE_SHIPPING = "free_shipping", _("free shipping")
        CHEAPEST_FREE = "cheapest_free", _("cheapest unit free")

    name = models.CharField(_("name"), max_length=120, help_text=_("Customers see it."))
    # Upper case; null: applies by itself.
    code = models.CharField(
        _("code"),
        max_length=40,
        unique=True,
        null=True,
        blank=True,
        help_text=_("Empty: an offer that applies by itself."),
    )
    condition = models.CharField(
        _("condition"), max_length=10, choices=Condition.choices, default=Condition.ALWAYS
    )
    condition_value = models.PositiveBigIntegerField(
        _("minor units or units"), default=0, help_text=_("Of the condition.")
    )
    benefit = models.CharField(_("benefit"), max_length=15, choices=Benefit.choices)
    benefit_value = models.PositiveBigIntegerField(
        _("per cent or minor units"), default=0, help_text=_("Of the benefit.")
    )
    # Nothing chosen: everything the shop sells.
    categories = models.ManyToManyField(
        Category, verbose_name=_("categories"), blank=True, related_name="+"
    )
    brands = models.ManyToManyField(Brand, verbose_name=_("brands"), blank=True, related_name="+")
    products = models.ManyToManyField(
        Product, verbose_name=_("products"), blank=True, related_name="+"
    )
    includes_reduced = models.BooleanField(_("reduced products too"), default=True)
    is_combinable = models.BooleanField(
        _("can be combined"),
        default=False,
        help_text=_("Otherwise the best single one for the customer is taken."),
    )
    priority = models.PositiveSmallIntegerField(
        _("priority"), default=100, help_text=_("Lower ones apply first.")
    )
    currency = models.CharField(_("currency"), max_length=3)
    use_limit = models.PositiveIntegerField(_("uses, at most"), null=True, blank=True)
    use_limit_per_customer = models.PositiveIntegerField(
        _("uses per customer, at most"), null=True, blank=True
    )
    times_used = models.PositiveIntegerField(_("times used"), default=0, editable=False)
    is_active = models.BooleanField(_("active"), default=True)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    objects = DiscountQuerySet.as_manager()  # type: ignore[django-manager-missing]  # made by modeltranslation

    class Meta:
        verbose_name = _("discount")
        verbose_name_plural = _("discounts")
        ordering: ClassVar = ["priority", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(use_limit__isnull=True) | Q(times_used__lte=F("use_limit")),
                name="orders_discount_within_its_limit",
            ),
            models.CheckConstraint(
                condition=~Q(benefit="percent") | Q(benefit_value__lte=100),
                name="orders_discount_at_most_everything",
            ),
        ]

    def __str__(self) -> str:
        return self.code or self.name


class DiscountUse(models.Model):
    """One order that a discount was used for; given back when the order is cancelled unpaid."""

    discount = models.ForeignKey(
        Discount, verbose_name=_("discount"), on_delete=models.PROTECT, related_name="uses"
    )
    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.CASCADE, related_name="discount_uses"
    )
    customer = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    # "user:7" or the email in lower case, hashed: who counts as one customer.
    customer_key = models.CharField(max_length=80, editable=False)
    # 1, 2, ... per discount and customer: two at once cannot both be the last.
    ordinal = models.PositiveIntegerField(editable=False)
    amount_minor = models.PositiveBigIntegerField(_("amount, minor units"))
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("use of a discount")
        verbose_name_plural = _("uses of discounts")
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["discount", "customer_key", "ordinal"], name="orders_discount_use_counted"
            ),
            models.UniqueConstraint(
                fields=["discount", "order"], name="orders_discount_once_per_order"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.discount}: {self.order}"
