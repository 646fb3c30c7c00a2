"""Who sees letters and sends them again."""

from django.db import migrations

from ecomsite.backoffice import roles

GRANTS = {
    roles.MANAGER: {"outbox.email": "view send"},
    roles.SUPPORT_AGENT: {"outbox.email": "view send"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0002_roles"),
        ("outbox", "0001_initial"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
