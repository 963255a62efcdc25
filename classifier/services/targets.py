"""What a version must reach to be promoted."""

from classifier.models import PerformanceTargets
from classifier.services.single_rows import single_row


def performance_targets() -> PerformanceTargets:
    return single_row(PerformanceTargets)
