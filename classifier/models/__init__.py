"""The classifier's rows, one noun a file."""

from classifier.models.api_key import ApiKey, Scope
from classifier.models.category import Category
from classifier.models.encoder import Encoder
from classifier.models.example import Example
from classifier.models.feedback import Feedback
from classifier.models.job import Job
from classifier.models.prediction import Prediction
from classifier.models.version import Activation, ModelVersion, Prototype

__all__ = [
    "Activation",
    "ApiKey",
    "Category",
    "Encoder",
    "Example",
    "Feedback",
    "Job",
    "ModelVersion",
    "Prediction",
    "Prototype",
    "Scope",
]
