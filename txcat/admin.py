"""The admin's first page: figures from monitoring, each with where to go from it."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localdate, localtime

from classifier.admin.cells import (
    JOB_VARIANTS,
    NOTHING,
    change_url,
    changelist_url,
    interval,
    percent,
)
from classifier.models import Category, Example, Job, ModelVersion, Prediction, Rule
from classifier.runtime import Health
from classifier.services.review import pending_count
from experiments.models import Experiment
from monitoring import collectors
from monitoring.models import Alert
from monitoring.services.overview import Need, Overview, Todo, overview

HEALTH = {
    Health.OK: ("success", "OK"),
    Health.DEGRADED: ("warning", "Degraded"),
    Health.FAILED: ("danger", "Cannot answer"),
}
# What each kind of work looks like, and the permission to do it.
NEEDS = {
    Need.ALERTS: ("notifications_active", "monitoring.view_alert"),
    Need.ENGINE: ("error", "classifier.view_modelversion"),
    Need.BOOTSTRAP: ("rocket_launch", "classifier.build_modelversion"),
    Need.ACTIVATE: ("rocket_launch", "classifier.activate_modelversion"),
    Need.BUILD: ("construction", "classifier.build_modelversion"),
    Need.ADD_EXAMPLES: ("playlist_add", "classifier.add_example"),
    Need.REVIEW: ("checklist", "classifier.review_predictions"),
    Need.FAILED_JOBS: ("error", "classifier.view_job"),
    Need.JUDGE_FEEDBACK: ("inbox", "classifier.judge_feedback"),
    Need.IDLE_RULES: ("rule", "classifier.change_rule"),
    Need.EXPERIMENT: ("experiment", "experiments.view_experiment"),
}

# Groups, each of (title, symbol, model).
NAVIGATION: list[tuple[str, list[tuple[str, str, str]]]] = [
    (
        "Curate",
        [
            ("Categories", "account_tree", "classifier.category"),
            ("Examples", "list_alt", "classifier.example"),
            ("Rules", "rule", "classifier.rule"),
            ("Merchants", "storefront", "classifier.merchant"),
            ("Kinds of merchant", "sell", "classifier.merchanttag"),
        ],
    ),
    (
        "Models",
        [
            ("Versions", "deployed_code", "classifier.modelversion"),
            ("Who served when", "history", "classifier.activation"),
            ("Targets", "flag", "classifier.performancetargets"),
            ("Learning policy", "school", "classifier.learningpolicy"),
            ("Encoders", "memory", "classifier.encoder"),
            ("Jobs", "hourglass_empty", "classifier.job"),
            ("Failed tasks", "error", "django_q.failure"),
        ],
    ),
    (
        "Traffic",
        [
            ("Predictions", "receipt_long", "classifier.prediction"),
            ("Feedback", "rate_review", "classifier.feedback"),
            ("Personal categories", "person_pin", "classifier.personalcategory"),
            ("Erasures", "person_remove", "classifier.personalerasure"),
        ],
    ),
    (
        "Experiments",
        [
            ("Experiments", "experiment", "experiments.experiment"),
            ("Reports", "lab_profile", "experiments.analysis"),
            ("Metrics", "straighten", "experiments.metric"),
            ("Guard rail alerts", "notifications_active", "experiments.guardrailalert"),
            ("A/A self-tests", "science", "experiments.selftest"),
        ],
    ),
    (
        "Monitoring",
        [
            ("Alerts", "notifications_active", "monitoring.alert"),
            ("Alert rules", "rule_settings", "monitoring.alertrule"),
            ("Silences", "notifications_off", "monitoring.silence"),
            ("Receivers", "contact_mail", "monitoring.receiver"),
            ("Notifications", "outgoing_mail", "monitoring.notification"),
            ("Processes", "memory", "monitoring.process"),
        ],
    ),
    (
        "Access",
        [
            ("API keys", "key", "classifier.apikey"),
            ("Users", "person", "auth.user"),
            ("Groups", "group", "auth.group"),
        ],
    ),
]
# What a group has before its models: (title, symbol, address, permission).
PAGES = {
    "Monitoring": [
        ("Health", "monitor_heart", "monitoring_health", "monitoring.view_metricsnapshot"),
        ("Versions over time", "timeline", "monitoring_versions", "monitoring.view_metricsnapshot"),
        (
            "Categories over time",
            "stacked_line_chart",
            "monitoring_categories",
            "monitoring.view_metricsnapshot",
        ),
        ("System", "dns", "monitoring_system", "monitoring.view_metricsnapshot"),
        ("Drift", "waves", "monitoring_driftreport_newest", "monitoring.view_driftreport"),
        ("Runbooks", "menu_book", "monitoring_runbooks", "monitoring.view_alert"),
    ]
}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The navigation: what this person may see, in the groups of their work."""
    first = [_item("Overview", "space_dashboard", "admin:index")]
    if request.user.has_perm("classifier.view_prediction"):
        first.append(_item("Try it", "science", "admin:try_it"))
    if request.user.has_perm("classifier.classify_file"):
        first.append(_item("Classify a file", "upload_file", "admin:classify_file"))
    if request.user.has_perm("classifier.view_prediction"):
        first.append(
            _item("Unrecognized merchants", "person_search", "admin:unrecognized_merchants")
        )
    if request.user.has_perm("classifier.view_feedback"):
        first.append(_item("Feedback inbox", "inbox", "admin:feedback_inbox"))
    if request.user.has_perm("classifier.review_predictions"):
        queue = _item("Review queue", "checklist", "admin:review_queue")
        first.append({**queue, "badge": pending_count()})
    groups: list[dict[str, Any]] = [{"items": first}]
    for title, models in NAVIGATION:
        items = [
            _item(name, symbol, f"admin:{address}")
            for name, symbol, address, permission in PAGES.get(title, ())
            if request.user.has_perm(permission)
        ]
        items += [
            _item(name, symbol, f"admin:{model.replace('.', '_')}_changelist")
            for name, symbol, model in models
            if _may_see(request, model)
        ]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Unfold's dashboard callback: of the overview, what this person may see."""
    may = request.user.has_perm
    seen = overview()
    variant, word = HEALTH[seen.engine.status]
    return {
        **context,
        "title": "Overview",
        "cards": [card for card in _cards(seen) if may(card["permission"])],
        "engine": {"variant": variant, "word": word, "detail": seen.engine.detail},
        "may_see_engine": may("classifier.view_modelversion"),
        "todos": [
            {"text": todo.text, "icon": NEEDS[todo.need][0], "url": _todo_url(todo)}
            for todo in seen.todos
            if may(NEEDS[todo.need][1])
        ],
        "is_all_done": not seen.todos,
        "may_see_jobs": may("classifier.view_job"),
        "may_build": may("classifier.build_modelversion"),
        "jobs": [
            {
                "name": str(job),
                "url": change_url(job),
                "status": job.get_status_display(),
                "variant": JOB_VARIANTS[job.status],
                "text": job.error or job.message,
                "by": job.started_by,
                "at": job.created_at,
            }
            for job in seen.jobs
        ],
    }


