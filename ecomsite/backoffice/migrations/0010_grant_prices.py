"""Who sees and decides on price advice, markdown plans and predicted prices."""

from django.db import migrations

from ecomsite.backoffice import roles

DECIDE = {
    "inventory.pricesuggestion": "view review",
    "inventory.markdownplan": "view review",
    "inventory.priceprediction": "view review",
    "inventory.pricefloor": "view add change delete",
    "inventory.pricedsku": "view",
}
GRANTS = {
    roles.MANAGER: DECIDE,
    roles.BUYER: DECIDE,
    roles.CATALOGUE_EDITOR: {
        "inventory.priceprediction": "view review",
        "inventory.pricedsku": "view",
    },
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0009_grant_api"),
        ("inventory", "0008_review_prices"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
