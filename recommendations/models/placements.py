"""Where products are shown, what chooses them there, and what was prepared at night."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from catalog.models import Brand, Category, Product
from customers.models import User
from learning.models import Prediction
from recommendations.models.similar import Reason
from recommendations.querysets import PlacementRuleQuerySet, RecommendationQuerySet

MOST_SHOWN = 24
MOST_EXPLORED = 0.2
# Two years of days: what was bought before that is bought anew.
MOST_DAYS = 730


class PlacementCode(models.TextChoices):
    """Each place of the shop that shows chosen products."""

    GUESS_YOU_LIKE = "home.guess_you_like", _("Front page: you may like")
    BUY_AGAIN = "home.buy_again", _("Front page: buy again")
    TRENDING = "home.trending", _("Front page: on the rise")
    SIMILAR = "product.similar", _("Product: similar products")
    GOES_WITH = "product.goes_with", _("Product: goes with it")
    COMPLEMENT = "cart.complement", _("Cart: goes well with it")
    SEARCH = "search.rerank", _("Search: order within the first page")
    CATEGORY = "category.order", _("Category: order within the first page")
    EMAIL = "email.picks", _("Letters: picked for you")
    RECENT = "recently_viewed", _("Recently viewed")


class Recommender(models.TextChoices):
    """What can choose products. The first three are learned; the rest needs no model."""

    NEXT_ITEM = "next_item", _("what comes next on a visit (learned)")
    ITEM_NEIGHBOURS = "item_neighbours", _("what goes together (learned)")
    REPEAT = "repeat", _("what the customer buys again (learned)")
    SIMILAR = "similar", _("similar products")
    TOGETHER = "together", _("bought together in orders")
    RECENT = "recent", _("what the visitor looked at")
    CATEGORY_POPULAR = "category_popular", _("best sellers of the same categories")
    TRENDING = "trending", _("what sells more than last week")
    POPULAR = "popular", _("best sellers of the shop")


class Placement(models.Model):  # type: ignore[django-manager-missing]  # made by modeltranslation
    """One place and everything that staff may set about it."""

    class Listed(models.TextChoices):
        ONLY = "only", _("only these")
        NEVER = "never", _("none of these")

    code = models.CharField(_("place"), max_length=60, unique=True, choices=PlacementCode.choices)
    title = models.CharField(
        _("heading"), max_length=120, blank=True, help_text=_("Empty: the shop's own words.")
    )
    is_on = models.BooleanField(_("shown"), default=True)
    limit = models.PositiveSmallIntegerField(
        _("most products"),
        default=8,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SHOWN)],
    )
    fewest = models.PositiveSmallIntegerField(
        _("fewest products"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MOST_SHOWN)],
        help_text=_("With fewer the row is left out."),
    )
    diversity = models.FloatField(
        _("variety"),
        default=0.3,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_("0: the best ones, however alike; 1: as different as possible."),
    )
    brand_cap = models.PositiveSmallIntegerField(
        _("most of one brand"), default=0, help_text=_("0: no limit.")
    )
    category_cap = models.PositiveSmallIntegerField(
        _("most of one category"), default=0, help_text=_("0: no limit.")
    )
    only_in_stock = models.BooleanField(_("only what is in stock"), default=True)
    not_in_cart = models.BooleanField(_("nothing that is in the cart"), default=True)
    not_viewed = models.BooleanField(_("nothing that was just looked at"), default=False)
    not_bought_days = models.PositiveSmallIntegerField(
        _("nothing bought within so many days"),
        default=0,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text=_("0: what was bought may come up again."),
    )
    other_category = models.BooleanField(
        _("only other categories"),
        default=False,
        help_text=_("Than those of the product on the page or of the cart."),
    )
    price_from_percent = models.PositiveSmallIntegerField(
        _("price from, percent of the product's"), null=True, blank=True
    )
    price_to_percent = models.PositiveSmallIntegerField(
        _("price up to, percent of the product's"), null=True, blank=True
    )
    price_min_minor = models.PositiveBigIntegerField(
        _("price from, minor units"), null=True, blank=True
    )
    price_max_minor = models.PositiveBigIntegerField(
        _("price up to, minor units"), null=True, blank=True
    )
    brands = models.ManyToManyField(Brand, verbose_name=_("brands"), blank=True, related_name="+")
    brands_are = models.CharField(
        _("brands listed"), max_length=5, choices=Listed.choices, default=Listed.ONLY
    )
    categories = models.ManyToManyField(
        Category, verbose_name=_("categories"), blank=True, related_name="+"
    )
    categories_are = models.CharField(
        _("categories listed, with all below"),
        max_length=5,
        choices=Listed.choices,
        default=Listed.ONLY,
    )
    learned_order = models.BooleanField(
        _("order learned from what was bought"),
        default=True,
        help_text=_("For rows made for one customer, once a version is published."),
    )
    margin = models.FloatField(
        _("weight of the margin"),
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(1.0)],
        help_text=_(
            "0: what fits best. Above it, what earns more is moved up, for customers who"
            " probably order anyway."
        ),
    )
    exploration = models.FloatField(
        _("share of rows in random order"),
        default=0.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(MOST_EXPLORED)],
        help_text=_(
            "From a few percent on, other ways to choose can be judged by what visitors did "
            "before they go live. At most 0.2."
        ),
    )
    changed_at = models.DateTimeField(_("changed at"), auto_now=True)

    class Meta:
        verbose_name = _("placement")
        verbose_name_plural = _("placements")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(limit__gte=1, limit__lte=MOST_SHOWN),
                name="recommendations_placement_limit",
            ),
            models.CheckConstraint(
                condition=Q(diversity__gte=0.0, diversity__lte=1.0),
                name="recommendations_placement_diversity",
            ),
            models.CheckConstraint(
                condition=Q(margin__gte=0.0, margin__lte=1.0),
                name="recommendations_placement_margin",
            ),
            models.CheckConstraint(
                condition=Q(exploration__gte=0.0, exploration__lte=MOST_EXPLORED),
                name="recommendations_placement_exploration",
            ),
            models.CheckConstraint(
                condition=Q(price_min_minor__isnull=True)
                | Q(price_max_minor__isnull=True)
                | Q(price_min_minor__lte=F("price_max_minor")),
                name="recommendations_placement_prices_in_order",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_code_display())


class PlacementRecommender(models.Model):
    """One thing that chooses for a placement: mixed in by its weight, or asked when others fail."""

    placement = models.ForeignKey(
        Placement,
        verbose_name=_("placement"),
        on_delete=models.CASCADE,
        related_name="recommenders",
    )
    recommender = models.CharField(_("chosen by"), max_length=20, choices=Recommender.choices)
    weight = models.FloatField(
        pgettext_lazy("recommender", "weight"),
        default=1.0,
        validators=[MinValueValidator(0.0), MaxValueValidator(10.0)],
    )
    is_fallback = models.BooleanField(
        _("only to fill up"),
        default=False,
        help_text=_("Asked in the order below, while the row is not full."),
    )
    position = models.PositiveSmallIntegerField(_("position"), default=1)

    class Meta:
        verbose_name = _("recommender of a placement")
        verbose_name_plural = _("recommenders of a placement")
        ordering: ClassVar = ["is_fallback", "position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["placement", "recommender"],
                name="recommendations_one_row_per_recommender",
            ),
            models.CheckConstraint(
                condition=Q(weight__gte=0.0, weight__lte=10.0),
                name="recommendations_recommender_weight",
            ),
        ]

    def __str__(self) -> str:
        return str(self.get_recommender_display())


class PlacementRule(models.Model):
    """A product that staff want first, or never, in one placement or in all."""

    class Kind(models.TextChoices):
        PIN = "pin", _("always first")
        BAN = "ban", _("never show")

    placement = models.ForeignKey(
        Placement,
        verbose_name=_("placement"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="rules",
        help_text=_("Empty: everywhere."),
    )
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=5, choices=Kind.choices)
    starts_at = models.DateTimeField(_("from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("until"), null=True, blank=True)
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

    objects = PlacementRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("product pinned or banned")
        verbose_name_plural = _("products pinned or banned")
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["placement", "product"], name="recommendations_one_rule_per_placement"
            ),
            models.UniqueConstraint(
                fields=["product"],
                condition=Q(placement__isnull=True),
                name="recommendations_one_rule_everywhere",
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True)
                | Q(ends_at__isnull=True)
                | Q(starts_at__lt=F("ends_at")),
                name="recommendations_rule_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.product}"


class Recommendation(Prediction):
    """What was worked out at night for one customer in one placement."""

    customer = models.ForeignKey(
        User, verbose_name=_("customer"), on_delete=models.CASCADE, related_name="+"
    )
    placement = models.CharField(_("place"), max_length=60, choices=PlacementCode.choices)
    product = models.ForeignKey(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="+"
    )
    rank = models.PositiveSmallIntegerField(_("rank"))
    score = models.FloatField(_("score"))
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)

    objects = RecommendationQuerySet.as_manager()

    class Meta:
        verbose_name = _("recommendation")
        verbose_name_plural = _("recommendations")
        ordering: ClassVar = ["customer", "placement", "rank"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["customer", "placement", "product"],
                name="recommendations_one_row_per_customer_and_product",
            )
        ]

    def __str__(self) -> str:
        return f"{self.placement}: {self.product}"


class TrendingProduct(models.Model):
    """How much more a product sold in the last week than in the weeks before."""

    product = models.OneToOneField(
        Product, verbose_name=_("product"), on_delete=models.CASCADE, related_name="+"
    )
    score = models.FloatField(_("score"), db_index=True)
    orders_week = models.PositiveIntegerField(_("orders in the last 7 days"))
    orders_before = models.FloatField(_("orders a week in the 4 weeks before"))
    as_of = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("product on the rise")
        verbose_name_plural = _("products on the rise")
        ordering: ClassVar = ["-score", "-product"]

    def __str__(self) -> str:
        return str(self.product)


class PlacementDay(models.Model):
    """What a placement showed on one day, chosen by one source, and what came of it."""

    day = models.DateField(_("day"))
    placement = models.CharField(_("place"), max_length=60)
    source = models.CharField(_("chosen by"), max_length=60, blank=True)
    impressions = models.PositiveIntegerField(_("impressions"), default=0)
    clicks = models.PositiveIntegerField(_("clicks"), default=0)
    carts = models.PositiveIntegerField(_("put in the cart"), default=0)
    purchases = models.PositiveIntegerField(_("products bought"), default=0)

    class Meta:
        verbose_name = _("day of a placement")
        verbose_name_plural = _("days of placements")
        ordering: ClassVar = ["-day", "placement", "source"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "placement", "source"],
                name="recommendations_one_row_per_day_and_source",
            )
        ]

    def __str__(self) -> str:
        return f"{self.placement} {self.day}"
