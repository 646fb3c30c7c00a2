"""Who sees behaviour: visits, what they did, and the sums of it."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = {
    "insights.visit": "view",
    "insights.interaction": "view",
    "insights.traffichour": "view",
    "insights.funnelday": "view",
    "insights.pathday": "view",
    "insights.searchday": "view",
    "insights.cohortmonth": "view",
    "insights.purchasedelay": "view",
}
GRANTS = {
    roles.MANAGER: SEE,
    roles.CATALOGUE_EDITOR: {"insights.visit": "view", "insights.searchday": "view"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0013_grant_forecasts"),
        ("insights", "0002_behaviour"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
