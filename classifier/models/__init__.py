"""The classifier's rows, one noun a file."""

from classifier.models.api_key import ApiKey, Scope
from classifier.models.benchmark import Benchmark, BenchmarkResult
from classifier.models.category import Category
from classifier.models.comparison import VersionComparison
from classifier.models.encoder import Encoder, EncoderChoice
from classifier.models.example import Example
from classifier.models.feedback import Feedback
from classifier.models.job import Job, JobEvent, JobPart
from classifier.models.merchant import Merchant, MerchantTag
from classifier.models.prediction import Prediction
from classifier.models.targets import PerformanceTargets
from classifier.models.version import Activation, ModelVersion, Prototype, Retirement

__all__ = [
    "Activation",
    "ApiKey",
    "Benchmark",
    "BenchmarkResult",
    "Category",
    "Encoder",
    "EncoderChoice",
    "Example",
    "Feedback",
    "Job",
    "JobEvent",
    "JobPart",
    "Merchant",
    "MerchantTag",
    "ModelVersion",
    "PerformanceTargets",
    "Prediction",
    "Prototype",
    "Retirement",
    "Scope",
    "VersionComparison",
]
