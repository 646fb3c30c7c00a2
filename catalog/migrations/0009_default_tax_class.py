"""The class of products that name none, so that a tax zone has something to tax."""

from django.db import migrations


def add_class(apps, schema_editor):
    classes = apps.get_model("catalog", "TaxClass").objects.using(schema_editor.connection.alias)
    if classes.exists():
        return
    classes.create(
        code="standard",
        # Without the language: a historical model reads this column.
        name="标准税率",
        name_zh_hans="标准税率",
        name_en="Standard rate",
        is_default=True,
    )


def keep_class(apps, schema_editor):
    """Products may be of it by now; the table goes with its own migration."""


class Migration(migrations.Migration):
    dependencies = [("catalog", "0008_tax_classes")]

    operations = [migrations.RunPython(add_class, keep_class, elidable=False)]
