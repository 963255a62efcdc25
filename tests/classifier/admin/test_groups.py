"""What each group may do: every page and every action of the admin stands in a table here."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.db.models import Model
from django.test import Client, RequestFactory

from classifier.admin.cells import change_url
from tests.classifier.admin.test_every_page import (  # noqa: F401
    MODELS,
    address,
    alert_rows,
    analysis,
    custom_pages,
    experiment,
    row_of,
)

GROUPS = ("viewer", "reviewer", "analyst", "operator")
ALL = set(GROUPS)
NOBODY: set[str] = set()
CURATORS = {"analyst"}
OPERATORS = {"operator"}


@dataclass(frozen=True)
class May:
    """Who may do what to rows of a model, by the names of the groups."""

    see: set[str]
    add: set[str]
    change: set[str]
    delete: set[str]


LOG = May(ALL, NOBODY, NOBODY, NOBODY)
TABLE = May(ALL, CURATORS, CURATORS, CURATORS)
ACCOUNT = May(NOBODY, NOBODY, NOBODY, NOBODY)
ROWS = {
    "auth.Group": ACCOUNT,
    "auth.User": ACCOUNT,
    "classifier.Activation": LOG,
    "classifier.ApiKey": May(OPERATORS, OPERATORS, OPERATORS, NOBODY),
    "classifier.Category": TABLE,
    "classifier.Encoder": LOG,
    "classifier.Example": TABLE,
    "classifier.Feedback": LOG,
    "classifier.Job": LOG,
    "classifier.LearningPolicy": May(ALL, NOBODY, OPERATORS, NOBODY),
    # What a prediction names is switched off, not deleted.
    "classifier.Merchant": May(ALL, CURATORS, CURATORS, NOBODY),
    "classifier.MerchantTag": May(ALL, NOBODY, CURATORS, NOBODY),
    "classifier.ModelVersion": LOG,
    "classifier.PerformanceTargets": May(ALL, NOBODY, OPERATORS, NOBODY),
    "classifier.PersonalCategory": LOG,
    "classifier.PersonalErasure": LOG,
    "classifier.Prediction": LOG,
    "classifier.Rule": TABLE,
    "experiments.Analysis": LOG,
    "experiments.Experiment": May(ALL, OPERATORS, OPERATORS, OPERATORS),
    "experiments.GuardrailAlert": LOG,
    "experiments.Metric": May(ALL, OPERATORS, OPERATORS, OPERATORS),
    "experiments.SelfTest": LOG,
    "monitoring.Alert": LOG,
    "monitoring.AlertRule": May(ALL, OPERATORS, OPERATORS, OPERATORS),
    "monitoring.Notification": LOG,
    "monitoring.Process": LOG,
    "monitoring.Receiver": May(OPERATORS, OPERATORS, OPERATORS, OPERATORS),
    # It is ended, and stays to be read.
    "monitoring.Silence": May(ALL, OPERATORS, NOBODY, NOBODY),
    "django_q.Failure": May(OPERATORS, NOBODY, NOBODY, OPERATORS),
    # What was chosen stays: another choice is another row.
    "monitoring.DriftReference": May(ALL, OPERATORS, NOBODY, NOBODY),
    "monitoring.DriftReport": LOG,
}
PAGES = {
    "app_list": ALL,
    "try_it": ALL,
    "unrecognized_merchants": ALL,
    "classify_file": CURATORS | OPERATORS,
    "auth_user_password_change": NOBODY,
    "classifier_modelversion_build": CURATORS | OPERATORS,
    "classifier_modelversion_learn": CURATORS | OPERATORS,
    "classifier_modelversion_activate": OPERATORS,
    "classifier_modelversion_roll_back": OPERATORS,
    "classifier_modelversion_roll_back_from": OPERATORS,
    "classifier_modelversion_compare": OPERATORS,
    "classifier_modelversion_retire": OPERATORS,
    "classifier_modelversion_evaluation": ALL,
    "classifier_modelversion_picture": ALL,
    "classifier_encoder_prepare": OPERATORS,
    "classifier_encoder_benchmark": OPERATORS,
    "classifier_encoder_autotune": OPERATORS,
    "classifier_encoder_choose": OPERATORS,
    # Of a job that builds a version.
    "classifier_job_cancel": CURATORS | OPERATORS,
    "classifier_job_retry": CURATORS | OPERATORS,
    "classifier_job_apply": CURATORS | OPERATORS,
    "classifier_job_cell": ALL,
    "classifier_job_progress": ALL,
    "classifier_apikey_revoke": OPERATORS,
    "classifier_category_import": CURATORS,
    "classifier_category_export": CURATORS,
    "classifier_example_import": CURATORS,
    "classifier_example_export": CURATORS,
    "classifier_rule_import": CURATORS,
    "classifier_rule_export": CURATORS,
    "classifier_rule_preview": CURATORS,
    "classifier_example_what_if": CURATORS,
    "classifier_category_health": ALL,
    "classifier_personalcategory_erase": OPERATORS,
    "feedback_inbox": ALL,
    "review_queue": {"reviewer"} | CURATORS,
    "classifier_learningpolicy_simple_history": ALL,
    "classifier_rule_simple_history": ALL,
    "classifier_category_simple_history": ALL,
    "classifier_example_simple_history": ALL,
    "classifier_merchant_simple_history": ALL,
    "classifier_merchanttag_simple_history": ALL,
    "classifier_performancetargets_simple_history": ALL,
    "experiments_experiment_plan": OPERATORS,
    "experiments_experiment_report": ALL,
    "experiments_experiment_start": OPERATORS,
    "experiments_experiment_pause": OPERATORS,
    "experiments_experiment_resume": OPERATORS,
    "experiments_experiment_stop": OPERATORS,
    "experiments_experiment_change_share": OPERATORS,
    "experiments_experiment_promote": OPERATORS,
    "experiments_experiment_analyse": OPERATORS,
    "experiments_analysis_export": ALL,
    "experiments_selftest_run": OPERATORS,
    "monitoring_alert_acknowledge": OPERATORS,
    "monitoring_alert_unacknowledge": OPERATORS,
    "monitoring_alert_comment": OPERATORS,
    "monitoring_alert_silence": OPERATORS,
    "monitoring_alertrule_preview": OPERATORS,
    "monitoring_alertrule_simple_history": ALL,
    "monitoring_receiver_log": OPERATORS,
    "monitoring_receiver_send_test": OPERATORS,
    "monitoring_receiver_simple_history": OPERATORS,
    "monitoring_silence_end": OPERATORS,
    "monitoring_health": ALL,
    "monitoring_versions": ALL,
    "monitoring_categories": ALL,
    "monitoring_system": ALL,
    "monitoring_runbooks": ALL,
    "monitoring_driftreport_newest": ALL,
    "monitoring_driftreport_measure": OPERATORS,
}
# Of lists; an action of a row or of a whole list is a page.
ACTIONS = {
    "auth.Group delete_selected": NOBODY,
    "classifier.Category delete_selected": CURATORS,
    "classifier.Example delete_selected": CURATORS,
    "classifier.Example move": CURATORS,
    "classifier.Example switch_off": CURATORS,
    "classifier.Example switch_on": CURATORS,
    "classifier.Merchant switch_off": CURATORS,
    "classifier.Merchant switch_on": CURATORS,
    "classifier.Rule switch_off": CURATORS,
    "classifier.Rule switch_on": CURATORS,
    "django_q.Failure delete_selected": OPERATORS,
    "monitoring.Alert acknowledge_chosen": OPERATORS,
    "monitoring.AlertRule switch_off": OPERATORS,
    "monitoring.AlertRule switch_on": OPERATORS,
}


@pytest.fixture(params=GROUPS)
def group(request: pytest.FixtureRequest, db: None) -> str:
    name: str = request.param
    return name


@pytest.fixture
def member(group: str) -> User:
    user = User.objects.create_user("mia", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    return user


def test_the_tables_have_every_model_page_and_action(
    custom_pages: dict[str, str],  # noqa: F811
    admin_user: User,
) -> None:
    assert set(ROWS) == {model._meta.label for model in MODELS}
    assert set(PAGES) == set(custom_pages)
    assert set(ACTIONS) == set(_actions_of(admin_user))


def test_a_group_opens_its_pages_and_no_others(
    client: Client,
    member: User,
    group: str,
    custom_pages: dict[str, str],  # noqa: F811
) -> None:
    client.force_login(member)
    found = {name: client.get(url).status_code for name, url in custom_pages.items()}
    assert found == {name: 200 if group in may else 403 for name, may in PAGES.items()}


def test_a_group_does_to_rows_what_it_may_and_no_more(
    client: Client,
    member: User,
    group: str,
    row_of: dict[str, Model],  # noqa: F811
) -> None:
    client.force_login(member)
    for model in MODELS:
        label = model._meta.label
        url = change_url(row_of[label])
        page = client.get(url)
        found = {
            "see": page.status_code == client.get(address(model, "changelist")).status_code == 200,
            "add": client.get(address(model, "add")).status_code == 200,
            "change": page.status_code == 200 and b'name="_save"' in page.content,
            "delete": client.get(url.replace("/change/", "/delete/")).status_code == 200,
        }
        may = ROWS[label]
        assert found == {verb: group in getattr(may, verb) for verb in found}, label
        if not found["change"]:
            assert client.post(url, {}).status_code == 403, label


def test_a_group_is_offered_its_actions_and_no_others(member: User, group: str) -> None:
    assert set(_actions_of(member)) == {name for name, may in ACTIONS.items() if group in may}


def _actions_of(user: User) -> Iterator[str]:
    request = RequestFactory().get("/")
    request.user = user
    for model in MODELS:
        model_admin = admin.site._registry[model]
        if model_admin.has_view_permission(request) or user.is_superuser:
            yield from (f"{model._meta.label} {name}" for name in model_admin.get_actions(request))


MIGRATION = import_module("classifier.migrations.0004_groups")
OF_EXPERIMENTS = import_module("experiments.migrations.0003_groups")
OF_MONITORING = import_module("monitoring.migrations.0003_groups")
# It is asked which database it is of, and nothing else.
EDITOR = connection.SchemaEditorClass(connection)


def _held(name: str) -> set[str]:
    permissions = Permission.objects.filter(group__name=name)
    return set(permissions.values_list("codename", flat=True))


def test_a_group_that_is_there_is_given_more_and_nothing_is_taken(db: None) -> None:
    group = Group.objects.get(name="viewer")
    own = Permission.objects.get(codename="add_user")
    group.permissions.set([own])
    MIGRATION.add_groups(apps, EDITOR)
    assert {"add_user", "view_category", "view_rule"} <= _held("viewer")


def test_permissions_that_django_has_not_made_yet_are_made_as_it_would(db: None) -> None:
    asked = Permission.objects.filter(codename__in=("import_example", "view_prediction"))
    names = set(asked.values_list("codename", "name", "content_type"))
    asked.delete()
    MIGRATION.add_groups(apps, EDITOR)
    assert set(asked.all().values_list("codename", "name", "content_type")) == names
    assert len(names) == 2


def test_the_way_back_removes_groups_that_nobody_uses(db: None, admin_user: User) -> None:
    admin_user.groups.add(Group.objects.get(name="analyst"))
    Group.objects.get(name="viewer").permissions.add(Permission.objects.get(codename="add_user"))
    OF_EXPERIMENTS.remove_permissions(apps, EDITOR)
    OF_MONITORING.remove_permissions(apps, EDITOR)
    MIGRATION.remove_groups(apps, EDITOR)
    assert set(Group.objects.values_list("name", flat=True)) == {"analyst", "viewer"}


def test_rights_on_experiments_are_taken_back_and_given_again(db: None) -> None:
    before = {name: _held(name) for name in GROUPS}
    OF_EXPERIMENTS.remove_permissions(apps, EDITOR)
    assert not any(_held(name) & {"view_experiment", "run_experiment"} for name in GROUPS)
    assert "view_category" in _held("viewer")
    OF_EXPERIMENTS.add_permissions(apps, EDITOR)
    assert {name: _held(name) for name in GROUPS} == before


def test_rights_on_monitoring_are_taken_back_and_given_again(db: None) -> None:
    before = {name: _held(name) for name in GROUPS}
    OF_MONITORING.remove_permissions(apps, EDITOR)
    assert not any(_held(name) & {"view_alert", "handle_alert", "measure_drift"} for name in GROUPS)
    assert "view_category" in _held("viewer")
    OF_MONITORING.add_permissions(apps, EDITOR)
    assert {name: _held(name) for name in GROUPS} == before
