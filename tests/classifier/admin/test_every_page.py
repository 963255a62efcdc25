"""Every page of the admin opens for who may see it, and for nobody else."""

from collections.abc import Iterator, Sequence

import pytest
from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.utils import timezone

from classifier.admin.cells import change_url
from classifier.models import (
    Activation,
    Category,
    Encoder,
    Example,
    LearningPolicy,
    Merchant,
    MerchantTag,
    ModelVersion,
    PerformanceTargets,
    PersonalCategory,
    PersonalErasure,
    Rule,
)
from classifier.services.policy import learning_policy
from classifier.services.targets import performance_targets
from experiments.models import Analysis, Experiment, GuardrailAlert, Metric, SelfTest
from monitoring.models import AlertRule, Receiver
from tests.classifier.admin.conftest import Make, Rows
from tests.experiments.reports import estimate_json, make_analysis, make_experiment, make_running
from tests.monitoring.alerts import AlertRows, make_alert_rows
from tests.monitoring.drift_reports import make_calm_window, make_drift_report
from tests.monitoring.traffic import make_process

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
ADDABLE = {
    "classifier.Category",
    "classifier.Example",
    "classifier.Merchant",
    "classifier.Rule",
    "classifier.ApiKey",
    "auth.User",
    "auth.Group",
    "experiments.Experiment",
    "experiments.Metric",
    "monitoring.AlertRule",
    "monitoring.Receiver",
    "monitoring.Silence",
    "monitoring.DriftReference",
}
DELETABLE = {
    "classifier.Category",
    "classifier.Example",
    "classifier.Rule",
    "auth.Group",
    "django_q.Failure",
    "experiments.Experiment",
    "experiments.Metric",
    "monitoring.AlertRule",
    "monitoring.Receiver",
}
NOT_OPENED = {
    "login": "whoever is signed in is sent on; the browser's test signs in there",
    "logout": "it is no page: a POST that ends the session",
    "autocomplete": "it answers a filter that searches while one types; test_merchants asks it",
    "classifier_category_process_import": "a POST of what a preview shows; test_tables sends it",
    "classifier_rule_process_import": "a POST of what a preview shows; test_tables sends it",
    "classifier_example_process_import": "a POST of what a preview shows; test_tables sends it",
    "monitoring_runbook": "it sends on to a section of the runbooks; test_runbooks follows it",
    "view_on_site": "no row has a page outside the admin",
}
LOGS = [
    "classifier.Activation", "classifier.Encoder", "classifier.Feedback", "classifier.Job",
    "classifier.ModelVersion", "classifier.PersonalCategory", "classifier.PersonalErasure",
    "classifier.Prediction", "experiments.Analysis", "experiments.GuardrailAlert",
    "experiments.SelfTest", "monitoring.Alert", "monitoring.Notification", "monitoring.Process",
    "experiments.SelfTest", "monitoring.DriftReference", "monitoring.DriftReport",
]  # fmt: skip


