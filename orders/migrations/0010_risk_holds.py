"""Orders that wait for staff because they look risky."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0009_refusal_seen"),
    ]

    operations = [
        migrations.AddField(
            model_name="payment",
            name="captures_later",
            field=models.BooleanField(default=False, verbose_name="captured after review"),
        ),
        migrations.AlterField(
            model_name="order",
            name="email",
            field=models.EmailField(
                blank=True, db_index=True, max_length=254, verbose_name="email address"
            ),
        ),
    ]
