"""What a metric is without an experiment: of predictions, unit by unit, summed by the database."""

from datetime import datetime
from typing import Any

from django.db.models import Count, F, FloatField, Q, QuerySet, Sum

from classifier.models import Feedback, Prediction
from classifier.services.audit import reviewed_category
from experiments.models import Metric
from experiments.services.sources import sums_of_predictions
from experiments.stats.types import UnitSums

Source = Metric.Source


def baseline_sums(
    metric: Metric, rows: "QuerySet[Prediction]", unit: str, since: datetime
) -> UnitSums:
    """What the metric is of these predictions, unit by unit, added up by the database. `unit` is
    the field that names a unit."""
    values = _unit_values(metric, rows, unit, since).filter(d__gt=0)

    def total(*names: str) -> Sum:
        product: Any = F(names[0])
        for name in names[1:]:
            product = product * F(name)
        return Sum(product, output_field=FloatField())

    found = values.aggregate(
        units=Count("*"),
        numerator=total("y"),
        denominator=total("d"),
        numerator_sq=total("y", "y"),
        denominator_sq=total("d", "d"),
        cross=total("y", "d"),
    )
    sums: dict[str, Any] = {name: value or 0.0 for name, value in found.items()}
    return UnitSums(**sums)


def _unit_values(metric: Metric, rows: "QuerySet[Prediction]", unit: str, since: datetime) -> Any:
    """Each unit's own numerator `y` and denominator `d`."""
    match metric.source:
        case Source.FEEDBACK:
            said = Feedback.objects.counting().filter(
                prediction__created_at__gte=since, prediction__category__isnull=False
            )
            if unit == "user_id":
                said = said.exclude(prediction__user_id="")
            counted = Count("prediction_id", distinct=True)
            wrong = Count("prediction_id", distinct=True, filter=Q(is_correct=False))
            named = said.order_by().values(unit=F(f"prediction__{unit}"))
            return named.annotate(d=counted, y=counted - wrong)
        case Source.CORRECTION:
            is_wrong = Q(feedback__is_correct=False) & ~Q(feedback__status__in=Feedback.UNCOUNTED)
            return rows.values(unit).annotate(
                d=Count("pk", distinct=True), y=Count("pk", distinct=True, filter=is_wrong)
            )
        case Source.AUDIT:
            right = reviewed_category("canonical_text")
            drawn = rows.filter(is_audited=True, category__isnull=False).annotate(right_id=right)
            is_right = Q(category_id=F("right_id"))
            return (
                drawn.filter(right_id__isnull=False)
                .values(unit)
                .annotate(d=Count("*"), y=Count("pk", filter=is_right))
            )
    sums = sums_of_predictions(metric)
    return rows.values(unit).annotate(d=sums.denominator, y=sums.numerator)
