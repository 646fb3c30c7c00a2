"""Campaigns, what they show and to whom they were sent."""

import datetime

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0003_segments"),
        ("orders", "0010_risk_holds"),
        ("outbox", "0003_stock_events"),
        ("recommendations", "0003_experiments"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CampaignSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "quiet_from",
                    models.TimeField(
                        default=datetime.time(21, 0),
                        help_text="In the customer's time.",
                        verbose_name="no letters from",
                    ),
                ),
                (
                    "quiet_until",
                    models.TimeField(default=datetime.time(9, 0), verbose_name="no letters until"),
                ),
                (
                    "letters_per_week",
                    models.PositiveSmallIntegerField(
                        default=2,
                        help_text="Of all campaigns together.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(7),
                        ],
                        verbose_name="letters a customer gets in 7 days",
                    ),
                ),
                (
                    "letters_per_minute",
                    models.PositiveIntegerField(
                        default=120,
                        help_text="As many as the mail server takes.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(5000),
                        ],
                        verbose_name="letters a minute",
                    ),
                ),
                (
                    "second_approval_from",
                    models.PositiveIntegerField(
                        blank=True,
                        default=500,
                        help_text="Campaigns to so many need two people; empty: never.",
                        null=True,
                        verbose_name="second person from, people",
                    ),
                ),
                (
                    "smallest_audience",
                    models.PositiveIntegerField(
                        default=20,
                        help_text="A campaign to fewer would be about persons, not about a group.",
                        validators=[django.core.validators.MinValueValidator(5)],
                        verbose_name="fewest people of a segment",
                    ),
                ),
            ],
            options={
                "verbose_name": "campaign settings",
                "verbose_name_plural": "campaign settings",
            },
        ),
        migrations.CreateModel(
            name="SuppressedAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "address_hash",
                    models.CharField(
                        max_length=64, unique=True, verbose_name="hash of the address"
                    ),
                ),
                (
                    "said",
                    models.CharField(blank=True, max_length=255, verbose_name="the server said"),
                ),
                ("since", models.DateTimeField(auto_now_add=True, verbose_name="since")),
            ],
            options={
                "verbose_name": "suppressed address",
                "verbose_name_plural": "suppressed addresses",
                "ordering": ["-since", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Campaign",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Only staff see it.", max_length=120, verbose_name="name"
                    ),
                ),
                (
                    "code",
                    models.SlugField(max_length=60, unique=True, verbose_name="code in links"),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("email", "by email"), ("banner", "banner on pages")],
                        default="email",
                        max_length=6,
                        verbose_name="channel",
                    ),
                ),
                ("on_home", models.BooleanField(default=True, verbose_name="on the front page")),
                (
                    "on_category",
                    models.BooleanField(default=False, verbose_name="on pages of categories"),
                ),
                (
                    "on_product",
                    models.BooleanField(default=False, verbose_name="on pages of products"),
                ),
                ("on_cart", models.BooleanField(default=False, verbose_name="in the cart")),
                (
                    "starts_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="Empty: as soon as it is approved.",
                        null=True,
                        verbose_name="from",
                    ),
                ),
                ("ends_at", models.DateTimeField(blank=True, null=True, verbose_name="until")),
                (
                    "most_impressions",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="shown at most, times"
                    ),
                ),
                (
                    "most_letters",
                    models.PositiveIntegerField(
                        blank=True, null=True, verbose_name="letters at most"
                    ),
                ),
                (
                    "most_discount_minor",
                    models.PositiveBigIntegerField(
                        blank=True, null=True, verbose_name="discounts given at most, minor units"
                    ),
                ),
                (
                    "most_per_day",
                    models.PositiveSmallIntegerField(
                        default=3,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(50),
                        ],
                        verbose_name="times a day that one visitor sees it",
                    ),
                ),
                (
                    "holdout_percent",
                    models.PositiveSmallIntegerField(
                        default=10,
                        help_text="So many of the audience get nothing: against them the campaign is measured.",
                        validators=[django.core.validators.MaxValueValidator(50)],
                        verbose_name="held out, per cent",
                    ),
                ),
                (
                    "exploration_percent",
                    models.PositiveSmallIntegerField(
                        default=10,
                        help_text="The rest goes to the creatives that are clicked most.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                        verbose_name="spread evenly, per cent",
                    ),
                ),
                (
                    "measured_days",
                    models.PositiveSmallIntegerField(
                        default=14,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(90),
                        ],
                        verbose_name="orders counted for, days",
                    ),
                ),
                (
                    "counts_opens",
                    models.BooleanField(
                        default=False,
                        help_text="By a picture from this shop, only for customers who allow statistics, and as a sum: who opened a letter is not kept.",
                        verbose_name="count opened letters",
                    ),
                ),
                (
                    "has_picks",
                    models.BooleanField(
                        default=True,
                        help_text="Only for customers who allow personal recommendations.",
                        verbose_name="with products chosen for each customer",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("draft", "draft"),
                            ("approved", "approved"),
                            ("running", "running"),
                            ("paused", "paused"),
                            ("finished", "finished"),
                            ("stopped", "stopped"),
                        ],
                        default="draft",
                        editable=False,
                        max_length=10,
                        verbose_name="state",
                    ),
                ),
                (
                    "first_approved_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="first approved at"
                    ),
                ),
                (
                    "approved_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="approved at"
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="made at")),
                (
                    "started_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="started at"
                    ),
                ),
                (
                    "drawn_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="audience drawn at"
                    ),
                ),
                (
                    "ended_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="ended at"
                    ),
                ),
                (
                    "end_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("time", "its time was over"),
                            ("sent", "every letter was written"),
                            ("budget", "its budget was used up"),
                            ("audience", "its audience had become too small"),
                            ("person", "somebody stopped it"),
                        ],
                        editable=False,
                        max_length=10,
                        verbose_name="ended because",
                    ),
                ),
                (
                    "letters_written",
                    models.PositiveIntegerField(
                        default=0, editable=False, verbose_name="letters written"
                    ),
                ),
                (
                    "is_demo",
                    models.BooleanField(
                        default=False, editable=False, verbose_name="made up for the demo"
                    ),
                ),
                (
                    "approved_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="approved by",
                    ),
                ),
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
                (
                    "discount",
                    models.ForeignKey(
                        blank=True,
                        help_text="Letters name its code; what it costs counts against the budget.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="orders.discount",
                        verbose_name="discount",
                    ),
                ),
                (
                    "first_approved_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="first approved by",
                    ),
                ),
                (
                    "segment",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: all visitors; letters go to all who agreed to get offers by email.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="insights.segment",
                        verbose_name="segment",
                    ),
                ),
            ],
            options={
                "verbose_name": "campaign",
                "verbose_name_plural": "campaigns",
                "ordering": ["-created_at", "-pk"],
                "permissions": [
                    ("approve_campaign", "Can approve campaigns"),
                    ("stop_campaign", "Can stop campaigns"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Creative",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True,
                        help_text="Of letters, the subject line.",
                        max_length=80,
                        verbose_name="headline",
                    ),
                ),
                (
                    "title_zh_hans",
                    models.CharField(
                        blank=True,
                        help_text="Of letters, the subject line.",
                        max_length=80,
                        null=True,
                        verbose_name="headline",
                    ),
                ),
                (
                    "title_en",
                    models.CharField(
                        blank=True,
                        help_text="Of letters, the subject line.",
                        max_length=80,
                        null=True,
                        verbose_name="headline",
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=600, verbose_name="text")),
                (
                    "text_zh_hans",
                    models.CharField(blank=True, max_length=600, null=True, verbose_name="text"),
                ),
                (
                    "text_en",
                    models.CharField(blank=True, max_length=600, null=True, verbose_name="text"),
                ),
                (
                    "button",
                    models.CharField(blank=True, max_length=30, verbose_name="words on the button"),
                ),
                (
                    "button_zh_hans",
                    models.CharField(
                        blank=True, max_length=30, null=True, verbose_name="words on the button"
                    ),
                ),
                (
                    "button_en",
                    models.CharField(
                        blank=True, max_length=30, null=True, verbose_name="words on the button"
                    ),
                ),
                (
                    "link",
                    models.CharField(
                        default="/",
                        help_text="A page of this shop, such as /products/blue-cup/; the language is added.",
                        max_length=250,
                        verbose_name="leads to",
                    ),
                ),
                (
                    "picture",
                    models.ImageField(
                        blank=True,
                        height_field="picture_height",
                        upload_to="photos/campaigns/%Y/%m",
                        verbose_name="picture",
                        width_field="picture_width",
                    ),
                ),
                (
                    "picture_width",
                    models.PositiveIntegerField(blank=True, editable=False, null=True),
                ),
                (
                    "picture_height",
                    models.PositiveIntegerField(blank=True, editable=False, null=True),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="in use")),
                (
                    "share",
                    models.FloatField(
                        default=1.0,
                        editable=False,
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="share",
                    ),
                ),
                (
                    "shown",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="shown"),
                ),
                (
                    "clicked",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="clicked"),
                ),
                (
                    "closed",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="closed"),
                ),
                (
                    "opened",
                    models.PositiveIntegerField(default=0, editable=False, verbose_name="opened"),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="creatives",
                        to="recommendations.campaign",
                        verbose_name="campaign",
                    ),
                ),
            ],
            options={
                "verbose_name": "creative",
                "verbose_name_plural": "creatives",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CampaignRecipient",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("written", "written"),
                            ("shown", "sees the banner"),
                            ("held_out", "held out"),
                            ("left_out", "left out"),
                        ],
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("consent", "no consent to offers"),
                            ("address", "no address that takes letters"),
                            ("often", "enough letters lately"),
                            ("ended", "the campaign had ended"),
                        ],
                        max_length=8,
                        verbose_name="left out because",
                    ),
                ),
                (
                    "propensity",
                    models.FloatField(
                        blank=True, null=True, verbose_name="probability of the choice"
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True, verbose_name="due at")),
                (
                    "written_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="written at"),
                ),
                (
                    "clicked_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="clicked at"),
                ),
                (
                    "unsubscribed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="unsubscribed at"),
                ),
                ("drawn_at", models.DateTimeField(db_index=True, verbose_name="drawn at")),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="recipients",
                        to="recommendations.campaign",
                        verbose_name="campaign",
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
                    "email",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="outbox.email",
                        verbose_name="letter",
                    ),
                ),
                (
                    "creative",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="recommendations.creative",
                        verbose_name="creative",
                    ),
                ),
            ],
            options={
                "verbose_name": "recipient",
                "verbose_name_plural": "recipients",
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="CreativeEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("show_id", models.UUIDField(editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[("shown", "shown"), ("clicked", "clicked"), ("closed", "closed")],
                        max_length=7,
                        verbose_name="kind",
                    ),
                ),
                ("place", models.CharField(max_length=20, verbose_name="place")),
                ("propensity", models.FloatField(verbose_name="probability of the choice")),
                ("language", models.CharField(blank=True, max_length=10, verbose_name="language")),
                (
                    "visitor_key",
                    models.CharField(blank=True, max_length=64, verbose_name="visitor"),
                ),
                ("occurred_at", models.DateTimeField(db_index=True, verbose_name="occurred at")),
                (
                    "creative",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="recommendations.creative",
                        verbose_name="creative",
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
                "verbose_name": "event of a creative",
                "verbose_name_plural": "events of creatives",
                "ordering": ["-occurred_at", "-pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_at__isnull", True),
                    ("starts_at__isnull", True),
                    ("ends_at__gt", models.F("starts_at")),
                    _connector="OR",
                ),
                name="recommendations_campaign_ends_after_it_starts",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("most_letters__isnull", True),
                    ("letters_written__lte", models.F("most_letters")),
                    _connector="OR",
                ),
                name="recommendations_campaign_within_its_letters",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["approved", "running", "paused"]), _negated=True),
                    ("approved_at__isnull", False),
                    _connector="OR",
                ),
                name="recommendations_campaign_runs_approved",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignrecipient",
            index=models.Index(
                condition=models.Q(("state", "waiting")),
                fields=["campaign", "due_at"],
                name="recommendations_letters_due",
            ),
        ),
        migrations.AddIndex(
            model_name="campaignrecipient",
            index=models.Index(
                condition=models.Q(("state", "written")),
                fields=["customer", "written_at"],
                name="recommendations_letters_lately",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignrecipient",
            constraint=models.UniqueConstraint(
                fields=("campaign", "customer"), name="recommendations_once_in_a_campaign"
            ),
        ),
        migrations.AddConstraint(
            model_name="campaignrecipient",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "written"), _negated=True),
                    ("written_at__isnull", False),
                    _connector="OR",
                ),
                name="recommendations_written_has_a_moment",
            ),
        ),
        migrations.AddIndex(
            model_name="creativeevent",
            index=models.Index(
                fields=["creative", "occurred_at"], name="recommendations_creative_days"
            ),
        ),
        migrations.AddConstraint(
            model_name="creativeevent",
            constraint=models.UniqueConstraint(
                fields=("show_id", "kind"), name="recommendations_once_per_showing"
            ),
        ),
    ]
