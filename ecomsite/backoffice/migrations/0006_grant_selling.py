"""Who sets taxes, delivery and discounts, and who looks up why a code was refused."""

from django.db import migrations

from ecomsite.backoffice import roles

EDIT = "view add change delete"
GRANTS = {
    roles.MANAGER: {
        "catalog.taxclass": EDIT,
        "orders.taxzone": EDIT,
        "orders.taxrate": EDIT,
        "orders.shippingzone": EDIT,
        "orders.shippingmethod": EDIT,
        "orders.shippingrate": EDIT,
        "orders.discount": EDIT,
        "orders.discountuse": "view",
    },
    roles.SUPPORT_AGENT: {
        "orders.shippingmethod": "view",
        "orders.shippingrate": "view",
        "orders.discount": "view",
        "orders.discountuse": "view",
    },
    roles.CATALOGUE_EDITOR: {"catalog.taxclass": "view"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0005_grant_synonyms"),
        ("catalog", "0008_tax_classes"),
        ("orders", "0005_selling"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
