"""What customers would like to have."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from customers.models import User


class WishListItem(models.Model):
    user = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="wishes"
    )
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="+"
    )
    created_at = models.DateTimeField(_("added at"), auto_now_add=True)

    class Meta:
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "product"], name="orders_one_wish_per_product")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.product}"
