"""Rows of products on pages, and what is shown in them."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# As the shop begins: title in Chinese and English, settings, then what chooses (by weight, then
# in turn to fill up).
FIRST = {
    "home.guess_you_like": (
        {"fewest": 3, "brand_cap": 3, "not_viewed": True, "not_bought_days": 365},
        {"next_item": 1.0, "item_neighbours": 1.0, "similar": 0.5},
        ("category_popular", "trending", "popular"),
    ),
    "home.buy_again": (
        {"fewest": 2, "diversity": 0.0, "not_bought_days": 7},
        {"repeat": 1.0},
        (),
    ),
    "home.trending": ({"fewest": 4, "diversity": 0.2}, {"trending": 1.0}, ()),
    "product.similar": (
        {"limit": 6, "diversity": 0.0, "not_in_cart": False},
        {"similar": 1.0},
        ("category_popular", "popular"),
    ),
    "product.goes_with": (
        {"limit": 6, "fewest": 3, "not_in_cart": False, "other_category": True},
        {"together": 1.0, "item_neighbours": 1.0},
        (),
    ),
    "cart.complement": (
        {"limit": 6, "category_cap": 2},
        {"item_neighbours": 1.0, "together": 1.0, "similar": 0.3},
        ("trending", "popular"),
    ),
    "search.rerank": ({"is_on": False}, {"next_item": 1.0, "item_neighbours": 1.0}, ()),
    "category.order": ({"is_on": False}, {"next_item": 1.0, "item_neighbours": 1.0}, ()),
    "email.picks": (
        {"limit": 4, "brand_cap": 2, "not_bought_days": 60},
        {"item_neighbours": 1.0, "next_item": 0.5, "similar": 0.5, "repeat": 0.3},
        ("trending", "popular"),
    ),
    "recently_viewed": (
        {"limit": 6, "diversity": 0.0, "only_in_stock": False, "not_in_cart": False},
        {"recent": 1.0},
        (),
    ),
}


def lay_out(apps, schema_editor):
    placement_model = apps.get_model("recommendations", "Placement")
    recommender_model = apps.get_model("recommendations", "PlacementRecommender")
    for code, (settings_of_it, mixed, fallbacks) in FIRST.items():
        placement, _created = placement_model.objects.get_or_create(
            code=code, defaults=settings_of_it
        )
        rows = [(name, weight, False) for name, weight in mixed.items()]
        rows += [(name, 1.0, True) for name in fallbacks]
        for position, (name, weight, is_fallback) in enumerate(rows, start=1):
            recommender_model.objects.get_or_create(
                placement=placement,
                recommender=name,
                defaults={"weight": weight, "is_fallback": is_fallback, "position": position},
            )


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_default_tax_class"),
        ("learning", "0002_decision_actions"),
        ("recommendations", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="similarproduct",
            name="reason",
            field=models.CharField(
                choices=[
                    ("bought_together", "bought together"),
                    ("viewed_together", "viewed together"),
                    ("similar_content", "similar in name and category"),
                    ("popular", "popular"),
                    ("pinned", "chosen by staff"),
                    ("same_category", "from the same category"),
                    ("because_viewed", "because of what was looked at"),
                    ("because_bought", "because of what was bought"),
                    ("goes_with_cart", "goes with what is in the cart"),
                    ("bought_before", "bought before"),
                    ("like_others", "bought by customers who buy alike"),
                    ("looked_at", "looked at before"),
                    ("trending", "sells more than before"),
                ],
                max_length=20,
                verbose_name="reason",
            ),
        ),
        migrations.CreateModel(
            name="Placement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        choices=[
                            ("home.guess_you_like", "Front page: you may like"),
                            ("home.buy_again", "Front page: buy again"),
                            ("home.trending", "Front page: on the rise"),
                            ("product.similar", "Product: similar products"),
                            ("product.goes_with", "Product: goes with it"),
                            ("cart.complement", "Cart: goes well with it"),
                            ("search.rerank", "Search: order within the first page"),
                            ("category.order", "Category: order within the first page"),
                            ("email.picks", "Letters: picked for you"),
                            ("recently_viewed", "Recently viewed"),
                        ],
                        max_length=60,
                        unique=True,
                        verbose_name="place",
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the shop's own words.",
                        max_length=120,
                        verbose_name="heading",
                    ),
                ),
                (
                    "title_zh_hans",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the shop's own words.",
                        max_length=120,
                        null=True,
                        verbose_name="heading",
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        blank=True,
                        help_text="Empty: the shop's own words.",
                        max_length=120,
                        null=True,
                        verbose_name="heading",
                    ),
                ),
                ("is_on", models.BooleanField(default=True, verbose_name="shown")),
                (
                    "limit",
                    models.PositiveSmallIntegerField(
                        default=8,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(24),
                        ],
                        verbose_name="most products",
                    ),
                ),
                (
                    "fewest",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="With fewer the row is left out.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(24),
                        ],
                        verbose_name="fewest products",
                    ),
                ),
                (
                    "diversity",
                    models.FloatField(
                        default=0.3,
                        help_text="0: the best ones, however alike; 1: as different as possible.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="variety",
                    ),
                ),
                (
                    "brand_cap",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0: no limit.", verbose_name="most of one brand"
                    ),
                ),
                (
                    "category_cap",
                    models.PositiveSmallIntegerField(
                        default=0, help_text="0: no limit.", verbose_name="most of one category"
                    ),
                ),
                (
                    "only_in_stock",
                    models.BooleanField(default=True, verbose_name="only what is in stock"),
                ),
                (
                    "not_in_cart",
                    models.BooleanField(default=True, verbose_name="nothing that is in the cart"),
                ),
                (
                    "not_viewed",
                    models.BooleanField(
                        default=False, verbose_name="nothing that was just looked at"
                    ),
                ),
                (
                    "not_bought_days",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="0: what was bought may come up again.",
                        validators=[django.core.validators.MaxValueValidator(730)],
                        verbose_name="nothing bought within so many days",
                    ),
                ),
                (
                    "other_category",
                    models.BooleanField(
                        default=False,
                        help_text="Than those of the product on the page or of the cart.",
                        verbose_name="only other categories",
                    ),
                ),
                (
                    "price_from_percent",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="price from, percent of the product's"
                    ),
                ),
                (
                    "price_to_percent",
                    models.PositiveSmallIntegerField(
                        blank=True, null=True, verbose_name="price up to, percent of the product's"
                    ),
                ),
                (
                    "price_min_minor",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="price from, minor units"
                    ),
                ),
                (
                    "price_max_minor",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="price up to, minor units"
                    ),
                ),
                (
                    "brands_are",
                    models.CharField(
                        choices=[("only", "only these"), ("never", "none of these")],
                        default="only",
                        max_length=5,
                        verbose_name="brands listed",
                    ),
                ),
                (
                    "categories_are",
                    models.CharField(
                        choices=[("only", "only these"), ("never", "none of these")],
                        default="only",
                        max_length=5,
                        verbose_name="categories listed, with all below",
                    ),
                ),
                (
                    "exploration",
                    models.FloatField(
                        default=0.0,
                        help_text="From a few percent on, other ways to choose can be judged by what visitors did before they go live. At most 0.2.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(0.2),
                        ],
                        verbose_name="share of rows in random order",
                    ),
                ),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed at")),
                (
                    "brands",
                    models.ManyToManyField(
                        blank=True, related_name="+", to="catalog.brand", verbose_name="brands"
                    ),
                ),
                (
                    "categories",
                    models.ManyToManyField(
                        blank=True,
                        related_name="+",
                        to="catalog.category",
                        verbose_name="categories",
                    ),
                ),
            ],
            options={
                "verbose_name": "placement",
                "verbose_name_plural": "placements",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="PlacementDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("placement", models.CharField(max_length=60, verbose_name="place")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="chosen by")),
                ("impressions", models.PositiveIntegerField(default=0, verbose_name="impressions")),
                ("clicks", models.PositiveIntegerField(default=0, verbose_name="clicks")),
                ("carts", models.PositiveIntegerField(default=0, verbose_name="put in the cart")),
                (
                    "purchases",
                    models.PositiveIntegerField(default=0, verbose_name="products bought"),
                ),
            ],
            options={
                "verbose_name": "day of a placement",
                "verbose_name_plural": "days of placements",
                "ordering": ["-day", "placement", "source"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "placement", "source"),
                        name="recommendations_one_row_per_day_and_source",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PlacementRecommender",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "recommender",
                    models.CharField(
                        choices=[
                            ("next_item", "what comes next on a visit (learned)"),
                            ("item_neighbours", "what goes together (learned)"),
                            ("repeat", "what the customer buys again (learned)"),
                            ("similar", "similar products"),
                            ("together", "bought together in orders"),
                            ("recent", "what the visitor looked at"),
                            ("category_popular", "best sellers of the same categories"),
                            ("trending", "what sells more than last week"),
                            ("popular", "best sellers of the shop"),
                        ],
                        max_length=20,
                        verbose_name="chosen by",
                    ),
                ),
                (
                    "weight",
                    models.FloatField(
                        default=1.0,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(10.0),
                        ],
                        verbose_name="weight",
                    ),
                ),
                (
                    "is_fallback",
                    models.BooleanField(
                        default=False,
                        help_text="Asked in the order below, while the row is not full.",
                        verbose_name="only to fill up",
                    ),
                ),
                ("position", models.PositiveSmallIntegerField(default=1, verbose_name="position")),
                (
                    "placement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recommenders",
                        to="recommendations.placement",
                        verbose_name="placement",
                    ),
                ),
            ],
            options={
                "verbose_name": "recommender of a placement",
                "verbose_name_plural": "recommenders of a placement",
                "ordering": ["is_fallback", "position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="PlacementRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("pin", "always first"), ("ban", "never show")],
                        max_length=5,
                        verbose_name="kind",
                    ),
                ),
                ("starts_at", models.DateTimeField(blank=True, null=True, verbose_name="from")),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                ("reason", models.CharField(blank=True, max_length=255, verbose_name="reason")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "placement",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: everywhere.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rules",
                        to="recommendations.placement",
                        verbose_name="placement",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "product pinned or banned",
                "verbose_name_plural": "products pinned or banned",
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Recommendation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "confidence",
                    models.FloatField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="confidence",
                    ),
                ),
                (
                    "explanation",
                    models.JSONField(blank=True, default=dict, verbose_name="explanation"),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
                (
                    "placement",
                    models.CharField(
                        choices=[
                            ("home.guess_you_like", "Front page: you may like"),
                            ("home.buy_again", "Front page: buy again"),
                            ("home.trending", "Front page: on the rise"),
                            ("product.similar", "Product: similar products"),
                            ("product.goes_with", "Product: goes with it"),
                            ("cart.complement", "Cart: goes well with it"),
                            ("search.rerank", "Search: order within the first page"),
                            ("category.order", "Category: order within the first page"),
                            ("email.picks", "Letters: picked for you"),
                            ("recently_viewed", "Recently viewed"),
                        ],
                        max_length=60,
                        verbose_name="place",
                    ),
                ),
                ("rank", models.PositiveSmallIntegerField(verbose_name="rank")),
                ("score", models.FloatField(verbose_name="score")),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("bought_together", "bought together"),
                            ("viewed_together", "viewed together"),
                            ("similar_content", "similar in name and category"),
                            ("popular", "popular"),
                            ("pinned", "chosen by staff"),
                            ("same_category", "from the same category"),
                            ("because_viewed", "because of what was looked at"),
                            ("because_bought", "because of what was bought"),
                            ("goes_with_cart", "goes with what is in the cart"),
                            ("bought_before", "bought before"),
                            ("like_others", "bought by customers who buy alike"),
                            ("looked_at", "looked at before"),
                            ("trending", "sells more than before"),
                        ],
                        max_length=20,
                        verbose_name="reason",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="learning.modelversion",
                        verbose_name="model version",
                    ),
                ),
                (
                    "product",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "recommendation",
                "verbose_name_plural": "recommendations",
                "ordering": ["customer", "placement", "rank"],
            },
        ),
        migrations.CreateModel(
            name="TrendingProduct",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("score", models.FloatField(db_index=True, verbose_name="score")),
                (
                    "orders_week",
                    models.PositiveIntegerField(verbose_name="orders in the last 7 days"),
                ),
                (
                    "orders_before",
                    models.FloatField(verbose_name="orders a week in the 4 weeks before"),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                (
                    "product",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.product",
                        verbose_name="product",
                    ),
                ),
            ],
            options={
                "verbose_name": "product on the rise",
                "verbose_name_plural": "products on the rise",
                "ordering": ["-score", "-product"],
            },
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit__gte", 1), ("limit__lte", 24)),
                name="recommendations_placement_limit",
            ),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.CheckConstraint(
                condition=models.Q(("diversity__gte", 0.0), ("diversity__lte", 1.0)),
                name="recommendations_placement_diversity",
            ),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.CheckConstraint(
                condition=models.Q(("exploration__gte", 0.0), ("exploration__lte", 0.2)),
                name="recommendations_placement_exploration",
            ),
        ),
        migrations.AddConstraint(
            model_name="placement",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("price_min_minor__isnull", True),
                    ("price_max_minor__isnull", True),
                    ("price_min_minor__lte", models.F("price_max_minor")),
                    _connector="OR",
                ),
                name="recommendations_placement_prices_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="placementrecommender",
            constraint=models.UniqueConstraint(
                fields=("placement", "recommender"), name="recommendations_one_row_per_recommender"
            ),
        ),
        migrations.AddConstraint(
            model_name="placementrecommender",
            constraint=models.CheckConstraint(
                condition=models.Q(("weight__gte", 0.0), ("weight__lte", 10.0)),
                name="recommendations_recommender_weight",
            ),
        ),
        migrations.AddConstraint(
            model_name="placementrule",
            constraint=models.UniqueConstraint(
                fields=("placement", "product"), name="recommendations_one_rule_per_placement"
            ),
        ),
        migrations.AddConstraint(
            model_name="placementrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("placement__isnull", True)),
                fields=("product",),
                name="recommendations_one_rule_everywhere",
            ),
        ),
        migrations.AddConstraint(
            model_name="placementrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_at__isnull", True),
                    ("ends_at__isnull", True),
                    ("starts_at__lt", models.F("ends_at")),
                    _connector="OR",
                ),
                name="recommendations_rule_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="recommendation",
            constraint=models.UniqueConstraint(
                fields=("customer", "placement", "product"),
                name="recommendations_one_row_per_customer_and_product",
            ),
        ),
        migrations.RunPython(lay_out, migrations.RunPython.noop),
    ]
