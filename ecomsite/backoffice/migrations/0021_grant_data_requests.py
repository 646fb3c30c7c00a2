"""Who answers requests about personal data."""

from django.db import migrations

from ecomsite.backoffice import roles

GRANTS = {
    roles.MANAGER: {"customers.datarequest": "view retry"},
    roles.SUPPORT_AGENT: {"customers.datarequest": "view"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0020_grant_campaigns"),
        ("customers", "0003_data_requests"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
