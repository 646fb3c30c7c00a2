"""An order that is learned, and what a product earns, as staff let them count."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0009_default_tax_class'),
        ('recommendations', '0004_campaigns'),
    ]

    operations = [
        migrations.AddField(
            model_name='placement',
            name='learned_order',
            field=models.BooleanField(default=True, help_text='For rows made for one customer, once a version is published.', verbose_name='order learned from what was bought'),
        ),
        migrations.AddField(
            model_name='placement',
            name='margin',
            field=models.FloatField(default=0.0, help_text='0: what fits best. Above it, what earns more is moved up, for customers who probably order anyway.', validators=[django.core.validators.MinValueValidator(0.0), django.core.validators.MaxValueValidator(1.0)], verbose_name='weight of the margin'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('margin__gte', 0.0), ('margin__lte', 1.0)), name='recommendations_placement_margin'),
        ),
    ]
