"""Manager, buyer, catalogue editor and support agent."""

from django.db import migrations

from ecomsite.backoffice import roles

SEE = "view"
# Ledgers, forecasts and other rows that only services write are seen and never edited.
EDIT = "view add change delete"
CHANGE = "view change"

CATALOGUE = {
    "catalog.category": EDIT,
    "catalog.brand": EDIT,
    "catalog.attribute": EDIT,
    "catalog.product": EDIT,
    "catalog.productattribute": EDIT,
    "catalog.sku": EDIT,
    "catalog.productphoto": EDIT,
    "catalog.photoclassification": "view review",
    "catalog.historicalproduct": SEE,
    "catalog.historicalsku": SEE,
    "recommendations.similarproduct": SEE,
    "recommendations.similarproductrule": EDIT,
}
CATALOGUE_TO_READ = {
    "catalog.category": SEE,
    "catalog.brand": SEE,
    "catalog.product": SEE,
    "catalog.productattribute": SEE,
    "catalog.sku": SEE,
    "catalog.productphoto": SEE,
}
PURCHASING = {
    "inventory.warehouse": SEE,
    "inventory.stocklevel": SEE,
    "inventory.stockmovement": SEE,
    "inventory.reservation": SEE,
    "inventory.demandrecord": SEE,
    "inventory.demandday": SEE,
    "inventory.demandforecast": SEE,
    "inventory.totalforecast": SEE,
    "inventory.supplier": EDIT,
    "inventory.supplieroffer": EDIT,
    "inventory.pricebreak": EDIT,
    "inventory.reorderpolicy": EDIT,
    "inventory.historicalsupplier": SEE,
    "inventory.historicalsupplieroffer": SEE,
    "inventory.historicalreorderpolicy": SEE,
    "inventory.purchaseorder": "view add change approve receive",
    "inventory.purchaseorderline": EDIT,
    "inventory.goodsreceipt": SEE,
    "inventory.goodsreceiptline": SEE,
}
SERVICE = {
    "support.review": CHANGE,
    "support.reviewclassification": "view review",
    "orders.order": SEE,
    "orders.orderline": SEE,
    "orders.orderstatuschange": SEE,
    "orders.shipment": SEE,
    "orders.shipmentline": SEE,
    "orders.returnrequest": CHANGE,
    "orders.returnline": SEE,
    "customers.user": SEE,
    "customers.address": CHANGE,
    "customers.consent": SEE,
}
DIRECTION = {
    **CATALOGUE,
    **PURCHASING,
    **SERVICE,
    "inventory.warehouse": EDIT,
    "orders.order": "view change ship",
    "orders.orderimport": "view add",
    "customers.user": "view add change",
    "customers.address": EDIT,
    "insights.interaction": SEE,
    "learning.trainingrun": SEE,
    "learning.modelversion": "view publish",
    "learning.gateresult": SEE,
    "learning.anomaly": CHANGE,
    "learning.driftreport": SEE,
    "learning.decision": SEE,
    "backoffice.nightlyrun": SEE,
    "auth.group": EDIT,
    "django_celery_beat.periodictask": EDIT,
    "django_celery_beat.intervalschedule": EDIT,
    "django_celery_beat.crontabschedule": EDIT,
}
GRANTS = {
    roles.MANAGER: DIRECTION,
    roles.BUYER: {**CATALOGUE_TO_READ, **PURCHASING},
    roles.CATALOGUE_EDITOR: CATALOGUE,
    roles.SUPPORT_AGENT: {**CATALOGUE_TO_READ, **SERVICE},
}


def lay_roles(apps, schema_editor):
    roles.grant(apps, schema_editor, GRANTS)


def take_roles_back(apps, schema_editor):
    roles.take_back(apps, schema_editor, list(GRANTS))


class Migration(migrations.Migration):
    dependencies = [
        ("backoffice", "0001_initial"),
        ("learning", "0001_initial"),
        ("customers", "0001_initial"),
        ("catalog", "0001_initial"),
        ("inventory", "0001_initial"),
        ("orders", "0001_initial"),
        ("support", "0001_initial"),
        ("insights", "0001_initial"),
        ("recommendations", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]

    operations = [migrations.RunPython(lay_roles, take_roles_back, elidable=False)]
