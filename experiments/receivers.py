"""What follows from predictions that are stored."""

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from classifier.models import Prediction
from classifier.routing import Route
from classifier.signals import predictions_recorded
from experiments.services.exposures import record_exposures


@receiver(predictions_recorded)
def keep_exposures(
    sender: Any, predictions: Sequence[Prediction], routes: Sequence[Route], **kwargs: Any
) -> None:
    record_exposures(predictions, routes)
