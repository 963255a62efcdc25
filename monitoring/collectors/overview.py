"""What the admin's first page says of the other apps.

Of predictions, the table that traffic fills, no function reads more than COUNTED_PREDICTIONS rows;
what people write is counted whole.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from classifier.models import (
    Activation,
    Category,
    Encoder,
    Example,
    Feedback,
    Job,
    Merchant,
    MerchantTag,
    ModelVersion,
    Prediction,
)
from classifier.services import review, rule_effects
from classifier.services.categories import too_few_examples
from classifier.services.learning import newest_judgement
from classifier.services.readiness import Readiness, check_all
from experiments.models import Analysis, Experiment, ExperimentEvent

# What is said of recent traffic is said of this many predictions.
RECENT_PREDICTIONS = 1_000
COUNTED_PREDICTIONS = 100_000
RECENT_JOBS = 5
IDLE = rule_effects.IDLE


@dataclass(frozen=True, slots=True)
class VersionFigures:
    """A version as it was measured when built; shares are of examples left out.

    `missed_targets` names the performance targets that it misses; `waits_for` says why it did not
    go live by itself, where it was learned and judged.
    """

    id: int
    name: str
    accuracy: float
    accuracy_low: float | None
    accuracy_high: float | None
    examples: int
    categories: int
    input_read_at: datetime
    is_candidate: bool
    missed_targets: tuple[str, ...]
    waits_for: str


@dataclass(frozen=True, slots=True)
class RecentTraffic:
    """Of the newest `predictions`: how many the cache answered."""

    predictions: int
    cached: int

    @property
    def cached_share(self) -> float | None:
        return self.cached / self.predictions if self.predictions else None


@dataclass(frozen=True, slots=True)
class TodayCount:
    """Predictions since midnight, counted to COUNTED_PREDICTIONS."""

    count: int
    is_capped: bool


@dataclass(frozen=True, slots=True)
class Curation:
    """What analysts have made."""

    categories: int
    examples: int
    thin_categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExperimentFigures:
    """An experiment that was started, with its newest verdict (a word of Analysis.Verdict, empty
    before the first) and its newest event."""

    id: int
    key: str
    status: str
    days_run: float
    max_days: int
    traffic_share: float
    verdict: str
    summary: str
    event: str
    event_by: int | None
    event_reason: str

    @property
    def is_running(self) -> bool:
        return self.status == Experiment.Status.RUNNING


def versions() -> tuple[VersionFigures | None, VersionFigures | None]:
    """The active version and the newest one; either may be missing, both may be the same."""
    rows = ModelVersion.objects.order_by("-id").only(
        "name",
        "status",
        "accuracy",
        "calibration_error",
        "encoder",
        "figures",
        "example_count",
        "category_count",
        "input_read_at",
    )
    active, newest = rows.active().first(), rows.first()
    checked = check_all([version for version in (active, newest) if version is not None])
    judgement = newest_judgement(newest) if newest is not None else None
    return (
        _version_figures(active, checked[active.pk], "") if active is not None else None,
        _version_figures(newest, checked[newest.pk], judgement.waits_for if judgement else "")
        if newest is not None
        else None,
    )


def has_encoder() -> bool:
    return Encoder.objects.exists()


def active_since() -> datetime | None:
    return Activation.objects.order_by("-id").values_list("created_at", flat=True).first()


def predictions_today() -> TodayCount:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    since = Prediction.objects.order_by().filter(created_at__gte=midnight).values("pk")
    counted = since[: COUNTED_PREDICTIONS + 1].count()
    return TodayCount(min(counted, COUNTED_PREDICTIONS), counted > COUNTED_PREDICTIONS)


def recent_traffic() -> RecentTraffic:
    newest = Prediction.objects.order_by("-id").values_list("is_cached", flat=True)
    rows = list(newest[:RECENT_PREDICTIONS])
    return RecentTraffic(predictions=len(rows), cached=sum(rows))


def pending_reviews() -> int:
    """Canonical texts that wait in the review queue."""
    return review.pending_count()


def curation(minimum_examples: int) -> Curation:
    """Counts of what is active; `thin_categories` have fewer than `minimum_examples` examples."""
    return Curation(
        categories=Category.objects.active().detailed().count(),
        examples=Example.objects.active().count(),
        thin_categories=tuple(str(category) for category in too_few_examples(minimum_examples)),
    )


def curated_since(moment: datetime) -> int:
    """Acts on examples, categories and merchants after `moment`, from their history.

    What was made after it and is gone again, as by a review that was undone, leaves nothing to
    build.
    """
    count = 0
    for model in (Example, Category, Merchant, MerchantTag):
        acts = model.history.filter(history_date__gt=moment)
        gone = acts.filter(history_type="-").values("id")
        passing = acts.filter(history_type="+", id__in=gone).values("id")
        count += acts.exclude(id__in=passing).count()
    return count


def recent_jobs() -> list[Job]:
    """The newest, with who started each."""
    return list(Job.objects.select_related("started_by")[:RECENT_JOBS])


def failed_jobs() -> int:
    """Jobs that failed after the last that succeeded."""
    succeeded = Job.objects.filter(status=Job.Status.SUCCEEDED).order_by("-pk").values("pk")[:1]
    last = Coalesce(Subquery(succeeded), 0)
    return Job.objects.filter(status=Job.Status.FAILED, pk__gt=last).count()


def open_feedback() -> int:
    """Canonical texts of which something was said that nobody has judged."""
    waiting = Feedback.objects.filter(status=Feedback.Status.OPEN).order_by()
    return waiting.values("canonical_text").distinct().count()


def idle_rules() -> int:
    """Rules in force that have decided nothing for IDLE."""
    return rule_effects.idle_rules().count()


def newest_experiment() -> ExperimentFigures | None:
    """The one that runs, else the one that was started last, in one query."""
    analyses = Analysis.objects.filter(experiment=OuterRef("pk")).order_by("-id")
    events = ExperimentEvent.objects.filter(experiment=OuterRef("pk")).order_by("-id")
    found: Any = (
        Experiment.objects.started()
        .annotate(
            runs=Q(status=Experiment.Status.RUNNING),
            verdict=Subquery(analyses.values("verdict")[:1]),
            summary=Subquery(analyses.values("summary")[:1]),
            event=Subquery(events.values("kind")[:1]),
            event_by=Subquery(events.values("by")[:1]),
            event_reason=Subquery(events.values("reason")[:1]),
        )
        .order_by("-runs", "-started_at")
        .first()
    )
    if found is None:
        return None
    return ExperimentFigures(
        id=found.pk,
        key=found.key,
        status=found.status,
        days_run=found.days_run,
        max_days=found.max_days,
        traffic_share=found.traffic_share,
        verdict=found.verdict or "",
        summary=found.summary or "",
        event=found.event,
        event_by=found.event_by,
        event_reason=found.event_reason,
    )


def _version_figures(version: ModelVersion, readiness: Readiness, waits_for: str) -> VersionFigures:
    return VersionFigures(
        id=version.pk,
        name=version.name,
        accuracy=version.accuracy,
        accuracy_low=version.figures.get("accuracy_low"),
        accuracy_high=version.figures.get("accuracy_high"),
        examples=version.example_count,
        categories=version.category_count,
        input_read_at=version.input_read_at,
        is_candidate=version.status == ModelVersion.Status.CANDIDATE,
        missed_targets=tuple(result.name for result in readiness.missed),
        waits_for=waits_for,
    )
