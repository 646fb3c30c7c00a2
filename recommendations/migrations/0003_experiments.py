"""Comparisons of policies on live visitors."""

import django.core.validators
import django.db.models.deletion
import recommendations.models.experiments
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("recommendations", "0002_placements"),
    ]

    operations = [
        migrations.CreateModel(
            name='Experiment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='Stands with every impression; small letters, digits and hyphens.', max_length=30, unique=True, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(-[a-z0-9]+)*$', 'Small letters, digits and hyphens.')], verbose_name='short key')),
                ('title', models.CharField(max_length=120, verbose_name='title')),
                ('hypothesis', models.TextField(blank=True, help_text='Written before the start.', verbose_name='what we expect, and why')),
                ('placement', models.CharField(max_length=60, verbose_name='placement')),
                ('method', models.CharField(choices=[('ab', 'each visitor meets one arm'), ('interleaving', 'two rankings in one row'), ('rehearsal', 'estimate from logged chances')], default='ab', max_length=12, verbose_name='way to compare')),
                ('status', models.CharField(choices=[('draft', 'draft'), ('running', 'running'), ('stopped', 'stopped'), ('decided', 'decided')], db_index=True, default='draft', max_length=8, verbose_name='status')),
                ('metric', models.CharField(choices=[('clicked', 'visitors who clicked'), ('added', 'visitors who put something into the cart'), ('ordered', 'visitors who ordered'), ('revenue', 'revenue per visitor')], default='clicked', max_length=8, verbose_name='deciding figure')),
                ('traffic_percent', models.PositiveSmallIntegerField(default=100, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='visitors who take part, %')),
                ('window_days', models.PositiveSmallIntegerField(default=3, help_text='A visitor counts once these days have passed, so that all had equal time.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(28)], verbose_name='days that count after the first sight')),
                ('smallest_effect_percent', models.PositiveSmallIntegerField(default=20, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)], verbose_name='smallest difference worth knowing, %')),
                ('error_percent', models.PositiveSmallIntegerField(default=5, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(20)], verbose_name='chance of a false alarm, %')),
                ('exploration_percent', models.PositiveSmallIntegerField(default=20, help_text='Only for estimates from logged chances.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(50)], verbose_name='rows filled by chance, %')),
                ('planned_visitors', models.PositiveIntegerField(blank=True, null=True, verbose_name='planned visitors')),
                ('salt', models.CharField(default=recommendations.models.experiments.make_salt, editable=False, max_length=32)),
                ('is_demo', models.BooleanField(default=False, editable=False, verbose_name='made up for the demo')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('started_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='started at')),
                ('stopped_at', models.DateTimeField(blank=True, editable=False, null=True, verbose_name='stopped at')),
                ('created_by', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='created by')),
            ],
            options={
                'verbose_name': 'experiment',
                'verbose_name_plural': 'experiments',
                'ordering': ['-created_at', '-pk'],
                'permissions': [('run_experiment', 'Can start and stop experiments and adopt an arm')],
            },
        ),
        migrations.CreateModel(
            name='ExperimentArm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=16, validators=[django.core.validators.RegexValidator('^[a-z0-9]+(-[a-z0-9]+)*$', 'Small letters, digits and hyphens.')], verbose_name='short key')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('settings', models.JSONField(blank=True, default=dict, help_text='What differs from the placement, as JSON; {} leaves it as it is.', verbose_name='settings')),
                ('share', models.PositiveSmallIntegerField(default=50, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(100)], verbose_name='share')),
                ('is_control', models.BooleanField(default=False, verbose_name='as today')),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='arms', to='recommendations.experiment', verbose_name='experiment')),
            ],
            options={
                'verbose_name': 'arm',
                'verbose_name_plural': 'arms',
                'ordering': ['experiment', '-is_control', 'key'],
            },
        ),
        migrations.AddField(
            model_name='experiment',
            name='adopted',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='recommendations.experimentarm', verbose_name='adopted arm'),
        ),
        migrations.CreateModel(
            name='ExperimentDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(verbose_name='day')),
                ('seen', models.JSONField(default=dict, verbose_name='visitors')),
                ('counted', models.JSONField(default=dict, verbose_name='visitors counted')),
                ('ratio_p_value', models.FloatField(null=True, verbose_name='chance of such shares')),
                ('ratio_holds', models.BooleanField(default=True, verbose_name='shares as planned')),
                ('crossed', models.PositiveIntegerField(default=0, verbose_name='visitors who saw two arms')),
                ('refused', models.PositiveIntegerField(default=0, verbose_name='impressions of an arm that was not theirs')),
                ('speed', models.JSONField(blank=True, default=dict, verbose_name='time to fill the row')),
                ('read_at', models.DateTimeField(auto_now=True, verbose_name='read at')),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='days', to='recommendations.experiment', verbose_name='experiment')),
            ],
            options={
                'verbose_name': 'day of an experiment',
                'verbose_name_plural': 'days of experiments',
                'ordering': ['experiment', 'day'],
            },
        ),
        migrations.CreateModel(
            name='ExperimentReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(choices=[('clicked', 'visitors who clicked'), ('added', 'visitors who put something into the cart'), ('ordered', 'visitors who ordered'), ('revenue', 'revenue per visitor'), ('returned', 'visitors who sent something back'), ('complained', 'visitors who complained'), ('preference', 'clicks won in a shared row')], max_length=12, verbose_name='metric')),
                ('control_visitors', models.PositiveIntegerField(verbose_name='visitors, as today')),
                ('arm_visitors', models.PositiveIntegerField(verbose_name='visitors, this arm')),
                ('control_mean', models.FloatField(verbose_name='as today')),
                ('arm_mean', models.FloatField(verbose_name='this arm')),
                ('is_enough', models.BooleanField(verbose_name='enough to read')),
                ('difference', models.FloatField(null=True, verbose_name='difference')),
                ('lower', models.FloatField(null=True, verbose_name='lower end')),
                ('upper', models.FloatField(null=True, verbose_name='upper end')),
                ('explained', models.FloatField(default=0.0, verbose_name='variance explained by the past')),
                ('arm', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='recommendations.experimentarm', verbose_name='arm')),
                ('day', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='readings', to='recommendations.experimentday', verbose_name='day')),
            ],
            options={
                'verbose_name': 'reading of an experiment',
                'verbose_name_plural': 'readings of experiments',
                'ordering': ['day', 'arm', 'metric'],
            },
        ),
        migrations.CreateModel(
            name='PolicyEstimate',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('estimator', models.CharField(choices=[('ips', 'weighted by chances (IPS)'), ('snips', 'weights scaled to one (SNIPS)'), ('dr', 'doubly robust'), ('direct', 'click model alone'), ('replay', 'only where both agree'), ('today', "today's way"), ('gain', "doubly robust, less today's way")], max_length=6, verbose_name='way')),
                ('rows', models.PositiveIntegerField(verbose_name='impressions')),
                ('logged', models.FloatField(verbose_name='clicks per impression as logged')),
                ('value', models.FloatField(null=True, verbose_name='estimate')),
                ('lower', models.FloatField(null=True, verbose_name='lower end')),
                ('upper', models.FloatField(null=True, verbose_name='upper end')),
                ('effective_rows', models.FloatField(verbose_name='effective impressions')),
                ('clipped', models.FloatField(default=0.0, verbose_name='share of weights clipped')),
                ('arm', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='recommendations.experimentarm', verbose_name='arm')),
                ('day', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='estimates', to='recommendations.experimentday', verbose_name='day')),
            ],
            options={
                'verbose_name': 'estimate of an arm',
                'verbose_name_plural': 'estimates of arms',
                'ordering': ['day', 'arm', 'estimator'],
            },
        ),
        migrations.AddConstraint(
            model_name='experimentarm',
            constraint=models.UniqueConstraint(fields=('experiment', 'key'), name='recommendations_arm_key_once'),
        ),
        migrations.AddConstraint(
            model_name='experimentarm',
            constraint=models.UniqueConstraint(condition=models.Q(('is_control', True)), fields=('experiment',), name='recommendations_one_control_per_experiment'),
        ),
        migrations.AddConstraint(
            model_name='experimentarm',
            constraint=models.CheckConstraint(condition=models.Q(('share__gte', 1), ('share__lte', 100)), name='recommendations_arm_share_in_percent'),
        ),
        migrations.AddConstraint(
            model_name='experiment',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('placement',), name='recommendations_one_experiment_per_placement'),
        ),
        migrations.AddConstraint(
            model_name='experiment',
            constraint=models.CheckConstraint(condition=models.Q(('status', 'draft'), ('started_at__isnull', False), _connector='OR'), name='recommendations_experiment_started'),
        ),
        migrations.AddConstraint(
            model_name='experiment',
            constraint=models.CheckConstraint(condition=models.Q(('stopped_at__isnull', True), ('stopped_at__gte', models.F('started_at')), _connector='OR'), name='recommendations_experiment_stops_after_start'),
        ),
        migrations.AddConstraint(
            model_name='experimentday',
            constraint=models.UniqueConstraint(fields=('experiment', 'day'), name='recommendations_experiment_read_once_a_day'),
        ),
        migrations.AddConstraint(
            model_name='experimentreading',
            constraint=models.UniqueConstraint(fields=('day', 'arm', 'metric'), name='recommendations_reading_once'),
        ),
        migrations.AddConstraint(
            model_name='policyestimate',
            constraint=models.UniqueConstraint(fields=('day', 'arm', 'estimator'), name='recommendations_estimate_once'),
        ),
    ]
