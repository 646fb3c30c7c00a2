from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="demandrecord",
            name="rolled_up_at",
            field=models.DateTimeField(
                blank=True, db_index=True, editable=False, null=True, verbose_name="rolled up at"
            ),
        ),
    ]
