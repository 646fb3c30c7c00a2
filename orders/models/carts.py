"""Carts, and what is known so far of a checkout."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Sku
from customers.models import User
from orders.models.orders import Order
from orders.models.shipping import ShippingMethod
from orders.querysets import CartQuerySet


class Cart(models.Model):
    """What somebody means to buy: of a customer, or of a visitor who holds its token."""

    class State(models.TextChoices):
        OPEN = "open", _("open")
        ORDERED = "ordered", _("ordered")
        MERGED = "merged", _("merged into another")

    token = models.CharField(max_length=64, unique=True, editable=False)
    customer = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="carts",
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.OPEN)
    # Codes of discounts as they were typed, upper case.
    codes = models.JSONField(_("codes"), default=list, blank=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True, db_index=True)

    objects = CartQuerySet.as_manager()

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        ordering: ClassVar = ["-updated_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(state="open", customer__isnull=False),
                name="orders_one_open_cart_per_customer",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"


class CartLine(models.Model):
    cart = models.ForeignKey(
        Cart, verbose_name=_("cart"), on_delete=models.CASCADE, related_name="lines"
    )
    sku = models.ForeignKey(Sku, verbose_name=_("SKU"), on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField(_("units"))
    # What the page said when it was put there, so that a change can be told.
    seen_price_minor = models.PositiveBigIntegerField(_("price seen, minor units"))
    added_at = models.DateTimeField(_("added at"), auto_now_add=True)

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering: ClassVar = ["cart", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["cart", "sku"], name="orders_one_line_per_sku"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="orders_a_cart_line_holds_something"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.sku}"


class Checkout(models.Model):
    """The answers of a customer on the way from the cart to the order."""

    cart = models.OneToOneField(
        Cart, verbose_name=_("cart"), on_delete=models.CASCADE, related_name="checkout"
    )
    email = models.EmailField(_("email address"), blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    # As in customers.Address: recipient, phone, line, city, region, postal_code, country.
    address = models.JSONField(_("shipping address"), default=dict, blank=True)
    shipping_method = models.ForeignKey(
        ShippingMethod,
        verbose_name=_("shipping method"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    payment_provider = models.CharField(_("payment"), max_length=30, blank=True)
    note = models.CharField(_("note of the customer"), max_length=500, blank=True)
    # Made anew whenever the contents change: one key stands for one order.
    idempotency_key = models.CharField(max_length=80, unique=True, editable=False)
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("checkout")
        verbose_name_plural = _("checkouts")

    def __str__(self) -> str:
        return f"{self.cart}"
