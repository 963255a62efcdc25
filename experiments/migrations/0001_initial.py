import django.core.validators
import django.db.models.deletion
import experiments.models.experiment
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('classifier', '0004_groups'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Metric',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('description', models.CharField(blank=True, max_length=300)),
                ('source', models.CharField(choices=[('field', 'A field of the answer'), ('feedback', 'Accuracy, from feedback'), ('audit', 'Accuracy, from the audit stream'), ('correction', 'Corrections')], max_length=12)),
                ('field', models.CharField(blank=True, choices=[('confidence', 'Confidence'), ('latency_ms', 'Latency, ms'), ('is_abstained', 'Abstained'), ('is_failed', 'Engine failed'), ('score', 'Score'), ('margin', 'Margin'), ('is_cached', 'Answered from the cache'), ('level', 'Level'), ('annotator', 'Annotator'), ('reason', 'Reason of an abstention'), ('category__slug', 'Category')], help_text='Where the metric is of a field.', max_length=20)),
                ('equals', models.CharField(blank=True, help_text='Of a field with choices: the value that counts as 1; others count as 0.', max_length=60)),
                ('aggregate', models.CharField(choices=[('mean', 'Mean'), ('p95', '95th percentile')], default='mean', max_length=10)),
                ('better', models.CharField(choices=[('higher', 'Higher is better'), ('lower', 'Lower is better')], max_length=10)),
                ('is_builtin', models.BooleanField(default=False, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-is_builtin', 'key'],
            },
        ),
        migrations.CreateModel(
            name='Experiment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60, unique=True)),
                ('hypothesis', models.CharField(help_text='What will change, for whom, and why you think so.', max_length=500)),
                ('salt', models.CharField(default=experiments.models.experiment.new_salt, help_text='What units are hashed with. Never that of another experiment: the same units would come together again.', max_length=64, unique=True)),
                ('split', models.CharField(choices=[('user', 'By user'), ('random', 'By request, at random'), ('time', 'By time (switchback)')], default='user', max_length=10)),
                ('block_minutes', models.PositiveIntegerField(choices=[(15, '15 minutes'), (30, '30 minutes'), (60, '60 minutes'), (120, '120 minutes'), (180, '180 minutes'), (240, '240 minutes'), (360, '360 minutes'), (480, '480 minutes'), (720, '720 minutes')], default=60, help_text='Of a split by time: how long one version serves.')),
                ('traffic_share', models.FloatField(default=0.01, help_text='Of the units, how many take part. It may grow while the experiment runs: who takes part already stays where they are.', validators=[django.core.validators.MinValueValidator(0.0001), django.core.validators.MaxValueValidator(1)], verbose_name='share of traffic')),
                ('method', models.CharField(choices=[('sequential', 'Sequential: look as often as you like'), ('fixed', 'Fixed: one look at the end'), ('group_sequential', 'Group-sequential: a few planned looks')], default='sequential', max_length=20)),
                ('looks', models.PositiveIntegerField(default=5, help_text='Of a group-sequential experiment: how many looks are planned.', validators=[django.core.validators.MinValueValidator(2), django.core.validators.MaxValueValidator(20)])),
                ('expected_effect', models.FloatField(default=0.05, help_text='Relative to the control: 0.05 is 5%. Smaller ones count as no difference.', validators=[django.core.validators.MinValueValidator(0.0001), django.core.validators.MaxValueValidator(10)], verbose_name='smallest effect of interest')),
                ('min_days', models.PositiveIntegerField(default=7, help_text='No verdict before: weekdays differ from weekends.')),
                ('max_days', models.PositiveIntegerField(default=28, help_text='It is stopped then, and a verdict given.', validators=[django.core.validators.MinValueValidator(1)])),
                ('feedback_days', models.PositiveIntegerField(default=14, help_text='Feedback counts for so long after the stop.')),
                ('planned_units', models.PositiveIntegerField(editable=False, null=True, verbose_name='units needed in each variant')),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('running', 'Running'), ('paused', 'Paused'), ('stopped', 'Stopped')], default='draft', editable=False, max_length=10)),
                ('started_at', models.DateTimeField(editable=False, null=True)),
                ('stopped_at', models.DateTimeField(editable=False, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('owner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('primary_metric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='experiments.metric')),
                ('secondary_metrics', models.ManyToManyField(blank=True, related_name='+', to='experiments.metric')),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('run_experiment', 'Can start, pause, resume and stop experiments')],
            },
        ),
        migrations.CreateModel(
            name='Analysis',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('scheduled', 'By schedule'), ('requested', 'By a person'), ('final', 'At the stop')], max_length=10)),
                ('verdict', models.CharField(choices=[('ship', 'Ship'), ('roll_back', 'Roll back'), ('keep_running', 'Keep running'), ('no_difference', 'No difference'), ('unhealthy', 'Unhealthy'), ('cannot_say', 'Cannot say')], max_length=20)),
                ('summary', models.CharField(help_text='The verdict in sentences.', max_length=1000)),
                ('report', models.JSONField(help_text='Every figure, as it was computed.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='analyses', to='experiments.experiment')),
            ],
            options={
                'verbose_name_plural': 'analyses',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ExperimentEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('created', 'Created'), ('started', 'Started'), ('paused', 'Paused'), ('resumed', 'Resumed'), ('stopped', 'Stopped'), ('ramped', 'Share of traffic changed'), ('promoted', 'Winner promoted'), ('warned', 'Guard rail breached'), ('settled', 'Guard rail kept again')], max_length=10)),
                ('from_status', models.CharField(blank=True, choices=[('draft', 'Draft'), ('running', 'Running'), ('paused', 'Paused'), ('stopped', 'Stopped')], max_length=10)),
                ('to_status', models.CharField(choices=[('draft', 'Draft'), ('running', 'Running'), ('paused', 'Paused'), ('stopped', 'Stopped')], max_length=10)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('details', models.JSONField(default=dict, help_text='From what to what, or what was seen.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(help_text='Empty where the program did it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='experiments.experiment')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Guardrail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('harm', models.CharField(choices=[('increase', 'An increase'), ('decrease', 'A decrease')], max_length=10)),
                ('margin', models.FloatField(help_text="How much worse is borne, in the metric's unit: 0.01 is one point of a share.", validators=[django.core.validators.MinValueValidator(0)])),
                ('is_relative', models.BooleanField(default=False, help_text='The margin is relative to the control: 0.1 is 10%.', verbose_name='relative')),
                ('action', models.CharField(choices=[('warn', 'Warn'), ('pause', 'Pause'), ('stop', 'Stop')], default='pause', max_length=10)),
                ('minimum_units', models.PositiveIntegerField(default=100, help_text='It is not judged before each side has so many units.')),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='guardrails', to='experiments.experiment')),
                ('metric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='experiments.metric')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='SelfTest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('queued', 'Queued'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=10)),
                ('result', models.JSONField(null=True)),
                ('error', models.CharField(blank=True, max_length=500)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('metric', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='experiments.metric')),
            ],
            options={
                'verbose_name': 'A/A self-test',
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Variant',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField(max_length=60)),
                ('weight', models.FloatField(help_text='A share of the units that take part; all of them sum to 1.', validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(0.99)])),
                ('is_control', models.BooleanField(default=False, verbose_name='control')),
                ('experiment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='variants', to='experiments.experiment')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='variants', to='classifier.modelversion')),
            ],
            options={
                'ordering': ['-is_control', 'id'],
            },
        ),
        migrations.CreateModel(
            name='GuardrailAlert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.CharField(choices=[('warn', 'Warn'), ('pause', 'Pause'), ('stop', 'Stop')], max_length=10)),
                ('text', models.CharField(max_length=500)),
                ('evidence', models.JSONField(help_text='The estimate that it was judged by.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('guardrail', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='alerts', to='experiments.guardrail')),
                ('variant', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='experiments.variant')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Exposure',
            fields=[
                ('prediction', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='exposure', serialize=False, to='classifier.prediction')),
                ('unit', models.CharField(blank=True, help_text='A user, a request or a block of time, as the experiment splits; empty for a request without a user, which the control serves and no comparison counts.', max_length=128)),
                ('confidence', models.FloatField(null=True)),
                ('latency_ms', models.FloatField()),
                ('is_abstained', models.BooleanField()),
                ('is_failed', models.BooleanField(default=False, help_text="The variant's engine failed, and the control's answered.")),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('variant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to='experiments.variant')),
            ],
        ),
        migrations.AddConstraint(
            model_name='guardrail',
            constraint=models.UniqueConstraint(fields=('experiment', 'metric'), name='guardrail_unique_metric'),
        ),
        migrations.AddConstraint(
            model_name='experiment',
            constraint=models.UniqueConstraint(condition=models.Q(('status', 'running')), fields=('status',), name='one_running_experiment'),
        ),
        migrations.AddConstraint(
            model_name='experiment',
            constraint=models.CheckConstraint(condition=models.Q(('min_days__lte', models.F('max_days'))), name='experiment_min_days_within_max_days', violation_error_message='The least number of days is above the greatest.'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.UniqueConstraint(fields=('experiment', 'key'), name='variant_unique_key'),
        ),
        migrations.AddConstraint(
            model_name='variant',
            constraint=models.UniqueConstraint(condition=models.Q(('is_control', True)), fields=('experiment',), name='one_control_of_an_experiment'),
        ),
        migrations.AddConstraint(
            model_name='guardrailalert',
            constraint=models.UniqueConstraint(condition=models.Q(('resolved_at__isnull', True)), fields=('guardrail', 'variant'), name='one_open_alert_of_a_guardrail'),
        ),
        migrations.AddIndex(
            model_name='exposure',
            index=models.Index(fields=['variant', 'unit', 'latency_ms', 'confidence', 'is_abstained', 'is_failed'], name='exposure_by_unit'),
        ),
    ]
