"""What the groups may do with experiments: all see everything, operators run them."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from classifier.groups import give, take_back

SEEN = ["analysis", "experiment", "guardrailalert", "metric", "selftest"]
# Rows of a draft, which is one form.
OF_DRAFTS = ["variant", "guardrail"]
VIEW = [f"experiments.{model}.view_{model}" for model in (*SEEN, *OF_DRAFTS)]
GROUPS = {
    "viewer": VIEW,
    "reviewer": VIEW,
    "analyst": VIEW,
    "operator": [
        *VIEW,
        *(
            f"experiments.{model}.{verb}_{model}"
            for model in ("experiment", "metric", *OF_DRAFTS)
            for verb in ("add", "change", "delete")
        ),
        "experiments.experiment.run_experiment",
        "experiments.selftest.add_selftest",
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
        ("experiments", "0002_builtin_metrics"),
    ]
    operations = [migrations.RunPython(add_permissions, remove_permissions)]
