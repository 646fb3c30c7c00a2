"""Who says which words mean the same in a search."""

from django.db import migrations

from ecomsite.backoffice import roles

EDIT = "view add change delete"
GRANTS = {
    roles.MANAGER: {"catalog.searchsynonym": EDIT},
    roles.CATALOGUE_EDITOR: {"catalog.searchsynonym": EDIT},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0004_grant_shop_pages"),
        ("catalog", "0006_search"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