def address(model: type[Model], page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def experiment(active_version: ModelVersion, admin_user: User) -> Experiment:
    """A draft; what its pages need stands beside it."""
    return make_experiment()


@pytest.fixture
def analysis(experiment: Experiment) -> Analysis:
    return make_analysis(experiment)


@pytest.fixture
def alert_rows(admin_user: User) -> AlertRows:
    return make_alert_rows(admin_user)


@pytest.fixture
def row_of(
    rows: Rows,
    admin_user: User,
    experiment: Experiment,
    analysis: Analysis,
    alert_rows: AlertRows,
) -> dict[str, Model]:
    metric = Metric.objects.create(
        key="own", name="Own", source="field", field="margin", better="higher"
    )
    alert = GuardrailAlert.objects.create(
        guardrail=experiment.guardrails.get(), variant=experiment.control, action="warn",
        text="Slow.", evidence=estimate_json(),
    )  # fmt: skip
    # As a draft has neither, nobody is kept from deleting it.
    other = make_running("another")
    GuardrailAlert.objects.filter(pk=alert.pk).update(guardrail=other.guardrails.get())
    Analysis.objects.filter(pk=analysis.pk).update(experiment=other)
    return {
        "experiments.Analysis": analysis,
        "experiments.Experiment": experiment,
        "experiments.GuardrailAlert": alert,
        "experiments.Metric": metric,
        "experiments.SelfTest": SelfTest.objects.create(metric=metric),
        "monitoring.DriftReference": make_calm_window(),
        "monitoring.DriftReport": make_drift_report(),
        "classifier.Activation": Activation.objects.all()[0],
        "classifier.ApiKey": rows.api_key,
        "classifier.Category": rows.category,
        "classifier.Encoder": Encoder.objects.all()[0],
        "classifier.Example": rows.example,
        "classifier.Feedback": rows.feedback,
        "classifier.Job": rows.job,
        "classifier.Merchant": rows.merchant,
        "classifier.MerchantTag": rows.tag,
        "classifier.ModelVersion": rows.version,
        "classifier.PerformanceTargets": performance_targets(),
        "classifier.LearningPolicy": learning_policy(),
        "classifier.PersonalCategory": PersonalCategory.objects.all()[0],
        "classifier.PersonalErasure": PersonalErasure.objects.create(user_digest="0" * 64, count=1),
        "classifier.Prediction": rows.prediction,
        "classifier.Rule": rows.rule,
        "auth.Group": rows.group,
        "auth.User": admin_user,
        "django_q.Failure": rows.failure,
        "monitoring.Alert": alert_rows.alert,
        "monitoring.AlertRule": alert_rows.rule,
        "monitoring.Notification": alert_rows.notification,
        "monitoring.Process": make_process(timezone.now()),
        "monitoring.Receiver": alert_rows.receiver,
        "monitoring.Silence": alert_rows.silence,
    }


@pytest.fixture
def own_pages() -> dict[str, str]:
    """Pages that every member of staff has, by the name of their address."""
    names = ("index", "search", "password_change", "password_change_done", "jsi18n")
    return {name: reverse(f"admin:{name}") for name in names}


@pytest.fixture
def custom_pages(
    rows: Rows,
    admin_user: User,
    experiment: Experiment,
    analysis: Analysis,
    alert_rows: AlertRows,
) -> dict[str, str]:
    """Pages beside those that every model has, by the name of their address."""
    arguments: dict[str, list[object]] = {
        "app_list": ["classifier"],
        "try_it": [],
        "classify_file": [],
        "unrecognized_merchants": [],
        "feedback_inbox": [],
        "review_queue": [],
        "classifier_rule_preview": [],
        "classifier_example_what_if": [],
        "classifier_category_health": [rows.category.pk],
        "classifier_personalcategory_erase": [PersonalCategory.objects.all()[0].pk],
        "classifier_rule_simple_history": _newest_history(rows.rule),
        "classifier_learningpolicy_simple_history": _newest_history(learning_policy()),
        "auth_user_password_change": [admin_user.pk],
        "classifier_modelversion_build": [],
        "classifier_modelversion_learn": [],
        "classifier_modelversion_activate": [rows.version.pk],
        "classifier_modelversion_roll_back": [],
        "classifier_modelversion_roll_back_from": [rows.version.pk],
        "classifier_modelversion_compare": [rows.version.pk],
        "classifier_modelversion_retire": [rows.version.pk],
        "classifier_modelversion_evaluation": [rows.version.pk],
        "classifier_modelversion_picture": [rows.version.pk, "risk-coverage", "dark"],
        "classifier_job_cancel": [rows.job.pk],
        "classifier_job_retry": [rows.job.pk],
        "classifier_job_cell": [rows.job.pk],
        "classifier_job_apply": [rows.job.pk],
        "classifier_encoder_prepare": [],
        "classifier_encoder_benchmark": [],
        "classifier_encoder_autotune": [],
        "classifier_encoder_choose": [Encoder.objects.all()[0].pk],
        "classifier_job_progress": [rows.job.pk],
        "classifier_apikey_revoke": [quote(rows.api_key.pk)],
        "classifier_category_import": [],
        "classifier_category_export": [],
        "classifier_example_import": [],
        "classifier_example_export": [],
        "classifier_rule_import": [],
        "classifier_rule_export": [],
        "classifier_category_simple_history": _newest_history(rows.category),
        "classifier_example_simple_history": _newest_history(rows.example),
        "classifier_merchant_simple_history": _newest_history(rows.merchant),
        "classifier_merchanttag_simple_history": _newest_history(rows.tag),
        "classifier_performancetargets_simple_history": _newest_history(performance_targets()),
        "experiments_experiment_plan": [],
        "experiments_experiment_report": [experiment.pk],
        "experiments_experiment_start": [experiment.pk],
        "experiments_experiment_pause": [experiment.pk],
        "experiments_experiment_resume": [experiment.pk],
        "experiments_experiment_stop": [experiment.pk],
        "experiments_experiment_change_share": [experiment.pk],
        "experiments_experiment_promote": [experiment.pk],
        "experiments_experiment_analyse": [experiment.pk],
        "experiments_analysis_export": [analysis.pk, "json"],
        "experiments_selftest_run": [],
        "monitoring_alert_acknowledge": [alert_rows.alert.pk],
        "monitoring_alert_unacknowledge": [alert_rows.alert.pk],
        "monitoring_alert_comment": [alert_rows.alert.pk],
        "monitoring_alert_silence": [alert_rows.alert.pk],
        "monitoring_alertrule_preview": [],
        "monitoring_alertrule_simple_history": _newest_history(alert_rows.rule),
        "monitoring_receiver_log": [alert_rows.receiver.pk],
        "monitoring_receiver_send_test": [alert_rows.receiver.pk],
        "monitoring_receiver_simple_history": _newest_history(alert_rows.receiver),
        "monitoring_silence_end": [alert_rows.silence.pk],
        "monitoring_health": [],
        "monitoring_versions": [],
        "monitoring_categories": [],
        "monitoring_system": [],
        "monitoring_runbooks": [],
        "monitoring_driftreport_newest": [],
        "monitoring_driftreport_measure": [],
    }
    return {name: reverse(f"admin:{name}", args=args) for name, args in arguments.items()}


def _newest_history(
    row: AlertRule
    | Category
    | Example
    | LearningPolicy
    | Merchant
    | MerchantTag
    | PerformanceTargets
    | Receiver
    | Rule,
) -> list[object]:
    return [row.pk, row.history.latest().pk]


def _names(patterns: Sequence[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name


def test_every_address_of_the_admin_is_opened_here_or_says_why_not(
    own_pages: dict[str, str], custom_pages: dict[str, str]
) -> None:
    of_models = {
        f"{model._meta.app_label}_{model._meta.model_name}_{page}"
        for model in MODELS
        for page in ("changelist", "add", "change", "history", "delete")
    }
    named = {*of_models, *own_pages, *custom_pages, *NOT_OPENED}
    assert set(_names(admin.site.get_urls())) == named


def test_every_registered_model_has_a_row_here(row_of: dict[str, Model]) -> None:
    assert {model._meta.label for model in MODELS} == set(row_of)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_its_list_its_row_and_its_history_open(
    model: type[Model], staff: Client, row_of: dict[str, Model]
) -> None:
    row = row_of[model._meta.label]
    for url in (
        address(model, "changelist"),
        change_url(row),
        change_url(row).replace("/change/", "/history/"),
    ):
        assert staff.get(url).status_code == 200, url


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_row_is_added_by_hand_only_where_that_makes_sense(
    model: type[Model], staff: Client, db: None
) -> None:
    expected = 200 if model._meta.label in ADDABLE else 403
    assert staff.get(address(model, "add")).status_code == expected


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_a_row_is_deleted_by_hand_only_where_that_makes_sense(
    model: type[Model], staff: Client, row_of: dict[str, Model]
) -> None:
    label = model._meta.label
    page = change_url(row_of[label]).replace("/change/", "/delete/")
    assert staff.get(page).status_code == (200 if label in DELETABLE else 403)


@pytest.mark.parametrize("label", LOGS)
def test_a_log_is_not_changed_or_deleted_even_by_a_superuser(
    label: str, staff: Client, row_of: dict[str, Model]
) -> None:
    row = row_of[label]
    assert staff.post(change_url(row), {"name": "other"}).status_code == 403
    assert staff.get(change_url(row).replace("/change/", "/delete/")).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": row.pk, "post": "yes"}
    staff.post(address(type(row), "changelist"), chosen)
    assert type(row)._default_manager.filter(pk=row.pk).exists()


def test_pages_beside_the_lists_open(
    staff: Client, own_pages: dict[str, str], custom_pages: dict[str, str]
) -> None:
    pages = own_pages | custom_pages
    opened = {name: staff.get(url).status_code for name, url in pages.items()}
    assert opened == dict.fromkeys(pages, 200)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_staff_without_permission_sees_no_list_and_no_row(
    model: type[Model], client: Client, make_staff: Make, row_of: dict[str, Model]
) -> None:
    client.force_login(make_staff())
    assert client.get(address(model, "changelist")).status_code == 403
    assert client.get(change_url(row_of[model._meta.label])).status_code == 403


def test_staff_without_permission_sees_no_page_but_their_own(
    client: Client, make_staff: Make, own_pages: dict[str, str], custom_pages: dict[str, str]
) -> None:
    client.force_login(make_staff())
    assert {client.get(url).status_code for url in own_pages.values()} == {200}
    assert {client.get(url).status_code for url in custom_pages.values()} <= {403, 404}


def test_nobody_sees_anything_before_signing_in(
    client: Client, own_pages: dict[str, str], custom_pages: dict[str, str]
) -> None:
    for url in (own_pages | custom_pages).values():
        response = client.get(url)
        assert response.status_code == 302, url
        assert response["Location"].startswith(reverse("admin:login"))


def test_the_navigation_shows_only_what_may_be_opened(client: Client, make_staff: Make) -> None:
    client.force_login(make_staff("classifier.view_category"))
    page = client.get(reverse("admin:index")).content.decode()
    assert reverse("admin:classifier_category_changelist") in page
    assert reverse("admin:auth_user_changelist") not in page
    assert reverse("admin:try_it") not in page
