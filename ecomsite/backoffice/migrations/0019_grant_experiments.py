"""Who runs experiments."""

from django.db import migrations

from ecomsite.backoffice import roles

GRANTS = {
    roles.MANAGER: {
        "recommendations.experiment": "view add change delete run",
        "recommendations.experimentarm": "view add change delete",
        "recommendations.experimentday": "view",
        "recommendations.experimentreading": "view",
        "recommendations.policyestimate": "view",
    },
    roles.BUYER: {
        "recommendations.experiment": "view",
        "recommendations.experimentarm": "view",
    },
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0018_grant_placements"),
        ("recommendations", "0003_experiments"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
