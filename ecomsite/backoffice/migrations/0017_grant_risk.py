"""Who decides on risky orders."""

from django.db import migrations

from ecomsite.backoffice import roles

GRANTS = {
    roles.MANAGER: {
        "insights.riskassessment": "view review",
        "insights.riskrule": "view add change delete",
        "insights.riskcondition": "view add change delete",
        "insights.risksettings": "view add change",
    },
    roles.SUPPORT_AGENT: {
        "insights.riskassessment": "view review",
        "insights.riskrule": "view",
        "insights.riskcondition": "view",
    },
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0016_grant_scores"),
        ("insights", "0005_risk"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
