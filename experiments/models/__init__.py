"""The experiments' rows, one noun a file."""

from experiments.models.analysis import Analysis
from experiments.models.event import ExperimentEvent
from experiments.models.experiment import Experiment, Variant
from experiments.models.exposure import Exposure
from experiments.models.guardrail import Guardrail, GuardrailAlert
from experiments.models.metric import Metric
from experiments.models.self_test import SelfTest

__all__ = [
    "Analysis",
    "Experiment",
    "ExperimentEvent",
    "Exposure",
    "Guardrail",
    "GuardrailAlert",
    "Metric",
    "SelfTest",
    "Variant",
]
