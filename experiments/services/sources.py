"""What the sums of an experiment are made of: one row a unit and arm, grouped by the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum

from classifier.engine.types import Level
from classifier.models import Feedback, Prediction
from classifier.services.audit import reviewed_category
from experiments.models import Experiment, Exposure, Metric
from experiments.models.experiment import SplitChoices

Field = Metric.Field
Rows = QuerySet[Any, Any]
# Of users, before the start: what they did then says much of what they do now.
HISTORY = timedelta(days=14)
# What an exposure keeps of its prediction, so that no join is needed.
KEPT = (Field.CONFIDENCE, Field.LATENCY_MS, Field.IS_ABSTAINED, Field.IS_FAILED)


@dataclass(frozen=True, slots=True)
class FieldSums:
    """A field's numerator and denominator, as the aggregates of a group of rows."""

    numerator: Count | Sum
    denominator: Count


def exposed(experiment: Experiment, metrics: list[Metric]) -> Rows:
    """`arm`, `unit`, `n` exposures, `failed` ones, and y_<id>, d_<id> of each metric of a field.
    What has no unit is not among them."""
    rows = Exposure.objects.filter(variant__in=_arms(experiment)).exclude(unit="").order_by()
    columns: dict[str, Any] = {"n": Count("*"), "failed": Count("pk", filter=Q(is_failed=True))}
    for metric in metrics:
        sums = _of_exposure(metric)
        columns[f"y_{metric.pk}"], columns[f"d_{metric.pk}"] = sums.numerator, sums.denominator
    return rows.values("unit", arm=F("variant_id")).annotate(**columns)


def said(experiment: Experiment) -> Rows:
    """`arm`, `unit`, and how many predictions have feedback that counts (`said`), were called
    wrong (`wrong`), and the same of those with a category (`answered`, `misjudged`).

    As in `classifier.services.live_accuracy`: right is what nobody calls wrong. Feedback counts
    until so many days after the stop.
    """
    path = "prediction__exposure__"
    rows = Feedback.objects.counting().filter(**{f"{path}variant__in": _arms(experiment)})
    until = feedback_until(experiment)
    if until is not None:
        rows = rows.filter(created_at__lte=until)
    is_wrong, is_answer = Q(is_correct=False), Q(prediction__category__isnull=False)

    def predictions(condition: Q) -> Count:
        return Count("prediction_id", distinct=True, filter=condition)

    named = rows.order_by().values(arm=F(f"{path}variant_id"), unit=F(f"{path}unit"))
    return named.annotate(
        said=Count("prediction_id", distinct=True),
        wrong=predictions(is_wrong),
        answered=predictions(is_answer),
        misjudged=predictions(is_answer & is_wrong),
    )


def audited(experiment: Experiment) -> Rows:
    """`arm`, `unit`, and how many answers with a category were drawn and `reviewed`, and how many
    of those are `correct`: as in `classifier.services.audit`."""
    said = reviewed_category("prediction__canonical_text")
    # By their partial index: there are few, and SQLite would look at each exposure's prediction.
    drawn = Prediction.objects.filter(is_audited=True, category__isnull=False).order_by()
    if experiment.started_at is not None:
        drawn = drawn.filter(created_at__gte=experiment.started_at)
    rows = Exposure.objects.filter(variant__in=_arms(experiment), prediction__in=drawn.values("pk"))
    rows = rows.annotate(right_id=said).filter(right_id__isnull=False).order_by()
    is_correct = Q(prediction__category_id=F("right_id"))
    return rows.values("unit", arm=F("variant_id")).annotate(
        reviewed=Count("*"), correct=Count("pk", filter=is_correct)
    )


def before(experiment: Experiment, metric: Metric) -> Rows | None:
    """As `by_user`, over the HISTORY before the start. None where there can be none."""
    started = experiment.started_at
    if experiment.split != SplitChoices.USER or not has_predictions(metric) or started is None:
        return None
    return by_user(metric, started - HISTORY, started)


def has_predictions(metric: Metric) -> bool:
    """Whether it is the mean of a field that predictions have without an experiment."""
    is_field = metric.source == Metric.Source.FIELD and metric.field != Field.IS_FAILED
    return is_field and metric.aggregate == Metric.Aggregate.MEAN


def by_user(metric: Metric, since: datetime, until: datetime | None = None) -> Rows:
    """`unit`, x and z: a field's numerator and denominator over a user's predictions made from one
    moment until (not with) another. Raises ValueError unless `has_predictions`."""
    if not has_predictions(metric):
        raise ValueError(f"Predictions have no {metric.key} by themselves.")
    rows = Prediction.objects.filter(created_at__gte=since).exclude(user_id="").order_by()
    if until is not None:
        rows = rows.filter(created_at__lt=until)
    sums = sums_of_predictions(metric)
    named = rows.values(unit=F("user_id"))
    return named.annotate(x=sums.numerator, z=sums.denominator)


def feedback_until(experiment: Experiment) -> datetime | None:
    """The last moment at which feedback counts; None before the stop."""
    if experiment.stopped_at is None:
        return None
    return experiment.stopped_at + timedelta(days=experiment.feedback_days)


def _arms(experiment: Experiment) -> list[int]:
    return list(experiment.variants.order_by("pk").values_list("pk", flat=True))


def _field_sums(condition: Q | None, field: str) -> FieldSums:
    """Of a number: its sum, and how many rows have one. Of a condition: how many rows meet it, and
    how many there are."""
    if condition is None:
        return FieldSums(Sum(field), Count(field))
    return FieldSums(Count("pk", filter=condition), Count("*"))


def _of_exposure(metric: Metric) -> FieldSums:
    if metric.field in (Field.IS_ABSTAINED, Field.IS_FAILED):
        return _field_sums(Q(**{metric.field: True}), "")
    if metric.field in KEPT:
        return _field_sums(None, metric.field)
    path = f"prediction__{metric.field}"
    return _field_sums(_condition(metric, path), path)


def sums_of_predictions(metric: Metric) -> FieldSums:
    """Of a metric that `has_predictions`."""
    if metric.field == Field.IS_ABSTAINED:
        return _field_sums(Q(level=Level.ABSTAIN.value), "")
    return _field_sums(_condition(metric, metric.field), metric.field)


def _condition(metric: Metric, path: str) -> Q | None:
    """None where the field is a number."""
    if metric.field in Metric.CHOSEN:
        return Q(**{path: metric.equals})
    return Q(**{path: True}) if metric.field == Field.IS_CACHED else None
