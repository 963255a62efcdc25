from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):
    dependencies = [("monitoring", "0003_groups")]

    operations = [
        migrations.AddField(
            "process",
            "failing",
            models.CharField(
                blank=True,
                default="",
                help_text="Those that have ended, or failed within the last minute.",
                max_length=500,
                verbose_name="failing threads",
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "turn",
            "created_at",
            models.DateTimeField(auto_now_add=True, default=timezone.now),
            preserve_default=False,
        ),
    ]
