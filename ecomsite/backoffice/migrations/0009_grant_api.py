"""Who makes tokens for programs, and who sees to webhooks."""

from django.db import migrations

from ecomsite.backoffice import roles

GRANTS = {
    roles.MANAGER: {
        "api.apitoken": "view add change",
        "outbox.webhookendpoint": "view add change delete",
        "outbox.webhookdelivery": "view send",
    },
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0008_grant_orders"),
        ("api", "0001_tokens"),
        ("outbox", "0002_webhooks"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
