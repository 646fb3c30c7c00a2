"""Who runs campaigns."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = {
    "recommendations.campaign": "view",
    "recommendations.creative": "view",
}
GRANTS = {
    roles.MANAGER: {
        "recommendations.campaign": "view add change delete approve stop",
        "recommendations.creative": "view add change delete",
        "recommendations.campaignrecipient": "view",
        "recommendations.suppressedaddress": "view delete",
        "recommendations.campaignsettings": "view change",
    },
    # Writes drafts; a manager approves them.
    roles.CATALOGUE_EDITOR: {
        "recommendations.campaign": "view add change",
        "recommendations.creative": "view add change delete",
    },
    roles.SUPPORT_AGENT: {
        **SEE,
        "recommendations.campaignrecipient": "view",
        "recommendations.suppressedaddress": "view delete",
    },
    roles.BUYER: SEE,
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0019_grant_experiments"),
        ("recommendations", "0004_campaigns"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
