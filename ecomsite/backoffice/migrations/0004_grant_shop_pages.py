"""Who writes the shop's own pages, answers visitors and reviews, and sees who waits for goods."""

from django.db import migrations

from ecomsite.backoffice import roles

EDIT = "view add change delete"
SERVICE = {
    "support.review": "reply",
    "support.reviewphoto": "view",
    "storefront.contactmessage": "view change",
}
GRANTS = {
    roles.MANAGER: {**SERVICE, "storefront.staticpage": EDIT, "inventory.stockalert": "view"},
    roles.SUPPORT_AGENT: SERVICE,
    roles.CATALOGUE_EDITOR: {"storefront.staticpage": EDIT},
    roles.BUYER: {"inventory.stockalert": "view"},
}


def grant(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0003_grant_letters"),
        ("support", "0002_review_photos_votes_and_answers"),
        ("storefront", "0001_initial"),
        ("inventory", "0003_stock_alerts"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]
