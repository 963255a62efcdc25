"""Who was served what."""

from collections import Counter
from collections.abc import Sequence
from functools import partial

from django.db import transaction

from classifier.engine.types import Level
from classifier.models import Prediction
from classifier.routing import Route
from experiments import metrics
from experiments.models import Exposure


def record_exposures(predictions: Sequence[Prediction], routes: Sequence[Route]) -> None:
    """One for each prediction that a variant was to answer, in the transaction of the
    predictions."""
    exposures = [
        Exposure(
            prediction=prediction,
            variant_id=route.variant_id,
            unit=route.unit,
            confidence=prediction.confidence,
            latency_ms=prediction.latency_ms,
            is_abstained=prediction.level == Level.ABSTAIN,
            is_failed=route.is_failed,
        )
        for prediction, route in zip(predictions, routes, strict=True)
        if route.variant_id is not None
    ]
    if exposures:
        Exposure.objects.bulk_create(exposures)
        transaction.on_commit(partial(_count, routes))


def _count(routes: Sequence[Route]) -> None:
    served = Counter(
        (route.experiment, route.variant) for route in routes if route.variant_id is not None
    )
    for labels, count in served.items():
        metrics.EXPOSURES.labels(*labels).inc(count)
