"""What models expect of each customer."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0009_default_tax_class"),
        ("insights", "0003_segments"),
        ("learning", "0002_decision_actions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CategoryAffinity",
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
                ("as_of", models.DateField(verbose_name="as of")),
                ("value", models.FloatField(verbose_name="share of purchases expected")),
                ("lift", models.FloatField(verbose_name="times the shop's share")),
                ("rank", models.PositiveSmallIntegerField(verbose_name="rank")),
                (
                    "category",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.category",
                        verbose_name="category",
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
            ],
            options={
                "verbose_name": "category affinity",
                "verbose_name_plural": "category affinities",
                "ordering": ["customer", "rank"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("customer", "category"), name="insights_one_affinity_per_category"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ChurnScore",
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
                    "as_of",
                    models.DateField(
                        help_text="Nothing later than this day is in it.", verbose_name="as of"
                    ),
                ),
                (
                    "marked_wrong_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="marked as wrong at"),
                ),
                ("value", models.FloatField(verbose_name="probability of no order")),
                (
                    "horizon_days",
                    models.PositiveSmallIntegerField(default=90, verbose_name="within, days"),
                ),
                (
                    "at_stake_minor",
                    models.PositiveBigIntegerField(default=0, verbose_name="at stake, minor units"),
                ),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
                (
                    "marked_wrong_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="marked as wrong by",
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
            ],
            options={
                "verbose_name": "churn probability",
                "verbose_name_plural": "churn probabilities",
                "ordering": ["-at_stake_minor", "pk"],
                "permissions": [("review_churnscore", "Can mark churn probabilities as wrong")],
                "indexes": [
                    models.Index(fields=["value"], name="insights_churn_value"),
                    models.Index(fields=["at_stake_minor"], name="insights_churn_at_stake"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0), ("value__lte", 1)),
                        name="insights_churn_is_a_share",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CustomerValue",
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
                    "as_of",
                    models.DateField(
                        help_text="Nothing later than this day is in it.", verbose_name="as of"
                    ),
                ),
                (
                    "marked_wrong_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="marked as wrong at"),
                ),
                (
                    "value",
                    models.PositiveBigIntegerField(verbose_name="expected spend, minor units"),
                ),
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                (
                    "horizon_days",
                    models.PositiveSmallIntegerField(default=365, verbose_name="within, days"),
                ),
                ("expected_orders", models.FloatField(verbose_name="expected orders")),
                ("active_probability", models.FloatField(verbose_name="still a customer")),
                (
                    "value_if_active_minor",
                    models.PositiveBigIntegerField(verbose_name="spend if she stays, minor units"),
                ),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
                (
                    "marked_wrong_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="marked as wrong by",
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
            ],
            options={
                "verbose_name": "customer value",
                "verbose_name_plural": "customer values",
                "ordering": ["-value", "pk"],
                "permissions": [("review_customervalue", "Can mark customer values as wrong")],
                "indexes": [models.Index(fields=["value"], name="insights_value_value")],
            },
        ),
        migrations.CreateModel(
            name="PurchasePropensity",
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
                    "as_of",
                    models.DateField(
                        help_text="Nothing later than this day is in it.", verbose_name="as of"
                    ),
                ),
                (
                    "marked_wrong_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="marked as wrong at"),
                ),
                ("value", models.FloatField(verbose_name="probability of an order")),
                (
                    "horizon_days",
                    models.PositiveSmallIntegerField(default=30, verbose_name="within, days"),
                ),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
                (
                    "marked_wrong_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="marked as wrong by",
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
            ],
            options={
                "verbose_name": "purchase probability",
                "verbose_name_plural": "purchase probabilities",
                "ordering": ["-value", "pk"],
                "permissions": [
                    ("review_purchasepropensity", "Can mark purchase probabilities as wrong")
                ],
                "indexes": [models.Index(fields=["value"], name="insights_propensity_value")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0), ("value__lte", 1)),
                        name="insights_propensity_is_a_share",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="VisitPropensity",
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
                ("visitor_key", models.CharField(max_length=64, verbose_name="visitor")),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("seen_at", models.DateTimeField(db_index=True, verbose_name="last seen at")),
                ("value", models.FloatField(verbose_name="probability of an order")),
                ("has_ordered", models.BooleanField(blank=True, null=True, verbose_name="ordered")),
                (
                    "marked_wrong_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="marked as wrong at"),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
                (
                    "marked_wrong_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="marked as wrong by",
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
            ],
            options={
                "verbose_name": "purchase probability of a visit",
                "verbose_name_plural": "purchase probabilities of visits",
                "ordering": ["-value", "-seen_at", "pk"],
                "permissions": [
                    ("review_visitpropensity", "Can mark purchase probabilities of visits as wrong")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("visitor_key", "started_at"), name="insights_one_score_per_visit"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WritingTime",
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
                    "as_of",
                    models.DateField(
                        help_text="Nothing later than this day is in it.", verbose_name="as of"
                    ),
                ),
                (
                    "marked_wrong_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="marked as wrong at"),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        help_text="Monday is 0.",
                        validators=[django.core.validators.MaxValueValidator(6)],
                        verbose_name="weekday",
                    ),
                ),
                (
                    "hour",
                    models.PositiveSmallIntegerField(
                        validators=[django.core.validators.MaxValueValidator(23)],
                        verbose_name="hour",
                    ),
                ),
                ("value", models.FloatField(verbose_name="times as likely as in any hour")),
                ("moments", models.PositiveIntegerField(verbose_name="moments seen")),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
                (
                    "marked_wrong_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="marked as wrong by",
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
            ],
            options={
                "verbose_name": "best time to write",
                "verbose_name_plural": "best times to write",
                "ordering": ["customer"],
                "permissions": [("review_writingtime", "Can mark times to write as wrong")],
                "indexes": [
                    models.Index(fields=["weekday", "hour"], name="insights_writing_time_slot")
                ],
            },
        ),
    ]
