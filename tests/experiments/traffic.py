"""Experiments with traffic of their own: rows as serving would have written them, at any time."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from django.utils import timezone
from uuid_utils.compat import uuid7

from classifier.models import (
    Category,
    Feedback,
    ModelVersion,
    Prediction,
    ReviewEvent,
    ReviewItem,
)
from classifier.models.choices import AnnotatorChoices, LevelChoices
from experiments.models import (
    Experiment,
    ExperimentEvent,
    Exposure,
    Guardrail,
    Metric,
    Variant,
)
from tests.rows import copy_of

_numbers = count()
Kind = ExperimentEvent.Kind
Status = Experiment.Status


def metric_of(key: str) -> Metric:
    return Metric.objects.get(key=key)


def make_experiment(
    *keys: str, primary: str = "abstention-rate", days: float = 10.0, **fields: Any
) -> Experiment:
    """One that has run for so many days, of a control (the active version) and of copies of it;
    `keys` name these, one called `new` where none is named."""
    keys = keys or ("new",)
    now = timezone.now()
    experiment = Experiment.objects.create(
        key=f"experiment-{next(_numbers)}",
        hypothesis="It will be better.",
        primary_metric=metric_of(primary),
        **{"salt": f"salt {Experiment.objects.count()}", **fields},
    )
    active = ModelVersion.objects.active().get()
    weight = 1 / (1 + len(keys))
    made: dict[str, Any] = {"experiment": experiment, "weight": weight}
    Variant.objects.create(key="control", version=active, is_control=True, **made)
    for key in keys:
        version = copy_of(active, name=f"v-{next(_numbers)}", status=ModelVersion.Status.CANDIDATE)
        Variant.objects.create(key=key, version=version, **made)
    started = now - timedelta(days=days)
    Experiment.objects.filter(pk=experiment.pk).update(status=Status.RUNNING, started_at=started)
    experiment.refresh_from_db()
    add_event(experiment, Kind.STARTED, Status.DRAFT, Status.RUNNING, experiment.started_at)
    return experiment


def add_event(
    experiment: Experiment, kind: Kind, before: Status, to: Status, at: datetime | None
) -> None:
    event = ExperimentEvent.objects.create(
        experiment=experiment, kind=kind, from_status=before, to_status=to
    )
    if at is not None:
        ExperimentEvent.objects.filter(pk=event.pk).update(created_at=at)


def add_guardrail(experiment: Experiment, key: str = "error-rate", **fields: Any) -> Guardrail:
    """Of a metric that an increase harms; past the refusal to change what was started."""
    (guardrail,) = Guardrail.objects.bulk_create(
        [
            Guardrail(
                experiment=experiment,
                metric=metric_of(key),
                harm=Guardrail.Harm.INCREASE,
                **{"margin": 0.01, **fields},
            )
        ]
    )
    return guardrail


def end(experiment: Experiment, ago: timedelta = timedelta()) -> None:
    """As if it had been stopped then."""
    at = timezone.now() - ago
    Experiment.objects.filter(pk=experiment.pk).update(status=Status.STOPPED, stopped_at=at)
    experiment.refresh_from_db()
    add_event(experiment, Kind.STOPPED, Status.RUNNING, Status.STOPPED, at)


@dataclass
class Served:
    """What one exposure is of; `variant` None is a prediction that no experiment was in."""

    variant: Variant | None
    unit: str
    at: datetime
    confidence: float | None = 0.9
    latency_ms: float = 5.0
    is_abstained: bool = False
    is_failed: bool = False
    is_cached: bool = False
    is_audited: bool = False
    score: float | None = 0.5
    category: Category | None = None
    annotator: str = AnnotatorChoices.MODEL
    text: str = "coffee"
    user: str | None = None
    # Of each: whether it says right, its status, and when.
    feedback: list[tuple[bool, str, datetime]] = field(default_factory=list)

    @property
    def prediction(self) -> Prediction:
        answered = None if self.is_abstained else self.category
        return Prediction(
            id=uuid7(),
            user_id=self.unit if self.user is None else self.user,
            version=ModelVersion.objects.active().get(),
            description=self.text,
            canonical_text=self.text,
            category=answered,
            level=LevelChoices.ABSTAIN if self.is_abstained else LevelChoices.HIGH,
            confidence=self.confidence,
            score=self.score,
            latency_ms=self.latency_ms,
            is_cached=self.is_cached,
            is_audited=self.is_audited,
            annotator=self.annotator,
        )


def store(served: Iterable[Served]) -> list[Prediction]:
    """Predictions, exposures and feedback, in few statements."""
    rows = list(served)
    predictions = [row.prediction for row in rows]
    Prediction.objects.bulk_create(predictions)
    for prediction, row in zip(predictions, rows, strict=True):
        prediction.created_at = row.at
    Prediction.objects.bulk_update(predictions, ["created_at"])
    exposures, said, moments = [], [], []
    for prediction, row in zip(predictions, rows, strict=True):
        if row.variant is not None:
            exposures.append(
                Exposure(
                    prediction=prediction,
                    variant=row.variant,
                    unit=row.unit,
                    confidence=row.confidence,
                    latency_ms=row.latency_ms,
                    is_abstained=row.is_abstained,
                    is_failed=row.is_failed,
                )
            )
        for number, (is_correct, status, at) in enumerate(row.feedback):
            person = f"user:{number}"
            said.append(
                Feedback(prediction=prediction, is_correct=is_correct, status=status, person=person)
            )
            moments.append(at)
    Exposure.objects.bulk_create(exposures)
    Feedback.objects.bulk_create(said)
    for row_said, at in zip(said, moments, strict=True):
        row_said.created_at = at
    Feedback.objects.bulk_update(said, ["created_at"])
    return predictions


def review(text: str, category: Category | None, *, is_undone: bool = False) -> None:
    """What a reviewer said of a text: a category, or that there is none (discarded)."""
    state = ReviewItem.State
    to = state.DISCARDED if category is None else state.SUBMITTED
    prediction = Prediction.objects.filter(canonical_text=text).first()
    assert prediction is not None
    item, _ = ReviewItem.objects.update_or_create(
        canonical_text=text,
        defaults={
            "reason": ReviewItem.Reason.AUDIT,
            "prediction": prediction,
            "state": state.PENDING if is_undone else to,
            "category": None if is_undone else category,
        },
    )
    said: dict[str, Any] = {"item": item, "from_state": state.PENDING, "to_state": to}
    ReviewEvent.objects.create(category=category, **said)
    if is_undone:
        ReviewEvent.objects.create(
            item=item, from_state=to, to_state=state.PENDING, is_undo=True, category=None
        )
