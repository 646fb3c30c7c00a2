"""Who plans events, and who reads what forecasts say of the shop and how they did."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = {
    "inventory.categoryforecast": "view",
    "inventory.forecastaccuracy": "view",
    "inventory.stockclass": "view",
}
GRANTS = {
    roles.MANAGER: {**SEE, "inventory.calendarevent": "view add change delete"},
    roles.BUYER: {**SEE, "inventory.calendarevent": "view add change"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0012_grant_warehouses"),
        ("inventory", "0004_planning_and_prices"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
