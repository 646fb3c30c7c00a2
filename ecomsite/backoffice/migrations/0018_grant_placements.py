"""Who sets up placements."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = {
    "recommendations.placement": "view",
    "recommendations.placementrecommender": "view",
    "recommendations.placementrule": "view",
    "recommendations.placementday": "view",
    "recommendations.recommendation": "view",
    "recommendations.trendingproduct": "view",
}
RULES = {"recommendations.placementrule": "view add delete"}
GRANTS = {
    roles.MANAGER: {
        **SEE,
        **RULES,
        "recommendations.placement": "view change",
        "recommendations.placementrecommender": "view add change delete",
    },
    roles.CATALOGUE_EDITOR: {**SEE, **RULES},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0017_grant_risk"),
        ("recommendations", "0002_placements"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