def _cards(seen: Overview) -> list[dict[str, Any]]:
    active, recent, curation = seen.active, seen.recent, seen.curation
    version_url = changelist_url(ModelVersion)
    if active is not None:
        version_url = reverse("admin:classifier_modelversion_change", args=[active.id])
    today = localdate()
    last = f"of the last {recent.predictions:,} predictions"
    return [
        {
            "label": "Active version",
            "value": active.name if active else "none",
            "note": f"since {date_format(localtime(seen.active_since), 'DATETIME_FORMAT')}"
            if active and seen.active_since
            else "",
            "url": version_url,
            "permission": "classifier.view_modelversion",
        },
        {
            "label": "Out-of-sample accuracy",
            "value": percent(active.accuracy) if active else NOTHING,
            "note": f"95% interval {interval(active.accuracy_low, active.accuracy_high)}, "
            f"over {active.examples:,} examples"
            if active
            else "no active version",
            "url": version_url,
            "permission": "classifier.view_modelversion",
        },
        {
            "label": "Predictions today",
            "value": f"{seen.today.count:,}{'+' if seen.today.is_capped else ''}",
            "note": "",
            "url": changelist_url(
                Prediction,
                created_at__year=today.year,
                created_at__month=today.month,
                created_at__day=today.day,
            ),
            "permission": "classifier.view_prediction",
        },
        {
            "label": "Answered from the cache",
            "value": percent(recent.cached_share, 0),
            "note": last if recent.predictions else "no predictions yet",
            "url": changelist_url(Prediction, is_cached__exact=1),
            "permission": "classifier.view_prediction",
        },
        {
            "label": "Active examples",
            "value": f"{curation.examples:,}",
            "note": "",
            "url": changelist_url(Example, is_active__exact=1),
            "permission": "classifier.view_example",
        },
        {
            "label": "Active categories",
            "value": f"{curation.categories:,}",
            "note": "detailed ones, that an answer can be",
            "url": changelist_url(Category),
            "permission": "classifier.view_category",
        },
        _experiment_card(seen.experiment),
    ]


def _experiment_card(experiment: collectors.ExperimentFigures | None) -> dict[str, Any]:
    """What runs, and since when; the list where nothing does."""
    card = {"label": "Running experiment", "permission": "experiments.view_experiment"}
    if experiment is None or not experiment.is_running:
        return {**card, "value": "none", "note": "", "url": changelist_url(Experiment)}
    return {
        **card,
        "value": experiment.key,
        "note": f"on {100 * experiment.traffic_share:g}% of traffic, day "
        f"{experiment.days_run:.1f} of {experiment.max_days}",
        "url": reverse("admin:experiments_experiment_change", args=[experiment.id]),
    }


def _todo_url(todo: Todo) -> str | None:
    """Where the work is done; None where it is done at a terminal."""
    match todo.need:
        case Need.BOOTSTRAP:
            return None
        case Need.ALERTS:
            return changelist_url(Alert)
        case Need.ENGINE:
            return reverse("admin:classifier_modelversion_change", args=[todo.subject_id])
        case Need.ACTIVATE:
            return reverse("admin:classifier_modelversion_activate", args=[todo.subject_id])
        case Need.BUILD:
            return reverse("admin:classifier_modelversion_build")
        case Need.ADD_EXAMPLES:
            return changelist_url(Category)
        case Need.REVIEW:
            return reverse("admin:review_queue")
        case Need.FAILED_JOBS:
            return changelist_url(Job, status__exact=Job.Status.FAILED.value)
        case Need.JUDGE_FEEDBACK:
            return reverse("admin:feedback_inbox")
        case Need.IDLE_RULES:
            return changelist_url(Rule, use="idle")
        case Need.EXPERIMENT:
            return reverse("admin:experiments_experiment_report", args=[todo.subject_id])


def _item(title: str, symbol: str, address: str) -> dict[str, Any]:
    return {"title": title, "icon": symbol, "link": reverse(address)}


def _may_see(request: HttpRequest, model: str) -> bool:
    app, name = model.split(".")
    return request.user.has_perm(f"{app}.view_{name}") or request.user.has_perm(
        f"{app}.change_{name}"
    )
