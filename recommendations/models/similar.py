"""What is shown beside a product, and why."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from learning.models import Prediction
from recommendations.querysets import SimilarProductQuerySet


class Reason(models.TextChoices):
    """Why a product is shown."""

    BOUGHT_TOGETHER = "bought_together", _("bought together")
    VIEWED_TOGETHER = "viewed_together", _("viewed together")
    SIMILAR_CONTENT = "similar_content", _("similar in name and category")
    POPULAR = "popular", _("popular")
    PINNED = "pinned", _("chosen by staff")
    SAME_CATEGORY = "same_category", _("from the same category")
    BECAUSE_VIEWED = "because_viewed", _("because of what was looked at")
    BECAUSE_BOUGHT = "because_bought", _("because of what was bought")
    GOES_WITH_CART = "goes_with_cart", _("goes with what is in the cart")
    BOUGHT_BEFORE = "bought_before", _("bought before")
    LIKE_OTHERS = "like_others", _("bought by customers who buy alike")
    LOOKED_AT = "looked_at", _("looked at before")
    TRENDING = "trending", _("sells more than before")


class SimilarProduct(Prediction):
    """One neighbour of a product; the numbers behind the reason are in `explanation`."""

    product = models.ForeignKey(
        Product,
        verbose_name=_("product"),
        on_delete=models.CASCADE,
        related_name="similar_products",
    )
    similar = models.ForeignKey(
        Product, verbose_name=_("similar product"), on_delete=models.CASCADE, related_name="+"
    )
    rank = models.PositiveSmallIntegerField(_("rank"))
    score = models.FloatField(_("score"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)

    objects = SimilarProductQuerySet.as_manager()

    class Meta:
        verbose_name = _("similar product")
        verbose_name_plural = _("similar products")
        ordering: ClassVar = ["product", "rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "similar"], name="recommendations_one_row_per_pair"
            ),
            models.CheckConstraint(
                condition=~Q(product=F("similar")), name="recommendations_not_similar_to_itself"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.product} → {self.similar}"


class SimilarProductRule(models.Model):
    """What staff decided about a pair, whatever the model says."""

    class Kind(models.TextChoices):
        PIN = "pin", _("always show")
        BAN = "ban", _("never show")

    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="+"
    )
    similar = models.ForeignKey(
        Product, verbose_name=_("similar product"), on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("created by"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("rule for a pair")
        verbose_name_plural = _("rules for pairs")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["product", "similar"], name="recommendations_one_rule_per_pair"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.product} → {self.similar}"
