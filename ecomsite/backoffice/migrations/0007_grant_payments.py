"""Who sees payments, refunds and what providers told."""

from django.db import migrations

from ecomsite.backoffice import roles

SEEN = {
    "orders.payment": "view",
    "orders.refund": "view",
    "orders.paymentevent": "view",
}
GRANTS = {roles.MANAGER: SEEN, roles.SUPPORT_AGENT: SEEN}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0006_grant_selling"),
        ("orders", "0007_payment_rounds"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
