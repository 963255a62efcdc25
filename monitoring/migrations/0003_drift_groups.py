"""What the groups may do with drift: all see it, operators measure and choose calm windows."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from classifier.groups import give, take_back

VIEW = [f"monitoring.{model}.view_{model}" for model in ("driftreport", "driftreference")]
GROUPS = {
    "viewer": VIEW,
    "reviewer": VIEW,
    "analyst": VIEW,
    "operator": [
        *VIEW,
        "monitoring.driftreport.measure_drift",
        "monitoring.driftreference.add_driftreference",
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
        ("experiments", "0003_groups"),
        ("monitoring", "0002_drift"),
    ]
    operations = [migrations.RunPython(add_permissions, remove_permissions)]
