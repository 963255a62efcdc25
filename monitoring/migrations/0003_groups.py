"""What the groups may do with monitoring: all see what is seen, operators act upon it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from classifier.groups import give, take_back

SEEN = [
    "alert", "alertrule", "driftreference", "driftreport", "metricsnapshot", "notification",
    "process", "silence",
]  # fmt: skip
VIEW = [f"monitoring.{model}.view_{model}" for model in SEEN]
GROUPS = {
    "viewer": VIEW,
    "reviewer": VIEW,
    "analyst": VIEW,
    "operator": [
        *VIEW,
        "monitoring.receiver.view_receiver",
        *(
            f"monitoring.{model}.{verb}_{model}"
            for model in ("alertrule", "receiver")
            for verb in ("add", "change", "delete")
        ),
        # A silence is made and ended; the row stays.
        "monitoring.silence.add_silence",
        "monitoring.alert.handle_alert",
        # Another calm window is another row.
        "monitoring.driftreference.add_driftreference",
        "monitoring.driftreport.measure_drift",
    ],
}


def add_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    give(apps, schema_editor, GROUPS)


def remove_permissions(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    take_back(apps, schema_editor, GROUPS)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("classifier", "0004_groups"),
        ("monitoring", "0002_default_rules"),
    ]
    operations = [migrations.RunPython(add_permissions, remove_permissions)]
