"""What the program may do by itself."""

from classifier.models import LearningPolicy
from classifier.services.single_rows import single_row


def learning_policy() -> LearningPolicy:
    return single_row(LearningPolicy)
