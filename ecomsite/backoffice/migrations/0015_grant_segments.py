"""Who builds and sees segments."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = {
    "insights.segment": "view",
    "insights.segmentmembership": "view",
    "insights.rfmscore": "view",
    "insights.lookalikeaudience": "view",
    "insights.fairnessreport": "view",
}
GRANTS = {
    roles.MANAGER: {
        **SEE,
        "insights.segment": "view add change delete export",
        "insights.lookalikeaudience": "view review",
    },
    roles.SUPPORT_AGENT: {"insights.segment": "view", "insights.segmentmembership": "view"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0014_grant_behaviour"),
        ("insights", "0003_segments"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
