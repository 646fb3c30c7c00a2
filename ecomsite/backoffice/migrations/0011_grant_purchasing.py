"""Who decides how the shop re-orders, and who reads what its orders saved."""

from django.db import migrations

from ecomsite.backoffice import roles

GRANTS = {
    roles.MANAGER: {
        "inventory.replenishmentsettings": "view change",
        "inventory.purchaselinescore": "view",
    },
    roles.BUYER: {
        "inventory.replenishmentsettings": "view",
        "inventory.purchaselinescore": "view",
    },
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0010_grant_prices"),
        ("inventory", "0005_purchase_papers"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
