"""Groups of customers, and who is in them."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0002_behaviour"),
        ("learning", "0002_decision_actions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="FairnessReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("as_of", models.DateField(unique=True, verbose_name="as of")),
                ("rows", models.JSONField(default=list, verbose_name="figures by group")),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created at")),
            ],
            options={
                "verbose_name": "fairness report",
                "verbose_name_plural": "fairness reports",
                "ordering": ["-as_of"],
            },
        ),
        migrations.CreateModel(
            name="RfmScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "recency_days",
                    models.PositiveIntegerField(verbose_name="days since the last order"),
                ),
                ("orders", models.PositiveIntegerField(verbose_name="orders")),
                ("spend_minor", models.BigIntegerField(verbose_name="spent, minor units")),
                (
                    "recency",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="recency, 1 to 5",
                    ),
                ),
                (
                    "frequency",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="frequency, 1 to 5",
                    ),
                ),
                (
                    "money",
                    models.PositiveSmallIntegerField(
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5),
                        ],
                        verbose_name="money, 1 to 5",
                    ),
                ),
                (
                    "cell",
                    models.CharField(
                        choices=[
                            ("champions", "Champions"),
                            ("loyal", "Loyal customers"),
                            ("potential_loyalists", "Becoming loyal"),
                            ("new", "New customers"),
                            ("promising", "Promising"),
                            ("need_attention", "Need attention"),
                            ("about_to_sleep", "About to sleep"),
                            ("at_risk", "At risk"),
                            ("cannot_lose", "Must not be lost"),
                            ("hibernating", "Asleep"),
                            ("lost", "Lost"),
                        ],
                        db_index=True,
                        max_length=20,
                        verbose_name="cell",
                    ),
                ),
                ("as_of", models.DateField(verbose_name="as of")),
                (
                    "customer",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="customer",
                    ),
                ),
            ],
            options={
                "verbose_name": "recency, frequency and money of a customer",
                "verbose_name_plural": "recency, frequency and money of customers",
                "ordering": ["customer"],
            },
        ),
        migrations.CreateModel(
            name="Segment",
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
                        choices=[
                            ("rules", "rules"),
                            ("rfm", "recency, frequency, money"),
                            ("cluster", "found by the shop"),
                            ("look_alike", "look-alikes"),
                        ],
                        default="rules",
                        max_length=12,
                        verbose_name="kind",
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        blank=True, editable=False, max_length=60, null=True, unique=True
                    ),
                ),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                (
                    "name_zh_hans",
                    models.CharField(blank=True, max_length=120, null=True, verbose_name="name"),
                ),
                (
                    "name_en",
                    models.CharField(blank=True, max_length=120, null=True, verbose_name="name"),
                ),
                ("note", models.CharField(blank=True, max_length=500, verbose_name="note")),
                ("rule", models.JSONField(blank=True, default=dict, verbose_name="rule")),
                (
                    "traits",
                    models.JSONField(
                        blank=True, default=list, editable=False, verbose_name="what sets it apart"
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="kept current")),
                (
                    "seeks_look_alikes",
                    models.BooleanField(
                        default=False,
                        help_text="Once a week the shop proposes customers who are like those in it.",
                        verbose_name="look for similar customers",
                    ),
                ),
                (
                    "size",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="customers"
                    ),
                ),
                (
                    "refreshed_at",
                    models.DateTimeField(
                        blank=True,
                        db_index=True,
                        editable=False,
                        null=True,
                        verbose_name="last counted",
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0, editable=False)),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made at")),
                ("changed_at", models.DateTimeField(auto_now=True, verbose_name="changed at")),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
            ],
            options={
                "verbose_name": "segment",
                "verbose_name_plural": "segments",
                "ordering": ["kind", "pk"],
                "permissions": [
                    ("export_segment", "Can export the customers of a segment as hashes")
                ],
            },
        ),
        migrations.CreateModel(
            name="LookAlikeAudience",
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
                    "status",
                    models.CharField(
                        choices=[
                            ("proposed", "proposed"),
                            ("accepted", "accepted"),
                            ("corrected", "corrected"),
                            ("rejected", "rejected"),
                            ("superseded", "superseded"),
                        ],
                        db_index=True,
                        default="proposed",
                        max_length=12,
                        verbose_name="status",
                    ),
                ),
                (
                    "reviewed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="reviewed at"),
                ),
                ("size", models.PositiveIntegerField(verbose_name="customers")),
                (
                    "corrected_size",
                    models.PositiveIntegerField(blank=True, null=True, verbose_name="corrected to"),
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
                    "reviewed_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="reviewed by",
                    ),
                ),
                (
                    "seed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="insights.segment",
                        verbose_name="like those of",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="insights.segment",
                        verbose_name="made into",
                    ),
                ),
            ],
            options={
                "verbose_name": "look-alike audience",
                "verbose_name_plural": "look-alike audiences",
                "ordering": ["-created_at", "-pk"],
                "permissions": [("review_lookalikeaudience", "Can decide on look-alike audiences")],
            },
        ),
        migrations.CreateModel(
            name="SegmentCorrection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("is_member", models.BooleanField(verbose_name="belongs")),
                ("reason", models.CharField(blank=True, max_length=255, verbose_name="reason")),
                ("corrected_at", models.DateTimeField(auto_now=True, verbose_name="corrected at")),
                (
                    "corrected_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="corrected by",
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
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="corrections",
                        to="insights.segment",
                        verbose_name="segment",
                    ),
                ),
            ],
            options={
                "verbose_name": "correction of a segment",
                "verbose_name_plural": "corrections of segments",
                "ordering": ["-corrected_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SegmentDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("size", models.PositiveIntegerField(verbose_name="customers")),
                ("joined", models.PositiveIntegerField(default=0, verbose_name="joined")),
                ("left", models.PositiveIntegerField(default=0, verbose_name="left")),
                (
                    "orders_90_days",
                    models.PositiveIntegerField(default=0, verbose_name="orders of 90 days"),
                ),
                (
                    "revenue_90_days_minor",
                    models.BigIntegerField(
                        default=0, verbose_name="revenue of 90 days, minor units"
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="days",
                        to="insights.segment",
                        verbose_name="segment",
                    ),
                ),
            ],
            options={
                "verbose_name": "day of a segment",
                "verbose_name_plural": "days of segments",
                "ordering": ["-day", "segment"],
            },
        ),
        migrations.CreateModel(
            name="SegmentDeparture",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("joined_at", models.DateTimeField(verbose_name="joined at")),
                ("left_at", models.DateTimeField(verbose_name="left at")),
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
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="departures",
                        to="insights.segment",
                        verbose_name="segment",
                    ),
                ),
            ],
            options={
                "verbose_name": "departure from a segment",
                "verbose_name_plural": "departures from segments",
                "ordering": ["-left_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="SegmentMembership",
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
                ("since", models.DateTimeField(verbose_name="since")),
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
                    "segment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="insights.segment",
                        verbose_name="segment",
                    ),
                ),
            ],
            options={
                "verbose_name": "membership of a segment",
                "verbose_name_plural": "memberships of segments",
                "ordering": ["-since", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="LookAlike",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rank", models.PositiveIntegerField(verbose_name="rank")),
                (
                    "confidence",
                    models.FloatField(
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
                    "audience",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="customers",
                        to="insights.lookalikeaudience",
                        verbose_name="look-alike audience",
                    ),
                ),
            ],
            options={
                "verbose_name": "look-alike",
                "verbose_name_plural": "look-alikes",
                "ordering": ["audience", "rank"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("audience", "customer"), name="insights_once_in_an_audience"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="lookalikeaudience",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "proposed")),
                fields=("seed",),
                name="insights_one_open_audience_per_seed",
            ),
        ),
        migrations.AddConstraint(
            model_name="segmentcorrection",
            constraint=models.UniqueConstraint(
                fields=("segment", "customer"), name="insights_one_correction_per_customer"
            ),
        ),
        migrations.AddConstraint(
            model_name="segmentday",
            constraint=models.UniqueConstraint(
                fields=("segment", "day"), name="insights_segment_once_a_day"
            ),
        ),
        migrations.AddIndex(
            model_name="segmentdeparture",
            index=models.Index(fields=["segment", "-left_at"], name="insights_newest_departures"),
        ),
        migrations.AddIndex(
            model_name="segmentmembership",
            index=models.Index(fields=["segment", "-since"], name="insights_newest_members"),
        ),
        migrations.AddConstraint(
            model_name="segmentmembership",
            constraint=models.UniqueConstraint(
                fields=("segment", "customer"), name="insights_once_in_a_segment"
            ),
        ),
    ]
