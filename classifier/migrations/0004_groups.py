"""Groups for the people who work here: viewer, analyst, reviewer, operator."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from classifier.groups import give, permissions_of

SEEN = [
    "activation", "category", "encoder", "example", "feedback", "job", "learningpolicy",
    "merchant", "merchanttag", "modelversion", "performancetargets", "personalcategory",
    "personalerasure", "prediction", "reviewitem", "rule",
]  # fmt: skip
VIEW = [f"classifier.{model}.view_{model}" for model in SEEN]
GROUPS = {
    "viewer": VIEW,
    "reviewer": [
        *VIEW,
        "classifier.reviewitem.review_predictions",
        "classifier.feedback.judge_feedback",
    ],
    "analyst": [
        *VIEW,
        *(
            f"classifier.{model}.{verb}_{model}"
            for model in ("category", "example", "rule")
            for verb in ("add", "change", "delete", "import", "export")
        ),
        *(f"classifier.merchant.{verb}_merchant" for verb in ("add", "change", "delete")),
        "classifier.merchanttag.change_merchanttag",
        "classifier.reviewitem.review_predictions",
        "classifier.feedback.judge_feedback",
        "classifier.modelversion.build_modelversion",
        "classifier.learningpolicy.set_precision_target",
        "classifier.job.classify_file",
    ],
    "operator": [
        *VIEW,
        "classifier.encoder.prepare_encoder",
        "classifier.modelversion.build_modelversion",
        "classifier.modelversion.activate_modelversion",
        "classifier.modelversion.retire_modelversion",
        "classifier.performancetargets.change_performancetargets",
        "classifier.learningpolicy.change_learningpolicy",
        "classifier.learningpolicy.set_precision_target",
        "classifier.personalcategory.delete_personalcategory",
        "classifier.job.classify_file",
        *(f"classifier.apikey.{verb}_apikey" for verb in ("view", "add", "change")),
        "django_q.failure.view_failure",
        "django_q.failure.delete_failure",
    ],
}


def add_groups(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    give(apps, schema_editor, GROUPS)


def remove_groups(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """A group that somebody is in, or that was given more, stays."""
    alias = schema_editor.connection.alias
    for group in apps.get_model("auth", "Group").objects.using(alias).filter(name__in=GROUPS):
        given = {permission.pk for permission in permissions_of(apps, alias, GROUPS[group.name])}
        held = set(group.permissions.values_list("pk", flat=True))
        if held == given and not group.user_set.exists():
            group.delete()


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("django_q", "0001_initial"),
        ("classifier", "0003_learning"),
    ]
    operations = [migrations.RunPython(add_groups, remove_groups)]
