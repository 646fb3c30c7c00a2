"""Who moves goods, counts them and agrees to what was counted, and who writes off."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = {
    "inventory.stockbatch": "view",
    "inventory.stocktransferline": "view",
    "inventory.stockcountline": "view",
    "inventory.stocktransfer": "view add change move",
}
GRANTS = {
    roles.MANAGER: {
        **SEE,
        "inventory.stockcount": "view add change approve",
        "inventory.stockmovement": "add",
    },
    roles.BUYER: {**SEE, "inventory.stockcount": "view add change"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0011_grant_purchasing"),
        ("inventory", "0006_second_counts"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
