import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('orders', '0006_order_life'),
    ]

    operations = [
        migrations.AddField(
            model_name='payment',
            name='asked_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='asked at'),
        ),
        migrations.AddField(
            model_name='payment',
            name='movement',
            field=models.CharField(blank=True, db_index=True, max_length=120, verbose_name='movement'),
        ),
        migrations.AddField(
            model_name='refund',
            name='claimed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='refund',
            name='is_superfluous',
            field=models.BooleanField(default=False, verbose_name='money paid in error'),
        ),
        migrations.AddField(
            model_name='refund',
            name='next_attempt_at',
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name='next attempt'),
        ),
        migrations.AddField(
            model_name='refund',
            name='round',
            field=models.PositiveSmallIntegerField(default=1, editable=False, verbose_name='round'),
        ),
    ]
