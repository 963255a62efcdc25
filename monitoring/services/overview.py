"""What people should do next."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from classifier import runtime
from classifier.models import Job
from classifier.runtime import Health
from experiments.models import Analysis, Experiment, ExperimentEvent
from monitoring import collectors
from monitoring.models import Alert
from monitoring.services.readiness import Part, engine_part

MINIMUM_EXAMPLES = 5
NAMES_SHOWN = 3
HALTED = (ExperimentEvent.Kind.PAUSED, ExperimentEvent.Kind.STOPPED)
# Verdicts that somebody has to act upon.
DECIDED = (
    Analysis.Verdict.SHIP,
    Analysis.Verdict.ROLL_BACK,
    Analysis.Verdict.NO_DIFFERENCE,
    Analysis.Verdict.UNHEALTHY,
)


class Need(StrEnum):
    """Kinds of work that waits for a person."""

    ALERTS = "alerts"
    ENGINE = "engine"
    BOOTSTRAP = "bootstrap"
    ACTIVATE = "activate"
    BUILD = "build"
    ADD_EXAMPLES = "add_examples"
    REVIEW = "review"
    FAILED_JOBS = "failed_jobs"
    JUDGE_FEEDBACK = "judge_feedback"
    IDLE_RULES = "idle_rules"
    EXPERIMENT = "experiment"


@dataclass(frozen=True, slots=True)
class Todo:
    """One thing to do, in words; `subject_id` is the row it is about, where it is about one."""

    need: Need
    text: str
    subject_id: int | None = None


@dataclass(frozen=True, slots=True)
class Overview:
    """What the admin's first page shows."""

    active: collectors.VersionFigures | None
    active_since: datetime | None
    today: collectors.TodayCount
    recent: collectors.RecentTraffic
    curation: collectors.Curation
    engine: Part
    jobs: list[Job]
    experiment: collectors.ExperimentFigures | None
    todos: list[Todo]


def overview() -> Overview:
    """In a number of queries that no table's size changes."""
    active, newest = collectors.versions()
    curation = collectors.curation(MINIMUM_EXAMPLES)
    recent = collectors.recent_traffic()
    engine = engine_part(runtime.get().status())
    experiment = collectors.newest_experiment()
    return Overview(
        active=active,
        active_since=collectors.active_since(),
        today=collectors.predictions_today(),
        recent=recent,
        curation=curation,
        engine=engine,
        jobs=collectors.recent_jobs(),
        experiment=experiment,
        todos=[
            *_alert_todos(Alert.objects.firing().count()),
            *_engine_todos(engine, active),
            *_experiment_todos(experiment),
            *_version_todos(active, newest),
            *_failure_todos(collectors.failed_jobs()),
            *_example_todos(curation.thin_categories),
            *_review_todos(collectors.pending_reviews()),
            *_feedback_todos(collectors.open_feedback()),
            *_rule_todos(collectors.idle_rules()),
        ],
    )


def _alert_todos(firing: int) -> list[Todo]:
    if not firing:
        return []
    alerts = "1 alert fires" if firing == 1 else f"{firing:,} alerts fire"
    return [Todo(Need.ALERTS, f"{alerts}: see what is wrong.")]


def _engine_todos(engine: Part, active: collectors.VersionFigures | None) -> list[Todo]:
    """Where no version was ever activated, that is what is said."""
    if engine.status is Health.OK or active is None:
        return []
    return [Todo(Need.ENGINE, f"The engine {engine.detail}", active.id)]


def _experiment_todos(experiment: collectors.ExperimentFigures | None) -> list[Todo]:
    """What the program stopped or paused by itself, and a verdict that asks for a decision."""
    if experiment is None:
        return []
    found = []
    if experiment.event in HALTED and experiment.event_by is None:
        word = "paused" if experiment.status == Experiment.Status.PAUSED else "stopped"
        found.append(f"Experiment {experiment.key} was {word} by itself. {experiment.event_reason}")
    if experiment.is_running and experiment.verdict in DECIDED:
        found.append(f"Experiment {experiment.key} has a verdict. {experiment.summary}")
    return [Todo(Need.EXPERIMENT, text, experiment.id) for text in found]


def _version_todos(
    active: collectors.VersionFigures | None, newest: collectors.VersionFigures | None
) -> list[Todo]:
    if newest is None:
        command = (
            "manage.py build_version --activate"
            if collectors.has_encoder()
            else ("manage.py bootstrap")
        )
        return [Todo(Need.BOOTSTRAP, f"No version has been built. Run `{command}`.")]
    todos = []
    if active is None:
        text = f"No version is active. Activate {newest.name}."
        todos.append(Todo(Need.ACTIVATE, text, newest.id))
    elif newest.is_candidate:
        text = f"Version {newest.name} is newer than {active.name}: compare and activate it."
        if newest.missed_targets:
            missed = ", ".join(newest.missed_targets).lower()
            text = (
                f"Version {newest.name} is newer than {active.name}, but misses targets: {missed}."
            )
        if newest.waits_for:
            text = f"Version {newest.name} was learned from feedback and waits. {newest.waits_for}"
        todos.append(Todo(Need.ACTIVATE, text, newest.id))
    changes = collectors.curated_since(newest.input_read_at)
    if changes:
        times = "change" if changes == 1 else "changes"
        text = (
            f"{changes} {times} to categories, examples and merchants since {newest.name}: "
            "build a version."
        )
        todos.append(Todo(Need.BUILD, text))
    return todos


def _example_todos(thin: tuple[str, ...]) -> list[Todo]:
    if not thin:
        return []
    named = ", ".join(thin[:NAMES_SHOWN])
    more = f" and {len(thin) - NAMES_SHOWN} more" if len(thin) > NAMES_SHOWN else ""
    text = f"Fewer than {MINIMUM_EXAMPLES} examples in {named}{more}: add some."
    return [Todo(Need.ADD_EXAMPLES, text)]


def _review_todos(pending: int) -> list[Todo]:
    if not pending:
        return []
    texts = "1 text waits" if pending == 1 else f"{pending:,} texts wait"
    return [Todo(Need.REVIEW, f"{texts} in the review queue: say what is right.")]


def _failure_todos(failed: int) -> list[Todo]:
    if not failed:
        return []
    jobs = "job has" if failed == 1 else "jobs have"
    return [Todo(Need.FAILED_JOBS, f"{failed} {jobs} failed since the last success: read why.")]


def _feedback_todos(count: int) -> list[Todo]:
    if not count:
        return []
    texts = "1 text has" if count == 1 else f"{count:,} texts have"
    return [Todo(Need.JUDGE_FEEDBACK, f"{texts} feedback that nobody has judged yet.")]


def _rule_todos(idle: int) -> list[Todo]:
    if not idle:
        return []
    rules = "1 rule has" if idle == 1 else f"{idle:,} rules have"
    text = (
        f"{rules} decided nothing for {collectors.IDLE.days} days: switch off what is not needed."
    )
    return [Todo(Need.IDLE_RULES, text)]
