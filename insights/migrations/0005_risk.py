"""How risky orders look, and what staff found."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
# What a shop starts with. No rule looks at the language or the country of a person: where somebody
# comes from is no sign of fraud by itself, and a rule of that kind is a decision of the shop.
RULES = [
    (
        "Many orders with one email address within an hour",
        0.35,
        "note",
        [("orders_same_email", "at_least", "3", 1)],
    ),
    (
        "One device, several email addresses",
        0.55,
        "note",
        [("emails_same_device", "at_least", "2", 24), ("orders_same_device", "at_least", "3", 24)],
    ),
    (
        "One address, several email addresses",
        0.4,
        "note",
        [("emails_same_address", "at_least", "3", 72)],
    ),
    (
        "Several payments failed just before",
        0.45,
        "note",
        [("failed_payments", "at_least", "3", 24)],
    ),
    (
        "Far above the usual order, from somebody new",
        0.5,
        "note",
        [("amount_times_usual", "at_least", "8", 24), ("orders_before", "at_most", "0", 24)],
    ),
    (
        "Many units of one SKU, from somebody new",
        0.3,
        "note",
        [("line_units", "at_least", "20", 24), ("orders_before", "at_most", "0", 24)],
    ),
    (
        "A large order from an account of today",
        0.3,
        "note",
        [("account_age_hours", "at_most", "24", 24), ("amount_times_usual", "at_least", "4", 24)],
    ),
    ("Throw-away email address", 0.35, "note", [("disposable_mail", "is", "yes", 24)]),
    (
        "Made-up email address, from somebody new",
        0.15,
        "note",
        [("odd_mail", "is", "yes", 24), ("orders_before", "at_most", "0", 24)],
    ),
    (
        "Recipient with another name, far above the customer's own orders",
        0.25,
        "note",
        [("recipient_differs", "is", "yes", 24), ("amount_times_own", "at_least", "5", 24)],
    ),
]


def add_rules(apps, schema_editor):
    apps.get_model("insights", "RiskSettings").objects.get_or_create(pk=1)
    rules = apps.get_model("insights", "RiskRule")
    conditions = apps.get_model("insights", "RiskCondition")
    for note, weight, action, wanted in RULES:
        rule = rules.objects.create(note=note, weight=weight, action=action)
        for fact, operator, value, hours in wanted:
            conditions.objects.create(
                rule=rule, fact=fact, operator=operator, value=value, hours=hours
            )


class Migration(migrations.Migration):
    dependencies = [
        ("insights", "0004_scores"),
        ("learning", "0002_decision_actions"),
        ("orders", "0010_risk_holds"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RiskRule",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200, verbose_name="why")),
                (
                    "weight",
                    models.FloatField(
                        default=0.3,
                        help_text="How suspicious it is by itself, between 0 and 1.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="weight",
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("note", "adds to the score"),
                            ("hold", "holds the order by itself"),
                        ],
                        default="note",
                        max_length=10,
                        verbose_name="what it does",
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
            ],
            options={
                "verbose_name": "risk rule",
                "verbose_name_plural": "risk rules",
                "ordering": ["-is_active", "-weight", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("weight__gte", 0), ("weight__lte", 1)),
                        name="insights_risk_weight_is_a_share",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="RiskCondition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "fact",
                    models.CharField(
                        choices=[
                            ("amount", "total of the order, in its currency"),
                            ("amount_times_usual", "total, times the shop's usual order"),
                            ("amount_times_own", "total, times the customer's own usual order"),
                            ("units", "units in the order"),
                            ("line_units", "units of one SKU"),
                            ("orders_before", "earlier orders that were not cancelled"),
                            ("orders_same_email", "earlier orders with the same email address"),
                            ("orders_same_phone", "earlier orders with the same phone number"),
                            ("orders_same_address", "earlier orders to the same address"),
                            ("orders_same_device", "earlier orders from the same device"),
                            ("emails_same_device", "other email addresses on the same device"),
                            ("emails_same_address", "other email addresses at the same address"),
                            ("failed_payments", "payments that failed before"),
                            ("is_guest", "ordered without an account"),
                            ("account_age_hours", "age of the account, hours"),
                            ("country", "country of delivery"),
                            ("language", "language of the order"),
                            ("country_differs", "delivery to another country than the account's"),
                            ("recipient_differs", "recipient has another name than the account"),
                            ("free_mail", "address of a free mail service"),
                            ("disposable_mail", "throw-away email address"),
                            ("odd_mail", "email address looks made up"),
                        ],
                        max_length=30,
                        verbose_name="looks at",
                    ),
                ),
                (
                    "operator",
                    models.CharField(
                        choices=[
                            ("at_least", "at least"),
                            ("at_most", "at most"),
                            ("is", "is"),
                            ("is_not", "is not"),
                        ],
                        max_length=10,
                        verbose_name="compares",
                    ),
                ),
                (
                    "value",
                    models.CharField(
                        help_text="A number, yes or no, two letters of a country, or a language such as en.",
                        max_length=40,
                        verbose_name="value",
                    ),
                ),
                (
                    "hours",
                    models.PositiveSmallIntegerField(
                        default=24,
                        help_text="For what happened before: how long ago it still counts.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(720),
                        ],
                        verbose_name="within, hours",
                    ),
                ),
                (
                    "rule",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="conditions",
                        to="insights.riskrule",
                        verbose_name="risk rule",
                    ),
                ),
            ],
            options={
                "verbose_name": "condition",
                "verbose_name_plural": "conditions",
                "ordering": ["rule", "pk"],
            },
        ),
        migrations.CreateModel(
            name="RiskSettings",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True,
                        help_text="Switched off, orders are still judged, and none is held.",
                        verbose_name="hold risky orders",
                    ),
                ),
                (
                    "hold_from",
                    models.FloatField(
                        default=0.6,
                        help_text="Between 0 and 1. The page of a rule shows what it would have held lately.",
                        validators=[
                            django.core.validators.MinValueValidator(0.0),
                            django.core.validators.MaxValueValidator(1.0),
                        ],
                        verbose_name="hold from this score on",
                    ),
                ),
                (
                    "usual_amount_minor",
                    models.PositiveBigIntegerField(
                        blank=True,
                        editable=False,
                        null=True,
                        verbose_name="usual order, minor units",
                    ),
                ),
                (
                    "currency",
                    models.CharField(
                        blank=True, editable=False, max_length=3, verbose_name="currency"
                    ),
                ),
                (
                    "usual_as_of",
                    models.DateField(
                        blank=True, editable=False, null=True, verbose_name="worked out on"
                    ),
                ),
            ],
            options={
                "verbose_name": "risk settings",
                "verbose_name_plural": "risk settings",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("pk", 1)), name="insights_one_row_of_risk_settings"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("hold_from__gte", 0), ("hold_from__lte", 1)),
                        name="insights_hold_from_is_a_share",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RiskAssessment",
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
                ("score", models.FloatField(verbose_name="risk")),
                ("is_held", models.BooleanField(default=False, verbose_name="held")),
                ("rule_score", models.FloatField(default=0.0, verbose_name="by rules")),
                ("rarity", models.FloatField(blank=True, null=True, verbose_name="rarer than")),
                ("facts", models.JSONField(blank=True, default=dict, verbose_name="facts")),
                ("email_key", models.CharField(blank=True, editable=False, max_length=32)),
                ("phone_key", models.CharField(blank=True, editable=False, max_length=32)),
                ("address_key", models.CharField(blank=True, editable=False, max_length=32)),
                ("device_key", models.CharField(blank=True, editable=False, max_length=32)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("chargeback", "chargeback"),
                            ("confirmed_fraud", "confirmed fraud"),
                            ("false_alarm", "false alarm"),
                            ("unclear", "cancelled, unclear"),
                        ],
                        db_index=True,
                        max_length=20,
                        verbose_name="outcome",
                    ),
                ),
                (
                    "outcome_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="outcome known at"),
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
                    "order",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orders.order",
                        verbose_name="order",
                    ),
                ),
                (
                    "outcome_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="outcome told by",
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
            ],
            options={
                "verbose_name": "risk of an order",
                "verbose_name_plural": "risks of orders",
                "ordering": ["-created_at", "-pk"],
                "permissions": [("review_riskassessment", "Can decide on risky orders")],
                "indexes": [
                    models.Index(
                        condition=models.Q(("is_held", True), ("status", "proposed")),
                        fields=["created_at"],
                        name="insights_risk_waiting",
                    ),
                    models.Index(fields=["phone_key", "created_at"], name="insights_risk_phone"),
                    models.Index(
                        fields=["address_key", "created_at"], name="insights_risk_address"
                    ),
                    models.Index(fields=["device_key", "created_at"], name="insights_risk_device"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 1)),
                        name="insights_risk_is_a_share",
                    )
                ],
            },
        ),
        migrations.RunPython(add_rules, migrations.RunPython.noop),
    ]
