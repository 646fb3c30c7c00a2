"""Taxes and delivery that a new shop can sell with; staff change them to their own.

Nothing is added where a shop has said anything of its own.
"""

from django.conf import settings
from django.db import migrations

# Prices below are in hundredths of a yuan; in other currencies rounder numbers of their own.
WORTH = {"CNY": (1, 1), "HKD": (1, 1), "JPY": (1, 5)}
ELSEWHERE = (1, 2)

# Name in Chinese, in English, working days, free from, and steps: from weight in grams, price.
HOME = (
    ("标准快递", "Standard delivery", (2, 4), 9_900, ((0, 1_000), (3_000, 1_800), (10_000, 3_000))),
    ("特快配送", "Express delivery", (1, 2), None, ((0, 2_500), (3_000, 4_500), (10_000, 8_000))),
)
ABROAD = (
    (
        "国际标准配送",
        "International delivery",
        (7, 15),
        None,
        ((0, 12_000), (1_000, 22_000), (3_000, 40_000), (10_000, 90_000)),
    ),
)


def add_taxes(apps, schema_editor):
    alias = schema_editor.connection.alias
    zones = apps.get_model("orders", "TaxZone").objects.using(alias)
    standard = (
        apps.get_model("catalog", "TaxClass").objects.using(alias).filter(is_default=True).first()
    )
    if zones.exists() or standard is None:
        return
    rates = apps.get_model("orders", "TaxRate").objects.using(alias)
    for position, (name, countries, is_included, basis_points) in enumerate(
        (("中国大陆", ["CN"], True, 1_300), ("其他国家和地区", [], False, 0))
    ):
        zone = zones.create(
            name=name, countries=countries, prices_include_tax=is_included, position=position
        )
        rates.create(
            zone=zone,
            tax_class=standard,
            # Without the language: a historical model reads this column.
            name="增值税",
            name_zh_hans="增值税",
            name_en="VAT",
            basis_points=basis_points,
        )


def add_delivery(apps, schema_editor):
    alias = schema_editor.connection.alias
    zones = apps.get_model("orders", "ShippingZone").objects.using(alias)
    if zones.exists():
        return
    for position, (name_zh, name_en, countries, methods) in enumerate(
        (
            ("中国大陆", "Mainland China", ["CN"], HOME),
            ("其他国家和地区", "Rest of the world", [], ABROAD),
        )
    ):
        zone = zones.create(
            name=name_zh,
            name_zh_hans=name_zh,
            name_en=name_en,
            countries=countries,
            position=position,
        )
        _add_methods(apps, alias, zone, methods)


def _add_methods(apps, alias, zone, methods):
    times, divided_by = WORTH.get(settings.CURRENCY, ELSEWHERE)

    def minor(amount):
        return amount * times // divided_by

    for position, (name_zh, name_en, (first, last), free_from, steps) in enumerate(methods):
        method = (
            apps.get_model("orders", "ShippingMethod")
            .objects.using(alias)
            .create(
                zone=zone,
                name=name_zh,
                name_zh_hans=name_zh,
                name_en=name_en,
                days_min=first,
                days_max=last,
                currency=settings.CURRENCY,
                free_from_minor=None if free_from is None else minor(free_from),
                position=position,
            )
        )
        apps.get_model("orders", "ShippingRate").objects.using(alias).bulk_create(
            apps.get_model("orders", "ShippingRate")(
                method=method, from_weight_grams=weight, price_minor=minor(price)
            )
            for weight, price in steps
        )


def keep_rows(apps, schema_editor):
    """Orders were sold by them; the tables go with their own migration."""


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0007_payment_rounds"),
        ("catalog", "0009_default_tax_class"),
    ]

    operations = [
        migrations.RunPython(add_taxes, keep_rows, elidable=False),
        migrations.RunPython(add_delivery, keep_rows, elidable=False),
    ]
