"""Visits, and the sums of behaviour that pages read."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="interaction",
            name="arm",
            field=models.CharField(blank=True, max_length=60, verbose_name="arm of an experiment"),
        ),
        migrations.AddField(
            model_name="interaction",
            name="n_results",
            field=models.PositiveIntegerField(
                blank=True, null=True, verbose_name="results of the search"
            ),
        ),
        migrations.AddField(
            model_name="interaction",
            name="page",
            field=models.CharField(
                blank=True,
                choices=[
                    ("home", "home page"),
                    ("category", "category page"),
                    ("search", "search results"),
                    ("product", "product page"),
                    ("cart", "cart page"),
                    ("checkout", "checkout page"),
                    ("thanks", "order placed"),
                    ("account", "account page"),
                    ("other", "other page"),
                ],
                max_length=12,
                verbose_name="page",
            ),
        ),
        migrations.AddField(
            model_name="interaction",
            name="source",
            field=models.CharField(blank=True, max_length=60, verbose_name="chosen by"),
        ),
        migrations.AlterField(
            model_name="interaction",
            name="kind",
            field=models.CharField(
                choices=[
                    ("impression", "impression"),
                    ("view", "view"),
                    ("click", "click"),
                    ("search", "search"),
                    ("add_to_cart", "add to cart"),
                    ("remove_from_cart", "remove from cart"),
                    ("purchase", "purchase"),
                ],
                max_length=20,
                verbose_name="kind",
            ),
        ),
        migrations.CreateModel(
            name="CohortMonth",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_month", models.DateField(verbose_name="month of the first order")),
                ("months_later", models.PositiveSmallIntegerField(verbose_name="months later")),
                (
                    "customers",
                    models.PositiveIntegerField(default=0, verbose_name="customers who ordered"),
                ),
                ("orders", models.PositiveIntegerField(default=0, verbose_name="orders")),
                (
                    "revenue_minor",
                    models.PositiveBigIntegerField(default=0, verbose_name="revenue, minor units"),
                ),
            ],
            options={
                "verbose_name": "cohort of customers",
                "verbose_name_plural": "cohorts of customers",
                "ordering": ["first_month", "months_later"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("first_month", "months_later"), name="insights_cohort_month_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FunnelDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("direct", "direct"),
                            ("search", "search engine"),
                            ("social", "social network"),
                            ("email", "email letter"),
                            ("campaign", "campaign"),
                            ("referral", "other site"),
                        ],
                        max_length=10,
                        verbose_name="came by",
                    ),
                ),
                (
                    "device",
                    models.CharField(
                        choices=[
                            ("phone", "phone"),
                            ("tablet", "tablet"),
                            ("computer", "computer"),
                            ("unknown", "unknown device"),
                        ],
                        max_length=10,
                        verbose_name="device",
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                (
                    "audience",
                    models.CharField(
                        choices=[
                            ("returning", "bought before"),
                            ("new", "never bought before"),
                            ("unknown", "not logged in"),
                        ],
                        max_length=10,
                        verbose_name="visitors",
                    ),
                ),
                ("visits", models.PositiveIntegerField(default=0, verbose_name="visits")),
                (
                    "saw_product",
                    models.PositiveIntegerField(default=0, verbose_name="saw a product"),
                ),
                (
                    "added_to_cart",
                    models.PositiveIntegerField(default=0, verbose_name="filled the cart"),
                ),
                (
                    "began_checkout",
                    models.PositiveIntegerField(default=0, verbose_name="began to check out"),
                ),
                ("bought", models.PositiveIntegerField(default=0, verbose_name="bought")),
            ],
            options={
                "verbose_name": "funnel of a day",
                "verbose_name_plural": "funnels by day",
                "ordering": ["-day"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "source", "device", "language", "audience"),
                        name="insights_funnel_day_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PathDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("path", models.CharField(max_length=200, verbose_name="path")),
                ("visits", models.PositiveIntegerField(default=0, verbose_name="visits")),
                ("bought", models.PositiveIntegerField(default=0, verbose_name="bought")),
            ],
            options={
                "verbose_name": "path of a day",
                "verbose_name_plural": "paths by day",
                "ordering": ["-day", "-visits"],
                "constraints": [
                    models.UniqueConstraint(fields=("day", "path"), name="insights_path_day_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="PurchaseDelay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("direct", "direct"),
                            ("search", "search engine"),
                            ("social", "social network"),
                            ("email", "email letter"),
                            ("campaign", "campaign"),
                            ("referral", "other site"),
                        ],
                        max_length=10,
                        verbose_name="came by",
                    ),
                ),
                (
                    "within",
                    models.CharField(
                        choices=[
                            ("visit", "in the first visit"),
                            ("day", "within a day"),
                            ("3days", "within 3 days"),
                            ("week", "within a week"),
                            ("month", "within 30 days"),
                            ("longer", "later"),
                        ],
                        max_length=10,
                        verbose_name="time to purchase",
                    ),
                ),
                (
                    "visits",
                    models.PositiveIntegerField(default=0, verbose_name="visits with an order"),
                ),
            ],
            options={
                "verbose_name": "time to purchase",
                "verbose_name_plural": "times to purchase",
                "ordering": ["-day", "within"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "source", "within"), name="insights_purchase_delay_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SearchDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                ("words", models.CharField(max_length=200, verbose_name="search words")),
                ("searches", models.PositiveIntegerField(default=0, verbose_name="searches")),
                ("visitors", models.PositiveIntegerField(default=0, verbose_name="visitors")),
                (
                    "without_result",
                    models.PositiveIntegerField(default=0, verbose_name="without result"),
                ),
            ],
            options={
                "verbose_name": "search of a day",
                "verbose_name_plural": "searches by day",
                "ordering": ["-day", "-searches"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("day", "language", "words"), name="insights_search_day_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="TrafficHour",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("hour", models.DateTimeField(verbose_name="hour")),
                (
                    "counted",
                    models.CharField(
                        choices=[
                            ("pages", "pages served"),
                            ("followed", "pages served to visitors who allow statistics"),
                            ("events", "events reported by pages"),
                            ("robots", "pages served to programs"),
                            ("refused", "events refused because one client sent too many"),
                        ],
                        max_length=10,
                        verbose_name="counted",
                    ),
                ),
                (
                    "page",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("home", "home page"),
                            ("category", "category page"),
                            ("search", "search results"),
                            ("product", "product page"),
                            ("cart", "cart page"),
                            ("checkout", "checkout page"),
                            ("thanks", "order placed"),
                            ("account", "account page"),
                            ("other", "other page"),
                        ],
                        max_length=12,
                        verbose_name="page",
                    ),
                ),
                ("count", models.PositiveBigIntegerField(default=0, verbose_name="count")),
            ],
            options={
                "verbose_name": "traffic of an hour",
                "verbose_name_plural": "traffic by hour",
                "ordering": ["-hour", "counted", "page"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("hour", "counted", "page"), name="insights_traffic_hour_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Visit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("visitor_key", models.CharField(max_length=64, verbose_name="visitor")),
                (
                    "is_returning",
                    models.BooleanField(blank=True, null=True, verbose_name="bought before"),
                ),
                ("started_at", models.DateTimeField(db_index=True, verbose_name="started at")),
                ("ended_at", models.DateTimeField(verbose_name="last seen at")),
                (
                    "entry_page",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("home", "home page"),
                            ("category", "category page"),
                            ("search", "search results"),
                            ("product", "product page"),
                            ("cart", "cart page"),
                            ("checkout", "checkout page"),
                            ("thanks", "order placed"),
                            ("account", "account page"),
                            ("other", "other page"),
                        ],
                        max_length=12,
                        verbose_name="first page",
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("direct", "direct"),
                            ("search", "search engine"),
                            ("social", "social network"),
                            ("email", "email letter"),
                            ("campaign", "campaign"),
                            ("referral", "other site"),
                        ],
                        default="direct",
                        max_length=10,
                        verbose_name="came by",
                    ),
                ),
                (
                    "referrer",
                    models.CharField(blank=True, max_length=100, verbose_name="came from"),
                ),
                ("campaign", models.CharField(blank=True, max_length=100, verbose_name="campaign")),
                (
                    "device",
                    models.CharField(
                        choices=[
                            ("phone", "phone"),
                            ("tablet", "tablet"),
                            ("computer", "computer"),
                            ("unknown", "unknown device"),
                        ],
                        default="unknown",
                        max_length=10,
                        verbose_name="device",
                    ),
                ),
                ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                ("path", models.CharField(blank=True, max_length=200, verbose_name="path")),
                ("n_views", models.PositiveIntegerField(default=0, verbose_name="pages")),
                ("n_events", models.PositiveIntegerField(default=0, verbose_name="events")),
                ("n_seen", models.PositiveIntegerField(default=0, verbose_name="seen and clicked")),
                ("saw_product", models.BooleanField(default=False, verbose_name="saw a product")),
                (
                    "added_to_cart",
                    models.BooleanField(default=False, verbose_name="put something into the cart"),
                ),
                (
                    "began_checkout",
                    models.BooleanField(default=False, verbose_name="began to check out"),
                ),
                ("n_orders", models.PositiveIntegerField(default=0, verbose_name="orders")),
                (
                    "robot",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("rate", "more pages than a person can read"),
                            ("clockwork", "pages at even intervals"),
                            ("blind", "many pages, and nothing on them seen"),
                        ],
                        max_length=10,
                        verbose_name="program",
                    ),
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
            ],
            options={
                "verbose_name": "visit",
                "verbose_name_plural": "visits",
                "ordering": ["-started_at", "-pk"],
            },
        ),
        migrations.AddField(
            model_name="interaction",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="interactions",
                to="insights.visit",
                verbose_name="visit",
            ),
        ),
        migrations.AddIndex(
            model_name="interaction",
            index=models.Index(fields=["kind", "occurred_at"], name="insights_kind_time"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["visitor_key", "ended_at"], name="insights_visit_open"),
        ),
    ]
