"""How right a version's live answers are, three ways; none of them is the truth.

Feedback is given by who wants to, of what they noticed: biased, mostly to the worse. Audited
predictions were drawn at random and reviewed. The estimate needs no label and believes the
version's own confidence.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Avg, Count, F, Q, QuerySet

from classifier.engine.shares import Z_95, Share
from classifier.models import Feedback, ModelVersion, Prediction
from classifier.models.choices import AnnotatorChoices
from classifier.services.audit import AuditFigures, audit_figures

# The newest of a version's answers, over which the estimate is taken.
MAX_ANSWERS = 50_000


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean calibrated confidence of `size` answers. Its standard error says how far another
    draw of answers would be off, not how far the calibration is."""

    value: float
    size: int
    standard_error: float

    @property
    def low(self) -> float:
        """Of the 95% interval that the standard error gives."""
        return max(0.0, self.value - Z_95 * self.standard_error)

    @property
    def high(self) -> float:
        return min(1.0, self.value + Z_95 * self.standard_error)


@dataclass(frozen=True, slots=True)
class LiveAccuracy:
    """Of answers with a category; None where there is nothing to tell. `audit` is as
    `audit_figures` has it."""

    feedback: Share | None
    audit: AuditFigures | None
    estimate: Estimate | None


def live_accuracy(version: ModelVersion, since: datetime | None = None) -> LiveAccuracy:
    """Of the version's predictions (made since a moment)."""
    audited = (figures for figures in audit_figures(since) if figures.version_id == version.pk)
    return LiveAccuracy(
        feedback=_from_feedback(version, since),
        audit=next(audited, None),
        estimate=_from_confidence(version, since),
    )


def _from_feedback(version: ModelVersion, since: datetime | None) -> Share | None:
    """A prediction is right where nobody whose saying counts says otherwise. What was replaced or
    rejected does not count. Whoever answered counts, as in the audit."""
    said = Feedback.objects.counting().filter(
        prediction__version=version, prediction__category__isnull=False
    )
    if since is not None:
        said = said.filter(prediction__created_at__gte=since)
    counts = (
        said.order_by()
        .values("prediction")
        .annotate(against=Count("pk", filter=Q(is_correct=False)))
        .aggregate(size=Count("prediction"), right=Count("prediction", filter=Q(against=0)))
    )
    return Share.of_any(counts["right"], counts["size"])


def _from_confidence(version: ModelVersion, since: datetime | None) -> Estimate | None:
    answers: QuerySet[Prediction] = Prediction.objects.filter(
        version=version, annotator=AnnotatorChoices.MODEL, category__isnull=False
    )
    if since is not None:
        answers = answers.filter(created_at__gte=since)
    newest = answers.order_by("-created_at").values("confidence")[:MAX_ANSWERS]
    found = newest.aggregate(
        size=Count("confidence"),
        mean=Avg("confidence"),
        square=Avg(F("confidence") * F("confidence")),
    )
    size, mean = found["size"], found["mean"]
    if size < 2:
        return None
    variance = max(0.0, found["square"] - mean * mean) * size / (size - 1)
    return Estimate(mean, size, math.sqrt(variance / size))
