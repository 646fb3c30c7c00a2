"""Who sees what is expected of customers."""

from django.db import migrations

from ecomsite.backoffice import roles

SCORES = {
    "insights.purchasepropensity": "view review",
    "insights.churnscore": "view review",
    "insights.customervalue": "view review",
    "insights.writingtime": "view review",
    "insights.visitpropensity": "view review",
    "insights.categoryaffinity": "view",
}
GRANTS = {
    roles.MANAGER: SCORES,
    # Who answers a customer may know what is expected of her; what it is worth is not theirs.
    roles.SUPPORT_AGENT: {
        "insights.churnscore": "view review",
        "insights.writingtime": "view review",
        "insights.categoryaffinity": "view",
    },
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0015_grant_segments"),
        ("insights", "0004_scores"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
