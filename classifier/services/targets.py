"""What a version must reach to be promoted."""

from django.db import IntegrityError, transaction

from classifier.models import PerformanceTargets


def performance_targets() -> PerformanceTargets:
    """The one row, made with the defaults on first use; its history starts with nobody."""
    targets = PerformanceTargets.objects.filter(pk=1).first()
    if targets is not None:
        return targets
    targets = PerformanceTargets(pk=1)
    targets._history_user = None  # type: ignore[attr-defined]
    targets._change_reason = "defaults"  # type: ignore[attr-defined]
    try:
        with transaction.atomic():
            targets.save(force_insert=True)
    except IntegrityError:
        # Another process was faster.
        return PerformanceTargets.objects.get(pk=1)
    return targets
