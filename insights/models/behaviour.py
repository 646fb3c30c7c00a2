"""What visitors did."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from customers.models import User
from insights.models.visits import Page, Visit
from insights.querysets import InteractionQuerySet


class Interaction(models.Model):
    """One thing a visitor did. Rows are only ever added.

    A view of a page that shows no single product has no product. `source` and `arm` tell what chose
    the product that was shown: "recommendations.item_neighbours:7", "creative:12",
    "branch:popular"; "home-order:b".
    """

    class Kind(models.TextChoices):
        IMPRESSION = "impression", _("impression")
        VIEW = "view", _("view")
        CLICK = "click", _("click")
        SEARCH = "search", _("search")
        ADD_TO_CART = "add_to_cart", _("add to cart")
        REMOVE_FROM_CART = "remove_from_cart", _("remove from cart")
        PURCHASE = "purchase", _("purchase")

    # Made by the browser; the same event sent twice is stored once.
    event_id = models.UUIDField(unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind.choices)
    # A random name for a browser, no account and no email.
    visitor_key = models.CharField(_("visitor"), max_length=64, db_index=True)
    visit = models.ForeignKey(
        Visit,
        verbose_name=_("visit"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="interactions",
    )
    customer = models.ForeignKey(
        User,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
    )
    page = models.CharField(_("page"), max_length=12, choices=Page.choices, blank=True)
    placement = models.CharField(_("placement"), max_length=60, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), null=True, blank=True)
    source = models.CharField(_("chosen by"), max_length=60, blank=True)
    arm = models.CharField(_("arm of an experiment"), max_length=60, blank=True)
    query = models.CharField(_("search words"), max_length=200, blank=True)
    n_results = models.PositiveIntegerField(_("results of the search"), null=True, blank=True)
    quantity = models.PositiveIntegerField(_("units"), null=True, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    occurred_at = models.DateTimeField(_("occurred at"), db_index=True)
    recorded_at = models.DateTimeField(_("recorded at"), auto_now_add=True)

    objects = InteractionQuerySet.as_manager()

    class Meta:
        verbose_name = _("interaction")
        verbose_name_plural = _("interactions")
        ordering: ClassVar = ["-occurred_at", "-pk"]
        indexes: ClassVar = [
            models.Index(fields=["kind", "occurred_at"], name="insights_kind_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.occurred_at:%Y-%m-%d %H:%M}"
