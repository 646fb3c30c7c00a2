"""Who ships, cancels, holds, pays back and places orders, and who reads what was done."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = {
    "orders.orderaction": "view",
    "orders.ordernote": "view add",
    "orders.returnstatuschange": "view",
    "orders.returnphoto": "view",
    "orders.invoice": "view",
}
GRANTS = {
    roles.MANAGER: {
        **SEE,
        "orders.order": "ship cancel hold pay refund place",
        "outbox.email": "send",
    },
    roles.SUPPORT_AGENT: {**SEE, "orders.order": "cancel hold place", "outbox.email": "send"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0007_grant_payments"),
        ("orders", "0006_order_life"),
        ("outbox", "0001_initial"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
