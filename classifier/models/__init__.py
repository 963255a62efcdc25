"""The classifier's rows, one noun a file."""

from classifier.models.api_key import ApiKey, Scope
from classifier.models.benchmark import Benchmark, BenchmarkResult
from classifier.models.category import Category
from classifier.models.comparison import VersionComparison
from classifier.models.encoder import Encoder, EncoderChoice
from classifier.models.example import Example
from classifier.models.feedback import Feedback, FeedbackEvent
from classifier.models.job import Job, JobEvent, JobPart
from classifier.models.judgement import VersionJudgement
from classifier.models.merchant import Merchant, MerchantTag
from classifier.models.personal import PersonalCategory, PersonalErasure
from classifier.models.picture import VersionPicture
from classifier.models.policy import LearningPolicy
from classifier.models.prediction import Prediction
from classifier.models.review import ReviewCursor, ReviewEvent, ReviewItem
from classifier.models.rule import Rule
from classifier.models.targets import PerformanceTargets
from classifier.models.traffic import TrafficSnapshot
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
    "FeedbackEvent",
    "Job",
    "JobEvent",
    "JobPart",
    "LearningPolicy",
    "Merchant",
    "MerchantTag",
    "ModelVersion",
    "PerformanceTargets",
    "PersonalCategory",
    "PersonalErasure",
    "Prediction",
    "Prototype",
    "Retirement",
    "ReviewCursor",
    "ReviewEvent",
    "ReviewItem",
    "Rule",
    "Scope",
    "TrafficSnapshot",
    "VersionComparison",
    "VersionJudgement",
    "VersionPicture",
]
